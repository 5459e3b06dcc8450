"""What a phone keeps to be read without a network, as JSON: copies of what is a person's own, and locked rosters."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, current_app, url_for
from flask_babel import gettext as _

from app import clock, serving
from app.domain import attendees, cards, contacts, copies, locked_rosters, nameplates, polls, prompts, qr, rollcall
from app.domain.copies import Morning
from app.domain.door_helpers import Door
from app.domain.events import Event
from app.domain.occasions import Occasion
from app.domain.prompts import ABOUT_EVENTS, FOLLOW_UP, Prompt
from app.web import access, pages, rolls

blueprint = Blueprint("copies", __name__, url_prefix="/api/v1")

Words = dict[str, Any]
DONE, LATER, WIDE_CIRCLE = "done", "later", "wide_circle"
SERVICE = "marmalade"


@blueprint.get("/copies")
@access.allows(access.PERSON)
def mine() -> Response:
    """Hand over my card, whom I met lately, what waits for me, my morning, and the lists of the doors that I keep."""
    me, now = access.me(), clock.now()
    morning = copies.morning_of(me, now)
    kept = {
        "card": _card(),
        "people": [_occasion(occasion) for occasion in copies.people_of(me)],
        "today": [_prompt(prompt, now) for prompt in copies.prompts_of(me, now)],
        "event": _morning(morning, now) if morning else None,
        "doors": [_door(door, now) for door in copies.doors_of(me, now)],
    }
    tag = sha256(json.dumps([current_app.config["ASSETS"], kept]).encode()).hexdigest()[:32]
    return _answer(tag, {"me": access.phone_key(me), "at": now.isoformat(), "tag": tag, **kept})


@blueprint.get("/events/<code>/roster")
@access.allows(access.PERSON)
def roster(code: str) -> Response:
    """Hand over the names of an event that I have a place at, each locked to its owner's code."""
    me, now = access.me(), clock.now()
    event = nameplates.event_of(me, code, now)
    plates = nameplates.of(event, me)
    version = locked_rosters.version(event.code, plates)
    if version in rolls.known_tags():
        return _answer(version, {})
    sealed = locked_rosters.seal(event.code, plates, version)
    told = {"event": event.code, "closes_at": event.closes_at.isoformat(), **sealed._asdict()}
    return _answer(version, {"me": access.phone_key(me), **told})


def _answer(tag: str, told: Words) -> Response:
    """Answer with JSON that the phone's own code keeps, and no cache; with nothing where it has the newest already."""
    fresh = tag not in rolls.known_tags()
    body = json.dumps({"svc": SERVICE, "v": locked_rosters.FORMAT, **told}, ensure_ascii=False) if fresh else ""
    answer = Response(body, 200 if fresh else 304, content_type="application/json")
    answer.set_etag(tag)
    return answer


def _card() -> Words:
    card = cards.of(access.me())
    issued = cards.living(card)
    address = serving.address_of(current_app.config) + url_for("cards.show", token=issued.token)
    side, path = qr.outline(address)
    line = cards.visible(card, cards.OWNER).get("what_i_do", "")
    return {
        "name": card.person.name,
        "line": line,
        "short_code": issued.short_code,
        "address": address,
        "svg": {"side": side, "path": path},
    }


def _occasion(occasion: Occasion) -> Words:
    event = occasion.event
    met = []
    for meeting in occasion.meetings:
        seen = contacts.shown(meeting.contact)
        met.append(
            {
                "id": meeting.contact.id,
                "name": meeting.contact.other.name,
                "firm": seen.get("company", ""),
                "line": seen.get("what_i_do", ""),
                "hour": pages.hour(meeting.encounter.met_at, event.time_zone) if event else "",
            }
        )
    return {"event": event.name if event else "", "day": pages.day(occasion.day), "people": met}


def _prompt(prompt: Prompt, now: datetime) -> Words:
    """Return a prompt as it can be answered without its page: done, later, and whom one met to the wide circle."""
    event = prompt.event
    if prompt.kind not in ABOUT_EVENTS or event is None:
        asker = prompt.one_to_one.proposer.first_name if prompt.one_to_one else ""
        question = _("%(name)s would like half an hour with you", name=asker)
        return {"id": prompt.id, "kind": prompt.kind, "about": "", "question": question, "choices": [], "later": []}
    is_follow_up = prompt.kind == FOLLOW_UP
    asked = _("Whom would you like to see again?") if is_follow_up else _("Whom would you like half an hour with?")
    return {
        "id": prompt.id,
        "kind": prompt.kind,
        "about": _("%(event)s, %(day)s", event=event.name, day=pages.day(event.day)),
        "question": asked,
        "choices": [DONE, LATER, *([WIDE_CIRCLE] if is_follow_up else [])],
        "later": [
            {"day": day.isoformat(), "label": pages.day(day)}
            for day in (choice.moment.local_date for choice in prompts.later_choices(prompt, now))
        ],
    }


def _morning(morning: Morning, now: datetime) -> Words:
    place, event = morning.place, morning.place.event
    figures, poll = rollcall.figures(event, now), polls.of(event)
    return {
        **_event(event),
        "here": place.is_here,
        "since": pages.hour(place.arrived_at, event.time_zone) if place.arrived_at else "",
        "settled": morning.is_settled,
        "figures": {"present": figures.present, "expected": figures.expected},
        "poll": poll.question if poll else "",
        "met": [{"of": str(met.op_id), "name": met.name} for met in copies.met_at(access.me(), event)],
    }


def _event(event: Event) -> Words:
    zone = event.time_zone
    hours = {"start": pages.hour(event.starts_at, zone), "end": pages.hour(event.ends_at, zone)}
    return {
        "id": event.id,
        "code": event.code,
        "name": event.name,
        "place": event.place,
        "zone": zone,
        "when": _("%(day)s, %(start)s to %(end)s", day=pages.day(event.day), **hours),
        **{name: getattr(event, name).isoformat() for name in ("opens_at", "starts_at", "ends_at", "closes_at")},
    }


def _door(door: Door, now: datetime) -> Words:
    everyone = attendees.of(door.event, now)
    return {**_event(door.event), "rows": [rolls.row(one, door.event)._asdict() for one in everyone]}
