"""A phone that is reminded, in a real browser with a real worker, and a push service that opens what it is given."""

import json
import re
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app import database
from app.delivery import courier, notifications
from app.delivery.messages import Messenger
from app.delivery.push import Post
from app.domain import contacts, prompts, sessions
from app.domain.devices import Device
from app.domain.encounters import CARD
from app.domain.endpoints import Service
from app.domain.mentions import Mentions
from app.domain.prompts import Prompt
from tests import cast
from tests.delivery.ways import Way
from tests.infrastructure import push_service
from tests.infrastructure.chromium import heard
from tests.infrastructure.outboxes import phone_of, rows, settled, wait_until_empty

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
STANDING = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).map(({ title, tag, data }) => ({ title, tag, data }));
}"""
# A tap as the worker is told of it, done when all is done that the worker asked to be kept alive for. Nobody's finger
# was there, so the browser would let no window come to the front: only that leave is given.
TAP = """async ([tag, action]) => {
  WindowClient.prototype.focus = async function () { return this; };
  const [notification] = await self.registration.getNotifications({ tag });
  const tapped = new NotificationEvent("notificationclick", { notification, action }), work = [];
  tapped.waitUntil = (promise) => work.push(promise);
  self.dispatchEvent(tapped);
  if (!work.length) throw new Error("Nothing was begun");
  await Promise.all(work);
  return (await self.registration.getNotifications()).map(({ title }) => title);
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
        self.page, self.registrations, self.statuses, self.displayed = page, [], [], 0
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self.cdp.on("ServiceWorker.workerVersionUpdated", self._follow)
        self.cdp.on("BackgroundService.backgroundServiceEventReceived", self._count)
        self.cdp.send("BackgroundService.startObserving", {"service": "notifications"})
        self.cdp.send("BackgroundService.setRecording", {"service": "notifications", "shouldRecord": True})
        self.cdp.send("ServiceWorker.enable")
        heard(page, lambda: self.registrations)

    def _note(self, said):
        self.registrations += [each["registrationId"] for each in said["registrations"] if not each["isDeleted"]]

    def _follow(self, said):
        self.statuses += [each["runningStatus"] for each in said["versions"]]

    def _count(self, said):
        self.displayed += said["backgroundServiceEvent"]["eventName"] == "Notification displayed"

    def deliver(self, *contents):
        """Give the worker all these at once, and wait until each has come to the screen.

        Nobody may ask meanwhile what stands there: Chromium then forgets what is not there yet.
        """
        self.displayed = 0
        origin = re.match(r"https://[^/]+", self.page.url).group()
        place = {"origin": origin, "registrationId": self.registrations[-1]}
        for content in contents:
            self.cdp.send("ServiceWorker.deliverPushMessage", {**place, "data": content})
        heard(self.page, lambda: self.displayed >= len(contents))

    def stop_worker(self):
        self.statuses.clear()
        self.cdp.send("ServiceWorker.stopAllWorkers")
        heard(self.page, lambda: "stopped" in self.statuses)

    def standing(self):
        """Return the notifications that the browser knows of; a tap on any other does nothing."""
        return self.page.evaluate(STANDING)


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

    place = Service("localhost", service.port, "127.0.0.1")
    clock.set(DUE)
    with site.app.app_context(), closing(Messenger(Post("https://localhost", service.trust()), (place,))) as messenger:
        assert database.session.scalars(select(Device)).one().person_id == ada
        database.session.rollback()
        while courier.round(DUE, Way(), messenger=messenger).held:
            pass
    (push,) = service.wait_for(1)
    screen = Screen(phone)
    phone.reload()
    settled(phone)
    screen.stop_worker()
    screen.deliver(push.content.decode())
    (shown,) = screen.standing()
    assert shown["title"] == "Write to Ben?"
    for content in ("{broken", '{"web_push":8030,"notification":{"title":"x","tag":"other"}}'):
        screen.deliver(content)
    assert sorted(each["title"] for each in screen.standing()) == ["Something waits for you"] * 2 + ["Write to Ben?"]

    phone.goto(re.sub(r"^https://[^/]+", "", push.message["notification"]["navigate"]))
    phone.get_by_text("Whom would you like to see again?").first.wait_for()
    with site.app.app_context():
        prompt = database.session.scalars(select(Prompt).where(Prompt.person_id == ada)).first()
        number = prompt.id
        prompts.answer(prompt, DUE)
        database.session.commit()
    phone.goto(f"/n/{number}")
    phone.get_by_text("Already done").wait_for()


@pytest.fixture
def reminded(site, clock, morning, new_phone):
    """Ada's phone with Today open and her follow-up as a message on its screen; the prompt's number goes along."""
    ada, _cookie = morning
    clock.set(DUE)
    with site.app.app_context():
        courier.plan(DUE)
        prompt = database.session.scalars(select(Prompt).where(Prompt.person_id == ada)).first()
        person, number = prompt.person, prompt.id
        content = notifications.of_prompt(prompt, Mentions.of([prompt], DUE)).content.decode()
        database.session.rollback()
    phone = phone_of(person, new_phone(permissions=["notifications"]), site)
    screen = Screen(phone)
    screen.deliver(content)
    (shown,) = screen.standing()
    assert shown["title"] == "Write to Ben?"
    return screen, number


def tap(screen, number, action):
    """Tap on the message of a prompt, and return what stands on the screen once that has had its effect."""
    (worker,) = screen.page.context.service_workers
    return worker.evaluate(TAP, [f"prompt-{number}", action])


def state_of(site, number):
    with site.app.app_context():
        prompt = database.session.get(Prompt, number)
        return prompt.state, prompt.due_day > DUE.date()


@pytest.mark.parametrize(("action", "becomes"), [("done", (prompts.DONE, False)), ("later", (prompts.OPEN, True))])
def test_an_answer_tapped_on_the_message_itself_is_given_and_no_page_is_needed(site, reminded, action, becomes):
    """T9: done, and later; afterwards nothing is left on the screen."""
    screen, number = reminded
    page = screen.page.url
    assert tap(screen, number, action) == []
    assert state_of(site, number) == becomes
    assert screen.page.url == page


def test_done_without_signal_is_kept_said_so_and_arrives_once_there_is(site, reminded):
    """T9: and a tap on what says so leads to what waits."""
    screen, number = reminded
    phone = screen.page
    phone.context.set_offline(True)
    assert tap(screen, number, "done") == ["Kept on this phone. It'll go when there's signal."]
    assert [(row["item"]["prompt"], row["item"]["answer"]) for row in rows(phone)] == [(number, "done")]
    assert state_of(site, number) == (prompts.OPEN, False)
    phone.context.set_offline(False)
    wait_until_empty(phone)
    assert state_of(site, number) == (prompts.DONE, False)


def test_a_tap_on_the_message_leads_the_open_page_to_the_prompt(site, reminded):
    """T9, H22: and answers nothing by itself."""
    screen, number = reminded
    tap(screen, number, "")
    expect(screen.page).to_have_url(re.compile(rf"/(n|prompts)/{number}$"))
    expect(screen.page.get_by_text("Whom would you like to see again?").first).to_be_visible()
    assert state_of(site, number) == (prompts.OPEN, False)


def test_messages_that_all_come_at_once_all_stand_there_to_be_tapped(reminded):
    """T8: a phone that has been without signal gets in one moment what waited for it."""
    screen, _number = reminded
    tags = [f"round-{each}" for each in range(12)]
    screen.deliver(*(json.dumps({"web_push": 8030, "notification": {"title": "x", "tag": tag}}) for tag in tags))
    assert {each["tag"] for each in screen.standing()} >= set(tags)
