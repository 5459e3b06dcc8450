"""Holidays: an organiser says on which days nobody is to be asked anything."""

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import cadence, holidays
from app.domain.refusals import Unfit
from app.web import access, forms

blueprint = Blueprint("holidays", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/groups/<int:group_id>/holidays")
@access.allows(access.ORGANISER)
def index(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Show the group's holidays."""
    return _page({})


def _page(typed: Mapping[str, str], refusal: Unfit | None = None) -> str:
    group, today = access.group(), _today()
    listed = holidays.of_group(group)
    missing = _to_come().keys() - {holiday.day for holiday in listed}
    return render_template(
        "holidays/index.html",
        group=group,
        to_come=[holiday for holiday in listed if holiday.day >= today],
        past=[holiday for holiday in listed if holiday.day < today],
        years=(today.year, today.year + 1) if missing else None,
        typed=typed,
        refusal=refusal,
    )


def _today() -> date:
    return cadence.local(clock.now(), access.group().time_zone).date()


def _to_come() -> dict[date, str]:
    """Return the bank holidays of England and Wales of this year and the next that are still to come."""
    today = _today()
    known = holidays.bank_holidays(today.year) | holidays.bank_holidays(today.year + 1)
    return {day: _(name) for day, name in known.items() if day >= today}


@blueprint.post("/groups/<int:group_id>/holidays")
@access.allows(access.ORGANISER)
@forms.takes("day", "name")
def keep(group_id: int) -> Page:
    """Put a day on the list."""
    try:
        day = _day(request.form.get("day", ""))
        holidays.keep(access.group(), day, request.form.get("name", ""), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _page(request.form, refusal), refusal.status
    session.commit()
    return redirect(url_for(".index", group_id=group_id), 303)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as wrong:
        raise holidays.NotADay("day") from wrong


@blueprint.post("/groups/<int:group_id>/holidays/bank")
@access.allows(access.ORGANISER)
@forms.takes()
def keep_bank_holidays(group_id: int) -> Page:
    """Put the bank holidays of England and Wales on the list, as far as they are to come."""
    holidays.keep_all(access.group(), _to_come(), clock.now())
    session.commit()
    return redirect(url_for(".index", group_id=group_id), 303)


@blueprint.post("/groups/<int:group_id>/holidays/<int:holiday_id>/drop")
@access.allows(access.ORGANISER)
@forms.takes()
def drop(group_id: int, holiday_id: int) -> Page:
    """Take a day off the list."""
    holidays.drop(access.group(), holiday_id)
    session.commit()
    return redirect(url_for(".index", group_id=group_id), 303)
