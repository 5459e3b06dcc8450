"""What holds for every answer, whichever door gives it: walked from the access matrix."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Request, request, request_started
from werkzeug.test import TestResponse

from app import create_app
from app.web import access
from tests.conftest import KEYS, PUBLIC_URL
from tests.infrastructure.visitors import Visitor
from tests.web.doors import Scene

ROOT = Path(__file__).parents[2]
PROXY = "10.0.0.9"
FORGED = {
    "X-Forwarded-For": "6.6.6.6, 192.0.2.7",
    "X-Forwarded-Proto": "gopher, https",
    "X-Forwarded-Host": "evil.example, marmalade.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Port": "666",
}


def pages(app: Flask, scene: Scene, new_client, **headers: str) -> Iterator[tuple[str, TestResponse]]:
    """Read every address as Ada, as Cleo and as a stranger."""
    for visitor in (new_client().sign_in(scene.people.ada), new_client().sign_in(scene.people.cleo), new_client()):
        for entry in access.matrix(app):
            if "GET" in entry.methods:
                yield entry.rule, visitor.get(scene.path(app, entry), headers=headers)


def test_every_text_says_its_type_and_charset(app, scene: Scene, new_client) -> None:
    """A98."""
    for rule, answer in pages(app, scene, new_client):
        assert answer.content_type or not answer.data, rule
        if answer.content_type.startswith("text/"):
            assert "charset=utf-8" in answer.content_type.lower(), (rule, answer.content_type)


def test_no_page_lets_another_origin_in(app, scene: Scene, new_client) -> None:
    """A89."""
    for rule, answer in pages(app, scene, new_client, Origin="https://evil.example"):
        assert "access-control" not in str(answer.headers).lower(), rule


def test_scripts_are_files_and_data_for_them_is_json_that_cannot_end_its_block(app, scene: Scene, new_client) -> None:
    """A72."""
    for rule, answer in pages(app, scene, new_client):
        if answer.mimetype != "text/html":
            continue
        for attributes, inside in re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL):
            if "application/json" in attributes:
                assert "<" not in inside, rule
            else:
                assert "src=" in attributes, rule
                assert not inside.strip(), rule
        assert not re.search(r"<[^>]+\son\w+=|<[^>]+\sstyle=|<style", answer.text), rule


def test_no_script_listens_to_other_windows() -> None:
    """A96: a window is heard by nobody; a channel, a worker and its pages are of one origin by nature."""
    window = re.compile(
        r"""(?<![.?\w])(?:(?:window|globalThis)\??\.)?(?:addEventListener\(\s*["']message["']|onmessage\s*=)|"""
        r"""\b(?:opener|parent|top)\??\.postMessage"""
    )
    for says in ('addEventListener("message", f)', "window.onmessage = f", "window.opener?.postMessage(1)"):
        assert window.search(says)
    for script in (ROOT / "static/js").rglob("*.js"):
        assert not window.search(script.read_text()), script.name


@pytest.mark.parametrize(("proxies", "source"), [(0, PROXY), (1, "192.0.2.7"), (2, "6.6.6.6")])
def test_forwarding_headers_are_believed_from_as_many_proxies_as_there_are(
    database_settings, proxies: int, source: str
) -> None:
    """A100: and where a link leads is the settings' business alone."""
    app = create_app(
        {"PUBLIC_URL": PUBLIC_URL, "KEYS": KEYS, "SMTP_URL": "", "PROXIES": str(proxies), **database_settings}
    )
    seen: list[Request] = []

    def note(_app: Flask, **_more: object) -> None:
        seen.append(request._get_current_object())  # type: ignore[attr-defined] # the request behind the proxy object

    with request_started.connected_to(note, app):
        answer = app.test_client().get("/sign-in", headers=FORGED, environ_base={"REMOTE_ADDR": PROXY})
    assert [asked.remote_addr for asked in seen] == [source]
    assert seen[0].root_path == ""
    assert "evil" not in answer.text
    assert answer.status_code in ({200} if proxies < 2 else {200, 400})
    with app.app_context():
        assert app.url_for("account.sign_in", _external=True) == f"{PUBLIC_URL}/sign-in"


def test_a_forwarded_host_that_is_not_ours_is_refused(database_settings) -> None:
    """A100, A101."""
    app = create_app({"PUBLIC_URL": PUBLIC_URL, "KEYS": KEYS, "SMTP_URL": "", "PROXIES": "1", **database_settings})
    app.test_client_class = Visitor
    assert app.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
