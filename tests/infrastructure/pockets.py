"""Phones in a real browser that have kept what they need, and whose signal comes and goes."""

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.infrastructure.outboxes import settled, wait_until_empty

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A promise, which `evaluate` waits for.
READY = "() => navigator.serviceWorker.ready.then(() => true)"
FORGET = """async () => {
  const db = await new Promise((done) => { indexedDB.open("marmalade").onsuccess = (e) => done(e.target.result); });
  const gone = db.transaction("copies", "readwrite");
  gone.objectStore("copies").clear();
  await new Promise((done) => { gone.oncomplete = done; });
  db.close();
}"""


def ready(phone: "Page", path: str = "/today") -> "Page":
    """Open a page and wait until the worker stands behind it and the copies are there."""
    phone.goto(path)
    return settled(phone)


def forget(phone: "Page") -> "Page":
    """Let a phone be one that has fetched nothing yet."""
    phone.evaluate(FORGET)
    return phone


def away(phone: "Page") -> "Page":
    """Take the signal away."""
    phone.context.set_offline(True)
    return phone


def back(phone: "Page") -> "Page":
    """Give the signal back, and wait until everything has gone."""
    phone.context.set_offline(False)
    wait_until_empty(phone)
    expect(phone.locator("#outbox")).to_be_hidden()
    return phone
