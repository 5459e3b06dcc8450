"""The phone without signal, in a real browser: a real worker, a real store, a server that is really not there."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import database
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

NewPhone = Callable[..., "Page"]
READY = "() => navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)"


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    with site.app.app_context():
        people = cast.assemble(clock.now)
        database.session.commit()
    return people


def ready(phone: "Page", path: str = "/today") -> "Page":
    """Open a page and wait until the worker stands behind it."""
    phone.goto(path)
    phone.wait_for_function(READY)
    return phone


def keep(phone: "Page", site: Site, kind: str, **fields: object) -> dict[str, object]:
    """Keep something as any page of ours does; return the item once it is safely on the phone."""
    module = f"/static/v/{site.app.config['ASSETS']}/js/offline/outbox.js"
    script = "async ([module, kind, fields]) => (await import(module)).keep(kind, fields)"
    item: dict[str, object] = phone.evaluate(script, [module, kind, fields])
    return item


def test_without_signal_every_page_is_the_shell_and_says_what_is_on_the_phone(new_phone, site, world) -> None:
    phone = ready(signed_in(new_phone(), site, world.ada))
    phone.context.set_offline(True)
    item = keep(phone, site, "scan", token="a" * 26, event=None)
    assert str(item["id"])[14] == "7"
    phone.goto("/settings")
    expect(phone.get_by_role("heading", name="No signal here")).to_be_visible()
    expect(phone.get_by_role("status")).to_have_text("Offline. 1 scan saved on this phone. See them")
    phone.get_by_role("link", name="See them").click()
    expect(phone.get_by_text("A card you scanned")).to_be_visible()
    assert not phone.evaluate("() => document.body.dataset.me"), "the shell is nobody's"
