"""Which request or round something belongs to, from the first line of a log to the delivery; and logs that say so."""

import json
import logging
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

LENGTH: Final = 64
_current: ContextVar[str] = ContextVar("trace", default="")
_OURS: Final = ("delivery", "kind", "channel", "outcome", "detail", "path", "method", "status", "ms")


def begin(given: str = "") -> str:
    """Begin to belong to this, or to something new; return its name."""
    trace = given if _is_one(given) else secrets.token_hex(8)
    _current.set(trace)
    return trace


def _is_one(given: str) -> bool:
    return 0 < len(given) <= LENGTH and given.isascii() and given.replace("-", "").isalnum()


def current() -> str:
    """Return what all this belongs to, "" if it was not said."""
    return _current.get()


class Lines(logging.Formatter):
    """A line of JSON for each message: when, how bad, whose, what. Nothing of anybody's but numbers."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name,
            "trace": current(),
            "message": record.getMessage(),
        }
        said |= {name: value for name in _OURS if (value := record.__dict__.get(name)) is not None}
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def write_lines(level: int = logging.INFO) -> None:
    """Let the house's own logs be written so, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    house = logging.getLogger("app")
    house.handlers, house.propagate = [handler], False
    house.setLevel(level)
