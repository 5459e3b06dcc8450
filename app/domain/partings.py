"""Partings: everything that ends between two people when one of them blocks the other."""

from datetime import datetime

from app.domain import blocks, invitations, questions
from app.domain.people import Person


def block(blocker: Person, blocked: Person, now: datetime) -> None:
    """Put a block between the two, and end without a word what they have in hand; twice is once.

    A 1-2-1 that both agreed to is called off in the ordinary way: nobody waits in a café for somebody who won't come.
    """
    blocks.add(blocker, blocked, now)
    _end(blocker, blocked, now)


def hold(person: Person, now: datetime) -> None:
    """Let every block around this person end what they have in hand with whom it is about, whoever of the two blocked.

    Somebody who was two people until now may have blocked as one whom they were to meet as the other.
    """
    for other in blocks.around(person):
        _end(person, other, now)


def _end(one: Person, other: Person, now: datetime) -> None:
    invitations.end_between(one, other, one, now)
    for asker, asked in ((one, other), (other, one)):
        questions.close(asker.id, asked.id, questions.CLOSED, now)
