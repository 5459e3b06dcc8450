"""A unit of work of the worker's: what is done in it is committed as one, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.database import begin_write, session


@contextmanager
def unit_of_work(*, durable: bool = True, awaited: bool = True) -> Iterator[None]:
    """Begin as a writer, and commit; or undo it all. `durable` and `awaited` are those of `database.begin_write`."""
    begin_write(durable=durable, awaited=awaited)
    with _committed():
        yield


@contextmanager
def reading() -> Iterator[None]:
    """Read without holding anybody up. It ends with a commit: what was read stays good, and what is asked prepared.

    After a rollback a session reads its rows anew, and psycopg has PostgreSQL forget every prepared statement.
    """
    with _committed():
        yield


@contextmanager
def _committed() -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.commit()
