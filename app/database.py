"""The database as everyone above sees it: one Base, one session, UTC instants, and how a write begins."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    Integer,
    MetaData,
    bindparam,
    column,
    event,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstanceState, InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

OVERTAKEN = "0A000"  # a prepared statement whose answer a migration has changed: it is prepared anew the next time
RETRIABLE = {"40001", "40P01", OVERTAKEN}
QUERY_CANCELED = "57014"
HELD = "held"  # under which a session notes whose rows it holds to the end of its transaction
_COUNTS_ROWS = MappingProxyType({"preserve_rowcount": True})
LARGEST_NUMBER = 2**31 - 1  # the largest that an INTEGER column of either database is asked for

T = TypeVar("T")


class Base(DeclarativeBase):
    """The one registry of tables; constraint names follow a convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database, on SQLite too, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs its zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# What SQLAlchemy may note about a row it read.
NOTES = (
    *("key", "identity_token", "session_id", "_instance_dict", "load_options", "load_path", "runid", "_strong_obj"),
    *("expired", "modified", "insert_order", "callables", "parents", "_pending_mutations", "_last_known_values"),
    *("_deleted", "_load_pending", "_orphaned_outside_of_session"),
)


def lay_out_notes() -> None:
    """Tell Python every name of such a note before there are rows, so that they fit into the layout all rows share.

    Where one does not fit, Python 3.11 gives the row a dictionary of its own, two of them if it collects its garbage
    just then and the row goes with it, and the process dies of that. 3.12 does not.
    """
    row: InstanceState[Any] = object.__new__(InstanceState)
    for name in NOTES:
        setattr(row, name, None)


lay_out_notes()
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
session = db.session
_one_writer = threading.Lock()


def begin_write(*, durable: bool = True, awaited: bool = True) -> None:
    """Open the unit of work as a writer, before anything is read in it.

    What is not `durable` may be forgotten when the power fails, never when a process ends: for what would be found
    out again. What is not `awaited` either, PostgreSQL may also forget when it breaks down itself, until the next
    commit that is waited for brings it to the disk as well.

    On SQLite a transaction that reads first cannot become a writer safely, and its busy handler is unfair: one lock a
    process keeps the tail short, BEGIN IMMEDIATE keeps two processes apart. PostgreSQL needs neither.
    """
    here = session()
    if here.get_bind().dialect.name != "sqlite":
        if not awaited:
            here.connection().exec_driver_sql("SET LOCAL synchronous_commit TO off")
        return
    if here.in_transaction():
        raise RuntimeError("A write begins before anything is read.")
    _one_writer.acquire()
    here.info["writes"] = True
    try:
        here.connection(execution_options={"writes": True, "durable": durable})
    except BaseException:
        _release(here)
        raise


def _release(here: Session) -> None:
    if here.info.pop("writes", False):
        _one_writer.release()


@event.listens_for(Session, "after_transaction_end")
def _write_ended(here: Session, transaction: Any) -> None:
    if transaction.parent is None:
        here.info.pop(HELD, None)
        _release(here)


def retried(work: Callable[[], T], again: Callable[[], T] | None = None, tries: int = 3) -> T:
    """Do the work; and `again`, from the start, if PostgreSQL broke a deadlock or a serialisation by refusing it.

    The same if a migration has overtaken what was prepared, while old and new run together.
    """
    for left in reversed(range(tries)):
        try:
            return work()
        except DBAPIError as refused:
            session.rollback()
            if left == 0 or getattr(refused.orig, "sqlstate", None) not in RETRIABLE:
                raise
            work = again or work
    raise AssertionError("unreachable: the last try returns or raises")


def took_too_long(refused: DBAPIError) -> bool:
    """Say whether PostgreSQL gave a statement up as its time was over: the next one may be quick."""
    return getattr(refused.orig, "sqlstate", None) == QUERY_CANCELED


def unindexed(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return a text column in a form that no index has: SQLite, which knows no figures, takes any column for choosy."""
    return column.concat("")


class among(FunctionElement[bool]):  # noqa: N801 - read as a word of the query
    """The condition that a column of numbers has one of those that are told under a name.

    They go as one parameter. With one for each, of `in_`, the statement is another one for every length: put together
    and read anew each time, and planned anew.
    """

    # Of no type: where it is Boolean, SQLAlchemy has SQLite ask whether it equals 1, and so look past every index.
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | InstrumentedAttribute[Any], told: str) -> None:
        super().__init__(column, bindparam(told, type_=JSON().with_variant(ARRAY(Integer), "postgresql")))


@compiles(among, "postgresql")
def _among_an_array(element: among, compiler: SQLCompiler, **given: Any) -> str:
    column, numbers = (compiler.process(clause, **given) for clause in element.clauses)
    return f"{column} = ANY ({numbers})"


@compiles(among, "sqlite")
def _among_json(element: among, compiler: SQLCompiler, **given: Any) -> str:
    column, numbers = (compiler.process(clause, **given) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608 - put together from clauses


def is_one_of(column: InstrumentedAttribute[str], *values: str) -> ColumnElement[bool]:
    """Return the condition that a column is one of a few known words.

    SQLAlchemy puts a statement with IN together anew each time, and can't tell one of several in one go.
    """
    return or_(*(column == value for value in values))


def is_there(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that there is such a row for the one at hand: one look by an index for each.

    Of EXISTS, PostgreSQL makes a join and, as long as it has not counted what was just added, one of all with all.
    """
    return select(true()).where(*where).limit(1).scalar_subquery().is_not(None)


class Prepared:
    """A statement of rows and figures, no objects, put together once and asked thousands of times.

    It goes past the session, whose part in it takes longer than the database's; what the session has not written yet
    is written first. Where databases differ in it, it is given by the dialect's name.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable]) -> None:
        self._statement = statement

    def __call__(self, told: Mapping[str, object] | Sequence[Mapping[str, object]]) -> CursorResult[Any]:
        """Execute it in the session's transaction with these parameters, or with each of several sets of them."""
        here, given = session(), self._statement
        here.flush()
        line = here.connection()
        statement = given[line.dialect.name] if isinstance(given, Mapping) else given
        return line.execute(statement, told, execution_options=_COUNTS_ROWS)


class ForEach:
    """A statement of rows and figures to be done for each of several, told as one mapping each.

    SQLite does it once for each; PostgreSQL all in one go, told a list for each name, in two thirds of the time.
    """

    def __init__(
        self, types: Mapping[str, TypeEngine[Any]], statement: Callable[[Mapping[str, Any]], Executable]
    ) -> None:
        """`statement` is given what stands for each name of `types` in it."""
        lists = (bindparam(name, type_=ARRAY(type_)) for name, type_ in types.items())
        rows = func.unnest(*lists).table_valued(*(column(name, type_) for name, type_ in types.items()), name="told")
        one = {name: bindparam(name, type_=type_) for name, type_ in types.items()}
        self._prepared = Prepared({"sqlite": statement(one), "postgresql": statement(dict(rows.render_derived().c))})
        self._names = tuple(types)

    def __call__(self, told: Sequence[Mapping[str, object]]) -> CursorResult[Any]:
        """Execute it in the session's transaction."""
        if session.get_bind().dialect.name == "sqlite":
            return self._prepared(told)
        return self._prepared({name: [one[name] for one in told] for name in self._names})


def instant() -> datetime | None:
    """Return what the database's own clock shows, or None where it has none but ours."""
    if db.engine.dialect.name != "postgresql":
        return None
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
        shown: datetime = line.execute(text("SELECT clock_timestamp()")).scalar_one()
    return shown.astimezone(UTC)


def answers() -> bool:
    """Say whether the database answers a question at all."""
    try:
        session.execute(text("SELECT 1"))
    except DBAPIError:
        session.rollback()
        return False
    return True
