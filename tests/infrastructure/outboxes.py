"""The outbox of a phone in a real browser: put something into it, look into it, wait until it is empty."""

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.infrastructure.chromium import awake
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from app.domain.people import Person
    from tests.infrastructure.sites import Site

# Both write on the page what they wait for, where it can be waited for with patience.
READY = """() => {
  const look = () => { document.documentElement.dataset.worker = navigator.serviceWorker.controller ? "here" : ""; };
  navigator.serviceWorker.addEventListener("controllerchange", look);
  look();
}"""
# As on an iPhone: nothing is sent but by a page.
WITHOUT_BACKGROUND_SYNC = "Object.defineProperty(ServiceWorkerRegistration.prototype, 'sync', { value: undefined })"
# What the store holds, whoever it is of, read past every rule of ours.
STORE = """name => new Promise((resolve, reject) => {
  const asked = indexedDB.open("marmalade");
  asked.onerror = () => reject(asked.error);
  asked.onsuccess = () => {
    const db = asked.result;
    if (!db.objectStoreNames.contains(name)) { db.close(); return resolve([]); }
    const all = db.transaction(name).objectStore(name).getAll();
    all.onsuccess = () => { db.close(); resolve(all.result); };
  };
})"""
# A page that begins remembers whose it is, sends what waited, and then fetches what may be read without signal.
SETTLED = f"""() => {{
  const look = async () => {{
    const kept = (await ({STORE})("meta")).find(({{ key }}) => key === "copies");
    const isMine = kept && kept.value.me === document.body.dataset.me;
    document.documentElement.dataset.settled = isMine ? "yes" : "";
    if (!isMine) requestAnimationFrame(look);
  }};
  look();
}}"""
COUNT = f"""() => {{
  const look = async () => {{ document.documentElement.dataset.unsent = (await ({STORE})("outbox")).length; }};
  document.addEventListener("outbox-changed", look);
  look();
}}"""


def phone_of(person: "Person", phone: "Page", site: "Site", path: str = "/today", background: bool = False) -> "Page":
    """Sign this person in on a phone, open a page there, and wait until it has settled.

    `background`: what waits is sent by the browser's own leave too, whenever that may be.
    """
    if not background:
        phone.context.add_init_script(WITHOUT_BACKGROUND_SYNC)
    signed_in(phone, site, person).goto(path)
    return settled(phone)


def settled(phone: "Page") -> "Page":
    """Wait until the worker stands behind a page of somebody's, and all is done that it begins with by itself."""
    phone.evaluate(READY)
    expect(phone.locator("html")).to_have_attribute("data-worker", "here")
    phone.evaluate(SETTLED)
    expect(phone.locator("html")).to_have_attribute("data-settled", "yes")
    return awake(phone)


def module(site: "Site", name: str) -> str:
    """Return where a page finds one of our modules."""
    return f"/static/v/{site.app.config['ASSETS']}/js/offline/{name}.js"


def keep(phone: "Page", site: "Site", kind: str, **fields: object) -> dict[str, Any]:
    """Keep something as any page of ours does; return the item once it is safely on the phone."""
    script = "async ([module, kind, fields]) => (await import(module)).keep(kind, fields)"
    item: dict[str, Any] = phone.evaluate(script, [module(site, "outbox"), kind, fields])
    return item


def flush(phone: "Page", site: "Site") -> None:
    """Send what waits, now, as if there had just been signal; return when the phone is done with it."""
    script = """async ([pause, flush]) => {
      await navigator.locks.request("outbox", () => {}); // whoever is at it already
      await (await import(pause)).cutShort();
      await (await import(flush)).flush();
    }"""
    phone.evaluate(script, [module(site, "pause"), module(site, "flush")])


def rows(phone: "Page", store: str = "outbox") -> list[dict[str, Any]]:
    """Return everything in one of the phone's stores, of whomever."""
    found: list[dict[str, Any]] = phone.evaluate(STORE, store)
    return found


def wait_until_empty(phone: "Page") -> None:
    """Wait until nothing is left in the phone's outbox."""
    phone.evaluate(COUNT)
    expect(phone.locator("html")).to_have_attribute("data-unsent", "0")
