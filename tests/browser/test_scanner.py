"""The scanner in a real browser, before whose camera a test holds codes."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from app import clock, database
from app.domain import attendance, cards, contacts, encounters
from app.domain.people import Person
from bench import sights
from tests import cast
from tests.cast import Cast
from tests.conftest import Site
from tests.infrastructure import cameras, chromium
from tests.infrastructure.cameras import Camera
from tests.infrastructure.certificate import Certificate
from tests.infrastructure.chromium import awake, until
from tests.infrastructure.outboxes import STORE
from tests.infrastructure.phones import signed_in
from tests.infrastructure.pockets import away, back, ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

NewPhone = Callable[..., "Page"]


@pytest.fixture
def world(site: Site) -> Cast:
    with site.app.app_context():
        people = cast.assemble(clock.now())
        cast.arrive(people.event, people.ada, people.ben)
        database.session.commit()
    return people


@pytest.fixture(scope="module")
def seeing(tls: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple["Browser", Camera]]:
    with cameras.browser(tmp_path_factory.mktemp("camera") / "seen.mjpeg", tls.fingerprint()) as started:
        yield started


@pytest.fixture
def camera(seeing: tuple["Browser", Camera]) -> Camera:
    """What stands before the camera of every phone of `new_phone`."""
    return seeing[1]


@pytest.fixture
def new_phone(seeing: tuple["Browser", Camera], site: Site) -> Iterator[NewPhone]:
    with chromium.phones(seeing[0], site.url) as new:
        yield new


def look(phone: "Page", *, away: bool) -> None:
    """Look away from the page, or back at it."""
    phone.evaluate(
        "away => { Object.defineProperty(document, 'hidden', { get: () => away, configurable: true }); "
        "document.dispatchEvent(new Event('visibilitychange')); }",
        away,
    )


def sends(answer: "Response", kind: str) -> bool:
    """Say whether this answers what was done here of that kind."""
    asked = answer.request
    return asked.url.endswith("/sync") and any(item["kind"] == kind for item in asked.post_data_json["items"])


def short_code(site: Site, person: Person) -> str:
    with site.app.app_context():
        return cards.living(cards.of(person)).short_code


def lines(site: Site, one: Person, other: Person) -> list[str]:
    with site.app.app_context():
        contact = contacts.find(one, other)
        return [note.text for note in contacts.notes(contact)] if contact else []


def is_here(site: Site, world: Cast, person: Person) -> bool:
    with site.app.app_context():
        place = attendance.of(world.event, person)
        return bool(place and place.is_here)


def address(site: Site, person: Person) -> str:
    with site.app.app_context():
        return f"{site.url}/c/{cards.living(cards.of(person)).token}"


def met(site: Site, one: Person, other: Person) -> bool:
    with site.app.app_context():
        return bool(encounters.between(one, other))


def test_a_card_is_read_kept_and_taken_back_while_the_camera_goes_on(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """H7: one tap from everywhere; looked away from, the camera stops, and it starts again by itself."""
    camera.show(address(site, world.ada))
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.goto("/today")
    phone.get_by_role("link", name="Scan").click()
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    expect(phone.get_by_text("In your list.")).to_be_visible()
    assert met(site, world.ben, world.ada)
    phone.get_by_label("A line to remember Ada by").fill("Knows the estate office.")
    with phone.expect_response(lambda answer: sends(answer, "line")):
        phone.get_by_role("button", name="Done").click()
    expect(phone.get_by_text("Hold their code in the frame.")).to_be_visible()
    assert lines(site, world.ben, world.ada) == ["Knows the estate office."]
    look(phone, away=True)
    assert phone.locator("video").evaluate("video => video.srcObject") is None
    look(phone, away=False)
    until(phone, "document.querySelector('video').srcObject?.active")
    video = phone.locator("video")
    video.evaluate("video => { window.before = video.srcObject; }")
    video.evaluate("video => video.srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
    until(
        phone, "document.querySelector('video').srcObject !== before && document.querySelector('video').readyState > 1"
    )
    camera.show(address(site, world.cleo))
    phone.reload()
    expect(phone.get_by_role("heading", name="You have Cleo's card")).to_be_visible()
    with phone.expect_response(lambda answer: sends(answer, "void")):
        phone.get_by_role("button", name="Undo").click()
    expect(phone.get_by_role("heading", name="Taken back")).to_be_visible()
    assert not met(site, world.ben, world.cleo)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)], ids=["narrow", "wide"])
def test_the_frame_is_seen_whole_also_above_what_was_read(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast, width: int, height: int
) -> None:
    camera.show(address(site, world.ada))
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.goto("/scan")
    chromium.resize(phone, width, height)
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    frame, view = (phone.locator(f".{one}").bounding_box() for one in ("viewfinder-frame", "viewfinder"))
    assert frame
    assert view
    assert frame["y"] - view["y"] == pytest.approx(view["y"] + view["height"] - frame["y"] - frame["height"], abs=1)
    assert frame["y"] > view["y"]


def test_what_is_foreign_is_named_and_never_opened(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """Q1, Q2, Q3, Q10, H15, H16, H17, H18: and one's own card and a breakfast say what they are."""
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    shown = {
        "WIFI:T:WPA;S:Grand;P:breakfast;;": "a wifi",
        f"{site.url}@evil.example/c/{'a' * 26}": "leads to evil.example",
        "javascript:document.title='gone'": "something to run",
        f"{site.url}/settings": "one of ours, but",
        f"{site.url}/c/abc": "part of it is wrong",
        address(site, world.ben): "your own card",
    }
    for text, said in shown.items():
        camera.show(text)
        phone.goto("/scan")
        expect(phone.locator("[data-part=state]")).to_contain_text(said)
        assert phone.url.endswith("/scan")
        assert phone.locator("[data-part=sheet]").is_hidden()
    assert {url.split("/")[2] for url in asked} == {site.url.split("/")[2]}
    camera.show(f"{site.url}/e/{world.event.code}")
    phone.goto("/scan")
    expect(phone.get_by_role("heading", name="A breakfast")).to_be_visible()
    phone.get_by_role("button", name="I'm here").click()
    expect(phone.get_by_text("You're in.", exact=True)).to_be_visible()


# What the browser says, what it keeps for this page, and what is said of it.
TROUBLES = (
    ("NotAllowedError", "prompt", "may not be used yet. Allow it when your browser asks"),
    ("NotAllowedError", "denied", "keeps the camera off here"),
    ("NotFoundError", "denied", "no camera here"),
    ("NotReadableError", "denied", "Something else is using the camera"),
    ("Error", "denied", "did not start"),
)
FAILING = """() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wish) =>
    window.fault ? Promise.reject(new DOMException("", window.fault)) : real(wish);
  const asked = navigator.permissions.query.bind(navigator.permissions);
  navigator.permissions.query = async (what) => (window.fault ? { state: window.kept } : asked(what));
}"""


def test_whatever_is_wrong_with_the_camera_there_is_another_way(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """H1, H2, H3, H4, H5: each has its sentence, the code and a picture stay at hand, and trying again is one tap."""
    camera.show(address(site, world.ada))
    phone = signed_in(new_phone(permissions=[]), site, world.ben)
    phone.add_init_script(f"({FAILING})()")
    phone.goto("/scan")
    awake(phone)
    state, start = phone.locator("[data-part=state]"), phone.locator("[data-part=start]")
    expect(state).to_have_text("One tap starts the camera.")
    for fault, kept, said in TROUBLES:
        phone.evaluate("([fault, kept]) => Object.assign(window, { fault, kept })", [fault, kept])
        start.click()
        expect(state).to_contain_text(said)
        expect(phone.get_by_label("Or type the eight characters")).to_be_visible()
        expect(phone.get_by_text("Take a picture of the code", exact=True)).to_be_visible()
    phone.context.grant_permissions(["camera"])
    phone.evaluate("() => { window.fault = ''; }")
    phone.get_by_role("button", name="Try again").click()
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()


ASKED = """(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wish) => {
    document.documentElement.dataset.asked = Number(document.documentElement.dataset.asked ?? 0) + 1;
    return real(wish);
  };
})()"""


def test_a_picture_that_stays_black_is_asked_for_again_and_then_said_so(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """H6: and the card is read as soon as there is light."""
    camera.play([Image.new("L", cameras.SIZE, 0)])
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.add_init_script(ASKED)
    phone.goto("/scan")
    expect(phone.locator("html")).to_have_attribute("data-asked", "2")
    expect(phone.locator("[data-part=state]")).to_contain_text("The picture stays black.")
    camera.show(address(site, world.ada))
    phone.get_by_role("button", name="Try again").click()
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()


@pytest.mark.parametrize("has", [True, False], ids=["with a torch", "without one"])
def test_a_torch_is_offered_where_the_camera_has_one(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast, has: bool
) -> None:
    """H9: where there is none nothing is missing on the page, and the camera looks all the same."""
    camera.show()
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    able = "{ torch: true }" if has else "{}"
    phone.add_init_script(f"MediaStreamTrack.prototype.getCapabilities = () => ({able});")
    phone.goto("/scan")
    expect(phone.locator("[data-part=state]")).to_have_text("Hold their code in the frame.")
    expect(phone.locator("[data-part=torch]")).to_be_visible(visible=has)
    expect(phone.locator("[data-part=slider]")).to_be_hidden()


def test_in_an_apps_own_window_the_way_out_is_shown_and_a_picture_is_read(
    new_phone: NewPhone, site: Site, world: Cast, tmp_path: Path
) -> None:
    """H13: the picture is read on the phone, and the code that is typed is answered on its page."""
    phone = signed_in(new_phone(), site, world.ben)
    phone.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined });")
    phone.goto("/scan")
    expect(phone.locator("[data-part=state]")).to_contain_text("Open this page in Safari or Chrome")
    expect(phone.get_by_role("button", name="Copy the address")).to_be_visible()
    expect(phone.locator("[data-part=start]")).to_be_hidden()
    (tmp_path / "no.jpg").write_bytes(b"no picture")
    phone.set_input_files("[data-part=photo]", tmp_path / "no.jpg")
    expect(phone.locator("[data-part=state]")).to_contain_text("no picture that this phone can open")
    cameras.wall().save(tmp_path / "wall.jpg")
    phone.set_input_files("[data-part=photo]", tmp_path / "wall.jpg")
    expect(phone.locator("[data-part=state]")).to_contain_text("no code on that picture")
    cameras.frame(address(site, world.ada), side=300).resize((3000, 1688)).save(tmp_path / "card.jpg")
    phone.set_input_files("[data-part=photo]", tmp_path / "card.jpg")
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    phone.get_by_label("Or type the eight characters").fill(short_code(site, world.cleo))
    phone.get_by_role("button", name="Get their card").click()
    phone.wait_for_url("**/encounters/*")
    assert met(site, world.ben, world.cleo)


def test_what_the_small_decoder_cannot_read_the_large_one_does_and_it_is_kept(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """A144: nothing of it comes from another host."""
    far = next(cell for cell in sights.CELLS if cell.name.startswith("far"))
    _address, frames = sights.sequence(far, 1)
    camera.play([Image.frombytes("L", (sights.SIDE, sights.SIDE), frame) for frame in islice(frames, 8)])
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    with phone.expect_response("**/vendor/zxing.wasm") as fetched:
        phone.goto("/scan")
    assert fetched.value.headers["content-type"] == "application/wasm"
    expect(phone.locator("[data-part=state]")).to_contain_text("leads to marmalade.example")


NATIVE = """
  window.looks = 0;
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["aztec", "qr_code"]; }
    async detect(picture) {
      window.looks += 1;
      const box = (x) => ({ x, y: 300, width: 100, height: 100 });
      return [{ rawValue: "elsewhere", boundingBox: box(0) }, { rawValue: window.shown, boundingBox: box(310) }];
    }
  };
"""


def test_the_phones_own_decoder_is_asked_where_it_reads_qr_codes(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """H27, Q11: a stand-in with its interface; of two codes in view the more central one counts."""
    camera.show()
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.add_init_script(NATIVE + f"window.shown = {address(site, world.ada)!r};")
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto("/scan")
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    assert phone.evaluate("window.looks") >= 1
    assert not [url for url in asked if "zxing" in url]


def test_a_decoder_of_the_phones_own_that_reads_no_qr_codes_is_left_alone(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """H27."""
    camera.show(address(site, world.ada))
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.add_init_script(NATIVE.replace('"qr_code"', '"ean_13"'))
    phone.goto("/scan")
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    assert phone.evaluate("window.looks") == 0


def test_two_codes_and_one_that_is_light_on_dark_are_read(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """Q11, Q13."""
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    camera.play([cameras.frame(address(site, world.ada), address(site, world.cleo), side=280)])
    phone.goto("/scan")
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    camera.show(address(site, world.cleo), turned=True)
    phone.reload()
    expect(phone.get_by_role("heading", name="You have Cleo's card")).to_be_visible()


def test_the_doors_camera_checks_in_and_undoes(new_phone: NewPhone, camera: Camera, site: Site, world: Cast) -> None:
    """D14."""
    camera.show(address(site, world.dev))
    phone = signed_in(new_phone(permissions=["camera"]), site, world.cleo)
    phone.goto(f"/events/{world.event.id}/door")
    awake(phone).get_by_role("button", name="Scan cards and badges").click()
    expect(phone.get_by_text("Dev Singh is in since 7:30.")).to_be_visible()
    assert is_here(site, world, world.dev)
    phone.get_by_role("region", name="Camera").get_by_role("button", name="Undo").click()
    expect(phone.get_by_text("Dev Singh is in since 7:30.")).to_be_hidden()
    phone.get_by_role("button", name="Put the camera away").click()
    expect(phone.locator(".scanner video")).to_be_hidden()
    expect(phone.get_by_role("button", name="Scan cards and badges")).to_be_visible()
    assert not is_here(site, world, world.dev)
    assert not met(site, world.cleo, world.dev)


def test_without_signal_a_scan_shows_whose_card_it_is_and_of_nobody_else(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """Q18: the name is in the locked roster; where it is not, the card is kept and the name comes later."""
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.clock.set_fixed_time(clock.now())
    until(ready(phone), f"(await ({STORE})('rosters')).length")
    away(phone)
    camera.show(address(site, world.ada))
    phone.get_by_role("link", name="Scan").click()
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    expect(phone.get_by_text("Saved on this phone.", exact=True)).to_be_visible()
    camera.show(address(site, world.cleo))  # who has no place there
    look(phone, away=True)
    look(phone, away=False)
    expect(phone.get_by_role("heading", name="Card saved")).to_be_visible()
    expect(phone.get_by_text("Saved on this phone. The name appears when you're online.")).to_be_visible()
    phone.get_by_role("link", name="People", exact=True).click()
    expect(phone.get_by_role("heading", name="Saved on this phone")).to_be_visible()
    for name in ("Ada Bevan", "A card you scanned"):
        expect(phone.get_by_text(name)).to_be_visible()
    back(phone)
    assert met(site, world.ben, world.ada)
    assert met(site, world.ben, world.cleo)
