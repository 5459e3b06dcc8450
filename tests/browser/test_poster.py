"""The poster in a real browser: one sheet of paper, read by a camera, however long the name of the breakfast."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app import clock, database
from app.domain import events, sessions
from app.domain.events import Event
from tests import cast
from tests.conftest import Site
from tests.infrastructure import chromium, codes

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG = replace(
    cast.TUESDAY,
    name="The Extraordinarily Long Second Tuesday Breakfast of the Gloucestershire Association of Small Traders",
    place="The Assembly Rooms at the Grand Western Hotel, Upper Floor, Behind the Conservatory, Bristol",
)


@pytest.mark.parametrize("plan", [cast.TUESDAY, LONG], ids=["short", "long"])
def test_the_poster_is_one_sheet_that_a_camera_reads(
    new_phone: Callable[..., "Page"], site: Site, plan: events.Plan
) -> None:
    phone = new_phone(device_scale_factor=1)
    with site.app.app_context():
        people = cast.assemble(clock.now())
        events.change(people.event, plan)
        _row, cookie = sessions.start(people.cleo, "A phone", clock.now())
        database.session.commit()
        code = database.session.get_one(Event, people.event.id).code
    phone.context.add_cookies([{"name": "__Host-session", "value": cookie, "url": site.url, "secure": True}])
    phone.goto(f"/events/{people.event.id}/poster")
    for size in ("A4", "Letter"):
        assert phone.pdf(format=size).count(b"/Type /Page\n") == 1, size
    phone.emulate_media(media="print")
    chromium.resize(phone, 673, 1001)  # what A4 leaves inside its margins, at 96 dots an inch
    picture = Image.open(BytesIO(phone.screenshot()))
    assert codes.read(picture).text == f"{site.url}/e/{code}"
