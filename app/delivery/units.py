"""A unit of work of the worker's: what is done in it is committed as one, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.database import begin_write, session


@contextmanager
def unit_of_work(*, durable: bool = True) -> Iterator[None]:
    """Begin as a writer, and commit; or undo it all. Not `durable`: what a power cut may take can be done again."""
    begin_write(durable=durable)
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.commit()
