"""A Home Screen in a real browser: offered where this device has one to offer, once, and told honestly where not."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import database
from tests import cast
from tests.cast import Cast
from tests.conftest import Clock, Site
from tests.infrastructure.chromium import awake
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

NewPhone = Callable[..., "Page"]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Mobile/15E148 Safari/604.1"
)
OLD_IPHONE = IPHONE.replace("18_7", "16_3")
INSIDE = IPHONE.replace("Version/26.0 Mobile/15E148 Safari/604.1", "Mobile/15E148 [LinkedInApp]")
STANDALONE = "Object.defineProperty(navigator, 'standalone', { value: true });"
# Headless Chromium never asks by itself: this is its question, as the standard has it.
QUESTION = """() => {
    const question = new Event("beforeinstallprompt", { cancelable: true });
    question.prompt = async () => { document.body.dataset.asked = "yes"; };
    question.userChoice = Promise.resolve({ outcome: "dismissed" });
    dispatchEvent(question);
    return question.defaultPrevented;
}"""
OFFER = "Keep it at hand"


@pytest.fixture
def world(site: Site, clock: Clock) -> Cast:
    """Ada, who was at a breakfast two days ago."""
    with site.app.app_context():
        people = cast.assemble(clock.now)
        cast.arrive(people.event, people.ada)
        database.session.commit()
    clock.move(days=2)
    return people


def on_today(phone: "Page", site: Site, world: Cast) -> "Page":
    signed_in(phone, site, world.ada).goto("/today")
    return awake(phone)


def test_an_iphone_is_led_to_the_three_pictures_and_a_no_is_kept(new_phone: NewPhone, site, world) -> None:
    phone = on_today(new_phone(user_agent=IPHONE), site, world)
    phone.get_by_text(OFFER).wait_for()
    expect(phone.locator("main")).to_contain_text("the only way to be reminded on the screen")
    phone.get_by_role("link", name="Show me how").click()
    phone.get_by_role("heading", name="Open it there once, while you have a signal").wait_for()
    expect(phone.locator(".guide .drawing")).to_have_count(3)
    assert not awake(phone).get_by_text("inside another app").is_visible()
    on_today(phone, site, world).get_by_role("button", name="Not now").click()
    phone.get_by_text(OFFER).wait_for(state="hidden")
    assert not on_today(phone, site, world).get_by_text(OFFER).is_visible()


def test_on_android_the_browsers_question_waits_for_the_tap(new_phone: NewPhone, site, world) -> None:
    phone = on_today(new_phone(), site, world)
    assert not phone.get_by_text(OFFER).is_visible()
    assert phone.evaluate(QUESTION), "the browser would have offered it by itself"
    phone.get_by_role("button", name="Put it on my Home Screen").click()
    phone.get_by_text(OFFER).wait_for(state="hidden")
    assert phone.locator("body").get_attribute("data-asked") == "yes"
    phone.goto("/install")
    assert not awake(phone).get_by_role("button", name="Put it on my Home Screen").is_visible()
    phone.evaluate(QUESTION)
    phone.get_by_role("button", name="Put it on my Home Screen").wait_for()


def test_before_a_breakfast_the_browser_offers_nothing_by_itself(new_phone: NewPhone, site) -> None:
    """D11."""
    phone = new_phone()
    phone.goto("/")
    assert awake(phone).evaluate(QUESTION)
    assert not phone.locator("body").get_attribute("data-asked")


@pytest.mark.parametrize(
    ("agent", "script", "said"),
    [
        (OLD_IPHONE, "", "Before iOS 16.4 an iPhone can't be reminded"),
        (INSIDE, "", "inside another app, which can't do it"),
        (IPHONE, STANDALONE, "You've opened it from your Home Screen"),
    ],
)
def test_the_guide_says_what_is_true_of_this_device(
    new_phone: NewPhone, site, world, agent: str, script: str, said: str
) -> None:
    """H11, H13: an old iPhone, another app's browser; where it is on the Home Screen, nothing is offered."""
    phone = new_phone(user_agent=agent)
    if script:
        phone.add_init_script(script)
    phone.goto("/install")
    phone.get_by_text(said).wait_for()
    expect(phone.locator("main [data-if]:visible")).to_have_count(1)
    offered = on_today(phone, site, world).get_by_text(OFFER).is_visible()
    assert offered == (agent == OLD_IPHONE)
