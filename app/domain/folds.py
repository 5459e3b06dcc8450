"""Folds: one row becomes another, and whatever pointed at it points at the other. Knows tables, and no noun.

New tables follow by themselves: where they point is read from the models.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import Column, ColumnElement, Table, UniqueConstraint, and_, delete, exists, func, or_, select, update

from app.database import Base, session


def columns(target: str) -> Iterator[Column[int]]:
    """Yield every column that points at the id of this table."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == target:
                yield key.parent


def tables(target: str) -> set[str]:
    """Return the names of the tables that point at this one."""
    return {column.table.name for column in columns(target)}


def repoint(target: str, gone: int, kept: int, *, only: Collection[str] = (), but: Collection[str] = ()) -> None:
    """Let what points at one row of the target table point at another.

    Where a table may hold only one of the two, the other's own row stays, and this one's goes. A row that would
    then say something of somebody and themselves goes too. `only` and `but` name tables.
    """
    session.flush()
    for table in {column.table for column in columns(target)}:
        if (not only or table.name in only) and table.name not in but:
            _repoint(table, [c for c in columns(target) if c.table is table], gone, kept)


def _repoint(table: Table, pointing: list[Column[int]], gone: int, kept: int) -> None:
    must = [column for column in pointing if not column.nullable]
    both = [and_(one == gone, other == kept) for one in must for other in must if one is not other]
    if both:
        _run(delete(table).where(or_(*both)))
    for column in pointing:
        for key in _unique(table, column):
            _run(delete(table).where(column == gone, _is_there_already(table, column, key, kept)))
        _run(update(table).where(column == gone).values({column: kept}))


def _unique(table: Table, column: Column[int]) -> Iterator[list[Column[object]]]:
    """Yield the other columns of every rule that lets this one hold a value once (partial indexes are no such rule)."""
    rules = [table.primary_key, *(rule for rule in table.constraints if isinstance(rule, UniqueConstraint))]
    alike = [list(rule.columns) for rule in rules] + ([[column]] if column.unique else [])
    for found in alike:
        if any(one is column for one in found):
            yield [one for one in found if one is not column]


def _is_there_already(table: Table, column: Column[int], key: list[Column[object]], kept: int) -> ColumnElement[bool]:
    other = table.alias()
    return exists().where(other.c[column.name] == kept, *(other.c[one.name] == one for one in key))


def left(target: str, gone: int, but: Collection[str] = ()) -> list[str]:
    """Return the columns in which anything still points at this row."""
    session.flush()
    pointing = [column for column in columns(target) if column.table.name not in but]
    return [
        f"{column.table.name}.{column.name}"
        for column in pointing
        if session.scalar(select(func.count()).select_from(column.table).where(column == gone))
    ]


def _run(statement: object) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload] # either of the two
