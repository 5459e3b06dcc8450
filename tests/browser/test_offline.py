"""The phone without signal, in a real browser: a real worker, a real store, and a network that is really not there."""

import functools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from flask import request
from playwright.sync_api import expect
from sqlalchemy import func, select

from app import database
from app.domain import cards, contacts
from app.domain.encounters import CARD, Encounter, Observation
from app.domain.people import Person
from app.domain.sessions import Session
from tests import cast
from tests.cast import Cast
from tests.conftest import BREAKFAST, Clock, Site
from tests.infrastructure.chromium import awake, heard
from tests.infrastructure.outboxes import flush, keep, phone_of, rows, settled, wait_until_empty
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

NewPhone = Callable[..., "Page"]
PATIENCE_MS, LATENCY_S = 10_000, 0.3


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    """The cast, and Ada, Ben and Dev at the breakfast."""
    with site.app.app_context():
        people = cast.assemble(clock.now)
        cast.arrive(people.event, people.ada, people.ben, people.dev)
        database.session.commit()
    return people


@pytest.fixture
def token(site: Site, world: Cast) -> Callable[[Person], str]:
    """What stands in somebody's code."""

    def read(person: Person) -> str:
        with site.app.app_context():
            return cards.living(cards.of(database.session.merge(person))).token

    return read


@pytest.fixture
def sheet(site: Site, world: Cast) -> str:
    """The sheet of a meeting of Ada's with Ben."""
    with site.app.app_context():
        op_id, ada, ben = uuid4(), database.session.merge(world.ada), database.session.merge(world.ben)
        contacts.meet(ada, ben, op_id, CARD, database.session.merge(world.event), BREAKFAST, BREAKFAST)
        database.session.commit()
    return f"/encounters/{op_id}"


def stored(site: Site) -> tuple[int, int]:
    """Return how many encounters and observations the server has."""
    with site.app.app_context():
        found = [database.session.scalar(select(func.count()).select_from(table)) for table in (Encounter, Observation)]
        return found[0] or 0, found[1] or 0


def worker_of(phone: "Page") -> tuple["CDPSession", dict[str, str]]:
    """Return a line to the browser's own view of its workers, and the newest one of this page."""
    line, seen = phone.context.new_cdp_session(phone), list[dict[str, str]]()
    line.on("ServiceWorker.workerVersionUpdated", lambda told: seen.extend(told["versions"]))
    line.send("ServiceWorker.enable")
    heard(phone, lambda: seen)
    return line, seen[-1]


def test_both_scan_each_other_offline_and_it_is_one_meeting(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """T1, B5, B20; A144: nothing on the way asks another host."""
    hosts = set[str]()
    phones = {who: phone_of(who, new_phone(), site, "/card", background=True) for who in (world.ada, world.ben)}
    for (who, phone), other in zip(phones.items(), (world.ben, world.ada), strict=True):
        phone.context.on("request", lambda asked: hosts.add(asked.url.split("/")[2]))
        phone.context.set_offline(True)
        item = keep(phone, site, "scan", token=token(other).upper(), event=None)
        assert item["id"][14] == "7", who
        phone.reload()
        expect(phone.locator("#outbox")).to_have_text("Offline. 1 scan saved on this phone. See them")
        line, _version = worker_of(phone)
        line.send("ServiceWorker.stopAllWorkers")
    assert stored(site) == (0, 0)
    for phone in phones.values():
        phone.context.set_offline(False)
        wait_until_empty(phone)
    assert stored(site) == (1, 2)
    for phone in phones.values():
        expect(phone.locator("#outbox")).to_be_hidden()
        phone.goto("/people")
        expect(phone.locator("main")).to_contain_text("Ada Bevan" if phone is phones[world.ben] else "Ben Okafor")
    assert hosts == {site.url.removeprefix("https://")}


def test_without_signal_every_page_is_the_shell_and_nobodys(new_phone: NewPhone, site: Site, world: Cast) -> None:
    phone = phone_of(world.ada, new_phone(), site)
    phone.context.set_offline(True)
    keep(phone, site, "line", of="0190c0de-0000-7000-8000-000000000000", text="Cycles in")
    phone.goto("/settings")
    expect(phone.get_by_role("heading", name="No signal here")).to_be_visible()
    expect(phone.locator("#outbox")).to_have_text("Offline. 1 thing saved on this phone. See them")
    assert not phone.evaluate("() => document.body.dataset.me")
    phone.get_by_role("link", name="See them").click()
    expect(phone.get_by_text("A line about somebody")).to_be_visible()
    expect(phone.locator("main li")).to_contain_text("Cycles in")


def test_a_card_opened_without_signal_is_kept_by_one_tap_and_can_be_taken_back(
    new_phone: NewPhone, site: Site, world: Cast, token, artefacts: Path
) -> None:
    phone = phone_of(world.ada, new_phone(), site)
    phone.context.set_offline(True)
    phone.goto(f"/C/{token(world.ben).upper()}")
    phone.get_by_role("button", name="We met").click()
    expect(phone.get_by_text("Saved on this phone. It'll go when there's signal.")).to_be_visible()
    expect(phone.locator("#outbox")).to_contain_text("Offline. 1 scan saved on this phone.")
    phone.screenshot(path=artefacts / "offline-met.png")
    phone.get_by_role("button", name="Undo").click()
    expect(phone.get_by_role("button", name="We met")).to_be_visible()
    phone.get_by_role("button", name="We met").click()
    expect(phone.get_by_text("Saved on this phone. It'll go when there's signal.")).to_be_visible()
    phone.context.set_offline(False)
    wait_until_empty(phone)
    assert stored(site) == (1, 2)
    with site.app.app_context():
        assert len([one for one in database.session.scalars(select(Observation)) if one.voided_at is None]) == 1


def test_an_answer_lost_on_the_way_is_asked_for_again_and_counts_once(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """T2, B1: the server had it already when the line was cut."""
    phone = phone_of(world.ada, new_phone(), site)
    sent = []
    phone.on("request", lambda asked: sent.append(asked.post_data_json) if asked.url.endswith("/sync") else None)
    line = phone.context.new_cdp_session(phone)

    def cut(paused: dict[str, object]) -> None:
        told = {"requestId": paused["requestId"]}
        if len(sent) == 1:
            line.send("Fetch.failRequest", {**told, "errorReason": "ConnectionReset"})
        else:
            line.send("Fetch.continueRequest", told)

    # When its answer begins to come, the server has it.
    line.on("Fetch.requestPaused", cut)
    line.send("Fetch.enable", {"patterns": [{"urlPattern": "*/api/v1/sync", "requestStage": "Response"}]})
    keep(phone, site, "scan", token=token(world.ben), event=None)
    flush(phone, site)
    assert stored(site) == (1, 1)
    expect(phone.locator("#outbox")).to_have_text("Still on this phone: 1 scan. We'll try again by ourselves. See them")
    flush(phone, site)
    assert sent[0]["items"] == sent[1]["items"]
    assert rows(phone) == []
    assert stored(site) == (1, 1)


def test_a_captive_portal_is_seen_through_and_nothing_is_lost(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """T3, B12, B13: its page, its redirect, its 511, and a line that says nothing for five minutes."""
    phone = new_phone()
    phone.clock.install(time=BREAKFAST)
    phone_of(world.ada, phone, site)
    keep(phone, site, "scan", token=token(world.ben), event=None)
    page = {"content_type": "text/html", "body": "<h1>Welcome to the Grand</h1>"}
    answers: list[dict[str, object]] = [
        {"status": 200, **page},
        {"status": 302, "headers": {"Location": "/sign-in"}},
        {"status": 511, **page},
        {"status": 200, "content_type": "application/json", "body": '{"ok": true}'},
    ]
    for answer in answers:
        phone.route("**/api/v1/*", lambda route, _asked, answer=answer: route.fulfill(**answer))
        flush(phone, site)
        assert len(rows(phone)) == 1, answer
        expect(phone.locator("#outbox")).to_contain_text("Still on this phone: 1 scan.")
        phone.unroute("**/api/v1/*")
    phone.route("**/api/v1/*", lambda _route: None)
    with phone.expect_event("requestfailed", lambda asked: "/api/v1/" in asked.url):
        with phone.expect_request("**/api/v1/*"):
            phone.evaluate("() => dispatchEvent(new Event('online'))")
        phone.clock.run_for(PATIENCE_MS)
    assert len(rows(phone)) == 1
    phone.unroute("**/api/v1/*")
    flush(phone, site)
    assert rows(phone) == []
    assert stored(site) == (1, 1)


def test_a_session_that_ended_keeps_the_scans_for_its_owner_alone(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """T4, O52, B9, B10: nobody else who signs in sees or sends them, and their owner's next sign-in does."""
    phone = phone_of(world.ada, new_phone(), site)
    with site.app.app_context():
        for session in database.session.scalars(select(Session)):
            database.session.delete(session)
        database.session.commit()
    for other in (world.ben, world.cleo, world.dev):
        keep(phone, site, "scan", token=token(other), event=None)
    flush(phone, site)
    expect(phone.get_by_role("link", name="Sign in to send 3 scans")).to_be_visible()
    phone.get_by_role("link", name="Sign in to send 3 scans").click()
    phone.wait_for_url("**/sign-in*")
    expect(phone.get_by_role("link", name="Sign in to send 3 scans")).to_be_visible()

    signed_in(phone, site, world.ben).goto("/today")
    expect(settled(phone).locator("#outbox")).to_be_hidden()
    flush(phone, site)
    assert len(rows(phone)) == 3
    assert stored(site) == (0, 0)

    signed_in(phone, site, world.ada).goto("/today")
    wait_until_empty(phone)
    assert stored(site) == (3, 3)


def test_two_pages_and_the_worker_at_once_send_everything_once(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """T5, B2, B3, H21: an app on the Home Screen is one more page where it shares the browser's store."""
    phone = phone_of(world.ada, new_phone(), site)
    tab = phone.context.new_page()
    tab.goto("/today")
    settled(tab)
    sent, take = Counter[str](), site.app.view_functions["sync.take"]

    @functools.wraps(take)
    def slowly() -> object:
        sent.update(item["id"] for item in request.get_json()["items"])
        threading.Event().wait(LATENCY_S)
        return take()

    site.app.view_functions["sync.take"] = slowly
    phone.context.set_offline(True)
    kept = [keep(phone, site, "scan", token=token(world.ben), event=None)["id"] for _time in range(5)]
    phone.context.set_offline(False)
    line, version = worker_of(phone)
    told = {"origin": site.url, "registrationId": version["registrationId"], "tag": "outbox", "lastChance": False}
    line.send("ServiceWorker.dispatchSyncEvent", told)
    for page in (phone, tab):
        page.evaluate("() => dispatchEvent(new Event('online'))")
    wait_until_empty(tab)
    assert sent == dict.fromkeys(kept, 1)
    assert stored(site)[0] == 1


@pytest.mark.parametrize("hours", [26, -26])
def test_a_clock_that_is_wrong_by_a_day_changes_no_meeting(
    new_phone: NewPhone, site: Site, world: Cast, token, hours: int
) -> None:
    """T7, B4."""
    phone = new_phone()
    phone.clock.install(time=BREAKFAST + timedelta(hours=hours))
    phone_of(world.ada, phone, site)
    keep(phone, site, "scan", token=token(world.ben), event=None)
    flush(phone, site)
    with site.app.app_context():
        met = database.session.scalars(select(Observation)).one()
        assert abs(met.met_at - BREAKFAST) < timedelta(minutes=2)
        assert met.encounter.event_id == world.event.id


def test_an_earlier_versions_store_is_brought_up_with_what_waits_in_it(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """T6, B8: in a real store, which Node's has only the rules of."""
    phone = signed_in(new_phone(), site, world.ada)
    phone.goto(f"/static/v/{site.app.config['ASSETS']}/js/app.js")
    old = """token => new Promise(done => {
      const asked = indexedDB.open("marmalade", 1);
      asked.onupgradeneeded = () => {
        for (const name of ["outbox", "observations"]) asked.result.createObjectStore(name, { keyPath: "id" });
        asked.result.createObjectStore("meta", { keyPath: "key" });
      };
      asked.onsuccess = async () => {
        const page = await (await fetch("/today")).text(), me = page.match(/data-me="(\\w+)"/)[1];
        const id = "0190c0de-0000-7000-8000-000000000000", at = "2026-11-24T07:20:00.000+00:00";
        const work = asked.result.transaction("outbox", "readwrite");
        work.objectStore("outbox").put({ id, me, item: { id, kind: "scan", at, seq: 1, token }, state: "waiting" });
        work.oncomplete = () => { asked.result.close(); done(); };
      };
    })"""
    phone.evaluate(old, token(world.ben))
    phone.goto("/today")
    wait_until_empty(phone)
    assert stored(site) == (1, 1)
    assert rows(phone, "copies") is not None


def test_what_is_refused_waits_to_be_looked_at_and_can_be_tried_copied_and_removed(
    new_phone: NewPhone, site: Site, world: Cast, token
) -> None:
    """B15, B16, B21: one's own card, between two of others."""
    phone = phone_of(world.ada, new_phone(), site)
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for whose in (world.ben, world.ada, world.dev):
        keep(phone, site, "scan", token=token(whose), event=None)
    flush(phone, site)
    assert stored(site) == (2, 2)
    expect(phone.locator("#outbox")).to_have_text("1 needs a look. See them")
    phone.get_by_role("link", name="See them").click()
    row = phone.locator("main li")
    expect(row).to_contain_text("A card you scanned")
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copied")).to_be_visible()
    assert '"kind": "scan"' in phone.evaluate("() => navigator.clipboard.readText()")
    with phone.expect_response("**/api/v1/sync"):
        row.get_by_role("button", name="Try again").click()
    flush(phone, site)  # one that is at it already is waited for
    expect(phone.locator("#outbox")).to_have_text("1 needs a look. See them")
    expect(phone.locator("main li")).to_have_count(1)
    phone.get_by_role("button", name="Remove").click()
    phone.get_by_role("button", name="Remove for good").click()
    expect(phone.get_by_role("heading", name="Everything is sent")).to_be_visible()
    assert rows(phone) == []


@pytest.mark.parametrize(
    "fault",
    [
        "Object.defineProperty(window, 'indexedDB', {get: () => { throw new DOMException('no', 'SecurityError'); }})",
        "IDBObjectStore.prototype.add = function () { this.transaction.abort(); }",
    ],
    ids=["a private window", "a full phone"],
)
def test_a_phone_that_keeps_nothing_says_so_and_calls_nothing_saved(
    new_phone: NewPhone, site: Site, world: Cast, sheet: str, fault: str
) -> None:
    """O54, B6, B7, H12."""
    phone = new_phone()
    phone.add_init_script(fault)
    signed_in(phone, site, world.ada).goto(sheet)
    awake(phone).context.set_offline(True)
    phone.get_by_label("A line to remember Ben by").fill("Cycles in")
    phone.get_by_role("button", name="Done").click()
    expect(phone.get_by_text("Not saved: there's no signal, and this phone keeps nothing.")).to_be_visible()
    expect(phone.locator("#outbox")).to_contain_text("This phone keeps nothing without signal")
    expect(phone.get_by_label("A line to remember Ben by")).to_have_value("Cycles in")


def test_a_line_and_an_undo_without_signal_go_by_themselves_later(
    new_phone: NewPhone, site: Site, world: Cast, sheet: str
) -> None:
    """D5: with signal the same forms lead on as they always did."""
    phone = phone_of(world.ada, new_phone(), site, sheet)
    phone.context.set_offline(True)
    phone.get_by_label("A line to remember Ben by").fill("Cycles in")
    phone.get_by_role("button", name="Done").click()
    expect(phone.get_by_text("Saved on this phone. It'll go when there's signal.")).to_be_visible()
    phone.context.set_offline(False)
    wait_until_empty(phone)
    phone.reload()
    expect(phone.get_by_label("A line to remember Ben by")).to_have_value("Cycles in")
    phone.get_by_role("button", name="Undo").click()
    expect(phone.get_by_role("heading", name="Taken back")).to_be_visible()
    assert rows(phone) == []
