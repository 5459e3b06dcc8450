"""What our own scripts may send: the JSON that the view declares and no other, and whatever is in it, never a crash.

Generated over all routes: a new one is tested the moment it is there.
"""

import json
from collections.abc import Callable

import pytest
from flask import Flask

from app.web import access
from tests.infrastructure.visitors import Visitor
from tests.web.doors import Scene, everything_stored, json_doors, told

NOT_JSON = (
    b"{",
    b"[]",
    b"null",
    b"true",
    b'"{}"',
    b"1e400",
    b'{"a": 1e400}',
    b'{"a": NaN}',
    b'{"a": -Infinity}',
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"{}{}",
    b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a": ' + b"9" * 10_000 + b"}",
)
VALUES = (
    *(True, None, [], {}, [[]], {"$ne": 1}, {"__proto__": {"x": 1}}, 0, -1, 2**31, 10**30, 1.5),
    *("", "a\0b", "\ud800", "\u202e👩‍👩‍👧", "x" * 10_000, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00"),
)


@pytest.fixture
def phone(scene: Scene, new_client: Callable[[], Visitor]) -> Visitor:
    """Ada's."""
    return new_client().sign_in(scene.people.ada)


def our_own(app: Flask) -> list[tuple[access.Entry, str]]:
    """Return the doors that only our own scripts may use; what mail services tell us proves itself in other ways."""
    everybodys = {name for name, view in app.view_functions.items() if getattr(view, "from_anywhere", False)}
    return [(entry, method) for entry, method in json_doors(app) if entry.endpoint not in everybodys]


def test_there_are_such_doors(app: Flask) -> None:
    assert "/api/v1/sync" in {entry.rule for entry, _method in json_doors(app)}


def test_what_is_no_json_object_is_refused_and_changes_nothing(app, session, scene: Scene, phone: Visitor) -> None:
    """A149."""
    before = everything_stored(session)
    for entry, method in json_doors(app):
        for sent in NOT_JSON:
            answer = phone.open(scene.path(app, entry), method=method, data=sent, content_type="application/json")
            assert answer.status_code == 422, f"{told(entry, method, answer)}: {sent[:40]!r}"
            assert answer.json["svc"] == "marmalade"
    assert everything_stored(session) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_json_that_says_it_is_something_else_is_refused(app, session, scene: Scene, phone: Visitor, kind: str) -> None:
    """A94. A form of another site can send such a body; it cannot say that it is JSON."""
    for entry, method in json_doors(app):
        answer = phone.open(scene.path(app, entry), method=method, data=b'{"v": 1}', content_type=kind)
        assert answer.status_code == 422, told(entry, method, answer)


@pytest.mark.both_databases
def test_no_type_and_no_value_breaks_a_door(app, scene: Scene, phone: Visitor) -> None:
    """A83, A149."""
    for entry, method in json_doors(app):
        fields = sorted(app.view_functions[entry.endpoint].takes_json)  # type: ignore[attr-defined] # forms.takes_json
        for name in fields:
            for value in VALUES:
                sent = json.dumps({name: value}).encode()
                answer = phone.open(scene.path(app, entry), method=method, data=sent, content_type="application/json")
                assert answer.status_code < 500, f"{told(entry, method, answer)}: {sent[:60]!r}"
                assert not answer.data or answer.is_json, told(entry, method, answer)


def test_a_field_that_nobody_declared_is_refused_but_in_what_phones_keep(
    app, session, scene: Scene, phone: Visitor
) -> None:
    """A148. Phones and servers grow old apart: what the other does not know it leaves alone."""
    before = everything_stored(session)
    for entry, method in our_own(app):
        answer = phone.open(scene.path(app, entry), method=method, json={"person_id": 1, "is_admin": True})
        assert answer.status_code == 422, told(entry, method, answer)
        leaves_alone = app.view_functions[entry.endpoint].takes_others  # type: ignore[attr-defined] # forms.takes_json
        assert answer.json["reason"] == ("malformed" if leaves_alone else "unknown_field")
    assert everything_stored(session) == before


def test_a_token_in_the_body_is_none(app, scene: Scene, phone: Visitor) -> None:
    """A94."""
    phone.own_forms = False
    for entry, method in our_own(app):
        answer = phone.open(scene.path(app, entry), method=method, json={"csrf_token": phone._token()})
        assert (answer.status_code, answer.json["reason"]) == (403, "reload"), told(entry, method, answer)


def test_more_than_a_megabyte_is_refused_before_it_is_read(app, scene: Scene, phone: Visitor) -> None:
    """A83."""
    for entry, method in json_doors(app):
        sent = b'{"a": "' + b"x" * 1024 * 1024 + b'"}'
        answer = phone.open(scene.path(app, entry), method=method, data=sent, content_type="application/json")
        assert (answer.status_code, answer.json["reason"]) == (413, "too_large"), told(entry, method, answer)


def test_what_goes_wrong_for_a_script_is_told_in_json(app, scene: Scene, phone: Visitor, stranger: Visitor) -> None:
    """RFC 9457, with our own mark: a hotel's gate answers in our name, but does not say it."""
    for answer, status in ((phone.get("/api/v1/nothing"), 404), (phone.get("/api/v1/sync"), 405)):
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"
        assert answer.json["svc"] == "marmalade"
    assert stranger.post("/api/v1/sync", json={}).json["reason"] == "signed_out"
    assert access.PERSON in {entry.role for entry, _method in json_doors(app)}
