"""The worker behind the pages: what it keeps, how a newer one takes over, how it goes, and what signing out leaves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import database
from app.domain import cards
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.chromium import awake, until
from tests.infrastructure.outboxes import flush, keep, phone_of, rows, settled, wait_until_empty
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

NewPhone = Callable[..., "Page"]
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const asked of await (await caches.open(name)).keys()) found.push(new URL(asked.url).pathname);
  }
  return found;
}"""
UPDATE = "async () => { await (await navigator.serviceWorker.getRegistration()).update(); }"
# Writes on the page, where it can be waited for, which script is in charge and whether another one waits.
# The same for whether there is a worker at all.
GONE = """() => {
  const look = async () => {
    const worker = await navigator.serviceWorker.getRegistration();
    document.documentElement.dataset.gone = worker ? "no" : "yes";
    if (worker) setTimeout(look, 50);
  };
  look();
}"""
WATCH = """async () => {
  const worker = await navigator.serviceWorker.getRegistration(), told = document.documentElement.dataset;
  const look = () => { told.waits = worker?.waiting ? "yes" : "no"; };
  worker?.addEventListener("updatefound", () => worker.installing.addEventListener("statechange", look));
  navigator.serviceWorker.addEventListener("controllerchange", () => { told.changed = "yes"; look(); });
  look();
}"""


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    """The cast, Ada and Ben at the breakfast."""
    with site.app.app_context():
        people = cast.assemble(clock.now)
        cast.arrive(people.event, people.ada, people.ben)
        database.session.commit()
    return people


@pytest.fixture
def phone(new_phone: NewPhone, site: Site, world: Cast) -> "Page":
    """Ada's phone, on Today."""
    return phone_of(world.ada, new_phone(), site)


def bens_token(site: Site, world: Cast) -> str:
    with site.app.app_context():
        return cards.living(cards.of(database.session.merge(world.ben))).token


def release(site: Site, mark: str) -> None:
    """Let there be a new version of the worker, which is another one in this alone."""
    script: str = site.app.extensions["worker"]["script"]
    site.app.extensions["worker"]["script"] = f"{script}// {mark}\n"


def test_the_worker_keeps_the_shell_and_listed_files_and_nothing_else(phone: "Page", site: Site, world: Cast) -> None:
    """A143: no page of anybody's, no answer of ours, and 200 kB in all."""
    for path in ("/people", "/card", "/settings", "/api/v1/me", "/privacy"):
        phone.goto(path)
    kept = set(phone.evaluate(KEPT))
    shell = {path for path in kept if not path.startswith(f"/static/v/{site.app.config['ASSETS']}/")}
    assert shell == {"/shell"}
    page = phone.evaluate("async () => (await fetch('/shell')).text()")
    assert "Ada" not in page
    assert "data-me" not in page
    sizes = """async () => {
      let all = 0;
      for (const name of await caches.keys()) {
        const shelf = await caches.open(name);
        for (const asked of await shelf.keys()) {
          const packed = (await shelf.match(asked)).body.pipeThrough(new CompressionStream("gzip"));
          all += (await new Response(packed).arrayBuffer()).byteLength;
        }
      }
      return all;
    }"""
    assert 20_000 < phone.evaluate(sizes) <= 200_000


def test_a_newer_worker_waits_says_so_and_takes_over_with_the_next_page(phone: "Page", site: Site, world: Cast) -> None:
    """B8: never under what is being typed, never by a reload; what waits in the outbox goes on waiting."""
    phone.context.route("**/api/v1/sync", lambda route: route.abort())
    keep(phone, site, "scan", token=bens_token(site, world), event=None)
    phone.goto("/scan")
    awake(phone).get_by_label("Or type the eight characters under it").fill("7Q2")
    until(phone, "(await navigator.locks.query()).held.some(({ name }) => name === 'busy')")
    tab = phone.context.new_page()
    tab.goto("/today")
    for page in (phone, tab):
        page.evaluate(WATCH)
    release(site, "newer")
    settled(tab).evaluate(UPDATE)
    news = "There's a new version. It comes with the next page you open."
    expect(tab.locator("#outbox")).to_contain_text(news)
    tab.goto("/people")
    expect(tab.locator("#outbox")).to_contain_text(news)
    tab.evaluate(WATCH)
    assert tab.locator("html").get_attribute("data-waits") == "yes", "something is typed in the other page"
    assert phone.locator("html").get_attribute("data-changed") is None
    with phone.expect_navigation():
        phone.evaluate("() => location.assign('/card')")
    phone.evaluate(WATCH)
    expect(phone.locator("html")).to_have_attribute("data-waits", "no")
    assert len(rows(phone)) == 1
    phone.context.unroute("**/api/v1/sync")
    flush(phone, site)
    assert rows(phone) == []


def test_switched_off_the_worker_lets_go_of_itself_and_loses_nothing(phone: "Page", site: Site, world: Cast) -> None:
    """A143: the kill-switch."""
    phone.context.route("**/api/v1/sync", lambda route: route.abort())
    keep(phone, site, "scan", token=bens_token(site, world), event=None)
    site.app.config["OFFLINE"] = "off"
    site.app.extensions["worker"].clear()
    phone.evaluate(UPDATE)
    phone.evaluate(GONE)
    expect(phone.locator("html")).to_have_attribute("data-gone", "yes")
    assert phone.evaluate(KEPT) == []
    phone.context.unroute("**/api/v1/sync")
    phone.goto("/today")
    expect(phone.locator("#outbox[data-worker]")).to_have_count(0)  # nothing here registers one anew
    wait_until_empty(phone)


def test_signing_out_asks_what_to_do_with_what_is_not_sent_and_leaves_nothing(
    phone: "Page", site: Site, world: Cast
) -> None:
    """O52, A141: send first, or discard; afterwards the phone knows nobody, and Back shows nothing."""
    phone.context.route("**/api/v1/sync", lambda route: route.abort())
    keep(phone, site, "scan", token=bens_token(site, world), event=None)
    phone.goto("/settings")
    awake(phone).get_by_role("button", name="Sign out here").click()
    expect(phone.get_by_text("1 thing on this phone isn't sent yet.")).to_be_visible()
    phone.get_by_role("button", name="Send first").click()
    expect(phone.get_by_text("Not everything went.")).to_be_visible()
    assert len(rows(phone)) == 1
    phone.get_by_role("button", name="Stay signed in").click()
    expect(phone.get_by_text("1 thing on this phone isn't sent yet.")).to_be_hidden()
    phone.get_by_role("button", name="Sign out here").click()
    with phone.expect_response("**/sign-out") as answer:
        phone.get_by_role("button", name="Discard and sign out").click()
    assert answer.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    expect(phone.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    for store in ("outbox", "observations", "copies", "rosters"):
        assert rows(phone, store) == [], store
    phone.go_back()
    expect(phone.locator("body")).not_to_contain_text("Ada Bevan")


def test_signed_out_without_signal_nothing_is_left_and_the_server_hears_of_it_before_anything_else(
    phone: "Page", site: Site, world: Cast
) -> None:
    """A141: what waits of somebody else stays for them."""
    phone.context.route("**/api/v1/sync", lambda route: route.abort())
    keep(phone, site, "scan", token=bens_token(site, world), event=None)
    signed_in(phone, site, world.ben).goto("/settings")
    settled(phone).context.set_offline(True)
    phone.get_by_role("button", name="Sign out here").click()
    expect(phone.get_by_text("You've signed out on this phone")).to_be_visible()
    assert [row["item"]["token"] for row in rows(phone)] == [bens_token(site, world)], "Ada's"
    phone.goto("/card")
    expect(phone.get_by_text("You've signed out on this phone")).to_be_visible()
    asked = []
    phone.context.on("request", lambda request: asked.append((request.method, request.url.removeprefix(site.url))))
    phone.context.set_offline(False)
    expect(phone.get_by_text("You've signed out on this phone")).to_be_hidden()
    assert next(call for call in asked if not call[1].startswith("/static/")) == ("POST", "/sign-out")
    asks = "async () => (await fetch('/api/v1/me', { headers: { Accept: 'application/json' } })).status"
    assert phone.evaluate(asks) == 401
    assert len(rows(phone)) == 1
    phone.context.unroute("**/api/v1/sync")
    signed_in(phone, site, world.ada).goto("/today")
    wait_until_empty(phone)
