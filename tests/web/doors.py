"""Every door there is, and a scene in which there is something behind each: for tests that walk them all."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy import text

from app import clock
from app.database import Base
from app.domain import attendance, contacts, encounters, events, groups
from app.domain.events import Event
from app.domain.people import Person
from app.web import access, forms
from tests import cast, scenes
from tests.cast import Cast

# What the token in an address stands for, by how the address begins, where it is not a card's.
TOKENS = {
    "/a/": "action",
    "/u/": "unsubscribe",
    "/h/": "help",
    "/address/": "undo",
    "/b/": "badge",
    "/B/": "badge",
    "/r/": "removal",
    "/i/": "place_link",
    "/k/": "kept",
}

LONG_NAMES = (
    "Wilhelmina Featherstonehaugh-Cholmondeley of Llanfairpwllgwyngyllgogerychwyrndrobwll",
    "Nguyễn Thị Minh Khai",
    "Ö",
)


@dataclass
class Scene:
    """Everything that an address can name: Ada's things, in Cleo's group; and Eve, who organises another one."""

    people: Cast
    eve: Person
    values: dict[str, object]
    before: Event

    @property
    def looks_back(self) -> list[str]:
        """Return the addresses at which Cleo reads of the morning before, which is over."""
        event = f"/events/{self.before.id}"
        return [event, f"{event}/afterwards", f"{event}/poll", f"{event}/corrections", f"{event}/door"]

    def path(self, app: Flask, entry: access.Entry) -> str:
        """Fill the address of a route with Ada's things."""
        with app.test_request_context():
            rule = next(r for r in app.url_map.iter_rules(entry.endpoint) if r.rule == entry.rule)
            values = {name: self.values[name] for name in rule.arguments}
            for begins, token in TOKENS.items():
                values |= {"token": self.values[token]} if rule.rule.startswith(begins) else {}
            asked = f"?contact={self.values['contact_id']}" if entry.endpoint == "one_to_ones.new" else ""
            return str(rule.build(values, append_unknown=False)[1]) + asked


def assembled(app: Flask) -> Scene:
    """Put something of Ada's behind every door, in Cleo's group, and Eve into another one. The caller commits."""
    people = cast.assemble(clock.now())
    cast.arrive(people.event, people.ada, people.ben)
    eve = cast.person("Eve Hill", clock.now(), "eve@example.org")
    eve.may_start_groups = people.ada.may_start_groups = True
    groups.start(eve, "Another group", cast.ZONE, clock.now())
    before = morning_before(people)
    return Scene(people, eve, scenes.everything(people, app), before)


def morning_before(people: Cast) -> Event:
    """Hold a breakfast a week earlier: fifteen came, some with long names, seven met someone, and one never came."""
    day = people.event.day - timedelta(weeks=1)
    event = events.create(people.group.id, replace(cast.TUESDAY, day=day), clock.now())
    guests = [cast.person(name, event.starts_at) for name in LONG_NAMES + tuple(f"Guest {n}" for n in range(11))]
    cast.arrive(event, people.ada, *guests)
    attendance.expect(event, "Gareth Bevan", attendance.GOING, event.starts_at)
    ada, met = people.ada, guests[:6]
    for one, other in ((ada, met[0]), (ada, met[1]), (met[2], met[3]), (met[4], met[5])):
        contacts.meet(one, other, uuid4(), encounters.CARD, event, event.starts_at, event.starts_at)
    return event


def entries(app: Flask, *roles: str) -> list[tuple[access.Entry, str]]:
    return [(e, method) for e in access.matrix(app) if e.role in roles for method in e.methods]


def told(entry: access.Entry, method: str, answer) -> str:
    return f"{method} {entry.rule} [{entry.role}] → {answer.status_code}"


def unsafe(app: Flask) -> list[tuple[access.Entry, str]]:
    """Return the doors that take a form to change something."""
    return [(entry, method) for entry, method in changing(app) if not _takes_json(app, entry)]


def json_doors(app: Flask) -> list[tuple[access.Entry, str]]:
    """Return the doors that take JSON to change something."""
    return [(entry, method) for entry, method in changing(app) if _takes_json(app, entry)]


def changing(app: Flask) -> list[tuple[access.Entry, str]]:
    """Return the doors through which something changes."""
    return [(entry, method) for entry, method in entries(app, *access.ROLES) if method not in forms.SAFE]


def _takes_json(app: Flask, entry: access.Entry) -> bool:
    return forms.takes_only_json(app.view_functions[entry.endpoint])


def everything_stored(session) -> dict[str, list[tuple[object, ...]]]:
    session.rollback()
    return {
        name: sorted((tuple(row) for row in session.execute(text(f"SELECT * FROM {name}"))), key=repr)  # noqa: S608 - our own table names
        for name in Base.metadata.tables
    }
