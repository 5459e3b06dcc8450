"""Organisers: their groups, the events of each, and the room as it fills."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import (
    attendees,
    deliveries,
    events,
    groups,
    holds,
    intentions,
    newcomers,
    people,
    plans,
    reports,
    rollcall,
    series,
    wordings,
)
from app.domain.events import Event
from app.domain.refusals import Unfit
from app.domain.rollcall import Figures
from app.web import access, forms, pages, rolls

blueprint = Blueprint("organisers", __name__)

Page = str | Response | tuple[str, int]
MOST_BARS = 12


@blueprint.get("/groups")
@access.allows(access.PERSON)
def index() -> Page:
    """Go to my group, or let me choose if there are several."""
    mine = access.organised()
    if len(mine) == 1:
        return redirect(url_for(".group", group_id=mine[0].id), 303)
    return render_template("organisers/index.html", groups=mine, may_start=_may_start())


def _may_start() -> bool:
    return bool(access.me().may_start_groups or current_app.config["GROUPS"] == "open")


@blueprint.get("/groups/new")
@access.allows(access.PERSON)
def new_group() -> Page:
    """Ask for a new group's name and zone."""
    if not _may_start():
        raise groups.MayNotStart
    zone = people.known_zone(access.me().time_zone, current_app.config["TIME_ZONE"])
    return _group_form({"name": "", "time_zone": zone})


@blueprint.post("/groups/new")
@access.allows(access.PERSON)
@forms.takes("name", "time_zone")
def start_group() -> Page:
    """Start a group, with me as its organiser."""
    name, zone = request.form.get("name", ""), request.form.get("time_zone", "")
    try:
        group = groups.start(access.me(), name, zone, clock.now(), current_app.config["GROUPS"] == "open")
    except Unfit as refusal:
        session.rollback()
        return _group_form(request.form, refusal), refusal.status
    session.commit()
    return redirect(url_for(".group", group_id=group.id), 303)


def _group_form(typed: Mapping[str, str], refusal: Unfit | None = None) -> str:
    return render_template(
        "organisers/group_form.html",
        typed=typed,
        zones=plans.zones(),
        refusal=refusal,
        organised=access.organised(),
    )


@blueprint.get("/groups/<int:group_id>")
@access.allows(access.ORGANISER)
def group(group_id: int) -> Page:
    """Show a group's mornings, those to come and those that were, and what changed since the one before."""
    now = clock.now()
    all_events, turnouts = events.of_group(group_id), rollcall.turnouts(group_id)
    to_come = [event for event in reversed(all_events) if event.ends_at > now]
    held = [event for event in all_events if event.ends_at <= now and not event.cancelled_at][:MOST_BARS]
    counts = [turnouts[event.id].present if event.id in turnouts else 0 for event in held]
    return render_template(
        "organisers/group.html",
        group=access.group(),
        to_come=to_come,
        past=[event for event in all_events if event.ends_at <= now],
        series=series.of_group(access.group()),
        held=held,
        turnouts=turnouts,
        counts=counts[::-1],
        changes=_changes(held[0], rollcall.figures(held[0], now), counts) if held else [],
        now=now,
        worker_is_lost=deliveries.is_lost(deliveries.worker_age(now)),
        on_hold=holds.current() is not None,
        told=reports.unseen(access.group(), access.me()),
    )


def _changes(latest: Event, figures: Figures, counts: Sequence[int]) -> list[str]:
    """Say in up to three sentences what the latest event was like, against the one before it."""
    day = pages.day(latest.day)
    came = ngettext("%(num)d came on %(day)s", "%(num)d came on %(day)s", figures.present, day=day)
    more = figures.present - counts[1] if len(counts) > 1 else None
    if more is None:
        first = _("%(came)s.", came=came)
    elif more == 0:
        first = _("%(came)s, as many as the time before.", came=came)
    elif more > 0:
        first = _("%(came)s, %(more)d more than the time before.", came=came, more=more)
    else:
        first = _("%(came)s, %(fewer)d fewer than the time before.", came=came, fewer=-more)
    new = ngettext(
        "%(num)d of them was here for the first time.",
        "%(num)d of them were here for the first time.",
        figures.first_timers,
    )
    absent = ngettext("%(num)d who was expected didn't come.", "%(num)d who were expected didn't come.", figures.absent)
    told = ((True, first), (more is not None and figures.first_timers, new), (figures.absent, absent))
    return [sentence for worth_telling, sentence in told if worth_telling]


@blueprint.get("/events/<int:event_id>")
@access.allows(access.ORGANISER)
def event(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show the room as it fills: the numbers, the curve, and everyone by name."""
    event, now = access.event(), clock.now()
    typed, show = request.args.get("q", ""), request.args.get("show", "")
    everyone, phase = attendees.of(event, now), event.phase(now)
    shown, address = attendees.matching(everyone, typed, show), url_for(".event", event_id=event.id) + "/attendance/"
    is_open = phase in rolls.CHECKS_IN
    return render_template(
        "organisers/room.html",
        event=event,
        group=access.group(),
        phase=phase,
        is_open=is_open,
        address=address,
        rows=[rolls.drawn(rolls.row(place, event), address, is_open, place.id in shown) for place in everyone],
        shown=shown,
        typed=typed,
        show=show,
        as_of=f"{pages.hour(now, event.time_zone)}:{now.second:02d}",
        tag=rolls.tag(event, now),
        totals=intentions.totals(event),
        introductions=newcomers.introductions(event),
        goals=[(goal, _(words)) for goal, words in wordings.GOALS.items()],
        **rolls.numbers(event, now, everyone),
    )


@blueprint.get("/events/<int:event_id>/live")
@access.allows(access.ORGANISER)
def live(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Tell the page what changed `since` the version it shows; nothing at all if it has the newest.

    The answer to "nothing new" costs what access has read already: the session, and the event with its version.
    """
    return rolls.news(access.event(), clock.now())
