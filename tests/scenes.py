"""Scenes with the whole cast, for tests that walk every address."""

from datetime import time, timedelta
from io import BytesIO
from uuid import UUID

from flask import Flask
from PIL import Image

from app import clock
from app.database import session
from app.domain import (
    addresses,
    attendance,
    attendee_lists,
    badges,
    cadence,
    cards,
    contacts,
    door_helpers,
    encounters,
    holders,
    holidays,
    intakes,
    invitations,
    links,
    notices,
    partings,
    photos,
    prompts,
    questions,
    recurrences,
    reports,
    series,
    sessions,
)
from app.domain.addresses import AddressChange
from app.domain.contacts import Contact
from app.domain.one_to_ones import Offer
from app.domain.people import Person
from app.domain.prompts import Prompt
from app.domain.questions import Question
from tests.cast import TUESDAY, ZONE, Cast, person

OP_ID = UUID("0190a8c5-7d1e-7000-8000-000000000001")
LIST = b"Name,E-mail\nGareth Bevan,gareth@example.org\n"


def everything(people: Cast, app: Flask) -> dict[str, object]:
    """Let Ada meet Ben, note, promise, be asked and propose; return a value for every variable of every address."""
    now, ada, ben = clock.now(), people.ada, people.ben
    contacts.meet(ada, ben, OP_ID, encounters.CARD, people.event, now, now)
    contact = seen_by(ada, ben)
    contacts.write(contact, contacts.LINE, "Cycles in from Keynsham", None, now)
    card = cards.of(ada)
    picture = BytesIO()
    Image.new("RGB", (600, 600), "orange").save(picture, "JPEG")
    photo = cards.hang(card, photos.develop(picture.getvalue()))
    later = [cadence.at(people.event.day + timedelta(days=n), time(12), ZONE).utc for n in (1, 2, 3)]
    one_to_one = invitations.propose(ada, contact, Offer(later, ZONE, "By phone"), now)
    invitations.pick(one_to_one, ben, later[0], now)
    prompt = follow_up(people)
    holder, question = holders_of(people)
    partings.block(ada, person("Fay Fisher", now), now)
    report = reports.tell(ada, ben, reports.PUSHY, "Sold me a fridge", now)
    kept = kept_of(people)
    draft = intakes.hand_in(people.event, attendee_lists.read(LIST, "list.csv"), LIST, people.cleo, now)
    changed = AddressChange(person=ada, old_email="ada@example.net", new_email="ada@example.org", changed_at=now)
    session.add(changed)
    row, _cookie = sessions.start(ada, "Ada's phone", now)
    holidays.keep(people.group, people.event.day + timedelta(days=400), "Founders' day", now)
    weekly = series.start(people.group, TUESDAY, recurrences.rule(recurrences.WEEKLY, TUESDAY.day), now)
    [holiday] = holidays.of_group(people.group)
    helper = door_helpers.join(people.event, people.dev, people.event.closes_at, now)
    place = attendance.of(people.event, ada)
    assert place is not None
    letter = notices.post(notices.KEPT, "everything", now, email="gareth@example.org", event=people.event, place=place)
    session.flush()
    undo = addresses.undo_token(changed)
    return {
        "address": photo.address,
        "undo": undo,
        "attendance_id": place.id,
        "code": people.event.code,
        "contact_id": contact.id,
        "draft_id": draft.id,
        "encounter_id": encounters.between(ada, ben)[0].id,
        "event_id": people.event.id,
        "group_id": people.group.id,
        "holiday_id": holiday.id,
        "help": door_helpers.invite(people.event, people.event.closes_at),
        "helper_id": helper.id,
        "holder_id": holder.id,
        "kept_id": kept.id,
        "key": "none",
        "book": "csv",
        "kind": "svg",
        "level": cards.MET,
        "one_to_one_id": one_to_one.id,
        "onlooker": cards.ANYONE,
        "op_id": OP_ID,
        "path": "js/app.js",
        "person_id": ben.id,
        "prompt_id": prompt.id,
        "series_id": weekly.id,
        "reference": "7KQ2M9XF",
        "report_id": report.id,
        "question_id": question.id,
        "session_id": row.id,
        "token": cards.living(card).token,
        "version": app.config["ASSETS"],
        "badge": badges.issue(place, now).token,
        "action": links.action(prompt, now),
        "unsubscribe": links.unsubscribe(ada, now),
        "removal": links.removal(letter, now),
        "place_link": links.place(place, now),
        "kept": links.kept(letter, now),
    }


def holders_of(people: Cast) -> tuple[Contact, Question]:
    """Let Gus have Ada's card, Ivy no more, Hal ask for it, Ben be told no; return Gus's view, Hal's question."""
    now, ada = clock.now(), people.ada
    gus, ivy, hal = (person(name, now) for name in ("Gus Holder", "Ivy Withheld", "Hal Asker"))
    for someone, how in ((gus, encounters.CARD), (ivy, encounters.CARD), (hal, encounters.BY_HAND)):
        contacts.meet(someone, ada, OP_ID, how, people.event, now, now)
    holders.take_back(seen_by(ivy, ada), now)
    questions.ask(people.ben, ada, questions.ACCESS, now)
    asked = {question.asker: question for question in questions.for_me(ada, now)}
    holders.answer(asked[people.ben], False, now)
    return seen_by(gus, ada), asked[hal]


def kept_of(people: Cast) -> Contact:
    """Let Ada write about Kit, who removes the meeting; return how she had Kit."""
    now, kit = clock.now(), person("Kit Removed", clock.now())
    contacts.meet(kit, people.ada, OP_ID, encounters.CARD, people.event, now, now)
    contact = seen_by(people.ada, kit)
    contacts.write(contact, contacts.LINE, "Knows Keynsham", None, now)
    contacts.remove(kit, encounters.between(kit, people.ada)[0].id, now)
    return contact


def seen_by(owner: Person, other: Person) -> Contact:
    """Return how the owner has the other, who must be met."""
    contact = contacts.find(owner, other)
    assert contact is not None
    return contact


def follow_up(people: Cast, kind: str = prompts.FOLLOW_UP) -> Prompt:
    """Give Ada the follow-up of the event, or its other prompt, due now."""
    now = clock.now()
    moment = cadence.at(people.event.day, time(8, 30), ZONE)
    prompt = Prompt(
        kind=kind,
        subject=f"event:{people.event.id}",
        person=people.ada,
        event=people.event,
        created_at=now,
    )
    prompts.due(prompt, moment)
    prompt.due_at = now
    session.add(prompt)
    session.flush()
    return prompt
