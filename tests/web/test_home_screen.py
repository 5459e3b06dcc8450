"""Marmalade on a Home Screen: what a phone reads of it."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.domain import people
from tests import cast
from tests.infrastructure.visitors import Visitor

TOKENS = (Path(__file__).parents[2] / "static/css/tokens.css").read_text()


@pytest.fixture
def manifest(client: Visitor) -> dict:
    return json.loads(client.get("/manifest.webmanifest").data)


def pictures(manifest: dict) -> list[dict]:
    return [
        *manifest["icons"],
        *manifest["screenshots"],
        *(icon for shortcut in manifest["shortcuts"] for icon in shortcut["icons"]),
    ]


class TestTheManifest:
    def test_it_says_what_a_phone_asks_for(self, manifest: dict) -> None:
        assert [manifest[name] for name in ("id", "scope", "start_url")] == ["/", "/", "/?src=pwa"]
        assert [manifest[name] for name in ("display", "lang", "dir")] == ["standalone", "en-GB", "ltr"]
        assert len(manifest["name"]) <= 30
        assert len(manifest["short_name"]) <= 12
        assert manifest["description"]
        assert manifest["categories"]

    def test_its_colours_are_the_paper_that_pages_stand_on(self, manifest: dict) -> None:
        paper = re.search(r"--paper: (#\w+)", TOKENS).group(1)
        assert manifest["theme_color"] == manifest["background_color"] == paper

    def test_its_pictures_are_there_in_the_sizes_it_gives(self, client: Visitor, manifest: dict) -> None:
        for picture in pictures(manifest):
            answer = client.get(picture["src"])
            with Image.open(BytesIO(answer.data)) as drawn:
                assert f"{drawn.width}x{drawn.height}" == picture["sizes"]
            assert answer.content_type == picture["type"] == "image/png"
            assert "immutable" in answer.headers["Cache-Control"]
        found = {(icon["purpose"], icon["sizes"]) for icon in manifest["icons"]}
        assert found == {(p, s) for p in ("any", "maskable", "monochrome") for s in ("192x192", "512x512")}

    def test_it_shows_phones_and_computers_what_it_looks_like_with_a_label_each(self, manifest: dict) -> None:
        assert {one["form_factor"] for one in manifest["screenshots"]} == {"narrow", "wide"}
        assert all(one["label"] for one in manifest["screenshots"])
        for one in manifest["screenshots"]:
            sides = sorted(map(int, one["sizes"].split("x")))
            assert sides[1] <= 2.3 * sides[0], "browsers leave out what is longer"
            assert sides[0] >= 320

    def test_an_icon_keeps_its_address_when_something_else_changes(self, app, manifest: dict) -> None:
        assert app.config["ASSETS"] not in json.dumps(manifest)

    def test_its_shortcuts_lead_to_scan_my_card_and_the_follow_ups(self, manifest: dict) -> None:
        assert {one["name"]: one["url"] for one in manifest["shortcuts"]} == {
            "Scan": "/scan",
            "My card": "/card",
            "Follow-ups": "/today",
        }

    def test_it_is_asked_for_again_and_answered_with_a_word(self, client: Visitor) -> None:
        first = client.get("/manifest.webmanifest", headers={"Accept-Encoding": "gzip"})
        assert first.content_type == "application/manifest+json; charset=utf-8"
        assert first.headers["Cache-Control"] == "no-cache"
        again = client.get("/manifest.webmanifest", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")

    def test_every_page_leads_to_it(self, client: Visitor, world) -> None:
        for page in (client.get("/").text, client.sign_in(world.ada).get("/today").text):
            assert '<link rel="manifest" href="/manifest.webmanifest">' in page
            assert client.get(re.search(r'apple-touch-icon" href="([^"]+)"', page).group(1)).status_code == 200


class TestTheStart:
    def test_it_leads_to_today_for_who_is_signed_in(self, client: Visitor, world) -> None:
        assert client.sign_in(world.ada).get("/?src=pwa").location == "/today"

    def test_it_is_the_landing_page_for_who_is_not(self, client: Visitor) -> None:
        assert "I have a code" in client.get("/?src=pwa").text


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1"


class TestTheGuide:
    @pytest.mark.parametrize(
        ("agent", "first"),
        [(IPHONE, "On an iPhone or iPad"), ("Mozilla/5.0 (Linux; Android 10; K)", "On an Android phone")],
    )
    def test_this_device_stands_first_and_the_others_below(self, client: Visitor, agent: str, first: str) -> None:
        page = client.get("/install", headers={"User-Agent": agent}).text
        assert re.findall(r"<h2>([^<]+)</h2>", page)[0] == first
        assert "On a computer" in page

    def test_it_says_what_phones_do_that_looks_like_a_fault(self, client: Visitor) -> None:
        """H10, H11, H12, H26: a bookmark, an old iPhone, a private window, and a phone that forgot who it was."""
        page = client.get("/install").text
        assert "kept as a bookmark" in page
        assert "An iPhone before iOS 16.4" in page
        assert "A private window" in page
        assert "Phones forget a page that was not opened for weeks" in page

    def test_it_says_that_an_iphone_has_to_open_it_once_with_a_signal(self, client: Visitor) -> None:
        page = client.get("/install", headers={"User-Agent": IPHONE}).text
        assert "Open it there once, while you have a signal" in page

    def test_a_guest_is_asked_for_an_address_first(self, session, new_client, world) -> None:
        """D11."""
        asked = "Confirm your address first"
        assert asked in new_client().sign_in(world.dev).get("/install").text
        assert asked not in new_client().sign_in(world.ada).get("/install").text


class TestTheOffer:
    @staticmethod
    def is_made(visitor: Visitor) -> bool:
        return "data-offer" in visitor.get("/today").text

    def test_it_waits_until_a_breakfast_is_over_and_its_minute_taken(self, session, clock, new_client, world) -> None:
        """D5, D11."""
        cast.arrive(world.event, world.ada)
        session.commit()
        hers = new_client().sign_in(world.ada)
        assert not self.is_made(hers)
        clock.set(world.event.ends_at)
        assert not self.is_made(hers)
        hers.post(f"/e/{world.event.code}/minute/end")
        assert self.is_made(hers)

    def test_it_waits_for_a_confirmed_address(self, session, clock, new_client, world) -> None:
        """D11: the app on a Home Screen would start as a second stranger."""
        cast.arrive(world.event, world.dev)
        session.commit()
        clock.move(days=2)
        theirs = new_client().sign_in(world.dev)
        assert not self.is_made(theirs)
        people.confirm(world.dev, "dev@example.org", clock.now)
        session.commit()
        assert self.is_made(theirs)

    def test_nobody_who_never_came_is_offered_anything(self, clock, new_client, world) -> None:
        clock.move(days=2)
        assert not self.is_made(new_client().sign_in(world.ben))
