"""The scanner in a real browser, before whose camera a test holds codes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import clock, database
from app.domain import cards, contacts
from app.domain.people import Person
from tests import cast
from tests.cast import Cast
from tests.conftest import Site
from tests.infrastructure import cameras, chromium
from tests.infrastructure.cameras import Camera
from tests.infrastructure.certificate import Certificate
from tests.infrastructure.phones import signed_in
from tests.infrastructure.pockets import away, back, ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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


def address(site: Site, person: Person) -> str:
    with site.app.app_context():
        return f"{site.url}/c/{cards.living(cards.of(person)).token}"


def met(site: Site, one: Person, other: Person) -> bool:
    with site.app.app_context():
        contact = contacts.find(one, other)
        return bool(contact and contacts.is_open(contact))


def test_a_card_is_read_kept_and_taken_back_while_the_camera_goes_on(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    camera.show(address(site, world.ada))
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.goto("/today")
    phone.get_by_role("link", name="Scan").click()
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    expect(phone.get_by_text("In your list.")).to_be_visible()
    assert met(site, world.ben, world.ada)
    phone.get_by_label("A line to remember Ada by").fill("Knows the estate office.")
    phone.get_by_role("button", name="Done").click()
    expect(phone.get_by_text("Hold their code in the frame.")).to_be_visible()
    assert phone.locator("video").evaluate("video => !video.paused && video.srcObject.active")


def test_without_signal_a_scan_shows_whose_card_it_is_and_of_nobody_else(
    new_phone: NewPhone, camera: Camera, site: Site, world: Cast
) -> None:
    """Q18: the name is in the locked roster; where it is not, the card is kept and the name comes later."""
    phone = signed_in(new_phone(permissions=["camera"]), site, world.ben)
    phone.clock.set_fixed_time(clock.now())
    with phone.expect_response(lambda answer: answer.url.endswith("/roster")):
        ready(phone)
    away(phone)
    camera.show(address(site, world.ada))
    phone.get_by_role("link", name="Scan").click()
    expect(phone.get_by_role("heading", name="You have Ada's card")).to_be_visible()
    expect(phone.get_by_text("Saved on this phone.", exact=True)).to_be_visible()
    camera.show(address(site, world.cleo))  # who has no place there
    expect(phone.get_by_role("heading", name="Card saved")).to_be_visible()
    expect(phone.get_by_text("Saved on this phone. The name appears when you're online.")).to_be_visible()
    phone.get_by_role("link", name="People", exact=True).click()
    expect(phone.get_by_role("heading", name="Saved on this phone")).to_be_visible()
    for name in ("Ada Bevan", "A card you scanned"):
        expect(phone.get_by_text(name)).to_be_visible()
    back(phone)
    assert met(site, world.ben, world.ada)
    assert met(site, world.ben, world.cleo)
