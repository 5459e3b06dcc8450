"""Fits: whether somebody is a customer, a supplier, an introducer or a friend to me, and what comes next with them.

Both are answers about a person, so they are sealed as notes are, and never leave their writer's pages.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain import contacts
from app.domain.contacts import FIT, STEP, Contact
from app.domain.refusals import Unfit
from app.words import N_

CUSTOMER, SUPPLIER, INTRODUCER, FRIEND = "customer", "supplier", "introducer", "friend"
FITS = (CUSTOMER, SUPPLIER, INTRODUCER, FRIEND)
WRITE, ONE_TO_ONE, INTRODUCE = "write", "one_to_one", "introduce"
STEPS = (WRITE, ONE_TO_ONE, INTRODUCE)


class Fit(NamedTuple):
    """What one said of somebody, each empty if nothing was."""

    fit: str = ""
    step: str = ""


class NoSuchFit(Unfit):
    message = N_("Please pick one of those, or none.")


def say(contact: Contact, fit: str, step: str, now: datetime) -> None:
    """Keep what they are to the owner and what comes next, sealed; nothing said drops it. Raises NoSuchFit."""
    must_be_known(fit, step)
    for field, said in ((FIT, fit), (STEP, step)):
        contacts.write(contact, field, said, None, now)


def must_be_known(fit: str, step: str) -> None:
    """Raise NoSuchFit for what is neither one of ours nor nothing."""
    for field, said, known in ((FIT, fit, FITS), (STEP, step, STEPS)):
        if said not in ("", *known):
            raise NoSuchFit(field)


def of(asked: Sequence[Contact]) -> dict[int, Fit]:
    """Return what the owner said of each of these contacts, by its id: one query, however many."""
    found = contacts.notes_of(asked, (FIT, STEP))
    said = {number: {note.kind: note.text for note in reversed(notes)} for number, notes in found.items()}
    return {number: Fit(words.get(FIT, ""), words.get(STEP, "")) for number, words in said.items()}
