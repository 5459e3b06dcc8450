"""The whole line in a real browser, over https: from the attendee list to a 1-2-1 in two calendars."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import icalendar
import zxingcpp
from PIL import Image
from sqlalchemy import select

from app.database import session
from app.delivery import courier
from app.domain import attendance
from app.domain.attendance import Attendance
from app.domain.encounters import Encounter
from app.domain.rosters import RosterEntry
from tests.conftest import Clock, Site
from tests.infrastructure.smtp import Letter, Sink

if TYPE_CHECKING:
    from playwright.sync_api import Page

DATA = Path(__file__).parents[1] / "data"
LATE = Path(__file__).parent / "late-bookings.csv"
LISTED = 43
MONDAY, THURSDAY = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 26, 8, 31, tzinfo=UTC)
TUESDAY, NEXT_MONDAY = datetime(2026, 11, 24, 7, 5, tzinfo=UTC), datetime(2026, 11, 30, 8, 31, tzinfo=UTC)


class Morning:
    """What the test holds in its hands: the site, the post, a pile of phones and a camera."""

    def __init__(self, site: Site, smtp: Sink, new_phone: Callable[..., "Page"], artefacts: Path) -> None:
        self.site, self.smtp, self.new_phone = site, smtp, new_phone
        self.folder = artefacts / "whole-line"
        self.folder.mkdir(exist_ok=True)
        self.taken = 0

    def picture(self, page: "Page", name: str) -> None:
        """Keep what a page looks like."""
        from playwright.sync_api import Error

        self.taken += 1
        path = self.folder / f"{self.taken:02d}-{name}.png"
        for tries_left in (2, 1, 0):
            try:
                page.screenshot(path=path)
                return
            except Error:  # on a busy machine Chromium now and then has no frame to give
                if not tries_left:
                    raise

    def post_goes(self, now: datetime, letters: int) -> list[Letter]:
        """Let the courier go round until nothing is due; return the letters that came, which are so many."""
        before = len(self.smtp.letters)
        with self.site.app.app_context():
            way = courier.transport()
            while courier.round(now, way).held:
                pass
            way.close()
        return self.smtp.wait_for(before + letters)[before:]

    def sign_in(self, page: "Page", email: str, now: datetime) -> None:
        """Type the address, take the six digits from the letter, type them."""
        page.get_by_label("Your e-mail address").fill(email)
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label("Six digits").wait_for()
        (letter,) = self.post_goes(now, 1)
        assert letter.recipients == (email,)
        page.get_by_label("Six digits").fill(code_in(letter))
        with page.expect_navigation():
            page.get_by_role("button", name="Go in").click()


def code_in(letter: Letter) -> str:
    found = re.search(r"\b\d{3} \d{3}\b", letter.body("plain"))
    assert found
    return found.group()


def read_code(page: "Page", selector: str) -> str:
    """Read the QR code that stands on the page, as another phone's camera would; return its address."""
    picture = page.locator(selector).first.screenshot()
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    return str(found.text)


def link_in(letter: Letter, path: str) -> str:
    found = re.search(rf"https://\S+?({path}\S+)", letter.body("plain"))
    assert found, letter.body("plain")
    return found.group(1)


def test_from_the_attendee_list_to_a_1_2_1_in_two_calendars(
    site: Site, smtp: Sink, clock: Clock, new_phone: Callable[..., "Page"], artefacts: Path
) -> None:
    morning = Morning(site, smtp, new_phone, artefacts)
    clock.set(MONDAY)
    cleo = organiser_prepares(morning, clock)
    poster = read_poster(morning, cleo)

    clock.set(TUESDAY)
    gareth = listed_people_arrive(morning, poster)
    cleo.reload()
    assert (shown(cleo, "present"), shown(cleo, "walk_ins")) == (LISTED, 0)
    niamh = newcomer_joins(morning, poster)
    they_open_each_others_card(morning, gareth, niamh)
    organiser_sees_the_room(morning, cleo)
    for page, email in ((gareth, "gareth@example.org"), (niamh, "niamh@example.org")):
        page.goto("/settings")
        morning.sign_in(page, email, clock.now)
        page.wait_for_url("**/today")

    clock.set(THURSDAY)
    letters = by_recipient(morning.post_goes(clock.now, 2))
    follow_up_is_done(morning, gareth, letters["gareth@example.org"])
    follow_up_is_done_from_the_letter(morning, niamh, letters["niamh@example.org"])
    assert morning.post_goes(clock.now, 0) == []

    clock.set(NEXT_MONDAY)
    one_to_one_is_agreed(morning, clock, gareth, niamh)
    organisers_numbers_are_right(morning, cleo)


def by_recipient(letters: list[Letter]) -> dict[str, Letter]:
    return {letter.recipients[0]: letter for letter in letters}


def organiser_prepares(morning: Morning, clock: Clock) -> "Page":
    morning.site.app.test_cli_runner().invoke(args=["organiser", "cleo@example.org", "--name", "Cleo Nowak"])
    cleo = morning.new_phone()
    cleo.goto("/")
    morning.picture(cleo, "landing")
    cleo.get_by_role("link", name="Sign in").click()
    morning.sign_in(cleo, "cleo@example.org", clock.now)
    cleo.goto("/groups/new")
    cleo.get_by_label("What is the group called?").fill("Bread & Butter")
    cleo.get_by_role("button", name="Start the group").click()
    cleo.get_by_role("link", name="New event").first.click()
    plan = {"name": "Tuesday Breakfast", "place": "The Grand, Bristol"}
    times = {"day": "2026-11-24", "start_time": "07:00", "end_time": "09:00"}
    for field, typed in (plan | times).items():
        cleo.locator(f"[name={field}]").fill(typed)
    morning.picture(cleo, "new-event")
    cleo.get_by_role("button", name="Add the event").click()
    cleo.get_by_role("link", name="Bring your list").first.click()
    for file, people in ((DATA / "eventbrite-attendees.csv", 38), (LATE, 5)):
        cleo.get_by_label("Your attendee list").set_input_files(file)
        cleo.get_by_role("button", name="Look at it first").click()
        morning.picture(cleo, f"list-{people}")
        cleo.get_by_role("button", name=f"Add {people} people").click()
        cleo.get_by_text(f"{people} people added. Nobody was written to.").wait_for()
    morning.picture(cleo, "list-taken-in")
    with cleo.expect_navigation():
        cleo.get_by_role("link", name="See who is coming").click()
    assert len(morning.smtp.letters) == 1
    return cleo


def read_poster(morning: Morning, cleo: "Page") -> str:
    with cleo.expect_navigation():
        cleo.get_by_role("link", name="Poster").click()
    morning.picture(cleo, "poster")
    address = read_code(cleo, "main svg >> nth=-1")
    cleo.go_back()
    return address


def listed_people_arrive(morning: Morning, poster: str) -> "Page":
    """Let all 43 say "That's me", each on a phone of their own; return the phone of the last one."""
    with morning.site.app.app_context():
        names = session.scalars(select(RosterEntry.name).order_by(RosterEntry.id)).all()
    assert len(names) == LISTED
    for name in names:
        phone = morning.new_phone()
        phone.goto(poster)
        phone.get_by_label("Your name").fill(name.upper())
        if name == names[-1]:
            morning.picture(phone, "poster-page")
        phone.get_by_role("button", name="I'm here").click()
        if name == names[-1]:
            morning.picture(phone, "thats-me")
        phone.get_by_role("button", name="That's me").click()
        phone.get_by_text("You're in since 7:05").wait_for()
        if name != names[-1]:
            phone.context.close()
    morning.picture(phone, "in")
    return phone


def newcomer_joins(morning: Morning, poster: str) -> "Page":
    niamh = morning.new_phone()
    niamh.goto(poster)
    niamh.get_by_label("Your name").fill("Niamh Doyle")
    niamh.get_by_role("button", name="I'm here").click()
    niamh.get_by_label("What you do").fill("I bake for cafés")
    niamh.get_by_label("Your e-mail address").fill("niamh@example.org")
    morning.picture(niamh, "newcomer")
    niamh.get_by_role("button", name="Make my card").click()
    niamh.get_by_text("You're in since 7:05").wait_for()
    return niamh


def they_open_each_others_card(morning: Morning, gareth: "Page", niamh: "Page") -> None:
    for scanner, shower, name in ((gareth, niamh, "Niamh"), (niamh, gareth, "Zofia")):
        shower.goto("/card")
        morning.picture(shower, f"card-of-{name}")
        scanner.goto(read_code(shower, ".qr-tile"))
        scanner.get_by_text(f"You have {name}'s card").first.wait_for()
        morning.picture(scanner, f"saved-{name}")
        scanner.get_by_label(f"A line to remember {name} by").fill("Loves postcards, hates phone calls")
        scanner.get_by_role("button", name="Done").click()
        scanner.wait_for_url(lambda url: "/encounters/" not in url)
    with morning.site.app.app_context():
        assert len(session.scalars(select(Encounter)).all()) == 1
    for page, name in ((gareth, "Niamh Doyle"), (niamh, "Zofia Lis")):
        page.goto("/people")
        page.get_by_role("link", name=name).first.wait_for()
        morning.picture(page, "people")


def organiser_sees_the_room(morning: Morning, cleo: "Page") -> None:
    cleo.locator("#figure-present", has_text=re.compile(rf"\b{LISTED + 1}\b")).wait_for()
    assert shown(cleo, "walk_ins") == 1
    assert shown(cleo, "expected") == 0
    morning.picture(cleo, "room")


def shown(page: "Page", figure: str) -> int:
    found = re.search(r"\d+", page.locator(f"#figure-{figure}").inner_text())
    assert found
    return int(found.group())


def follow_up_is_done(morning: Morning, gareth: "Page", letter: Letter) -> None:
    gareth.goto(link_in(letter, "/prompts/"))
    morning.picture(gareth, "follow-up")
    gareth.get_by_text("Niamh Doyle").first.click()
    gareth.get_by_role("button", name="That's all").click()
    gareth.get_by_text("Loves postcards, hates phone calls").first.wait_for()
    morning.picture(gareth, "next-step")
    gareth.get_by_role("button", name="Yes, it went").click()
    gareth.get_by_text("That's done").first.wait_for()
    morning.picture(gareth, "follow-up-done")


def follow_up_is_done_from_the_letter(morning: Morning, niamh: "Page", letter: Letter) -> None:
    stranger = morning.new_phone()
    stranger.goto(link_in(letter, "/a/"))
    assert "Zofia" not in stranger.content()
    morning.picture(stranger, "from-the-letter")
    stranger.get_by_role("button", name="Done").first.click()
    stranger.get_by_role("button", name="Undo").first.wait_for()
    niamh.goto("/today")
    assert "Whom would you like to see again" not in niamh.content()
    morning.picture(niamh, "today-nothing")


def one_to_one_is_agreed(morning: Morning, clock: Clock, gareth: "Page", niamh: "Page") -> None:
    letters = by_recipient(morning.post_goes(clock.now, 2))
    gareth.goto(link_in(letters["gareth@example.org"], "/prompts/"))
    morning.picture(gareth, "half-an-hour")
    gareth.get_by_role("link", name="Offer three times").click()
    gareth.get_by_label("Where").fill("Café Amore, Corn Street")
    morning.picture(gareth, "offer")
    with gareth.expect_navigation():
        gareth.get_by_role("button", name="Ask Niamh").click()
    (invitation,) = morning.post_goes(clock.now, 1)
    assert invitation.recipients == ("niamh@example.org",)
    niamh.goto(urlsplit(link_in(invitation, "/one-to-ones/")).path)
    niamh.get_by_role("radio").first.check()
    morning.picture(niamh, "pick-a-time")
    niamh.get_by_role("button", name="Agree to this time").click()
    niamh.get_by_role("link", name="Add to calendar").wait_for()
    morning.picture(niamh, "agreed")
    agreed = by_recipient(morning.post_goes(clock.now, 2))
    entries = [calendar_in(agreed[f"{name}@example.org"]) for name in ("gareth", "niamh")]
    assert len({str(entry["UID"]) for entry in entries}) == 1
    assert {entry["DTSTART"].dt.astimezone(UTC) for entry in entries} == {entries[0]["DTSTART"].dt.astimezone(UTC)}


def calendar_in(letter: Letter) -> icalendar.Event:
    part = next(part for part in letter.message.walk() if part.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REQUEST"
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    (event,) = calendar.walk("VEVENT")
    return event


def organisers_numbers_are_right(morning: Morning, cleo: "Page") -> None:
    cleo.reload()
    figures = {name: shown(cleo, name) for name in ("present", "absent", "walk_ins", "late")}
    assert figures == {"present": LISTED + 1, "absent": 0, "walk_ins": 1, "late": 0}
    morning.picture(cleo, "room-afterwards")
    with morning.site.app.app_context():
        here = session.scalars(select(Attendance).where(Attendance.state.in_(attendance.HERE))).all()
        assert len(here) == LISTED + 1
