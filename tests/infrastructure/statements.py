"""Counts what is asked of the database, so that a page's cost can be a rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

SILENT = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET ")


class Statements(list[str]):
    """The statements that were sent, in order; beginning and ending a transaction are not counted."""

    @property
    def count(self) -> int:  # type: ignore[override] # how many, not how many of one kind
        """Return how many there were."""
        return len(self)

    def __str__(self) -> str:
        return "\n".join(f"{number}. {' '.join(text.split())}" for number, text in enumerate(self, start=1))


@contextmanager
def counted(engine: Engine) -> Iterator[Statements]:
    """Collect the statements sent to this engine, from whichever session or thread."""
    seen = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(SILENT):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
