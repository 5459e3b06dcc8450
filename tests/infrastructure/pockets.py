"""Phones in a real browser that have kept what they need, and whose signal comes and goes."""

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.infrastructure.chromium import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Promises, which `evaluate` waits for.
READY = "() => navigator.serviceWorker.ready.then(() => true)"
KEPT = """async () => {
  const changed = new Promise((done) => document.addEventListener("copies-changed", done, { once: true }));
  const db = await new Promise((done) => { indexedDB.open("marmalade").onsuccess = (e) => done(e.target.result); });
  const all = db.transaction("copies").objectStore("copies").count();
  const count = await new Promise((done) => { all.onsuccess = () => done(all.result); });
  db.close();
  if (count < 5) await changed;
}"""
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
    phone.evaluate(READY)
    until(phone, "!!navigator.serviceWorker.controller")
    phone.evaluate(KEPT)
    return phone


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
    expect(phone.locator("#outbox")).to_be_hidden()
    return phone
