"""The only room that asks what time it is. Everyone else is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_fixed: datetime | None = None


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _fixed or datetime.now(UTC)


def shared(ask: Callable[[], datetime | None]) -> datetime:
    """Return the instant that `ask` tells, for what several machines reckon by; our own where it tells none."""
    return _fixed or ask() or now()


@contextmanager
def fixed(instant: datetime) -> Iterator[None]:
    """Hold the clock at an aware instant: for a round at a chosen time, and for tests."""
    global _fixed
    before, _fixed = _fixed, instant.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before
