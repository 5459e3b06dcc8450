"""Take the screenshots of README and manifest anew, of the demonstration: .venv/bin/python -m audits.screenshots"""

import tempfile
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from app import clock, create_app, demo, migrations
from app.database import db, session
from app.delivery import courier
from app.domain import attendance, people, sessions
from app.domain.events import Event
from app.domain.prompts import FOLLOW_UP, Prompt
from tests.infrastructure import certificate, chromium, networking, sites

ROOT = Path(__file__).parent.parent
SHOTS = ROOT / "docs/screenshots"
# What a phone's or computer's own store page of an app shows of it; app/web/home_screen.py names them.
SCREENS, SHOWN = ROOT / "static/img/screens", ("card", "follow-up", "room")
COLOURS = 64  # the pages have few: the files stay small
ON_PAPER = {"viewport": {"width": 794, "height": 1123}, "is_mobile": False, "device_scale_factor": 1}
WIDE = {"viewport": {"width": 1280, "height": 800}, "is_mobile": False, "device_scale_factor": 1}
IPHONE = {
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Mobile/15E148 Safari/604.1"
}
AS = {"badges": ON_PAPER, "room": WIDE, "install": IPHONE}


def main() -> None:
    """Tell the demonstration into a folder of its own, and visit its pages as its organiser."""
    folder = Path(tempfile.mkdtemp())
    tls, port = certificate.make(folder), networking.free_port()
    url = f"https://localhost:{port}"
    app = create_app({"INSTANCE_PATH": str(folder / "instance"), "PUBLIC_URL": url, "SMTP_URL": ""})
    now = clock.now()
    with app.app_context():
        migrations.upgrade(db.engine)
        for moment in demo.tell(now):
            session.commit()
            while courier.round(moment, courier.transport()).held:
                pass
        pages = _pages(now)
    with (
        sites.serve(app, port, tls.server_context()),
        chromium.launch(tls.fingerprint()) as browser,
        chromium.phones(browser, url) as new,
    ):
        for name, (path, when) in pages.items():
            with clock.fixed(when):
                page = new(**AS.get(name, {}))
                page.context.add_cookies([_signed_in(app, when, url)])
                page.goto(path)
                if name == "badges":
                    page.get_by_role("button", name="Print all").click()
                    page.wait_for_url("**/sheets?*")
                    page.emulate_media(media="print")
                _keep(page.screenshot(), name)


def _pages(now: datetime) -> dict[str, tuple[str, datetime]]:
    """Return where each picture is taken, and at what time."""
    ada = people.find_by_email("ada.bevan@example.org")
    past = session.scalars(select(Event).where(Event.ends_at < now).order_by(Event.ends_at.desc())).first()
    coming = session.scalars(select(Event).where(Event.starts_at > now).order_by(Event.starts_at)).first()
    asked = select(Prompt).where(Prompt.person_id == ada.id, Prompt.kind == FOLLOW_UP)
    follow_up = session.scalars(asked.order_by(Prompt.due_at.desc())).first()
    at_the_door = coming.starts_at + timedelta(minutes=3)
    expected = select(attendance.Attendance).where(
        attendance.Attendance.event_id == coming.id, attendance.Attendance.state == attendance.GOING
    )
    for number, place in enumerate(session.scalars(expected.order_by(attendance.Attendance.id)).all()[:14]):
        arrived = coming.starts_at - timedelta(minutes=11 - number)
        attendance.check_in(place, arrived, timedelta(minutes=10), ada, attendance.ORGANISER)
    session.commit()
    return {
        "card": ("/card", now),
        "today": ("/today", now),
        "follow-up": (f"/prompts/{follow_up.id}", follow_up.due_at + timedelta(minutes=30)),
        "afterwards": (f"/events/{past.id}/afterwards", follow_up.due_at),
        "badges": (f"/events/{coming.id}/badges", now),
        "door": (f"/events/{coming.id}/door", at_the_door),
        "room": (f"/events/{coming.id}", at_the_door),
        "install": ("/install", now),
        "scan": ("/scan", at_the_door),
    }


def _signed_in(app, when: datetime, url: str) -> dict[str, object]:
    with app.app_context():
        _row, cookie = sessions.start(people.find_by_email("ada.bevan@example.org"), "a phone", when)
        session.commit()
    return {"name": "__Host-session", "value": cookie, "url": url, "secure": True}


def _keep(png: bytes, name: str) -> None:
    picture = Image.open(BytesIO(png)).convert("RGB")
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(SHOTS / f"{name}.png", optimize=True)
    if name in SHOWN:
        small.save(SCREENS / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
