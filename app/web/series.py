"""Series: an organiser says how a breakfast repeats, sees the mornings it makes, and ends it."""

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import events, mailings, plans, recurrences
from app.domain import series as all_series
from app.domain.refusals import Unfit
from app.domain.series import Series
from app.web import access, forms, pages

blueprint = Blueprint("series", __name__)

Page = str | Response | tuple[str, int]
SHOWN = 6
FIELDS = (*plans.FIELDS, "repeats", "rule", "until", "times", "skips_holidays")


@blueprint.get("/groups/<int:group_id>/series/new")
@access.allows(access.ORGANISER)
def new(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Ask how a breakfast repeats: blank, or from one there is."""
    typed, copied = plans.blank(access.group()), request.args.get("copy")
    if copied:
        typed = plans.typed(events.again(events.of(access.group(), copied), clock.now()))
    return _form({**typed, "repeats": recurrences.WEEKLY, "skips_holidays": "yes"})


@blueprint.post("/groups/<int:group_id>/series/new")
@access.allows(access.ORGANISER)
@forms.takes(*FIELDS, "look")
def start(group_id: int) -> Page:
    """Start a series, or only look at the mornings it would make."""
    try:
        asked = (access.group(), plans.read(request.form), _rule(request.form), clock.now(), _skips(request.form))
        if request.form.get("look"):
            all_series.preview(*asked)
            return _form(request.form)
        started = all_series.start(*asked)
    except Unfit as refusal:
        session.rollback()
        return _form(request.form, refusal), refusal.status
    session.commit()
    return redirect(url_for(".show", group_id=group_id, series_id=started.id), 303)


def _form(typed: Mapping[str, str], refusal: Unfit | None = None) -> str:
    return render_template(
        "series/form.html",
        group=access.group(),
        typed=typed,
        zones=plans.zones(typed.get("time_zone", "")),
        sentence=_days(typed),
        refusal=refusal,
    )


@blueprint.get("/groups/<int:group_id>/series/days")
@access.allows(access.ORGANISER)
def days(group_id: int) -> Page:
    """Say in one sentence on which days the series that is being typed would be."""
    return jsonify(sentence=_days(request.args), group=group_id)


def _days(typed: Mapping[str, str]) -> str:
    """Name the next days; what cannot be read yet is asked for, and said at its field once it is sent."""
    try:
        plan, rule = plans.read({**typed, "name": typed.get("name") or "…"}), _rule(typed)
        found = all_series.preview(access.group(), plan, rule, clock.now(), _skips(typed), SHOWN)
    except Unfit:
        return str(_("Pick the first day, and this line says which mornings come of it."))
    if not found:
        return str(_("No morning comes of this. Check the first day, the last one and the holidays."))
    return str(_("The next mornings: %(days)s.", days=", ".join(pages.day(day) for day in found)))


def _skips(typed: Mapping[str, str]) -> bool:
    return typed.get("skips_holidays") == "yes"


def _rule(typed: Mapping[str, str]) -> str:
    repeats, until = typed.get("repeats", ""), typed.get("until", "").strip()
    own = typed.get("rule", "") if repeats == recurrences.OWN else ""
    return recurrences.rule(repeats, plans.day(typed.get("day", "")), _last(until), _times(typed), own)


def _last(typed: str) -> date | None:
    return plans.day(typed, "until") if typed else None


def _times(typed: Mapping[str, str]) -> int | None:
    said = typed.get("times", "").strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 5):
        raise recurrences.NotATime("times")
    return int(said)


@blueprint.get("/groups/<int:group_id>/series/<int:series_id>")
@access.allows(access.ORGANISER)
def show(group_id: int, series_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Show a series: how it repeats, and the mornings that are planned."""
    now, series = clock.now(), all_series.of(access.group(), series_id)
    return render_template(
        "series/show.html",
        group=access.group(),
        series=series,
        says=_says(series),
        mornings=[event for event in all_series.mornings(series) if event.ends_at > now],
        weeks=all_series.AHEAD.days // 7,
    )


def _says(series: Series) -> str:
    """Say in words how a series repeats, or name its rule."""
    parts = recurrences.read(series.rule)
    weekday, by = format_date(series.first_day, "EEEE", rebase=False), parts.get("BYDAY", "")
    own = recurrences.WEEKDAYS[series.first_day.weekday()]
    words = {
        ("WEEKLY", "1", own): _("Every %(weekday)s", weekday=weekday),
        ("WEEKLY", "2", own): _("Every second %(weekday)s", weekday=weekday),
        ("MONTHLY", "1", f"1{own}"): _("The first %(weekday)s of the month", weekday=weekday),
        ("MONTHLY", "1", f"2{own}"): _("The second %(weekday)s of the month", weekday=weekday),
        ("MONTHLY", "1", f"3{own}"): _("The third %(weekday)s of the month", weekday=weekday),
        ("MONTHLY", "1", f"4{own}"): _("The fourth %(weekday)s of the month", weekday=weekday),
        ("MONTHLY", "1", f"-1{own}"): _("The last %(weekday)s of the month", weekday=weekday),
    }
    plain = not parts.keys() - {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT"}
    said = words.get((parts["FREQ"], parts.get("INTERVAL", "1"), by)) if plain else None
    return str(said or _("By its own rule: %(rule)s", rule=series.rule))


@blueprint.post("/groups/<int:group_id>/series/<int:series_id>/end")
@access.allows(access.ORGANISER)
@forms.takes("calls_off")
def end(group_id: int, series_id: int) -> Page:
    """End a series; the mornings that are planned stay, or are called off, and whoever has a place is told."""
    series, now = all_series.of(access.group(), series_id), clock.now()
    for event in all_series.end(series, now, calls_off=request.form.get("calls_off") == "yes"):
        mailings.call_off(event, access.me(), now)
    session.commit()
    return redirect(url_for("organisers.group", group_id=group_id), 303)
