"""The browser of this machine, found and started so that it talks to nobody but the pages under test."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
ARGUMENTS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PATIENCE_S = 30.0
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "locale": "en-GB",
    "timezone_id": "Europe/London",
}
MISSING = (
    "Chromium is missing: none of " + ", ".join(NAMES) + " is on the PATH. Run `make test` as root on Debian, which "
    "installs it, or install Chromium or Chrome yourself."
)


class ChromiumMissing(RuntimeError):
    """There is no Chromium on this machine; the message says what to do."""


def find() -> Path | None:
    """Return the browser's program, or None."""
    on_path = (shutil.which(name) for name in NAMES)
    found = [Path(path) for path in on_path if path] + [place for place in PLACES if place.exists()]
    return found[0] if found else None


@contextmanager
def launch(trusted: str = "", *more: str) -> Iterator["Browser"]:
    """Start the browser; `trusted` is the fingerprint of the one certificate it takes without an authority.

    Trusted that way a page is secure through and through, service workers included, which is not so where
    certificate errors are merely ignored.
    """
    program = find()
    if program is None:
        raise ChromiumMissing(MISSING)
    arguments = [*ARGUMENTS, *more]
    if trusted:
        arguments.append(f"--ignore-certificate-errors-spki-list={trusted}")
    if sys.platform == "linux" and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # root has no sandbox; the pages are our own
    with _driver() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _driver() -> Iterator["Playwright"]:
    """Lend the one driver that a process can have, however many browsers it starts."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_S * 1_000)  # what a page shows by itself may take as long as what is done on it
    if not _lent:
        _lent.append(sync_playwright().start())
    _lent.append(_lent[0])
    try:
        yield _lent[0]
    finally:
        _lent.pop()
        if len(_lent) == 1:
            _lent.pop().stop()


_lent: list["Playwright"] = []


@contextmanager
def phones(browser: "Browser", url: str) -> Iterator[Callable[..., "Page"]]:
    """Yield a maker of phones on the site at `url`: pages at 390×844, each in a context of its own.

    What it is given goes to `Browser.new_context`, e.g. `color_scheme="dark"` or `java_script_enabled=False`.
    Afterwards a script that failed, what the content security policy stopped, or anything asked of another host is an
    AssertionError.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def new(**options: Any) -> "Page":
        context = browser.new_context(**{**PHONE, "base_url": url, **options})
        contexts.append(context)
        context.on("request", lambda asked: _watch(asked.url, url, complaints))
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: _listen(said, complaints))
        return page

    try:
        yield new
    finally:
        for context in contexts:
            context.close()
    assert not complaints, "\n".join(complaints)


def until(page: "Page", truth: str) -> None:
    """Wait for an expression to be true, looking at every frame.

    The pages' content security policy allows `wait_for_function` its first look only: after that it needs eval.
    """
    page.evaluate(f"async () => {{ while (!({truth})) await new Promise(requestAnimationFrame); }}")


# A module is run once, whoever asks for it: this waits until each behaviour of the page has been given by app.js.
AWAKE = """async () => {
  const app = document.querySelector("script[src*='/app.js']")?.src;
  if (!app) return;
  await import(app);
  const given = [...document.querySelectorAll("[data-behaviour]")].map(({ dataset }) => dataset.behaviour);
  const names = new Set(given.join(" ").split(" ").filter(Boolean));
  await Promise.all([...names].map((name) => import(new URL(`behaviours/${name}.js`, app))));
}"""


def awake(page: "Page") -> "Page":
    """Wait until the scripts of a page listen to what is done on it; they come after it has loaded."""
    page.evaluate(AWAKE)
    return page


def heard(page: "Page", truth: Callable[[], object]) -> None:
    """Wait until what the browser tells by itself has made something true: it is heard while a page is asked."""
    deadline = time.monotonic() + PATIENCE_S
    while not truth():
        assert time.monotonic() < deadline, "The browser has not told it."
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(0)))")


def resize(page: "Page", width: int, height: int) -> None:
    """Make the window so large, and wait until the page is laid out for it."""
    page.set_viewport_size({"width": width, "height": height})
    until(page, f"matchMedia('(width: {width}px) and (height: {height}px)').matches")


def _watch(asked: str, url: str, complaints: list[str]) -> None:
    if asked.startswith("http") and urlsplit(asked).netloc != urlsplit(url).netloc:
        complaints.append(f"Another host was asked: {asked}")


def _listen(said: "ConsoleMessage", complaints: list[str]) -> None:
    if said.type == "error" and "Content Security Policy" in said.text:
        complaints.append(f"{said.location.get('url')}: {said.text}")
