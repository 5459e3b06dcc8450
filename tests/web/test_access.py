"""Who may enter where: generated from the access matrix, so that a new route is tested the moment it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import clock
from app.domain import groups
from app.domain.people import Person
from app.web import access, forms
from tests import cast, scenes
from tests.cast import Cast
from tests.infrastructure.visitors import Visitor

NewClient = Callable[[], Visitor]
OWN_IDS = {"contact_id", "prompt_id", "one_to_one_id", "session_id", "op_id", "person_id"}
STILL_OPEN_TO_ALL = {"asset", "cards.photo"}


@dataclass
class World:
    """Everything that an address can name: Ada's things, in Cleo's group; and Eve, who organises another one."""

    people: Cast
    eve: Person
    values: dict[str, object]

    def path(self, app: Flask, entry: access.Entry) -> str:
        """Fill the address of a route with Ada's things."""
        with app.test_request_context():
            rule = next(r for r in app.url_map.iter_rules(entry.endpoint) if r.rule == entry.rule)
            values = {name: self.values[name] for name in rule.arguments}
            for begins, token in (("/a/", "action"), ("/u/", "unsubscribe")):
                values |= {"token": self.values[token]} if rule.rule.startswith(begins) else {}
            asked = f"?contact={self.values['contact_id']}" if entry.endpoint == "one_to_ones.new" else ""
            return str(rule.build(values, append_unknown=False)[1]) + asked


@pytest.fixture
def world(session, app: Flask) -> World:
    people = cast.assemble(clock.now())
    cast.arrive(people.event, people.ada, people.ben)
    eve = cast.person("Eve Hill", clock.now(), "eve@example.org")
    eve.may_start_groups = people.ada.may_start_groups = True
    groups.start(eve, "Another group", cast.ZONE, clock.now())
    values = scenes.everything(people, app)
    session.commit()
    return World(people, eve, values)


def entries(app: Flask, *roles: str) -> list[tuple[access.Entry, str]]:
    return [(e, method) for e in access.matrix(app) if e.role in roles for method in e.methods]


def told(entry: access.Entry, method: str, answer) -> str:
    return f"{method} {entry.rule} [{entry.role}] → {answer.status_code}"


def test_whoever_is_signed_out_enters_only_what_is_open_to_anyone(app, world: World, new_client: NewClient) -> None:
    """A127."""
    for entry, method in entries(app, access.PERSON, access.HERE, access.ORGANISER):
        answer = new_client().open(world.path(app, entry), method=method)
        refused = answer.status_code == (303 if method == "GET" else 401)
        assert refused, told(entry, method, answer)
        assert method != "GET" or answer.location.startswith("/sign-in"), told(entry, method, answer)


def test_a_stranger_finds_nothing_of_somebody_elses(app, session, world: World, new_client: NewClient) -> None:
    """A127, A128. Eve organises a group of her own and has met nobody."""
    eve = new_client().sign_in(world.eve)
    for entry, method in entries(app, access.PERSON, access.HERE, access.ORGANISER):
        path = world.path(app, entry)
        named = set(next(r for r in app.url_map.iter_rules(entry.endpoint) if r.rule == entry.rule).arguments)
        if entry.role == access.PERSON and not named & OWN_IDS:
            continue
        answer = eve.open(path, method=method)
        assert answer.status_code == 404, told(entry, method, answer)


def test_a_member_is_no_organiser(app, session, world: World, new_client: NewClient) -> None:
    ada = new_client().sign_in(world.people.ada)
    for entry, method in entries(app, access.ORGANISER):
        answer = ada.open(world.path(app, entry), method=method)
        assert answer.status_code == 404, told(entry, method, answer)


def test_who_has_not_arrived_does_not_see_who_is_here(app, session, world: World, new_client: NewClient) -> None:
    cleo = new_client().sign_in(world.people.cleo)
    for entry, method in entries(app, access.HERE):
        assert cleo.open(world.path(app, entry), method=method).status_code == 404


def test_every_role_gets_into_its_own_pages(app, session, world: World, new_client: NewClient) -> None:
    who = {access.PERSON: world.people.ada, access.HERE: world.people.ada, access.ORGANISER: world.people.cleo}
    for entry, method in entries(app, *who):
        if method == "GET":
            answer = new_client().sign_in(who[entry.role]).get(world.path(app, entry))
            assert answer.status_code in {200, 302, 303}, told(entry, method, answer)
            assert not (answer.location or "").startswith("/sign-in"), told(entry, method, answer)


def test_every_unsafe_route_refuses_what_does_not_come_from_our_own_page(app, session, world, new_client) -> None:
    """A94."""
    tried = 0
    for entry in access.matrix(app):
        for method in set(entry.methods) - forms.SAFE:
            if getattr(app.view_functions[entry.endpoint], "from_anywhere", False):
                continue
            path, tried = world.path(app, entry), tried + 1
            for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                stranger = new_client().sign_in(world.people.cleo)
                stranger.own_forms = False
                answer = stranger.open(path, method=method, headers=headers)
                assert answer.status_code == 403, told(entry, method, answer)
            cross = new_client().sign_in(world.people.cleo)
            answer = cross.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403, told(entry, method, answer)
    assert tried > 20


def test_no_get_changes_anything(app, session, world: World, new_client: NewClient) -> None:
    """A95."""
    visitors = [new_client(), new_client().sign_in(world.people.ada), new_client().sign_in(world.people.cleo)]
    before = everything_stored(session)
    for entry in access.matrix(app):
        for method in {"GET", "HEAD"} & {*entry.methods, "HEAD"} if "GET" in entry.methods else ():
            for visitor in visitors:
                answer = visitor.open(world.path(app, entry), method=method)
                assert answer.status_code < 500, told(entry, method, answer)
    assert everything_stored(session) == before


def everything_stored(session) -> dict[str, list[tuple[object, ...]]]:
    from app.database import Base

    session.rollback()
    return {
        name: sorted((tuple(row) for row in session.execute(text(f"SELECT * FROM {name}"))), key=repr)  # noqa: S608 - our own table names
        for name in Base.metadata.tables
    }


def test_every_answer_carries_the_security_headers(app, session, world: World, new_client: NewClient) -> None:
    """A88, A90, A92, A93, A140."""
    for path in ("/", "/nothing", "/sign-in", "/healthz"):
        headers = new_client().get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("number", [2**31, 10**20])
def test_a_number_that_no_row_can_have_is_not_found(app, session, world: World, new_client, number: int) -> None:
    for path in (f"/people/{number}", f"/prompts/{number}", f"/events/{number}"):
        assert new_client().sign_in(world.people.cleo).get(path).status_code == 404


def test_another_host_name_is_not_believed(app, world: World, client: Visitor) -> None:
    """A101."""
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400


def test_the_written_matrix_is_the_one_in_force(app: Flask) -> None:
    """A126. Written anew by: .venv/bin/flask doors > docs/access.md."""
    written = (Path(__file__).parents[2] / "docs/access.md").read_text()
    assert written == app.test_cli_runner().invoke(args=["doors"]).output
