"""Olwen organises a breakfast for 45, from the import of her list to the week after, in a real browser."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import expect

from tests.conftest import Clock, Site
from tests.infrastructure.chromium import awake
from tests.infrastructure.smtp import Letter, Sink
from tests.infrastructure.walks import Walk, by_recipient, figure, link_in, read_code

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIST = Path(__file__).parent / "olwens-list.csv"
THE_LONG_NAME = "Maximiliane-Theresa Featherstonehaugh-Cholmondeley"
LISTED, WITHOUT_ADDRESS, NOT_WANTED = 45, 3, 2
FRIDAY, MONDAY_AT_THREE = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 23, 15, tzinfo=UTC)
FIVE_PAST_SEVEN, TWENTY_TO_EIGHT = datetime(2026, 11, 24, 7, 5, tzinfo=UTC), datetime(2026, 11, 24, 7, 40, tzinfo=UTC)
FIVE_PAST_NINE, HALF_PAST_ONE = datetime(2026, 11, 24, 9, 5, tzinfo=UTC), datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
THURSDAY, NEXT_MONDAY = datetime(2026, 11, 26, 8, 31, tzinfo=UTC), datetime(2026, 11, 30, 8, 31, tzinfo=UTC)
KEPT = "maximiliane-theresa.featherstonehaugh-cholmondeley@example.org"
BY_POSTER = ("siân rhys", "Fatima Tanaka", "Gareth Bevan", "Olu Okafor", "Sunita Rao", THE_LONG_NAME)
AT_THE_DOOR = (
    "Jack Whelan",
    "Megan Pritchard",
    "Grace Adeyemi",
    "Ffion Morgan",
    "José Álvarez",
    "Ruth Feldman",
    "Jo Ng",
)


class Morning(NamedTuple):
    """What was made: the event's address, and the poster's."""

    event: str
    poster: str


def test_olwen_organises_45_guests_from_import_to_the_week_after(
    site: Site, smtp: Sink, clock: Clock, new_phone: Callable[..., "Page"], artefacts: Path
) -> None:
    walk = Walk(site, smtp, new_phone, artefacts / "olwen")
    clock.set(FRIDAY)
    olwen = walk.organiser("olwen@example.org", "Olwen Pugh", clock.now)
    event = walk.plan(olwen, "Harbourside Breakfast", name="Tuesday Breakfast", place="The Grand, Bristol")
    she_brings_her_list(walk, olwen, event)
    she_has_the_letters_written(walk, olwen, event)
    guests_answer(walk, by_recipient(walk.post_goes(clock.set(MONDAY_AT_THREE), LISTED - WITHOUT_ADDRESS - NOT_WANTED)))
    she_prints(walk, olwen, event)
    morning = Morning(event, walk.poster(olwen, event))
    she_asks_one_question_at_the_end(walk, olwen, event)

    clock.set(FIVE_PAST_SEVEN)
    phones = {name: walk.arrive(morning.poster, name) for name in BY_POSTER}
    helper = phones["siân rhys"]
    a_guest_helps_at_the_door(walk, olwen, helper, event)
    clock.set(TWENTY_TO_EIGHT)
    strangers_are_let_in(walk, helper, morning)
    clock.move(minutes=1)  # who undoes a check-in does so after it, by the phone's clock too
    mistakes_are_undone(walk, clock, olwen, helper, morning)
    they_meet(walk, phones)
    olwen.goto(event)
    olwen.locator("#figure-present").get_by_text("14", exact=True).wait_for()  # what her phone kept goes by itself
    shown = {name: figure(olwen, name) for name in ("present", "walk_ins", "expected", "excused")}
    assert shown == {"present": 14, "walk_ins": 1, "expected": 31, "excused": 1}
    walk.picture(olwen, "the-room")

    clock.set(FIVE_PAST_NINE)
    for name in ("Fatima Tanaka", "Gareth Bevan", "Olu Okafor"):
        they_take_a_minute(walk, clock, phones[name], name)
    clock.set(HALF_PAST_ONE)
    she_puts_it_right_from_paper(walk, olwen, event)

    letters = by_recipient(walk.post_goes(clock.set(THURSDAY), 4))
    assert set(letters) == {"fatima@example.org", "gareth@example.org", "olu@example.org", KEPT}
    assert letters.pop(KEPT).message["Subject"] == "1 person kept your card", (
        "on the list, here, and no address of hers"
    )
    follow_up_is_answered(walk, phones["Gareth Bevan"], letters["gareth@example.org"])
    assert walk.post_goes(clock.now, 0) == []
    clock.set(NEXT_MONDAY)
    she_looks_back(walk, olwen, event)


def she_brings_her_list(walk: Walk, olwen: "Page", event: str) -> None:
    walk.picture(olwen, "new-event")
    olwen.get_by_role("link", name="Bring your list").first.click()
    walk.picture(olwen, "bring")
    olwen.get_by_label("Your attendee list").set_input_files(LIST)
    olwen.get_by_role("button", name="Look at it first").click()
    walk.picture(olwen, "preview")
    olwen.get_by_label("Turn 2 names round").check()
    olwen.get_by_role("button", name="Look again").click()
    expect(olwen.get_by_role("listitem").filter(has_text="Owen Stewart")).to_be_visible()
    olwen.get_by_role("button", name=f"Add {LISTED} people").click()
    olwen.get_by_text(f"{LISTED} people added. Nobody was written to.").wait_for()
    walk.picture(olwen, "added")
    olwen.goto(event)
    walk.picture(olwen, "event-with-list")
    assert len(walk.smtp.letters) == 1, "her own sign-in code"


def she_goes_to(olwen: "Page", name: str) -> None:
    """Take one of an event's ways; what its hour does not ask for is folded away."""
    way = olwen.get_by_role("link", name=name)
    if not way.is_visible():
        olwen.get_by_text("More for this event").click()
    way.click()


def she_has_the_letters_written(walk: Walk, olwen: "Page", event: str) -> None:
    olwen.goto(event)
    she_goes_to(olwen, "The letter before")
    expect(olwen.get_by_role("checkbox")).to_have_count(LISTED - WITHOUT_ADDRESS)
    olwen.get_by_text(f"{WITHOUT_ADDRESS} have no address.").wait_for()
    for name in ("Wendy Pugh", "Tariq Aziz"):
        olwen.get_by_label(name).uncheck()
    walk.picture(olwen, "letter-before")
    olwen.get_by_role("button", name="Write to those ticked").click()
    olwen.get_by_text(f"{LISTED - WITHOUT_ADDRESS - NOT_WANTED} people are written to on").wait_for()
    walk.picture(olwen, "letter-confirmed")
    assert walk.post_goes(FRIDAY, 0) == []


def guests_answer(walk: Walk, letters: dict[str, Letter]) -> None:
    assert len(letters) == LISTED - WITHOUT_ADDRESS - NOT_WANTED
    assert "wendy.pugh@example.org" not in letters
    for letter in letters.values():
        assert all(said in letter.body("html") for said in ("I'm coming", "I can't come", "Sending someone else"))
    html = walk.new_phone()
    html.set_content(letters["ffion.morgan@example.org"].body("html"))
    walk.picture(html, "the-letter")
    coming, ill = walk.new_phone(), walk.new_phone()
    coming.goto(answers(letters["ffion.morgan@example.org"])["I'm coming"])
    walk.picture(coming, "letter-page")
    coming.get_by_role("button", name="I'm coming").click()
    coming.get_by_text("You're expected.").wait_for()
    coming.get_by_label("Find a customer").check()
    coming.get_by_role("button", name="Save").click()
    walk.picture(coming, "coming")
    ill.goto(answers(letters["carys.bowen@example.org"])["I can't come"])
    walk.picture(ill, "cannot-come-asks")
    ill.get_by_role("button", name="I can't come").click()
    ill.get_by_text("You can't come. Thanks for saying so").wait_for()
    walk.picture(ill, "cannot-come")


def answers(letter: Letter) -> dict[str, str]:
    """Return where each of a letter's buttons leads."""
    found = re.findall(r'<a class="button[^"]*" href="([^"]+)"[^>]*>([^<]+)</a>', letter.body("html"))
    return {words.replace("&#39;", "'"): address.replace("&amp;", "&") for address, words in found}


def she_prints(walk: Walk, olwen: "Page", event: str) -> None:
    olwen.goto(event)
    she_goes_to(olwen, "Badges")
    walk.picture(olwen, "badges")
    olwen.get_by_role("button", name="Print all").click()
    olwen.wait_for_url("**/sheets?*")
    walk.picture(olwen, "badge-sheets")
    assert olwen.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 5


def she_asks_one_question_at_the_end(walk: Walk, olwen: "Page", event: str) -> None:
    olwen.goto(event)
    she_goes_to(olwen, "At the end")
    olwen.get_by_label("Your question").fill("Would an earlier start suit you?")
    olwen.get_by_role("button", name="Keep the question").click()
    olwen.get_by_text("Kept. It is asked once").wait_for()
    walk.picture(olwen, "poll")


def a_guest_helps_at_the_door(walk: Walk, olwen: "Page", helper: "Page", event: str) -> None:
    walk.picture(helper, "in-by-the-poster")
    olwen.goto(event)
    she_goes_to(olwen, "Let someone help at the door")
    walk.picture(olwen, "helpers")
    helper.goto(read_code(olwen, ".qr-tile"))
    walk.picture(helper, "invited-to-help")
    helper.get_by_role("button", name="Help at the door").click()
    helper.wait_for_url("**/door")
    walk.picture(helper, "door")
    awake(helper)
    for name in AT_THE_DOOR:
        helper.get_by_role("button", name=f"Check in {name}").click()
        expect(helper.get_by_role("button", name=f"Undo {name}")).to_be_attached()


def strangers_are_let_in(walk: Walk, helper: "Page", morning: Morning) -> None:
    """One by name at the door, one by the poster under a name that the list has not."""
    helper.goto(f"{morning.event}/door")
    helper.get_by_label("Find a name, a firm or a code").fill("Walter Pym")
    walk.picture(helper, "door-finds-nobody")
    helper.get_by_text("Somebody without a place").click()
    helper.get_by_label("Their name").fill("Walter Pym")
    helper.get_by_label("What they do").fill("Piano tuner")
    helper.get_by_role("button", name="Let them in").click()
    helper.get_by_text("Walter Pym is in since 7:40.").wait_for()
    walk.picture(helper, "walk-in")
    walk.newcomer(morning.poster, "Bob Achebe")
    helper.reload()
    walk.picture(helper, "door-asks")
    awake(helper).get_by_role("button", name="Yes, they're here Bob Achebe").click()
    expect(helper.locator("#waiting")).to_be_hidden()


def mistakes_are_undone(walk: Walk, clock: Clock, olwen: "Page", helper: "Page", morning: Morning) -> None:
    """Jo wasn't there after all; Bob is Ben on the list; and it wasn't Jack Whelan who said so at the poster."""
    helper.goto(f"{morning.event}/door?show=here")
    awake(helper).get_by_role("button", name="Undo Jo Ng").click()
    expect(helper.get_by_role("button", name="Check in Jo Ng")).to_be_attached()
    olwen.goto(morning.event)
    olwen.get_by_role("link", name="Bob Achebe").click()
    olwen.get_by_text("On the list under another name?").click()
    olwen.get_by_label("Which name is theirs?").select_option(label="Ben Achebe")
    walk.picture(olwen, "merge")
    with olwen.expect_navigation():
        olwen.get_by_role("button", name="Make the two one").click()
    impostor = walk.arrive(morning.poster, "Angus Kowalski")
    olwen.goto(morning.event)
    olwen.get_by_role("link", name="Angus Kowalski").click()
    olwen.get_by_text("Not the same person?").click()
    walk.picture(olwen, "split")
    with olwen.expect_navigation():
        olwen.get_by_role("button", name="Part the two").click()
    impostor.goto("/card")
    walk.picture(olwen, "parted")
    clock.move(minutes=1)
    olwen.goto(morning.event)
    olwen.get_by_role("button", name="Undo Angus Kowalski").first.click()


def they_meet(walk: Walk, phones: dict[str, "Page"]) -> None:
    gareth = phones["Gareth Bevan"]
    for name in ("Fatima Tanaka", "Olu Okafor"):
        walk.scan(gareth, phones[name], "Ask about the roof")
    walk.scan(gareth, phones[THE_LONG_NAME])
    walk.picture(gareth, "met")


def they_take_a_minute(walk: Walk, clock: Clock, phone: "Page", name: str) -> None:
    first = name.partition(" ")[0].casefold()
    phone.goto("/today")
    if first == "gareth":
        walk.picture(phone, "breakfast-is-over")
    walk.sign_in(phone, f"{first}@example.org", clock.now)
    phone.goto("/today")
    with phone.expect_navigation():
        phone.get_by_role("link", name="Take a minute").click()
    if first == "gareth":
        walk.picture(phone, "a-minute")
    keep = phone.get_by_role("button", name=re.compile("^Keep"))
    while keep.count():
        phone.get_by_label("a supplier").check()
        with phone.expect_navigation():
            keep.click()
    phone.get_by_role("group", name="This breakfast").get_by_label("Yes").check()
    phone.get_by_role("group", name="Would an earlier start suit you?").get_by_label("No", exact=True).check()
    if first == "gareth":
        walk.picture(phone, "was-it-worth-it")
    phone.get_by_role("button", name="That's all").click()
    phone.wait_for_url("**/today")


def she_puts_it_right_from_paper(walk: Walk, olwen: "Page", event: str) -> None:
    olwen.goto(event)
    she_goes_to(olwen, "From a paper list")
    olwen.get_by_label("Jo Ng").check()
    olwen.get_by_label("Ruth Feldman").uncheck()
    walk.picture(olwen, "paper-list")
    olwen.get_by_role("button", name="See what changes").click()
    walk.picture(olwen, "what-changes")
    olwen.get_by_role("button", name="Save").click()
    olwen.get_by_text("Saved. Who was there gets the follow-up").wait_for()


def follow_up_is_answered(walk: Walk, gareth: "Page", letter: Letter) -> None:
    assert "roof" not in letter.raw.decode()
    gareth.goto(link_in(letter, "/prompts/"))
    walk.picture(gareth, "follow-up")
    gareth.get_by_text("Fatima Tanaka").first.click()
    gareth.get_by_role("button", name="That's all").click()
    walk.picture(gareth, "write-to-fatima")
    gareth.get_by_role("button", name="Yes, it went").click()
    gareth.get_by_text("That's done").first.wait_for()


def she_looks_back(walk: Walk, olwen: "Page", event: str) -> None:
    olwen.goto(event)
    walk.picture(olwen, "event-over")
    olwen.get_by_role("link", name="Afterwards").click()
    olwen.get_by_text("Thursday's reminders went to 3 of").wait_for()
    walk.picture(olwen, "afterwards")
    olwen.goto(f"{event}/poll")
    walk.picture(olwen, "poll-answers")
    olwen.goto(event)
    with olwen.expect_download() as download:
        she_goes_to(olwen, "Download the list")
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == LISTED + 2
    olwen.goto("/event")
    olwen.get_by_role("link", name="Harbourside Breakfast").click()
    walk.picture(olwen, "group")
    olwen.get_by_role("link", name="Who comes").click()
    walk.picture(olwen, "side-by-side")
