"""Rhodri, a solicitor: takes a card back, blocks, takes his data along and is forgotten, in a real browser."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zipfile import ZipFile

from playwright.sync_api import expect

from app.delivery import housekeeping
from tests.conftest import Clock, Site
from tests.infrastructure.smtp import Sink
from tests.infrastructure.walks import Walk, code_in, read_code

if TYPE_CHECKING:
    from playwright.sync_api import Page

MONDAY, AT_THE_TABLE = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 24, 7, 42, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 18, tzinfo=UTC)
RHODRI, ADDRESS, NUMBER = "Rhodri Llewellyn-Hughes", "rhodri@llewellyn.example", "0117 949 6000"
HER_NOTE = "Reads leases as others read novels"


def test_rhodri_takes_his_card_back_blocks_exports_and_erases(
    site: Site, smtp: Sink, clock: Clock, new_phone: Callable[..., "Page"], artefacts: Path
) -> None:
    walk = Walk(site, smtp, new_phone, artefacts / "rhodri")
    clock.set(MONDAY)
    olwen = walk.organiser("olwen@example.org", "Olwen Pugh", clock.now)
    poster = walk.poster(olwen, walk.plan(olwen, "Harbourside Breakfast", name="Tuesday Breakfast", place="The Grand"))

    clock.set(AT_THE_TABLE)
    rhodri, barry, sian = (walk.newcomer(poster, name) for name in (RHODRI, "Barry Sharpe", "Siân Rhys"))
    he_fills_in_his_card(walk, clock, rhodri)
    walk.scan(sian, rhodri, HER_NOTE)
    walk.scan(rhodri, sian, "Knows a good surveyor")
    walk.scan(barry, rhodri)
    card, person = he_takes_it_back(walk, rhodri, barry)
    he_blocks(walk, rhodri)
    the_seller_is_told_nothing(walk, barry, card, person)
    he_complains(walk, rhodri)

    clock.set(WEDNESDAY)
    everything = he_takes_his_data_along(walk, clock, rhodri)
    assert set(everything.namelist()) >= {"README.txt", "everything.json", "people-i-met.csv", "people-i-met.vcf"}
    it_is_all_there(everything)
    he_is_forgotten(walk, clock, rhodri, sian)


def he_fills_in_his_card(walk: Walk, clock: Clock, rhodri: "Page") -> None:
    rhodri.goto("/card/edit")
    rhodri.get_by_label("Usual").check()
    typed = {"Your company": "Llewellyn & Hughes LLP", "What you do": "I read leases for cafés", "E-mail": ADDRESS}
    for label, words in (typed | {"Phone": NUMBER}).items():
        rhodri.get_by_role("textbox", name=label, exact=True).fill(words)
    rhodri.get_by_role("button", name="Save my card").click()
    rhodri.get_by_text("Saved. Your card shows it").wait_for()
    walk.picture(rhodri, "his-card")
    rhodri.goto("/settings")
    walk.sign_in(rhodri, ADDRESS, clock.now)
    rhodri.wait_for_url(lambda url: "/code" not in url)


def he_takes_it_back(walk: Walk, rhodri: "Page", barry: "Page") -> tuple[str, str]:
    """Return where his code and his page lead, as the seller has them."""
    rhodri.goto("/card")
    card = read_code(rhodri, ".qr-tile")
    with barry.expect_navigation():
        barry.get_by_role("link", name="Look at Rhodri's card").click()
    person = urlsplit(barry.url).path
    barry.get_by_text(ADDRESS).wait_for()
    walk.picture(barry, "what-the-seller-sees")
    rhodri.goto("/today")
    walk.picture(rhodri, "two-have-his-card")
    rhodri.get_by_role("link", name="2 people have your card").click()
    walk.picture(rhodri, "who-has-my-card")
    rhodri.get_by_role("listitem").filter(has_text="Barry Sharpe").get_by_role("button", name="Take it back").click()
    rhodri.get_by_text("Taken back.").first.wait_for()
    walk.picture(rhodri, "taken-back")
    barry.reload()
    walk.picture(barry, "what-the-seller-sees-now")
    assert ADDRESS not in barry.content()
    assert "949" not in barry.content()
    return card, person


def he_blocks(walk: Walk, rhodri: "Page") -> None:
    rhodri.goto("/people")
    rhodri.get_by_role("link", name="Barry Sharpe").first.click()
    rhodri.get_by_role("link", name="Between you and Barry").click()
    walk.picture(rhodri, "between-them")
    rhodri.get_by_text("Block Barry").first.click()
    walk.picture(rhodri, "block")
    rhodri.get_by_role("button", name="Block Barry").click()
    rhodri.get_by_text("Blocked. They aren't told.").wait_for()
    walk.picture(rhodri, "blocked")


def the_seller_is_told_nothing(walk: Walk, barry: "Page", card: str, person: str) -> None:
    """He finds no card, no way to say "We met", nobody in his list, and nobody to ask for half an hour."""
    barry.goto(card)
    walk.picture(barry, "the-neutral-page")
    assert "Rhodri" not in barry.content()
    assert "block" not in barry.locator("main").inner_text().casefold()
    expect(barry.get_by_role("button", name="We met")).to_have_count(0)
    assert barry.goto(person).status == 404
    for page in ("/people", "/today", "/event"):
        barry.goto(page)
        assert "Rhodri" not in barry.content()
    walk.picture(barry, "the-sellers-people")


def he_complains(walk: Walk, rhodri: "Page") -> None:
    rhodri.goto("/complain")
    walk.picture(rhodri, "complain")
    rhodri.locator("main textarea").fill(
        "A seller went round with everybody's numbers. Is that what the morning is for?"
    )
    rhodri.locator("main").get_by_role("button").last.click()
    rhodri.wait_for_url("**/complain/*")
    walk.picture(rhodri, "complaint-taken")
    (receipt,) = walk.post_goes(AT_THE_TABLE, 1)
    assert receipt.message["Subject"].startswith("We have your complaint: ")


def he_takes_his_data_along(walk: Walk, clock: Clock, rhodri: "Page") -> ZipFile:
    he_proves_himself(walk, clock, rhodri)
    walk.picture(rhodri, "your-data")
    rhodri.get_by_role("button", name="Pack my copy").click()
    rhodri.get_by_text("It's being packed.").wait_for()
    walk.picture(rhodri, "being-packed")
    with walk.site.app.app_context():
        assert housekeeping.pack(clock.now)
    rhodri.get_by_text("Your copy is packed.").wait_for()  # the page looks again by itself
    walk.picture(rhodri, "packed")
    with rhodri.expect_download() as download:
        rhodri.get_by_role("button", name="Fetch my copy").click()
    return ZipFile(download.value.path())


def he_proves_himself(walk: Walk, clock: Clock, rhodri: "Page") -> None:
    rhodri.goto("/settings/data")
    walk.picture(rhodri, "is-it-him")
    rhodri.get_by_role("button", name="Send me a code").click()
    rhodri.get_by_label("The six digits").wait_for()
    (letter,) = walk.post_goes(clock.now, 1)
    rhodri.get_by_label("The six digits").fill(code_in(letter))
    rhodri.get_by_role("button", name="That's the code").click()
    rhodri.get_by_role("button", name="Pack my copy").wait_for()


def it_is_all_there(everything: ZipFile) -> None:
    assert everything.testzip() is None
    kept = everything.read("everything.json").decode()
    assert json.loads(kept)
    assert all(word in kept for word in (RHODRI, ADDRESS, "Llewellyn & Hughes LLP", "Knows a good surveyor"))
    assert HER_NOTE not in kept, "that is her memory"
    met = list(csv.DictReader(StringIO(everything.read("people-i-met.csv").decode("utf-8-sig"))))
    assert [row for row in met if "Siân" in str(row)]
    cards = everything.read("people-i-met.vcf").decode()
    assert cards.startswith("BEGIN:VCARD")
    assert "FN:Siân Rhys" in cards


def he_is_forgotten(walk: Walk, clock: Clock, rhodri: "Page", sian: "Page") -> None:
    rhodri.goto("/settings/data")
    rhodri.get_by_text("I want to be erased").click()
    rhodri.get_by_label("Type your name").fill("Rhodri")
    with rhodri.expect_navigation():
        rhodri.get_by_role("button", name="Erase me for good").click()
    walk.picture(rhodri, "that-is-not-the-name")
    rhodri.get_by_label("Type your name").fill(RHODRI)
    rhodri.get_by_role("button", name="Erase me for good").click()
    rhodri.wait_for_url("**/gone")
    walk.picture(rhodri, "gone")
    sian.goto("/people")
    walk.picture(sian, "someone-she-met")
    assert "Rhodri" not in sian.content()
    sian.get_by_text("Tue 24 Nov").first.wait_for()
    sian.get_by_role("link", name="Somebody").first.click()
    expect(sian.get_by_label("Your line")).to_have_value(HER_NOTE)
    walk.picture(sian, "her-own-note")
    rhodri.goto("/sign-in")
    walk.sign_in(rhodri, ADDRESS, clock.now)
    rhodri.wait_for_url("**/new*")
    walk.picture(rhodri, "no-account")
    assert "Rhodri" not in rhodri.content().replace(ADDRESS, "")
