"""The last word before something leaves: whether it is still wanted and has its day; and what is noted if it was no."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from flask import current_app

from app.database import session
from app.delivery import postmarks, tallies
from app.delivery.units import unit_of_work
from app.domain import claims, manners, rations
from app.domain.circumstances import Circumstances
from app.domain.claims import Claim
from app.domain.deliveries import DOT
from app.domain.rations import Portion


class Leaving(NamedTuple):
    """What is about to leave: whose hold it is, whose day it uses up, and its postmark."""

    claim: Claim
    portion: Portion | None
    mark: str


def before(leaving: Leaving, now: datetime) -> Callable[[], bool]:
    """Return what a way out asks just before it lets go: it notes the dot, and says no where nothing is to go."""
    keep_outside()

    def last_word() -> bool:
        return bool(bring([leaving], now)) and press(leaving, now)

    return last_word


def keep_outside() -> None:
    """Nobody outside is spoken to inside a transaction."""
    if session().in_transaction():
        raise RuntimeError("Nobody outside is spoken to inside a transaction.")


def bring(several: Sequence[Leaving], now: datetime) -> set[int]:
    """Note the dots of several, of one channel, in one unit of work; return the numbers of those that are to go."""
    # What goes is kept, and would go again as it is: these at most, for what came of them is awaited.
    with unit_of_work(durable=False, awaited=False):
        wanted = claims.to_dot([one.claim for one in several], now)
        return wanted - _have_no_day([one for one in several if one.claim.id in wanted], now)


def _have_no_day(wanted: Sequence[Leaving], now: datetime) -> set[int]:
    """Use the days up, and take back the dots of those whose day is used: others to the same person were faster."""
    portions = {one.claim.id: one.portion for one in wanted if one.portion}
    without = portions.keys() - rations.take_each(portions, now)
    for one in wanted:
        if one.claim.id in without:
            claims.from_dot(one.claim)
    return without


def press(leaving: Leaving, now: datetime) -> Literal[True]:
    """Write down beside the database as well that it goes, by its postmark if it has one."""
    if leaving.mark:
        postmarks.press(leaving.mark, now, Path(current_app.config["INSTANCE_PATH"]))
    return True


def note_withheld(claim: Claim, now: datetime) -> tuple[str, str]:
    """Note what `withheld` notes, in a unit of work of its own."""
    with unit_of_work():
        return withheld(claim, now)


def withheld(claim: Claim, now: datetime) -> tuple[str, str]:
    """The last word was no: it is not wanted any more or not now, or somebody else holds it."""
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
