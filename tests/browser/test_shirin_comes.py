"""Shirin, shy and for the first time: a narrow phone, text at twice its size, and no address at first."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.conftest import Clock, Site
from tests.infrastructure import accessibility
from tests.infrastructure.chromium import awake
from tests.infrastructure.smtp import Letter, Sink
from tests.infrastructure.walks import Walk, by_recipient, link_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHIRIN = "Shirin Ahmadi-Featherstonehaugh"
MONDAY, TEN_PAST_SEVEN = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 24, 7, 10, tzinfo=UTC)
FIVE_PAST_NINE, THURSDAY = datetime(2026, 11, 24, 9, 5, tzinfo=UTC), datetime(2026, 11, 26, 8, 31, tzinfo=UTC)
AS_SOON_AS_IT_IS_THERE = f"addEventListener('DOMContentLoaded', {accessibility.TWICE_THE_TEXT})"


def test_shirin_comes_for_the_first_time(
    site: Site, smtp: Sink, clock: Clock, new_phone: Callable[..., "Page"], artefacts: Path
) -> None:
    walk = Walk(site, smtp, new_phone, artefacts / "shirin", nothing_hangs_over)
    clock.set(MONDAY)
    olwen = walk.organiser("olwen@example.org", "Olwen Pugh", clock.now)
    event = walk.plan(olwen, "Harbourside Breakfast", name="Tuesday Breakfast", place="The Grand, Bristol")
    walk.bring(olwen, event, Path(__file__).parent / "late-bookings.csv")
    poster = walk.poster(olwen, event)

    clock.set(TEN_PAST_SEVEN)
    olwen_is_there_to_introduce(olwen, poster)
    gareth, shirin = walk.newcomer(poster, "Gareth Bevan"), narrow_phone(walk)
    she_makes_her_card(walk, shirin, poster)
    olwen.goto(f"{event}/door")
    awake(olwen).get_by_role("button", name=f"Yes, they're here {SHIRIN}").click()
    olwen.get_by_role("button", name="Yes, they're here Gareth Bevan").click()
    expect(olwen.get_by_role("button", name="Yes, they're here Gareth Bevan")).to_have_count(0)
    she_would_like_an_introduction(walk, shirin, poster)
    they_have_each_others_card(walk, shirin, gareth)

    clock.set(FIVE_PAST_NINE)
    she_takes_a_minute(walk, shirin)
    she_says_where_the_note_goes(walk, clock, shirin)
    clock.set(THURSDAY)
    letters = by_recipient(walk.post_goes(clock.now, 2))
    assert set(letters) == {"olwen@example.org", "shirin@example.org"}
    she_answers(walk, shirin, letters["shirin@example.org"])


def nothing_hangs_over(page: "Page") -> None:
    assert accessibility.overhang(page) == [], page.url


def narrow_phone(walk: Walk) -> "Page":
    phone = walk.new_phone(viewport=accessibility.NARROW)
    phone.add_init_script(AS_SOON_AS_IT_IS_THERE)
    return phone


def olwen_is_there_to_introduce(olwen: "Page", poster: str) -> None:
    olwen.goto(poster)
    olwen.get_by_role("button", name="I'm here").click()
    olwen.get_by_text("You're in since").wait_for()
    olwen.goto("/hosting")
    olwen.get_by_label("Harbourside Breakfast").check()
    olwen.get_by_role("button", name="Save").click()
    olwen.get_by_text("Saved.").wait_for()


def she_makes_her_card(walk: Walk, shirin: "Page", poster: str) -> None:
    """A name is enough, and nothing is ticked for her."""
    shirin.goto(poster)
    walk.picture(shirin, "the-poster")
    shirin.get_by_label("Your name").fill(SHIRIN)
    shirin.get_by_role("button", name="I'm here").click()
    shirin.get_by_role("button", name="Make my card").wait_for()
    walk.picture(shirin, "three-fields")
    expect(shirin.get_by_label("Your name")).to_have_value(SHIRIN)
    expect(shirin.get_by_role("checkbox", checked=True)).to_have_count(0)
    with shirin.expect_popup() as beside:
        shirin.get_by_role("link", name="What we keep, and how to have it erased").click()
    beside.value.wait_for_load_state()
    beside.value.add_init_script(AS_SOON_AS_IT_IS_THERE)
    beside.value.reload()
    walk.picture(beside.value, "what-we-keep")
    beside.value.close()
    shirin.get_by_role("button", name="Make my card").click()
    shirin.get_by_text("You're in since 7:10").wait_for()
    walk.picture(shirin, "not-on-the-list")


def she_would_like_an_introduction(walk: Walk, shirin: "Page", poster: str) -> None:
    shirin.goto(poster)
    shirin.get_by_text("What would make it worth it?").click()
    shirin.get_by_label("Good company").check()
    shirin.get_by_label("I'd like an introduction").check()
    shirin.get_by_label("Mark my badge as new").check()
    walk.picture(shirin, "what-she-would-like")
    shirin.get_by_role("button", name="Save").click()
    shirin.get_by_text("Olwen Pugh is glad to introduce you.").wait_for()
    walk.picture(shirin, "who-introduces-her")
    shirin.get_by_role("link", name="Who is here").click()
    walk.picture(shirin, "who-is-here")


def they_have_each_others_card(walk: Walk, shirin: "Page", gareth: "Page") -> None:
    walk.scan(gareth, shirin)
    walk.picture(shirin, "her-card")
    shirin.goto("/today")
    shirin.get_by_text("Gareth Bevan has your card").wait_for()
    shirin.get_by_text("Since Tue 24 Nov, 7:10: name.").wait_for()
    walk.picture(shirin, "gareth-has-it")
    walk.scan(shirin, gareth)
    shirin.get_by_label("A line to remember Gareth by").fill("Keeps bees on the roof of his office")
    walk.picture(shirin, "one-line")
    shirin.get_by_role("button", name="Done").click()
    shirin.wait_for_url(lambda url: "/encounters/" not in url)
    shirin.goto("/people")
    walk.picture(shirin, "people")


def she_takes_a_minute(walk: Walk, shirin: "Page") -> None:
    shirin.goto("/today")
    walk.picture(shirin, "breakfast-is-over")
    shirin.get_by_role("link", name="Take a minute").click()
    shirin.get_by_label("I promised").fill("The name of the baker in Bedminster")
    walk.picture(shirin, "a-minute")
    shirin.get_by_role("button", name="Keep").click()
    shirin.get_by_role("group", name="This breakfast").get_by_label("Yes").check()
    walk.picture(shirin, "worth-it")
    shirin.get_by_role("button", name="That's all").click()
    shirin.wait_for_url("**/today")


def she_says_where_the_note_goes(walk: Walk, clock: Clock, shirin: "Page") -> None:
    shirin.get_by_role("heading", name="Where shall Thursday's note go?").wait_for()
    walk.picture(shirin, "where-shall-it-go")
    shirin.get_by_label("Your e-mail address").fill("shirin@example.org")
    shirin.get_by_role("button", name="Send me a code").click()
    shirin.get_by_label("Six digits").wait_for()
    walk.picture(shirin, "six-digits")
    walk.type_code(shirin, "shirin@example.org", clock.now)
    shirin.wait_for_url("**/today")
    walk.picture(shirin, "confirmed")


def she_answers(walk: Walk, shirin: "Page", letter: Letter) -> None:
    """From the letter first, where nobody is named; then in the app, where her own words are."""
    assert "bees" not in letter.raw.decode()
    elsewhere = narrow_phone(walk)
    elsewhere.goto(link_in(letter, "/a/"))
    walk.picture(elsewhere, "from-the-letter")
    assert "Gareth" not in elsewhere.content()
    elsewhere.get_by_role("button", name="Done already").click()
    with elsewhere.expect_navigation():
        elsewhere.get_by_role("button", name="Undo").first.click()
    shirin.goto(link_in(letter, "/prompts/"))
    walk.picture(shirin, "whom-again")
    shirin.get_by_text("Gareth Bevan").first.click()
    shirin.get_by_role("button", name="That's all").click()
    shirin.get_by_text("The name of the baker in Bedminster").first.wait_for()
    walk.picture(shirin, "write-to-gareth")
    shirin.get_by_label("Yes, done").check()
    shirin.get_by_role("button", name="Yes, it went").click()
    shirin.get_by_text("That's done").first.wait_for()
    walk.picture(shirin, "done")
