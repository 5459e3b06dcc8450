"""Mornings, looked back on by those who organise: what came of one, and a group's latest ones side by side.

Totals and attendance only: no page here knows who met whom.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from flask import Blueprint, current_app, render_template
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from app import clock
from app.domain import charts, deliveries, histories, holds, notices, outcomes, postbags, prompts, rollcall
from app.domain.charts import Column
from app.domain.discretion import How, Told
from app.domain.events import Event
from app.domain.histories import Morning
from app.domain.outcomes import Outcome, Post
from app.domain.postbags import Postbag
from app.domain.rollcall import Figures
from app.web import access, pages
from app.words import N_

blueprint = Blueprint("mornings", __name__)

KINDS = {
    notices.BEFORE: N_("The letter before"),
    notices.MOVED: N_("That the morning moved"),
    notices.CANCELLED: N_("That it was called off"),
    notices.KEPT: N_("That somebody kept their card"),
    prompts.FOLLOW_UP: N_("The follow-up"),
    prompts.ONE_TO_ONE: N_("The 1-2-1 prompt"),
}

CHART = {"width": 300, "columns": 110, "step": 52}


class Step(NamedTuple):
    """One step of a morning from the list to what came of it: its word, how many, and how long it is drawn."""

    word: str
    told: str
    y: float
    sure: float
    perhaps: float


class Mark(NamedTuple):
    """One morning of a chart: its column, its numbers in words, and the day and month below it."""

    column: Column
    number: int
    day: str
    month: str


@blueprint.get("/events/<int:event_id>/afterwards")
@access.allows(access.ORGANISER)
def afterwards(event_id: int) -> str:  # noqa: ARG001 - access finds the event by it
    """Show what came of an event, in totals."""
    event, now = access.event(), clock.now()
    figures, outcome = rollcall.figures(event, now), outcomes.of(event, now)
    post = outcomes.post(event)
    return render_template(
        "mornings/afterwards.html",
        event=event,
        phase=event.phase(now),
        figures=figures,
        outcome=outcome,
        steps=_steps(figures, outcome),
        chart=CHART,
        letters=_letters(event, post, is_due=now >= post.due_at),
    )


def _steps(figures: Figures, outcome: Outcome) -> list[Step]:
    """Return a morning's four steps; a number that may not be told is drawn as far as it is told."""
    listed = figures.expected + figures.absent + figures.present - figures.walk_ins
    steps: list[tuple[str, Told]] = [
        (_("On the list"), Told(How.EXACT, listed)),
        (_("Here"), Told(How.EXACT, figures.present)),
        (_("Met someone"), figures.met),
        (_("Acted on the follow-up"), outcome.acted_on),
    ]
    lengths = [(told.at_least, told.at_most) for _word, told in steps]
    strips = charts.strips(lengths, CHART["width"], CHART["step"])
    return [Step(word, pages.told(told), *strip) for (word, told), strip in zip(steps, strips, strict=True)]


def _letters(event: Event, post: Post, is_due: bool) -> list[str]:
    """Say how the first letters went, or when they go: no name, no address."""
    if event.cancelled_at:
        return [_("This event was called off, so nobody is asked about it.")]
    if not current_app.config["SMTP_URL"]:
        return [_("No mail server is set up, so no letter leaves this house. Everyone finds the question in the app.")]
    day = format_date(post.due_at.astimezone(event.zone), "EEEE", rebase=False)
    if not is_due:
        return [
            _("The reminders go out on %(day)s at %(hour)s.", day=day, hour=pages.hour(post.due_at, event.time_zone))
        ]
    if not post.people:
        return [_("Nobody was there with a card, so nobody was written to.")]
    told = [_("%(day)s's reminders went to %(went)d of %(people)d.", day=day, went=post.went, people=post.people)]
    if post.bounced:
        told.append(ngettext("%(num)d address bounced.", "%(num)d addresses bounced.", post.bounced))
    if post.waiting:
        told.append(ngettext("%(num)d is on its way.", "%(num)d are on their way.", post.waiting))
    if post.went + post.bounced + post.waiting < post.people:
        told.append(_("The others find the question in the app."))
    return told


@blueprint.get("/groups/<int:group_id>/attendance")
@access.allows(access.ORGANISER)
def attendance(group_id: int) -> str:
    """Show a group's latest mornings side by side."""
    history = histories.of_group(group_id, clock.now())
    oldest_first = history.mornings[::-1]
    return render_template(
        "mornings/attendance.html",
        group=access.group(),
        history=history,
        chart=CHART,
        came=_marks(oldest_first, [(morning.present, morning.present) for morning in oldest_first]),
        new=_marks(oldest_first, [(morning.came_back or 0, morning.first_timers) for morning in oldest_first]),
        most=histories.MOST_MORNINGS,
    )


def _marks(mornings: Sequence[Morning], counts: Sequence[tuple[int, int]]) -> list[Mark]:
    """Return the columns of a chart with what stands at them; a month is named where it begins."""
    columns = charts.columns(counts, CHART["width"], CHART["columns"])
    months = [format_date(morning.event.day, "MMM") for morning in mornings]
    marks = []
    for number, (morning, column) in enumerate(zip(mornings, columns, strict=True)):
        begins = number == 0 or months[number] != months[number - 1]
        marks.append(Mark(column, counts[number][1], str(morning.event.day.day), months[number] if begins else ""))
    return marks


@blueprint.get("/groups/<int:group_id>/letters")
@access.allows(access.ORGANISER)
def letters(group_id: int) -> str:
    """Show how the letters about a group's mornings fare, in totals, and whether any go out at all."""
    bags, now = postbags.of_group(group_id), clock.now()
    return render_template(
        "mornings/letters.html",
        group=access.group(),
        mornings=[(event, [*some]) for event, some in groupby(bags, lambda bag: bag.event)],
        kinds=KINDS,
        fared=_fared,
        leaves=bool(current_app.config["SMTP_URL"]),
        worker_is_lost=deliveries.is_lost(deliveries.worker_age(now)),
        on_hold=holds.current() is not None,
    )


def _fared(bag: Postbag) -> str:
    """Say what came of the letters of one kind about one morning."""
    told = [_("%(went)d of %(people)d have it.", went=bag.went, people=bag.people)] if bag.went else []
    if bag.waiting:
        told.append(ngettext("%(num)d is on its way.", "%(num)d are on their way.", bag.waiting))
    if bag.waiting and bag.next_at and bag.next_at > clock.now():
        when = {
            "day": pages.day(bag.next_at, bag.event.time_zone),
            "hour": pages.hour(bag.next_at, bag.event.time_zone),
        }
        told.append(_("The next goes on %(day)s at %(hour)s.", **when))
    if bag.came_back:
        told.append(ngettext("%(num)d came back.", "%(num)d came back.", bag.came_back))
    if (
        bag.spared
    ):  # one may have answered, had a block, or wanted no letters: which, and of how many, is nobody's to know
        told.append(_("The others needed none."))
    return " ".join(told)
