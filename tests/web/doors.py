"""Every door there is, and a scene in which there is something behind each: for tests that walk them all."""

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import text

from app import clock
from app.database import Base
from app.domain import groups
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


@dataclass
class Scene:
    """Everything that an address can name: Ada's things, in Cleo's group; and Eve, who organises another one."""

    people: Cast
    eve: Person
    values: dict[str, object]

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
    return Scene(people, eve, scenes.everything(people, app))


def entries(app: Flask, *roles: str) -> list[tuple[access.Entry, str]]:
    return [(e, method) for e in access.matrix(app) if e.role in roles for method in e.methods]


def told(entry: access.Entry, method: str, answer) -> str:
    return f"{method} {entry.rule} [{entry.role}] → {answer.status_code}"


def unsafe(app: Flask) -> list[tuple[access.Entry, str]]:
    """Return the doors through which something changes."""
    return [(entry, method) for entry, method in entries(app, *access.ROLES) if method not in forms.SAFE]


def everything_stored(session) -> dict[str, list[tuple[object, ...]]]:
    session.rollback()
    return {
        name: sorted((tuple(row) for row in session.execute(text(f"SELECT * FROM {name}"))), key=repr)  # noqa: S608 - our own table names
        for name in Base.metadata.tables
    }
