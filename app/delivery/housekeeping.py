"""The housekeeping: what a worker does beside the post. Throws away, packs, scrubs, and puts together what belongs."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from flask import current_app

from app import connections, database
from app.database import session
from app.delivery import postmarks
from app.delivery.drawer import Drawer
from app.delivery.units import unit_of_work
from app.domain import (
    bounces,
    complaints,
    deliveries,
    erasures,
    exports,
    forgotten,
    jottings,
    limits,
    parcels,
    rations,
    receipts,
    reports,
    retentions,
    reunions,
    rosters,
    sessions,
    strays,
)

AT_A_TIME: Final = 20
TABLES_BETWEEN_NOTES: Final = 8
A_DAY, A_WEEK, BODIES_LAST = timedelta(days=1), timedelta(days=7), timedelta(days=30)
POSTMARKS_LAST = timedelta(days=400)  # nobody goes back further than a year


def beat(worker: str, now: datetime) -> None:
    """Show that this worker is alive."""
    with unit_of_work(durable=False):
        deliveries.beat(worker, now)


def tidy(now: datetime) -> None:
    """Throw away what nobody needs any more: codes and drafts that ran out, counts of past hours, workers that left."""
    with unit_of_work():
        sessions.forget_codes(now - A_DAY)
        limits.forget(now - A_WEEK)
        rations.forget(now - 2 * A_WEEK)
        bounces.forget(now - 2 * bounces.LASTS)
        rosters.forget_drafts(now)
        deliveries.forget_workers(now - A_DAY)
        parcels.forget(now)
        complaints.forget(now)
        reports.forget(now)
        deliveries.forget_recipients(now - BODIES_LAST)
        receipts.forget(now - receipts.LAST)
        strays.forget(now - receipts.LAST)
        jottings.forget(now - receipts.LAST)
        retentions.fade(now)
    _forget_visitors(now)
    Drawer(_folder() / "letters").forget_older(now - BODIES_LAST)
    postmarks.forget_older(_folder(), now - POSTMARKS_LAST)


def pack(now: datetime) -> bool:
    """Pack the copy of everything that one person asked for, if anybody did; nobody else waits while it is read."""
    parcel = parcels.unpacked()
    if parcel is None:
        session.rollback()
        return False
    number, person = parcel.id, parcel.person
    for packed in exports.pack(person, now):
        if packed.content:
            session.rollback()
            with unit_of_work():
                parcels.close(number, packed.content, now)
        elif packed.done % TABLES_BETWEEN_NOTES == 0:
            session.rollback()
            with unit_of_work():
                parcels.came_to(number, packed.done)
    return True


def scrub(now: datetime) -> None:
    """Clean the database's file after an erasure, as soon as no morning is on: writers wait while it is done."""
    waits = forgotten.unscrubbed() and not erasures.any_on(now)
    session.rollback()
    if waits and connections.scrub(database.db.engine):
        with unit_of_work():
            forgotten.scrubbed(now, now)


def reunite(now: datetime) -> int:
    """Let scans that led nowhere be what they turn out to be by now; return of how many something came."""
    found, words = reunions.found_out()[:AT_A_TIME], reunions.claimed()
    session.rollback()
    if not (found or words):
        return 0
    with unit_of_work():
        reunions.put_words(words)
        return reunions.follow(found, ZoneInfo(current_app.config["TIME_ZONE"]), now)


def _forget_visitors(now: datetime) -> None:
    """Erase, one at a time, the visitors who were not seen again for a year."""
    with unit_of_work():
        for visitor in retentions.visitors(now, AT_A_TIME):
            erasures.erase(visitor, now, _folder() / forgotten.LOG)


def _folder() -> Path:
    return Path(current_app.config["INSTANCE_PATH"])
