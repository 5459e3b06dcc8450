"""Twins: which rows of one file speak of the same person, and what the later of them adds. Pure."""

from app.domain import replies
from app.domain.listings import MOST_GUESTS, Row, Verdict
from app.domain.replies import Reason, Standing


def folded(rows: list[Row]) -> list[Row]:
    """Let rows that speak of one person be one: the first is taken, the others say so and fill its blanks.

    One id or one address under two names is a question; so is one name with two addresses without ids.
    """
    twins: dict[tuple[str, str], Row] = {}
    holders: dict[str, Row] = {}
    for row in rows:
        if row.verdict is not Verdict.TAKE:
            continue
        marks = [mark for mark in (f"id {row.external_id}", f"email {row.email}") if not mark.endswith(" ")]
        name = row.comparable_name
        known_by = [*marks, "name"] if not row.external_id else marks
        twin = next((twins[mark, name] for mark in known_by if (mark, name) in twins), None)
        holder = next((holders[mark] for mark in marks if mark in holders), None)
        if twin is not None and not _two_addresses(row, twin):
            fold(row, twin)
            continue
        if twin is not None or holder is not None:
            row.ask((twin or holder or row).number)
        for mark in (*marks, "name"):
            twins.setdefault((mark, name), row)
            holders.setdefault(mark, row)
    return rows


def _two_addresses(row: Row, twin: Row) -> bool:
    """Say whether two rows of one name, and of no id that tells, can be reached at different places."""
    if row.external_id and row.external_id == twin.external_id:
        return False
    if row.email and twin.email:
        return row.email != twin.email
    return bool(row.phone and twin.phone and row.phone != twin.phone)


def fold(row: Row, into: Row) -> None:
    """Skip a row that tells of a person already taken, and let it fill what the earlier one left blank.

    A second booking of the same person counts as somebody they bring; nobody is made up for it.
    """
    second = bool(row.external_id and into.external_id and row.external_id != into.external_id)
    for name in ("email", "phone", "phone_typed", "company", "what_i_do", "ticket"):
        setattr(into, name, getattr(into, name) or getattr(row, name))
    into.kept = {**row.kept, **into.kept}
    if row.comparable_name != into.comparable_name:
        into.also.append(row.comparable_name)
    into.guests = min(into.guests + 1 if second else max(into.guests, row.guests), MOST_GUESTS)
    if row.standing is Standing.GOING and into.standing is Standing.INVITED:
        into.standing, into.status = row.standing, row.status
        into.flags = [flag for flag in into.flags if flag not in replies.OPEN]
    row.skip(Reason.SECOND_TICKET if second else Reason.DUPLICATE, into.number)
