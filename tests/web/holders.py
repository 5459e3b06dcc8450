"""Ada's card for the tests of the doors it goes through: what she types, how it is filled, where it is."""

from app.domain import cards, fields
from app.domain.people import Person

TYPED = {
    "name": "Ada Bevan",
    "preset": "usual",
    "role": "Owner",
    "company": "Bevan & Daughters",
    "what_i_do": "I keep the books for cafés",
    "who_for": "Cafés with up to ten people",
    "looking_for": "A solicitor",
    "can_offer": "An hour on your accounts",
    "ask_me_about": "Bees",
    "not_for_me": "Insurance",
    "email": "ada@example.org",
    "phone": "07700 900123",
    "link": "example.org/ada",
}


def token(person: Person) -> str:
    """Return the token of this person's card today."""
    return cards.living(cards.of(person)).token


def fill(session, person: Person, preset: str = fields.USUAL, **levels: str) -> None:
    """Fill the card with all of TYPED, shared as the preset has it but for these levels; commits."""
    cards.change(cards.of(person), person.name, TYPED, preset, levels, "GB")
    session.commit()
