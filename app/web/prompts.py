"""Today, and one prompt at a time: whom to see again, the next step with each, and whom to ask for half an hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import (
    attendance,
    cadence,
    cards,
    contacts,
    drafts,
    encounters,
    endings,
    farewells,
    follow_ups,
    groups,
    holders,
    intentions,
    limits,
    next_steps,
    one_to_ones,
    previews,
    prompts,
    questions,
    reminders,
)
from app.domain.contacts import KEEPING_UP, LINE, PROMISE, WIDE_CIRCLE, Contact
from app.domain.follow_ups import Met
from app.domain.next_steps import ASK, NOTHING, STEPS, Answer
from app.domain.one_to_ones import OneToOne
from app.domain.prompts import ABOUT_EVENTS, DONE, FOLLOW_UP, ONE_TO_ONE, OPEN, Pick, Prompt
from app.domain.questions import ACCESS
from app.domain.refusals import Unfit
from app.web import access, forms

blueprint = Blueprint("prompts", __name__)

Page = str | Response | tuple[str, int]
Words = dict[str, Any]
AHEAD = timedelta(days=61)
NAMES_TRIED, WHILE = 20, timedelta(minutes=10)


@blueprint.get("/today")
@access.allows(access.PERSON)
def today() -> Page:
    """Show what waits: a morning that has just ended or the oldest prompt, whole; the rest; then kindly nothing."""
    me, now = access.me(), clock.now()
    waiting, nudge = prompts.waiting(me, now), endings.waiting(me, now)
    first = waiting[0] if waiting and not nudge else None
    morning = cadence.local(now, me.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return render_template(
        "prompts/today.html",
        nudge=nudge,
        preview=previews.of(me, now),
        sheet=_sheet(first, now) if first else None,
        others=waiting[1:] if first else waiting,
        meetings=one_to_ones.around(me, morning, now + AHEAD, now),
        farewell=farewells.due(me, now),
        news=groups.news(me),
        ahead=intentions.open_question(me, now),
        asked=(asked := questions.for_me(me, now)),
        told=holders.news(me),
        mine=cards.visible(cards.of(me), cards.GIVEN) if asked else {},
        may_offer=not me.is_guest and not nudge and (_looks_back(waiting) or attendance.has_been(me, now)),
        remind=None if first else reminders.ahead(me, now),
        first=first,
        waiting=len(waiting),
        now=now,
    )


def _looks_back(waiting: Sequence[Prompt]) -> bool:
    return any(prompt.kind in ABOUT_EVENTS for prompt in waiting)


@blueprint.get("/prompts/<int:prompt_id>")
@access.allows(access.PERSON)
def show(prompt_id: int) -> Page:
    """Show one of my prompts as it stands: open, put off, done, or no longer needed."""
    prompt = prompts.of(access.me(), prompt_id)
    if prompt.kind not in ABOUT_EVENTS:
        return redirect(url_for("one_to_ones.show", one_to_one_id=prompt.one_to_one_id))
    return _show(prompt)


def _show(prompt: Prompt, refusal: Unfit | None = None) -> Page:
    now, asked_again = clock.now(), bool({"with", "choose"} & request.args.keys())
    chosen = follow_ups.picks(prompt) if prompt.kind == FOLLOW_UP and prompt.state == DONE else []
    page = render_template(
        "prompts/show.html",
        prompt=prompt,
        sheet=_sheet(prompt, now, refusal) if prompt.state == OPEN or asked_again or refusal else None,
        chosen=chosen,
        put_off=prompt.state == OPEN and prompt.due_at > now,
        refusal=refusal,
    )
    return page if refusal is None else (page, refusal.status)


def _sheet(prompt: Prompt, now: datetime, refusal: Unfit | None = None) -> Words:
    """Return the one sheet that this prompt asks with now: its template and what stands in it."""
    if prompt.one_to_one is not None:
        return _invitation(prompt.one_to_one, now)
    words = {"prompt": prompt, "later": prompts.later_choices(prompt, now), "refusal": refusal, "now": now}
    if prompt.kind == ONE_TO_ONE:
        return words | _half_hour(prompt)
    chosen = follow_ups.picks(prompt)
    choosing = "choose" in request.args or "name" in request.form
    pick = None if choosing else _current(chosen)
    return words | (_step(prompt, chosen, pick) if pick else _choose(prompt, chosen))


def _invitation(meeting: OneToOne, now: datetime) -> Words:
    contact = contacts.find(access.me(), meeting.proposer)
    words = {"meeting": meeting, "me": access.me(), "contact_id": contact and contact.id, "now": now}
    return words | {"template": "one_to_ones/times.html"}


def _half_hour(prompt: Prompt) -> Words:
    fitting = [_person(contact) for contact in prompts.fitting(prompt)]
    return {"template": "prompts/half_hour.html", "fitting": fitting, "again": prompts.meets_again(prompt)}


def _choose(prompt: Prompt, chosen: Sequence[Pick]) -> Words:
    reading = follow_ups.read(prompt)
    ticked = request.form.getlist("pick", forms.number) or [pick.contact_id for pick in chosen]
    return {
        "template": "prompts/choose.html",
        "new": [_listed(met) for met in reading.new],
        "known": [_listed(met) for met in reading.known],
        "early": not (reading.new or reading.known) and follow_ups.is_early_visit(prompt),
        "ticked": ticked,
        "typed": request.form.get("name", ""),
        "op_id": uuid4(),
        "most": follow_ups.MOST_PICKS,
    }


def _listed(met: Met) -> Words:
    """Someone to choose: with my own line about them, else my promise to them, else what their card says."""
    said = {note.kind: note.text for note in reversed(met.words)}
    return _person(met.contact) | {"noted": said.get(LINE, ""), "promised": said.get(PROMISE, "")}


def _person(contact: Contact) -> Words:
    level = contacts.level(contact)
    seen = cards.visible(contact.card, level) if contact.card else {}
    photo = cards.picture(contact.card, level) if contact.card else None
    return {
        "id": contact.id,
        "name": contact.other.name,
        "first_name": contact.other.first_name,
        "line": seen.get("what_i_do") or ", ".join(filter(None, (seen.get("role"), seen.get("company")))),
        "photo": url_for("cards.photo", address=photo.address) if photo else "",
        "seen": seen,
    }


def _current(chosen: Sequence[Pick]) -> Pick | None:
    """Return whom to ask about now: the one the address names, else the next who is not done."""
    named = request.args.get("with", type=forms.number) or request.form.get("contact", type=forms.number)
    if named is not None:
        return next((pick for pick in chosen if pick.contact_id == named), None)
    waiting = [pick for pick in chosen if pick.done_at is None]
    after = request.args.get("after", type=forms.number)
    place = next((pick.position for pick in chosen if pick.contact_id == after), 0)
    return next((pick for pick in waiting if pick.position > place), waiting[0] if waiting else None)


def _step(prompt: Prompt, chosen: Sequence[Pick], pick: Pick) -> Words:
    recall, person = next_steps.recall(pick), _person(pick.contact)
    subject, text = _draft(prompt, pick, person["seen"], bool(recall.promises))
    text = request.form.get("draft", text)
    seen = person["seen"]
    ways = drafts.ways(seen.get("email", ""), seen.get("phone", ""), seen.get("link", ""), subject, text)
    undecided = pick.done_at is None and pick.contact.stage != KEEPING_UP
    return {
        "template": "prompts/step.html",
        "pick": pick,
        "person": person,
        "here": [one.id for one in chosen].index(pick.id) + 1,
        "total": len(chosen),
        "lines": [note.text for note in recall.lines if note.kind == LINE],
        "promises": [note.text for note in recall.promises],
        "may_ask": recall.may_ask and not ways,
        "waits": request.args.get("after", type=forms.number) == pick.contact_id,
        "stage": KEEPING_UP if undecided else pick.contact.stage,
        "subject": subject,
        "draft": text,
        "ways": ways,
    }


def _draft(prompt: Prompt, pick: Pick, seen: dict[str, str], promised: bool) -> tuple[str, str]:
    me, other, event = access.me(), pick.contact.other, prompt.event
    first = encounters.between(me, other)[-1:]
    first_time = bool(first and event and first[0].event_id == event.id)
    looking_for, can_offer = seen.get("looking_for", ""), seen.get("can_offer", "")
    draft = drafts.follow_up(first_time, promised and pick.promise != next_steps.KEPT, looking_for, can_offer)
    words = {
        "name": other.first_name,
        "me": me.first_name,
        "event": event.name if event else "",
        "looking_for": looking_for,
        "can_offer": can_offer,
    }
    return _(draft.subject, **words), "\n\n".join(_(paragraph, **words) for paragraph in draft.paragraphs)


@blueprint.post("/prompts/<int:prompt_id>/picks")
@access.allows(access.PERSON)
@forms.takes("pick")
def choose(prompt_id: int) -> Page:
    """Take whom I would like to see again; the rest go to the wide circle."""
    prompt = prompts.of(access.me(), prompt_id)
    try:
        follow_ups.choose(prompt, request.form.getlist("pick", forms.number), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _show(prompts.of(access.me(), prompt_id), refusal)
    session.commit()
    return redirect(url_for(".show", prompt_id=prompt.id), 303)


@blueprint.post("/prompts/<int:prompt_id>/people")
@access.allows(access.PERSON)
@forms.takes("id", "name")
def add(prompt_id: int) -> Page:
    """Add someone whom I met there and did not scan, by their name."""
    prompt, now = prompts.of(access.me(), prompt_id), clock.now()
    if not limits.use(f"missing:{prompt.person_id}", NAMES_TRIED, WHILE, now):
        session.commit()
        raise TooManyRequests(retry_after=60)
    try:
        follow_ups.add(prompt, request.form.get("name", ""), forms.op_id(), now)
    except Unfit as refusal:
        session.commit()  # the try counts
        return _show(prompt, refusal)
    session.commit()
    return redirect(url_for(".show", prompt_id=prompt.id, choose=1), 303)


@blueprint.post("/prompts/<int:prompt_id>/answer")
@access.allows(access.PERSON)
@forms.takes("did", "contact", "promise", "stage", "way", "draft")
def answer(prompt_id: int) -> Page:
    """Take an answer: about one of the chosen, or about the whole prompt."""
    prompt, did = prompts.of(access.me(), prompt_id), request.form.get("did", "")
    if prompt.kind == FOLLOW_UP and "contact" in request.form:
        return _answer_about(prompt, request.form.get("contact", 0, forms.number), did)
    if prompt.kind not in ABOUT_EVENTS or did not in {"done", "undo"}:
        raise next_steps.NoSuchAnswer
    if did == "done":
        prompts.answer(prompt, clock.now())
    else:
        follow_ups.undo(prompt)
    session.commit()
    return redirect(url_for(".show", prompt_id=prompt.id), 303)


def _answer_about(prompt: Prompt, contact_id: int, did: str) -> Page:
    if did == "reword":
        return _show_reworded(prompt)
    said = _said(did)
    next_steps.answer(prompt, contact_id, said, clock.now())
    if said.step == ASK:
        contact = contacts.of(access.me(), contact_id)
        questions.ask(access.me(), contact.other, ACCESS, clock.now())
    session.commit()
    return redirect(url_for(".show", prompt_id=prompt.id, after=contact_id), 303)


def _show_reworded(prompt: Prompt) -> Page:
    """Put what was typed into the links, without a script; it is kept nowhere."""
    page = _show(prompt)
    session.rollback()
    return page


def _said(did: str) -> Answer:
    """Read the buttons: what happened, the promise, where they belong. "Not now" is the wide circle, and no more."""
    form = request.form
    promise, stage, way = form.get("promise", ""), form.get("stage", ""), form.get("way", drafts.COPY)
    if did == "not_now":
        return Answer(NOTHING, promise=promise, stage=WIDE_CIRCLE)
    if did in {"went", "not_yet"}:
        return Answer(way, did == "went", promise, stage)
    return Answer(did if did in STEPS else "", True, promise, stage)


@blueprint.post("/prompts/<int:prompt_id>/later")
@access.allows(access.PERSON)
@forms.takes("day")
def later(prompt_id: int) -> Page:
    """Put a prompt off to a morning."""
    prompt = prompts.of(access.me(), prompt_id)
    try:
        prompts.snooze(prompt, prompts.day_of(request.form.get("day", "")), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _show(prompts.of(access.me(), prompt_id), refusal)
    session.commit()
    return redirect(url_for(".show", prompt_id=prompt.id), 303)
