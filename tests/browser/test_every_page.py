"""Every page there is, found from the addresses themselves: for everybody's eyes, and on the narrowest phone."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from app import database
from app.web import access
from tests.conftest import Clock, Site
from tests.infrastructure import accessibility
from tests.infrastructure.chromium import awake
from tests.infrastructure.phones import signed_in
from tests.web.doors import Scene, assembled

if TYPE_CHECKING:
    from playwright.sync_api import Page

NewPhone = Callable[..., "Page"]
# What is seen without signing in, and what is seen too where something is missing or wrong.
PICTURES = {"asset", "cards.photo"}
# A card that a camera opened says "We met" by itself and leads on; one that was loaded again stays to be looked at.
AGAIN = "Object.defineProperty(PerformanceNavigationTiming.prototype, 'type', { get: () => 'reload' })"
MORE = ("/nothing-here", "/c/aaaaaaaaaaaaaaaaaaaaaaaaaa", "/people/999999", "/?code=wrong")


@pytest.fixture
def scene(site: Site, clock: Clock) -> Scene:
    """Something of Ada's behind every door, in Cleo's group."""
    with site.app.app_context():
        found = assembled(site.app)
        database.session.commit()
    return found


def looked_at(scene: Scene, site: Site, new_phone: NewPhone, **options: object) -> Iterator["Page"]:
    """Open every address that shows a page, as whoever may, and the same page as Ada where anyone may."""
    phones = {
        None: new_phone(**options),
        access.PERSON: signed_in(new_phone(**options), site, scene.people.ada),
        access.ORGANISER: signed_in(new_phone(**options), site, scene.people.cleo),
    }
    for phone in phones.values():
        phone.add_init_script(AGAIN)
    for phone, path in [*addresses(scene, site, phones), *((phones[None], path) for path in MORE)]:
        if shows_a_page(phone, path):
            yield awake(phone) if options.get("java_script_enabled", True) else phone


def shows_a_page(phone: "Page", path: str) -> bool:
    """Go there; say whether it is a page, and not a file to keep or a picture."""
    try:
        answer = phone.goto(path)
    except Error as stopped:
        if "Download is starting" not in str(stopped):
            raise
        return False
    return answer is not None and answer.headers.get("content-type", "").startswith("text/html")


def addresses(scene: Scene, site: Site, phones: dict[str | None, "Page"]) -> Iterator[tuple["Page", str]]:
    for entry in access.matrix(site.app):
        if "GET" not in entry.methods or entry.endpoint in PICTURES:
            continue
        path = scene.path(site.app, entry)
        yield phones.get(entry.role) or phones[access.PERSON], path
        if entry.role == access.ANYONE:
            yield phones[None], path
    for path in scene.looks_back:
        yield phones[access.ORGANISER], path


def complaints(pages: Iterator["Page"], *questions: Callable[["Page"], list[str]]) -> tuple[int, list[str]]:
    """Ask each page each question; return how many pages there were, and what was found."""
    seen, found = 0, []
    for page in pages:
        seen += 1
        for question in questions:
            found += [f"{page.url}: {complaint}" for complaint in question(page)]
    return seen, found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_with_the_text_at_twice_its_size(scene, site, new_phone, theme: str) -> None:
    """T12, A144: and no page asks another host for anything, or its phone complains."""

    def twice_as_large(page: "Page") -> list[str]:
        page.evaluate(accessibility.TWICE_THE_TEXT)
        return accessibility.violations(page) + accessibility.overhang(page)

    pages = looked_at(scene, site, new_phone, color_scheme=theme)
    seen, found = complaints(pages, twice_as_large)
    assert seen > 50
    assert not found, "\n".join(found)


def test_every_page_fits_the_narrowest_phone_with_and_without_scripts(scene, site, new_phone) -> None:
    """T12."""
    for scripts in (True, False):
        pages = looked_at(scene, site, new_phone, viewport=accessibility.NARROW, java_script_enabled=scripts)
        seen, found = complaints(pages, accessibility.overhang)
        assert seen > 50
        assert not found, "\n".join(found)


def test_nothing_moves_where_that_is_not_wanted_and_every_control_has_an_edge_where_colours_are_forced(
    scene, site, new_phone
) -> None:
    """T12."""
    pages = looked_at(scene, site, new_phone, forced_colors="active", reduced_motion="reduce")
    seen, found = complaints(pages, accessibility.edgeless, accessibility.moving)
    assert seen > 50
    assert not found, "\n".join(found)


def test_names_times_and_actions_are_never_small_nor_cramped(scene, site, new_phone) -> None:
    """D16."""
    seen, found = complaints(looked_at(scene, site, new_phone), accessibility.small, accessibility.cramped)
    assert seen > 50
    assert not found, "\n".join(found)


def test_the_short_code_stands_in_two_fours_of_24_px(scene, site, new_phone) -> None:
    """D16."""
    phone = signed_in(new_phone(), site, scene.people.ada)
    phone.goto("/card")
    assert [len(part.strip()) for part in phone.locator(".qr-code span").all_inner_texts()] == [4, 4]
    assert not accessibility.small(phone, ".qr-code, .qr-code span", least=24)


def test_text_follows_the_size_that_the_phone_is_set_to(scene, site, new_phone) -> None:
    """D16: where the phone has a size of its own it is taken, and the switch goes with whatever that is."""
    phone = signed_in(new_phone(), site, scene.people.ada)
    phone.goto("/today")
    size = "() => document.querySelector('h1').getBoundingClientRect().height"
    usual = phone.evaluate(size)
    phone.evaluate(accessibility.TWICE_THE_TEXT)
    assert phone.evaluate(size) > 1.7 * usual
    phone.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    phone.evaluate("() => document.documentElement.classList.add('larger')")
    assert phone.evaluate(size) > usual
