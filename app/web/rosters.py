"""The organiser's attendee list: hand it in, see what would happen row by row, say yes."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock, database
from app.database import session
from app.domain import attendee_lists, intakes, layouts, listings, rosters, wordings
from app.domain.attendee_lists import AttendeeList
from app.domain.headings import Field
from app.domain.intakes import Answer, Choices, Fate, Plan, Tally
from app.domain.refusals import Refusal
from app.web import access, forms

blueprint = Blueprint("rosters", __name__)

Page = str | Response | tuple[str, int]
MOST_SHOWN = 200
FIGURES = ("added", "filled", "left", "asked")


@blueprint.get("/events/<int:event_id>/roster")
@access.allows(access.ORGANISER)
def bring(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Ask for the attendee list, and say what became of the one before."""
    done = {name: request.args.get(name, 0, forms.number) for name in FIGURES} if "added" in request.args else None
    return _bring(done=done)


def _bring(refusal: Refusal | None = None, done: dict[str, int] | None = None) -> Page:
    page = render_template(
        "rosters/bring.html", event=access.event(), layouts=layouts.LAYOUTS, refusal=refusal, done=done
    )
    return page if refusal is None else (page, refusal.status)


@blueprint.post("/events/<int:event_id>/roster")
@access.allows(access.ORGANISER)
@forms.takes("list")
def hand_in(event_id: int) -> Page:
    """Read the file that was handed in and keep it until the organiser says yes; nobody waits for the database."""
    sent = request.files.get("list")
    session.rollback()
    data = sent.read() if sent else b""
    try:
        listed = attendee_lists.read(data, (sent.filename if sent else "") or "")
    except Refusal as refusal:
        return _bring(refusal)
    database.begin_write()
    draft = intakes.hand_in(access.event(), listed, data, access.me(), clock.now())
    session.commit()
    return redirect(url_for(".look", event_id=event_id, draft_id=draft.id), 303)


@blueprint.get("/events/<int:event_id>/roster/<int:draft_id>")
@access.allows(access.ORGANISER)
def look(event_id: int, draft_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show what taking this list in would do, and ask what has to be asked. Changes nothing."""
    try:
        draft = rosters.drafted(access.event(), draft_id, clock.now())
    except rosters.DraftGone as refusal:
        return _bring(refusal)
    choices = Choices.from_json(draft.choices)
    listed = attendee_lists.read(draft.data, draft.filename, choices.headings)
    plan = _plan(listed, choices)
    return render_template(
        "rosters/look.html",
        event=access.event(),
        draft=draft,
        listed=listed,
        choices=choices,
        plan=plan,
        tally=plan.tally(),
        words=wordings,
        Fate=Fate,
        Answer=Answer,
        turnable=[
            line.row for line in plan.lines if line.fate is not Fate.SKIP and listings.turned(line.row.name_typed)
        ],
        starts=[(number, f"{number}: {start}") for number, start in listed.start] + [(0, _("No row: there are none"))],
        options=[("", _("Not in this list"))] + [(place, _column(listed, place)) for place in listed.offered()],
        added=request.args.get("added", type=forms.number),
        most=MOST_SHOWN,
    )


def _column(listed: AttendeeList, place: int) -> str:
    """Name a column so that it is known again: its heading, and the first things that stand in it."""
    header = listed.headers[place] or _("Column %(number)s", number=place + 1)
    return f"{header} ({', '.join(listed.examples(place, 2))[:40]})"


def _plan(listed: AttendeeList, choices: Choices) -> Plan:
    at_home = intakes.region(access.event(), current_app.config["COUNTRY"])
    rows = intakes.rows(listed, choices, at_home)
    return intakes.plan(access.event(), listed.layout, rows, choices.answers)


@blueprint.post("/events/<int:event_id>/roster/<int:draft_id>")
@access.allows(access.ORGANISER)
@forms.takes("do", "headings", "headings_before", "column-*", "keep", "turn", "turn_all", "answer-*")
def decide(event_id: int, draft_id: int) -> Page:
    """Keep what the organiser chose and look again, or take the list in: all of it or nothing. Nobody is mailed."""
    try:
        tally = _decide(draft_id)
    except rosters.DraftGone as refusal:
        session.rollback()
        return _bring(refusal)
    if tally is None or tally.asked:
        added = None if tally is None else tally.created
        return redirect(url_for(".look", event_id=event_id, draft_id=draft_id, added=added), 303)
    left = tally.skipped.total()
    return redirect(url_for(".bring", event_id=event_id, added=tally.created, filled=tally.filled, left=left), 303)


def _decide(draft_id: int) -> Tally | None:
    """Return what was taken in, or None where the organiser has to look first: nothing comes in that was not shown."""
    draft = rosters.drafted(access.event(), draft_id, clock.now())
    data, filename, shown = draft.data, draft.filename, Choices.from_json(draft.choices)
    at_home = intakes.region(access.event(), current_app.config["COUNTRY"])
    session.rollback()  # a long list takes a while to read, and nobody waits for the database
    listed, choices = _chosen(request.form, data, filename)
    takes = request.form.get("do") == "take" and _was_shown(listed, choices, shown)
    rows = intakes.rows(listed, choices, at_home) if takes else []
    database.begin_write()
    draft = rosters.drafted(access.event(), draft_id, clock.now())
    draft.choices = choices.as_json()
    tally = None
    if takes:
        plan = intakes.plan(access.event(), listed.layout, rows, choices.answers)
        tally = intakes.carry_out(access.event(), plan, access.me(), clock.now())
        if not tally.asked:
            session.delete(draft)
    session.commit()
    return tally


def _was_shown(listed: AttendeeList, choices: Choices, shown: Choices) -> bool:
    before = {field: place for field, place in shown.columns.items() if place in listed.offered()}
    return choices.columns == before and request.form.get("headings") == request.form.get("headings_before")


def _chosen(form: MultiDict[str, str], data: bytes, filename: str) -> tuple[AttendeeList, Choices]:
    """Return the list as the organiser says it reads, and what they chose. Other headings are guessed anew."""
    headings, before = form.get("headings", type=forms.number), form.get("headings_before", type=forms.number)
    listed = attendee_lists.read(data, filename, headings)
    if headings != before:
        return listed, Choices(listed.proposed(), headings)
    places = {field: form.get(f"column-{field.value}", -1, forms.number) for field in Field}
    answers = {key.removeprefix("answer-"): value for key, value in form.items() if key.startswith("answer-")}
    choices = Choices(
        columns={field: place for field, place in places.items() if place in listed.offered()},
        headings=headings,
        keep=frozenset(form.getlist("keep", forms.number)),
        turn=frozenset(form.getlist("turn", forms.number)),
        turn_all="turn_all" in form,
        answers={int(row): Answer(said) for row, said in answers.items() if row.isdecimal() and said in set(Answer)},
    )
    return listed, choices
