"""Who may enter where: generated from the access matrix, so that a new route is tested the moment it is there."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.domain import door_helpers, events
from app.web import access, forms
from tests import cast
from tests.infrastructure.visitors import Visitor
from tests.web.doors import Scene, entries, everything_stored, told

NewClient = Callable[[], Visitor]
OWN_IDS = {
    "contact_id",
    "holder_id",
    "kept_id",
    "one_to_one_id",
    "op_id",
    "person_id",
    "prompt_id",
    "question_id",
    "session_id",
}
NOT_NOW = 409  # a page of their own, whose hour has not come
STILL_OPEN_TO_ALL = {"asset", "cards.photo"}


def test_whoever_is_signed_out_enters_only_what_is_open_to_anyone(app, scene: Scene, new_client: NewClient) -> None:
    """A127."""
    for entry, method in entries(app, access.PERSON, access.HERE, access.DOOR, access.ORGANISER):
        answer = new_client().open(scene.path(app, entry), method=method)
        asked_by_a_script = method != "GET" or entry.rule.startswith("/api/")
        assert answer.status_code == (401 if asked_by_a_script else 303), told(entry, method, answer)
        assert asked_by_a_script or answer.location.startswith("/sign-in"), told(entry, method, answer)


def test_a_stranger_finds_nothing_of_somebody_elses(app, session, scene: Scene, new_client: NewClient) -> None:
    """A127, A128. Eve organises a group of her own and has met nobody."""
    eve = new_client().sign_in(scene.eve)
    for entry, method in entries(app, access.PERSON, access.HERE, access.DOOR, access.ORGANISER):
        path = scene.path(app, entry)
        named = set(next(r for r in app.url_map.iter_rules(entry.endpoint) if r.rule == entry.rule).arguments)
        if entry.role == access.PERSON and not named & OWN_IDS:
            continue
        answer = eve.open(path, method=method)
        assert answer.status_code == 404, told(entry, method, answer)


def test_a_member_is_no_organiser_and_no_helper(app, session, scene: Scene, new_client: NewClient) -> None:
    ada = new_client().sign_in(scene.people.ada)
    for entry, method in entries(app, access.DOOR, access.ORGANISER):
        answer = ada.open(scene.path(app, entry), method=method)
        assert answer.status_code == 404, told(entry, method, answer)


def test_a_helper_keeps_the_door_and_is_no_organiser(app, session, scene: Scene, new_client: NewClient) -> None:
    """D14, A127. Dev helps at Cleo's event."""
    dev = new_client().sign_in(scene.people.dev)
    for entry, method in entries(app, access.ORGANISER):
        answer = dev.open(scene.path(app, entry), method=method)
        assert answer.status_code == 404, told(entry, method, answer)


def test_a_helper_keeps_no_other_door(app, session, scene: Scene, new_client: NewClient) -> None:
    """A128."""
    dev = new_client().sign_in(scene.people.dev)
    elsewhere = events.create(scene.people.group.id, cast.TUESDAY, clock.now())
    session.commit()
    for entry, method in entries(app, access.DOOR):
        path = scene.path(app, entry).replace(f"/events/{scene.people.event.id}/", f"/events/{elsewhere.id}/")
        assert dev.open(path, method=method).status_code == 404, told(entry, method, dev.open(path, method=method))


def test_who_no_longer_helps_is_refused_at_the_next_request(app, session, scene, new_client, clock) -> None:
    """A129, D14."""
    helper = door_helpers.of(scene.people.event, scene.people.dev)
    dev = new_client().sign_in(scene.people.dev)

    def statuses():
        return {dev.open(scene.path(app, entry), method="GET").status_code for entry in doors}

    doors = [entry for entry, method in entries(app, access.DOOR) if method == "GET"]
    assert statuses() == {200}
    door_helpers.end(helper, clock.now)
    session.commit()
    assert statuses() == {404}
    door_helpers.let_back(helper)
    session.commit()
    assert statuses() == {200}
    clock.set(helper.until)
    assert statuses() == {404}


def test_who_has_not_arrived_does_not_see_who_is_here(app, session, scene: Scene, new_client: NewClient) -> None:
    cleo = new_client().sign_in(scene.people.cleo)
    for entry, method in entries(app, access.HERE):
        assert cleo.open(scene.path(app, entry), method=method).status_code == 404


def test_every_role_gets_into_its_own_pages(app, session, scene: Scene, new_client: NewClient) -> None:
    who = {access.PERSON: scene.people.ada, access.HERE: scene.people.ada, access.ORGANISER: scene.people.cleo}
    who[access.DOOR] = scene.people.dev
    for entry, method in entries(app, *who):
        if method == "GET":
            answer = new_client().sign_in(who[entry.role]).get(scene.path(app, entry))
            assert answer.status_code in {200, 302, 303, NOT_NOW}, told(entry, method, answer)
            assert not (answer.location or "").startswith("/sign-in"), told(entry, method, answer)


def test_every_unsafe_route_refuses_what_does_not_come_from_our_own_page(app, session, scene, new_client) -> None:
    """A94."""
    tried = 0
    for entry in access.matrix(app):
        for method in set(entry.methods) - forms.SAFE:
            if getattr(app.view_functions[entry.endpoint], "from_anywhere", False):
                continue
            path, tried = scene.path(app, entry), tried + 1
            for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                stranger = new_client().sign_in(scene.people.cleo)
                stranger.own_forms = False
                answer = stranger.open(path, method=method, headers=headers)
                assert answer.status_code == 403, told(entry, method, answer)
            cross = new_client().sign_in(scene.people.cleo)
            answer = cross.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403, told(entry, method, answer)
    assert tried > 20


def test_no_get_changes_anything(app, session, scene: Scene, new_client: NewClient) -> None:
    """A95."""
    people = scene.people
    visitors = [new_client(), *(new_client().sign_in(who) for who in (people.ada, people.cleo, people.dev))]
    before = everything_stored(session)
    for entry in access.matrix(app):
        for method in {"GET", "HEAD"} & {*entry.methods, "HEAD"} if "GET" in entry.methods else ():
            for visitor in visitors:
                answer = visitor.open(scene.path(app, entry), method=method)
                assert answer.status_code < 500, told(entry, method, answer)
    assert everything_stored(session) == before


def test_every_answer_carries_the_security_headers(app, session, scene: Scene, new_client: NewClient) -> None:
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


def test_only_pages_that_scan_may_use_the_camera_and_only_the_decoder_may_compile(
    app, session, scene: Scene, new_client: NewClient
) -> None:
    """A88: docs/decisions/0019."""
    visitor = new_client().sign_in(scene.people.ada)
    for path in ("/scan", "/shell", "/today", "/card"):
        headers = visitor.get(path).headers
        assert ("camera=(self)" in headers["Permissions-Policy"]) is (path in {"/scan", "/shell"})
        assert "wasm" not in headers["Content-Security-Policy"]
    for file in ("js/scanner/decoder.js", "js/scanner/eye.js", "vendor/zxing.wasm"):
        headers = visitor.get(app.jinja_env.globals["asset"](file)).headers
        assert ("'wasm-unsafe-eval'" in headers["Content-Security-Policy"]) is (file == "js/scanner/decoder.js")


def test_the_large_decoder_is_served_as_what_it_is_packed_and_for_ever(app, session, new_client: NewClient) -> None:
    answer = new_client().get(app.jinja_env.globals["asset"]("vendor/zxing.wasm"), headers={"Accept-Encoding": "gzip"})
    assert answer.content_type == "application/wasm"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) < 450_000


@pytest.mark.parametrize("number", [2**31, 10**20])
def test_a_number_that_no_row_can_have_is_not_found(app, session, scene: Scene, new_client, number: int) -> None:
    for path in (f"/people/{number}", f"/prompts/{number}", f"/events/{number}"):
        assert new_client().sign_in(scene.people.cleo).get(path).status_code == 404


def test_another_host_name_is_not_believed(app, scene: Scene, client: Visitor) -> None:
    """A101."""
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400


def test_the_written_matrix_is_the_one_in_force(app: Flask) -> None:
    """A126. Written anew by: .venv/bin/flask doors > docs/access.md."""
    written = (Path(__file__).parents[2] / "docs/access.md").read_text()
    assert written == app.test_cli_runner().invoke(args=["doors"]).output


def test_a_page_says_to_the_phone_whose_it_is_in_a_way_that_tells_nothing(app, scene: Scene, new_client) -> None:
    keys = {}
    for person in (scene.people.ada, scene.people.ben):
        pages = [new_client().sign_in(person).get(path).text for path in ("/today", "/card")]
        found = {re.search(r'<body[^>]* data-me="([a-z2-7]{22})"', page)[1] for page in pages}
        [keys[person.name]] = found
    assert len(set(keys.values())) == 2
    assert "data-me" not in new_client().get("/").text
