"""A walk through the served site: phones, a camera, the post, and pictures of what was seen on the way."""

import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image

from app.delivery import courier
from tests.infrastructure.smtp import Letter, Sink

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.infrastructure.sites import Site

TRIES = 3


class Walk:
    """What the one who walks holds in their hands. `look`, if given, is done to every page before its picture."""

    def __init__(
        self,
        site: "Site",
        smtp: Sink,
        new_phone: Callable[..., "Page"],
        folder: Path,
        look: Callable[["Page"], None] = lambda _page: None,
    ) -> None:
        self.site, self.smtp, self.new_phone, self.folder, self.look = site, smtp, new_phone, folder, look
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        self.taken = 0

    def picture(self, page: "Page", name: str) -> None:
        """Look at a page, and keep what it looks like, from top to bottom."""
        from playwright.sync_api import Error

        self.taken += 1
        for tries_left in reversed(range(TRIES)):
            try:
                page.wait_for_load_state()  # without its style sheets a page hangs over
                self.look(page)
                page.screenshot(path=self.folder / f"{self.taken:02d}-{name}.png", full_page=True, scale="css")
                return
            except Error:  # the next page came meanwhile, or a busy machine's Chromium has no frame to give
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
        came = self.smtp.wait_for(before + letters)[before:]
        assert len(came) == letters, [(letter.recipients, letter.message["Subject"]) for letter in came]
        return came

    def type_code(self, page: "Page", email: str, now: datetime) -> None:
        """Take the six digits from the letter that was just asked for, and type them."""
        page.get_by_label("Six digits").wait_for()
        (letter,) = self.post_goes(now, 1)
        assert letter.recipients == (email,)
        page.get_by_label("Six digits").fill(code_in(letter))
        with page.expect_navigation():
            page.get_by_role("button", name="Go in").click()

    def sign_in(self, page: "Page", email: str, now: datetime) -> None:
        """Type the address, take the six digits from the letter, type them."""
        page.get_by_label("Your e-mail address").fill(email)
        page.get_by_role("button", name="Send me a code").click()
        self.type_code(page, email, now)

    def organiser(self, email: str, name: str, now: datetime) -> "Page":
        """Return the phone of a new organiser, signed in."""
        self.site.app.test_cli_runner().invoke(args=["organiser", email, "--name", name])
        phone = self.new_phone()
        phone.goto("/sign-in")
        self.sign_in(phone, email, now)
        phone.wait_for_url("**/today")
        return phone

    def plan(self, page: "Page", group: str, **fields: str) -> str:
        """Start a group with one event on Tuesday 24 November, from seven to nine; return the event's address."""
        page.goto("/groups/new")
        page.get_by_label("What is the group called?").fill(group)
        page.get_by_role("button", name="Start the group").click()
        page.get_by_role("link", name="New event").first.click()
        times = {"day": "2026-11-24", "start_time": "07:00", "end_time": "09:00"}
        for field, typed in (fields | times).items():
            page.locator(f"[name={field}]").fill(typed)
        page.get_by_role("button", name="Add the event").click()
        page.wait_for_url("**/events/*")
        return urlsplit(page.url).path

    def bring(self, organiser: "Page", event: str, file: Path) -> None:
        """Take a list of attendees in, as it stands."""
        organiser.goto(f"{event}/roster")
        organiser.get_by_label("Your attendee list").set_input_files(file)
        organiser.get_by_role("button", name="Look at it first").click()
        organiser.get_by_role("button", name=re.compile(r"^Add \d+ people$")).click()
        organiser.get_by_text("Nobody was written to.").wait_for()

    def poster(self, organiser: "Page", event: str) -> str:
        """Return the address that the door poster's code leads to."""
        organiser.goto(f"{event}/poster")
        self.picture(organiser, "poster")
        address = read_code(organiser, "main svg >> nth=-1")
        organiser.goto(event)
        return address

    def arrive(self, poster: str, name: str, phone: "Page | None" = None) -> "Page":
        """Let somebody who is on the list come in by the poster; return their phone."""
        phone = phone or self.new_phone()
        phone.goto(poster)
        phone.get_by_label("Your name").fill(name)
        phone.get_by_role("button", name="I'm here").click()
        phone.get_by_role("button", name="That's me").click()
        phone.get_by_text("You're in since").wait_for()
        return phone

    def newcomer(self, poster: str, name: str) -> "Page":
        """Let somebody who is on no list come in by the poster, with a name alone; return their phone."""
        phone = self.new_phone()
        phone.goto(poster)
        phone.get_by_label("Your name").fill(name)
        phone.get_by_role("button", name="I'm here").click()
        phone.get_by_role("button", name="Make my card").click()
        phone.get_by_text("You're in since").wait_for()
        return phone

    def scan(self, scanner: "Page", shower: "Page", line: str = "") -> None:
        """Hold one phone's camera over the card on another, and keep a line if there is one to keep."""
        shower.goto("/card")
        scanner.goto(read_code(shower, ".qr-tile"))
        scanner.get_by_text(re.compile("^You have .+'s card$")).first.wait_for()
        if line:
            scanner.get_by_label("A line to remember").fill(line)
            scanner.get_by_role("button", name="Done").click()
            scanner.wait_for_url(lambda url: "/encounters/" not in url)


def code_in(letter: Letter) -> str:
    """Return the six digits of a sign-in letter."""
    found = re.search(r"\b\d{3} \d{3}\b", letter.body("plain"))
    assert found
    return found.group()


def link_in(letter: Letter, path: str) -> str:
    """Return the first link of a letter that begins with this path, as a path."""
    found = re.search(rf"https://\S+?({path}\S+)", letter.body("plain"))
    assert found, letter.body("plain")
    return found.group(1)


def read_code(page: "Page", selector: str) -> str:
    """Read the QR code that stands on the page, as another phone's camera would; return its address."""
    shown = page.locator(selector).first
    shown.evaluate("(code) => code.scrollIntoView({ block: 'center' })")  # from behind the bar
    picture = shown.screenshot()
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    return str(found.text)


def by_recipient(letters: list[Letter]) -> dict[str, Letter]:
    """Return the letters by whom they went to."""
    return {letter.recipients[0]: letter for letter in letters}


def figure(page: "Page", name: str) -> int:
    """Return one of the room's numbers, as it stands on the page."""
    found = re.search(r"\d+", page.locator(f"#figure-{name}").inner_text())
    assert found
    return int(found.group())
