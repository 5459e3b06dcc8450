"""Postmarks: which letters and messages have gone, in files beside the database that only grow.

A backup that is restored has forgotten what went after it; these have not. A line is an instant and a keyed hash of
what it was about, for whom and which way: a file a month, `sent-2026-11.log`, in the instance folder of the sender.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import keys, tokens
from app.database import session
from app.domain import holds
from app.domain.deliveries import Delivery

FILES: Final = "sent-*.log"
log = logging.getLogger(__name__)


def mark(delivery: Delivery) -> str:
    """Return what tells a delivery from any other, whatever copy of the database it is in; a code has none ("")."""
    return "" if delivery.code_id else _mark(delivery, keys.current_id())


def _mark(delivery: Delivery, key_id: str) -> str:
    # Not by its number: planned anew after a restore, the same letter has another.
    if prompt := delivery.prompt:
        about = f"{prompt.kind}|{prompt.subject}|{prompt.person_id}|{delivery.round}"
    else:
        about = f"notice|{delivery.notice.kind}|{delivery.notice.subject}" if delivery.notice else ""
    device = delivery.device.endpoint if delivery.device else ""
    return f"{key_id}:{tokens.derived('postmark', key_id, f'{about}|{delivery.channel}|{device}')}"


def press(mark: str, now: datetime, folder: Path) -> None:
    """Write down that it goes, just before its final dot. Any number of processes may write at once.

    A disk that takes no line stops no letter: the line is for whoever restores a backup.
    """
    try:
        _append(f"{now.isoformat()} {mark}\n", f"{folder}/sent-{now:%Y-%m}.log")
    except OSError:
        log.exception("what has gone could not be written down")


def _append(line: str, file: str) -> None:
    # O_APPEND, and one write a line: no two are mixed up.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read(folders: Iterable[Path]) -> dict[str, datetime]:
    """Return what has gone by the files in these folders, and when; a line that a crash cut short is none."""
    found = {}
    for file in (file for folder in folders for file in sorted(folder.glob(FILES))):
        for line in file.read_text().splitlines():
            try:
                at, one = line.split(" ")
                found[one] = datetime.fromisoformat(at)
            except ValueError:
                continue
    return found


def carry(gone: Mapping[str, datetime], folder: Path) -> None:
    """Write down in another folder what has gone, so that it is known there as well."""
    for one, at in gone.items():
        press(one, at, folder)


def settle(gone: Mapping[str, datetime]) -> int:
    """Let what waits in the database and has gone be sent, in the caller's unit of work; return how many that were."""
    key_ids = sorted({one.partition(":")[0] for one in gone} & set(keys.ids()))
    ways = (joinedload(Delivery.prompt), joinedload(Delivery.notice), joinedload(Delivery.device))
    settled = 0
    for delivery in session.scalars(select(Delivery).options(*ways).where(holds.may_have_gone())).all():
        at = next((gone[one] for key_id in key_ids if (one := _mark(delivery, key_id)) in gone), None)
        if at is not None:
            holds.known_sent(delivery, at)
            settled += 1
    session.flush()
    return settled


def forget_older(folder: Path, before: datetime) -> None:
    """Throw away the files of months that ended before this."""
    for file in folder.glob(FILES):
        if file.name < f"sent-{before:%Y-%m}.log":
            file.unlink(missing_ok=True)
