"""Knows whether the way out is worth trying: after five failures in a row, one probe a minute."""

from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
PROBE_EVERY: Final = timedelta(minutes=1)


class Breaker:
    """Counts failures of one transport, which are nobody's letter's fault."""

    def __init__(self) -> None:
        self._failures = 0
        self._probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the way has failed too often to send more than a probe."""
        return self._failures >= FAILURES

    def room(self, now: datetime, wanted: int) -> int:
        """Return how many letters may be tried now, of as many as are wanted."""
        if not self.is_open or self._probe_at is None:
            return wanted
        return min(wanted, 1) if now >= self._probe_at else 0

    def answered(self, _now: datetime) -> None:
        """Note that a server answered, whatever it said."""
        self._failures = 0

    def failed(self, now: datetime) -> None:
        """Note that no server could be spoken to."""
        self._failures += 1
        self._probe_at = now + PROBE_EVERY
