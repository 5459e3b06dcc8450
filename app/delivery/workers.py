"""The worker: sends the courier round until it is told to stop, and shows that it is alive."""

import logging
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from types import FrameType
from typing import Final

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app import traces
from app.delivery import courier, housekeeping, tallies
from app.delivery.breakers import Breaker
from app.delivery.mail import Transport
from app.delivery.messages import Messenger
from app.delivery.tallies import Note
from app.domain.counters import Key

log = logging.getLogger(__name__)

WAKES_EVERY: Final = 1.0
LOOKS_EVERY: Final = 5.0
PLANS_EVERY: Final = 60.0
RESTS_FOR: Final = 9  # times as long as it planned: at most a tenth of its time, however much there is to look at
BEATS_EVERY: Final = 10.0
TIDIES_EVERY: Final = 3600.0
SCRUBS_EVERY: Final = 300.0
PACKS_EVERY: Final = 2.0
COMPLAINS_EVERY: Final = 10.0


@dataclass
class Worker:
    """One worker's memory between rounds; everything that matters is in the database."""

    app: Flask
    way: Transport
    messenger: Messenger | None = None
    stopping: Event = field(default_factory=Event)
    breaker: Breaker = field(default_factory=Breaker)
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    _counts: Counter[Key] = field(default_factory=Counter)
    _last: dict[str, float] = field(default_factory=dict)
    _pulse: tuple[int, int, int] | None = None

    def work(self) -> None:
        """Go round until told to stop; a database that is away is waited for."""
        log.info("at work")
        while not self.stopping.is_set():
            try:
                busy = self.turn()
            except DBAPIError as away:
                busy = False
                if self._is_time("complain", COMPLAINS_EVERY):
                    log.error("the database does not answer: %s", type(away.orig).__name__)
            if not busy:
                self.stopping.wait(WAKES_EVERY)
        self.way.close()
        if self.messenger:
            self.messenger.close()

    def turn(self) -> bool:
        """Do what it is time for; say whether there may be more to do at once."""
        with self.app.app_context():
            now = courier.now()
            self.errands(now)
            plans = self.may_plan(now)
            stopping = self.stopping.is_set
            tally = courier.round(now, self.way, self.breaker, messenger=self.messenger, plans=plans, stopping=stopping)
        self.rest(tally.planned_for)
        self.count(tally.notes)
        if tally.held:
            outcomes = (tallies.SENT, tallies.LATER, tallies.SUPPRESSED, tallies.FAILED, tallies.UNCERTAIN)
            log.info("letters: %s", ", ".join(f"{tally.count(name)} {name}" for name in outcomes))
        return tally.held >= courier.BATCH

    def errands(self, now: datetime) -> None:
        """Do what has to be done now and then, whether or not anything is due."""
        traces.begin()
        if self._is_time("beat", BEATS_EVERY):
            housekeeping.beat(self.name, now)
            courier.count(self._counts)
            self._counts.clear()
        if self._is_time("tidy", TIDIES_EVERY):
            housekeeping.tidy(now)
        if self._is_time("scrub", SCRUBS_EVERY):
            housekeeping.scrub(now)
        if self._is_time("pack", PACKS_EVERY):
            housekeeping.pack(now)
        if self._is_time("reunite", LOOKS_EVERY):
            housekeeping.reunite(now)

    def count(self, notes: Iterable[Note]) -> None:
        """Count what came of these, until the next beat writes it down; a kill loses those figures, and no letter."""
        for note in notes:
            reason = note.detail if note.outcome == tallies.SUPPRESSED else ""
            self._counts[Key(note.channel, note.outcome, reason)] += 1

    def rest(self, planned_for: float) -> None:
        """Plan no sooner again than after a while that is long beside the time that planning took."""
        self._last["look"] = self._last.get("look", 0.0) + RESTS_FOR * planned_for

    def may_plan(self, now: datetime) -> bool:
        """Say whether it is time to look, and anything changed since the last look, or it is time in any case."""
        return self._is_time("look", LOOKS_EVERY) and self._has_changed(now)

    def _has_changed(self, now: datetime) -> bool:
        before, self._pulse = self._pulse, courier.pulse(now)
        return self._is_time("plan", PLANS_EVERY) or self._pulse is None or self._pulse != before

    def obey(self, *signals: signal.Signals) -> None:
        """Stop at these signals: what is in flight is finished, nothing new is begun; a second one stops at once."""
        for number in signals:
            signal.signal(number, self._asked)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping.is_set():
            raise SystemExit(1)
        self.stopping.set()

    def _is_time(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(what, -every) < every:
            return False
        self._last[what] = now
        return True
