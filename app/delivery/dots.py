"""The last word before something leaves: whether it is still wanted and has its day; and what is noted if it was no."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import current_app

from app.database import session
from app.delivery import postmarks, tallies
from app.delivery.units import unit_of_work
from app.domain import claims, manners, rations
from app.domain.circumstances import Circumstances
from app.domain.claims import Claim
from app.domain.deliveries import DOT
from app.domain.rations import Portion


class _DayIsUsed(Exception):
    """Another one to the same person was faster: the dot is not noted after all."""


def before(claim: Claim, portion: Portion | None, mark: str, now: datetime) -> Callable[[], bool]:
    """Return what a way out asks just before it lets go: it notes the dot, and says no where nothing is to go.

    What goes is written down beside the database as well, by its postmark if it has one.
    """
    if session().in_transaction():
        raise RuntimeError("Nobody outside is spoken to inside a transaction.")

    def last_word() -> bool:
        try:
            # What goes is kept, and would go again as it is: that one letter at most, for what came of it is awaited.
            with unit_of_work(durable=False, awaited=False):
                goes = claims.to_dot(claim, now) and _uses_its_day(claim, portion, now)
        except _DayIsUsed:
            return False
        if goes and mark:
            postmarks.press(mark, now, Path(current_app.config["INSTANCE_PATH"]))
        return goes

    return last_word


def _uses_its_day(claim: Claim, portion: Portion | None, now: datetime) -> bool:
    if portion and not rations.take(portion, claim.id, now):
        raise _DayIsUsed
    return True


def note_withheld(claim: Claim, now: datetime) -> tuple[str, str]:
    """The last word was no: it is not wanted any more or not now, or somebody else holds it."""
    with unit_of_work():
        delivery = claims.held(claim)
        if delivery is None or delivery.state == DOT:
            return tallies.LOST, "somebody else holds it"
        around = Circumstances.of([delivery], now)
        reason = manners.unwanted(delivery, around, now)
        if until := manners.quiet_until(delivery, now):
            claims.rest(claim, until, "quiet")
        elif not reason and (free := manners.free_at(delivery, around, now)) > now:
            claims.postpone(claim, free, "not now")
        else:
            claims.suppress(claim, reason or "withdrawn")
            return tallies.SUPPRESSED, reason or "withdrawn"
        return tallies.LATER, "not now"
