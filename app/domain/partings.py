"""Partings: everything that ends between two people when one of them blocks the other."""

from datetime import datetime

from app.domain import blocks, invitations, questions
from app.domain.people import Person


def block(blocker: Person, blocked: Person, now: datetime) -> None:
    """Put a block between the two, and end without a word what they have in hand; twice is once.

    A 1-2-1 that both agreed to is called off in the ordinary way: nobody waits in a café for somebody who won't come.
    """
    blocks.add(blocker, blocked, now)
    invitations.end_between(blocker, blocked, blocker, now)
    for asker, asked in ((blocker, blocked), (blocked, blocker)):
        questions.close(asker.id, asked.id, questions.CLOSED, now)
