"""Badges in a real browser: ten to a sheet of A4, nothing cut, every code read by a camera, whatever the names."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image

from app import clock, database
from app.domain import attendance, badges, people, rosters, sessions
from app.domain.events import Event
from tests import cast
from tests.conftest import Site
from tests.infrastructure.chromium import resize

if TYPE_CHECKING:
    from playwright.sync_api import Page

MILLIMETRE = 96 / 25.4
NAMES = [
    "Gareth Bevan",
    "Wolfeschlegelsteinhausenbergerdorff Featherstonehaugh-Cholmondeley",
    "Maximiliane-Theresa von Habsburg-Lothringen",
    "Christopher Montgomery-Smythe",
    "Bartholomew Fortescue",
    "Siân Ó Briain",
    "Ελένη Παπαδοπούλου",
    *(f"Anna-Luise {'de la ' * 17}Tour {n}" for n in range(3)),
    "Gyg Jpq",
    "Jo",
]
FIRM = "The Extraordinarily Long Gloucestershire Association of Small Independent Traders"
# What is cut off: a name that is higher or wider than its box shows. A firm may end in dots, a name may not.
CUT = """() => [...document.querySelectorAll(".badge")].flatMap(badge => {
  const edge = badge.getBoundingClientRect();
  return [...badge.querySelectorAll(".badge-first, .badge-name, .badge-code, .badge-qr")].filter(part => {
    const box = part.getBoundingClientRect();
    const inside = box.left >= edge.left && box.right <= edge.right && box.top >= edge.top && box.bottom <= edge.bottom;
    const ascenders = part.matches(".badge-first") ? part.clientHeight * 0.3 : 3; // a line more would be half of it
    return !inside || part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + ascenders;
  }).map(part => part.className + ": " + part.textContent);
})"""


def test_ten_badges_fit_a_sheet_with_nothing_cut_and_every_code_read(
    new_phone: Callable[..., "Page"], site: Site
) -> None:
    phone = new_phone(device_scale_factor=1)
    with site.app.app_context():
        company = cast.assemble(clock.now())
        for name in NAMES:
            place = attendance.expect(company.event, name, attendance.GOING, clock.now())
            plain = people.comparable(name)
            database.session.add(
                rosters.RosterEntry(
                    event=company.event,
                    attendance=place,
                    layout="hand",
                    name=name,
                    comparable_name=plain,
                    company=FIRM,
                    created_at=clock.now(),
                )
            )
        _row, cookie = sessions.start(company.cleo, "A phone", clock.now())
        database.session.commit()
    phone.context.add_cookies([{"name": "__Host-session", "value": cookie, "url": site.url, "secure": True}])
    phone.goto(f"/events/{company.event.id}/badges")
    phone.get_by_role("button", name="Print all 12").click()
    phone.wait_for_url("**/sheets?*")
    assert phone.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 2
    phone.emulate_media(media="print")
    resize(phone, round(210 * MILLIMETRE), round(297 * MILLIMETRE))
    assert phone.evaluate(CUT) == []
    with site.app.app_context():
        issued = badges.of(database.session.get_one(Event, company.event.id))
        printed = {f"{site.url}/b/{badge.token}" for badge in issued.values()}
    pictures = [Image.open(BytesIO(sheet.screenshot())) for sheet in phone.locator(".badge-sheet").all()]
    read = [code for picture in pictures for code in zxingcpp.read_barcodes(picture.convert("L"))]
    assert {code.text for code in read} == printed
    assert len(printed) == 12
    width = phone.locator(".badge-qr path").nth(1).evaluate("path => path.getBBox().width / 45 * 33")
    assert width >= 25, "millimetres of code without its white"
