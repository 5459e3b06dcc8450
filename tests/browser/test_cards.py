"""The card in a real browser: the code as it is drawn, a photo made small, "We met" said by itself."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from app import clock, database
from app.domain import cards
from app.domain.people import Person
from tests import cast
from tests.cast import Cast
from tests.conftest import Site
from tests.infrastructure import codes
from tests.infrastructure.chromium import awake, resize, until
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

NewPhone = Callable[..., "Page"]


@pytest.fixture
def world(site: Site) -> Cast:
    with site.app.app_context():
        people = cast.assemble(clock.now())
        cast.arrive(people.event, people.ben)
        database.session.commit()
    return people


def address(site: Site, person: Person) -> str:
    with site.app.app_context():
        return f"{site.url}/c/{cards.living(cards.of(person)).token}"


def seen(phone: "Page", selector: str) -> Image.Image:
    return Image.open(BytesIO(phone.locator(selector).screenshot()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [130, 200, 320])
def test_the_code_is_read_off_the_screen(new_phone: NewPhone, site: Site, world: Cast, scheme: str, width: int) -> None:
    phone = signed_in(new_phone(color_scheme=scheme, device_scale_factor=1), site, world.ada)
    phone.goto("/card")
    phone.locator(".qr-tile svg").evaluate("(svg, width) => { svg.style.width = width + 'px'; }", width)
    assert codes.read(seen(phone, ".qr-tile svg")).text == address(site, world.ada)


def test_the_code_is_60_mm_wide_on_a_phone_and_white_around_in_either_theme(new_phone, site, world) -> None:
    """And on a phone that is turned all of it is to be seen."""
    for scheme in ("light", "dark"):
        phone = signed_in(new_phone(color_scheme=scheme), site, world.ada)
        phone.goto("/card")
        tile = phone.locator(".qr-tile")
        # An iPhone of 390 px is 64.6 mm wide.
        assert tile.bounding_box()["width"] * 64.6 / 390 >= 60
        assert tile.evaluate("tile => getComputedStyle(tile).backgroundColor") == "rgb(255, 255, 255)"
        resize(phone, 844, 390)
        box = tile.bounding_box()
        assert box["height"] <= 390
        assert box["width"] >= 250


# Screens here never go dark: this is what a browser that keeps one lit has, counting.
LAMP = """
window.lamps = [];
Object.defineProperty(navigator, "wakeLock", { value: { request: async (kind) => {
    const lamp = { kind, release: async () => { lamp.out = true; } };
    window.lamps.push(lamp);
    return lamp;
} } });
window.turn = (hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
};
"""


def test_the_screen_stays_lit_over_the_code_again_after_a_look_elsewhere(new_phone, site, world) -> None:
    phone = signed_in(new_phone(), site, world.ada)
    phone.add_init_script(LAMP)
    phone.goto("/card")
    until(phone, "lamps.length === 1")
    phone.evaluate("turn(true)")
    assert phone.evaluate("lamps.map((lamp) => lamp.kind)") == ["screen"]
    phone.evaluate("turn(false)")
    until(phone, "lamps.length === 2")
    held = phone.evaluate(
        """async () => {
            const app = document.querySelector("script[src*='app.js']").src;
            const { stayAwake } = await import(app.replace("app.js", "behaviours/awake.js"));
            stayAwake()();
            turn(true);
            turn(false);
            return lamps.length;
        }"""
    )
    assert held == 4
    until(phone, "lamps[2].out")


def photographed(folder) -> str:
    picture = Image.effect_noise((3000, 2000), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(folder / "from-a-phone.jpg", exif=exif)
    return str(folder / "from-a-phone.jpg")


def test_a_photo_is_small_and_square_before_it_leaves_the_phone(
    new_phone: NewPhone, site: Site, world: Cast, tmp_path
) -> None:
    phone = signed_in(new_phone(), site, world.ada)
    phone.goto("/card")
    awake(phone).get_by_text("Your photo", exact=True).click()
    phone.set_input_files("#photo", photographed(tmp_path))
    canvas = phone.wait_for_selector("canvas.avatar")
    assert canvas.evaluate("canvas => [canvas.width, canvas.height]") == [1024, 1024]
    sent = phone.locator("#photo").evaluate("input => [input.files[0].name, input.files[0].type]")
    assert sent == ["photo.jpg", "image/jpeg"]
    phone.get_by_role("button", name="Use this photo").click()
    phone.wait_for_url("**/card?done=photo")
    phone.get_by_text("Your photo", exact=True).click()
    shown = phone.wait_for_selector("img.avatar")
    until(phone, "document.querySelector('img.avatar').complete")
    assert shown.evaluate("image => image.naturalWidth") == 512


def test_what_the_browser_cannot_read_goes_as_it_is_and_gets_its_sentence(
    new_phone: NewPhone, site: Site, world: Cast, tmp_path
) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no picture at all")
    phone = signed_in(new_phone(), site, world.ada)
    phone.goto("/card")
    awake(phone).get_by_text("Your photo", exact=True).click()
    phone.set_input_files("#photo", str(tmp_path / "x.jpg"))
    phone.get_by_role("button", name="Use this photo").click()
    expect(phone.locator(".field-error")).to_contain_text("JPEG, PNG or WebP")


def test_a_photo_goes_without_a_script_too(new_phone: NewPhone, site: Site, world: Cast, tmp_path) -> None:
    phone = signed_in(new_phone(java_script_enabled=False), site, world.ada)
    phone.goto("/card")
    phone.get_by_text("Your photo", exact=True).click()
    phone.set_input_files("#photo", photographed(tmp_path))
    phone.get_by_role("button", name="Use this photo").click()
    phone.wait_for_url("**/card?done=photo")


def test_a_card_opened_by_a_camera_is_noted_by_itself(new_phone: NewPhone, site: Site, world: Cast) -> None:
    phone = signed_in(new_phone(), site, world.ben)
    phone.goto(address(site, world.ada))
    expect(phone.get_by_text("You have Ada's card")).to_be_visible()


def test_reloading_a_card_or_going_back_to_it_notes_nothing(new_phone: NewPhone, site: Site, world: Cast) -> None:
    phone = signed_in(new_phone(), site, world.ben)
    noted: list[str] = []

    def note(route: "Route") -> None:
        if route.request.method != "POST":
            return route.fallback()
        noted.append(route.request.url)
        return route.fulfill(status=204)  # the page stays, however far it has loaded

    phone.context.route("**", note)
    with phone.expect_response(lambda answer: answer.request.method == "POST"):
        phone.goto(address(site, world.ada))
    for again in (phone.reload, lambda: (phone.goto("/today"), phone.go_back())):
        again()
        expect(awake(phone).get_by_role("button", name="We met")).to_be_visible()
        assert "/c/" in phone.url
        phone.evaluate("() => fetch('/privacy').then(() => 0)")  # what was to be noted has been asked before this
    assert len(noted) == 1


def test_away_from_an_event_a_tap_says_it(new_phone: NewPhone, site: Site, world: Cast, clock) -> None:
    clock.move(days=1)
    phone = signed_in(new_phone(), site, world.ben)
    phone.goto(address(site, world.ada))
    awake(phone).get_by_role("button", name="We met").click()
    phone.wait_for_url("**/encounters/*")


def test_without_a_script_a_tap_says_it(new_phone: NewPhone, site: Site, world: Cast) -> None:
    phone = signed_in(new_phone(java_script_enabled=False), site, world.ben)
    phone.goto(address(site, world.ada))
    phone.get_by_role("button", name="We met").click()
    phone.wait_for_url("**/encounters/*")
