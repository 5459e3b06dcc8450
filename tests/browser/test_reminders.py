"""A phone that is reminded, in a real browser with a real worker, and a push service that opens what it is given."""

import json
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from app import database
from app.delivery import courier
from app.delivery.messages import Messenger
from app.delivery.push import Post
from app.domain import contacts, prompts, sessions
from app.domain.devices import Device
from app.domain.encounters import CARD
from app.domain.endpoints import Service
from app.domain.prompts import Prompt
from tests import cast
from tests.delivery.ways import Way
from tests.infrastructure import push_service

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
# Chromium subscribes at its vendor's service, which no test may reach: this stands in for that one step alone.
SUBSCRIBES = """
const given = %s;
let held = null;
const subscription = (key) => ({
  endpoint: given.endpoint, options: { applicationServerKey: key }, toJSON: () => given,
  unsubscribe: async () => { held = null; return true; },
});
PushManager.prototype.getSubscription = async () => held;
PushManager.prototype.subscribe = async ({ applicationServerKey }) => (held = subscription(applicationServerKey));
"""
# The policy lets no text become a script later, so the page itself looks until it is there.
SHOWN = """async (count) => {
  const worker = await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 200; tries += 1) {
    const shown = await worker.getNotifications();
    if (shown.length >= count) return shown.map(({ title, tag, data }) => ({ title, tag, data }));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [];
}"""


@pytest.fixture
def service(tls):
    with push_service.serve(tls) as running:
        yield running


@pytest.fixture
def morning(site, clock):
    """Ada has met Ben, and the breakfast is over."""
    with site.app.app_context():
        people = cast.assemble(clock.now)
        cast.arrive(people.event, people.ada, people.ben)
        contacts.meet(people.ada, people.ben, uuid4(), CARD, people.event, clock.now, clock.now)
        _row, cookie = sessions.start(people.ada, "Ada's phone", clock.now)
        ends_at, ada = people.event.ends_at, people.ada.id
        database.session.commit()
    clock.set(ends_at)
    site.app.config["PUSH_HOSTS"] = ()
    return ada, cookie


class Screen:
    """What a phone's worker is sent, and what stands on its screen."""

    def __init__(self, page):
        self.page, self.registrations = page, []
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self.cdp.send("ServiceWorker.enable")

    def _note(self, said):
        self.registrations += [each["registrationId"] for each in said["registrations"] if not each["isDeleted"]]

    def deliver(self, content):
        origin = re.match(r"https://[^/]+", self.page.url).group()
        number = self.registrations[-1]
        self.cdp.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": number, "data": content})

    def stop_worker(self):
        self.cdp.send("ServiceWorker.stopAllWorkers")

    def wait_for(self, count):
        """Wait until so many notifications stand there, and return them."""
        shown = self.page.evaluate(SHOWN, count)
        assert len(shown) >= count, shown
        return shown


def test_a_phone_says_yes_is_reminded_with_its_worker_stopped_and_each_time_to_see(
    site, clock, morning, service, new_phone
):
    """T8, W11, W12: from the question to the screen, and nonsense too is something to see."""
    ada, cookie = morning
    browser = service.subscribe()
    site.app.config["PUSH_HOSTS"] = (("localhost", service.port, "127.0.0.1"),)
    phone = new_phone(permissions=["notifications"])
    phone.context.add_cookies([{"name": "__Host-session", "value": cookie, "url": site.url, "secure": True}])
    phone.add_init_script(SUBSCRIBES % json.dumps(browser.subscription))
    phone.goto("/today")
    phone.get_by_text("Shall we remind you on Thursday to write to Ben?").wait_for()
    phone.get_by_role("button", name="Yes, remind me").click()
    phone.get_by_text("This phone reminds you.").wait_for()

    messenger = Messenger(
        Post("https://localhost", service.trust()), (Service("localhost", service.port, "127.0.0.1"),)
    )
    clock.set(DUE)
    with site.app.app_context():
        assert database.session.scalars(select(Device)).one().person_id == ada
        database.session.rollback()
        while courier.round(DUE, Way(), messenger=messenger).held:
            pass
    (push,) = service.wait_for(1)
    screen = Screen(phone)
    phone.reload()
    screen.stop_worker()
    screen.deliver(push.content.decode())
    (shown,) = screen.wait_for(1)
    assert shown["title"] == "Write to Ben?"
    for odd in ("{broken", '{"web_push":8030,"notification":{"title":"x","tag":"other"}}'):
        screen.deliver(odd)
    standing = screen.wait_for(3)
    assert sorted(each["title"] for each in standing) == ["Something waits for you"] * 2 + ["Write to Ben?"]
    messenger.close()

    phone.goto(re.sub(r"^https://[^/]+", "", push.message["notification"]["navigate"]))
    phone.get_by_text("Whom would you like to see again?").first.wait_for()
    with site.app.app_context():
        prompt = database.session.scalars(select(Prompt).where(Prompt.person_id == ada)).first()
        number = prompt.id
        prompts.answer(prompt, DUE)
        database.session.commit()
    phone.goto(f"/n/{number}")
    phone.get_by_text("Already done").wait_for()
