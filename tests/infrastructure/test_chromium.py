"""The browser that tests use trusts one certificate, talks to this machine only, and hides no fault of a page."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Error, Page

from tests.infrastructure import chromium, networking, sites
from tests.infrastructure.certificate import Certificate

pytestmark = pytest.mark.xdist_group("browser")  # beside the others that use the same browser


@pytest.fixture
def page_of_faults(tls: Certificate) -> Iterator[str]:
    """A site whose pages have one fault each."""
    app = Flask(__name__)

    @app.get("/sound")
    def sound() -> str:
        return "<!doctype html><title>Sound</title>"

    @app.get("/broken")
    def broken() -> str:
        return "<!doctype html><title>Broken</title><script>nothing.here()</script>"

    @app.get("/inline")
    def inline() -> Response:
        page = "<!doctype html><title>Inline</title><p style='color: red'>Red</p>"
        return Response(page, headers={"Content-Security-Policy": "default-src 'self'"})

    @app.get("/foreign")
    def foreign() -> str:
        return "<!doctype html><title>Foreign</title><img src='https://elsewhere.example/spy.png'>"

    port = networking.free_port()
    with sites.serve(app, port, tls.server_context()):
        yield f"https://{sites.HOST}:{port}"


def visit(browser: Browser, url: str, path: str) -> Page:
    with chromium.phones(browser, url) as new:
        page = new()
        page.goto(path)
        assert page.evaluate("window.isSecureContext")
        assert page.evaluate("'serviceWorker' in navigator")
    return page


def test_a_sound_page_is_visited_over_https(browser: Browser, page_of_faults: str) -> None:
    visit(browser, page_of_faults, "/sound")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/broken", "nothing is not defined"),
        ("/inline", "Content Security Policy"),
        ("/foreign", "Another host was asked: https://elsewhere.example/spy.png"),
    ],
)
def test_a_fault_of_a_page_fails_the_test(browser: Browser, page_of_faults: str, path: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        visit(browser, page_of_faults, path)


def test_no_other_machine_is_visited(browser: Browser, page_of_faults: str) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        visit(browser, page_of_faults, "https://example.org/")
