"""A hotel's wifi: eighty phones behind one address, all at once, against the server as it is really run."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, create_app, migrations
from app.database import db, session
from app.domain import attendance, events, people, rosters
from app.domain.attendance import Attendance
from app.domain.encounters import Encounter, Observation
from app.domain.rosters import RosterEntry
from app.domain.sessions import Session, SignInCode
from tests import cast
from tests.infrastructure import houses, networking
from tests.infrastructure.handsets import Handset

LISTED, NEW, SIGNED_UP = 40, 20, 20
SCANS_EACH = 3
ADDRESS = re.compile(r"/c/([a-z2-7]{26})", re.IGNORECASE)


def prepare(app: Flask) -> str:
    """Make this morning's event with a list of forty, and twenty people who have accounts; return its code."""
    with app.app_context():
        now = clock.now()
        cleo = cast.person("Cleo Nowak", now, "cleo@example.org")
        cleo.may_start_groups = True
        group = cast.groups.start(cleo, "Bread & Butter", "UTC", now)
        morning = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
        ends = max(morning + timedelta(minutes=1), min(now + timedelta(hours=1), morning.replace(hour=23, minute=59)))
        plan = events.Plan("Tuesday", "The Grand", "UTC", morning.date(), morning.time(), ends.time())
        event = events.create(group.id, plan, now)
        for number in range(LISTED):
            place = attendance.expect(event, f"Listed Number{number}", attendance.GOING, now)
            session.add(
                RosterEntry(
                    event=event,
                    attendance=place,
                    layout="hand",
                    name=place.name,
                    comparable_name=people.comparable(place.name),
                    created_at=now,
                )
            )
        for number in range(SIGNED_UP):
            cast.person(f"Member Number{number}", now, f"member{number}@example.org")
        session.commit()
        return event.code


def come_in(phone: Handset, number: int, code: str, app: Flask) -> None:
    """Arrive the way this number does: from the list, as a newcomer, or by signing in."""
    phone.get(f"/e/{code}")
    if number < LISTED:
        phone.post(f"/e/{code}/name", name=f"listed number{number}")
        phone.post(f"/e/{code}/claim", name=f"listed number{number}")
    elif number < LISTED + NEW:
        phone.post(f"/e/{code}/name", name=f"Newcomer {number}")
        phone.post(f"/e/{code}/join", name=f"Newcomer {number}", what_i_do="I bake", email=f"new{number}@example.org")
    else:
        email = f"member{number - LISTED - NEW}@example.org"
        phone.get("/sign-in")
        phone.post("/sign-in", email=email)
        phone.post("/sign-in/code", code=digits(email, app), next=f"/e/{code}")
        phone.post(f"/e/{code}/attendance")


def digits(email: str, app: Flask) -> str:
    """Read the code as its letter would say it."""
    with app.app_context():
        code = session.scalars(
            select(SignInCode).where(SignInCode.email == email).order_by(SignInCode.id.desc())
        ).first()
        assert code is not None
        return code.digits


@pytest.mark.usefixtures("_loopback_only")
def test_eighty_phones_behind_one_address_join_claim_sign_in_and_scan(tmp_path: Path) -> None:
    """Decided for engineers, 2: nobody is told to wait, nothing breaks, every row is right."""
    folder, port = tmp_path / "instance", networking.free_port()
    app = create_app({"INSTANCE_PATH": str(folder), "PORT": str(port)})
    with app.app_context():
        migrations.upgrade(db.engine)
    code = prepare(app)
    with houses.opened(folder, port), ThreadPoolExecutor(80) as crowd:
        phones = [Handset(f"http://127.0.0.1:{port}") for _number in range(LISTED + NEW + SIGNED_UP)]
        list(crowd.map(lambda n: come_in(phones[n], n, code, app), range(len(phones))))
        cards = list(crowd.map(shown_card, phones))
        list(
            crowd.map(lambda n: scan(phones[n], [cards[(n + k) % len(cards)] for k in (1, 2, 40)]), range(len(phones)))
        )
    statuses = Counter(status for phone in phones for status in phone.statuses)
    assert not [status for status in statuses if status >= 400], statuses
    everything_is_right(app, len(phones))
    with app.app_context():
        db.engine.dispose()


def shown_card(phone: Handset) -> str:
    """Open my card and return the token in its address."""
    found = ADDRESS.search(phone.get("/card").text)
    assert found, phone.page.text[:2000]
    return found.group(1).lower()


def scan(phone: Handset, cards: list[str]) -> None:
    """Open three cards and say "We met" to each."""
    for card in cards:
        phone.get(f"/c/{card}")
        phone.post("/encounters", card=card, id=str(uuid4()))


def everything_is_right(app: Flask, people_here: int) -> None:
    with app.app_context():
        origins = dict(session.execute(select(Attendance.origin, func.count()).group_by(Attendance.origin)).all())
        assert origins == {attendance.LIST: LISTED, attendance.WALK_IN: NEW + SIGNED_UP}
        assert session.scalar(select(func.count()).where(Attendance.state.in_(attendance.HERE))) == people_here
        assert session.scalar(select(func.count(Session.id))) == people_here
        assert session.scalar(select(func.count()).select_from(Observation)) == people_here * SCANS_EACH
        # n→n+1 and n→n+2 are met once each; n→n+40 meets n+40→n half-way round the eighty.
        assert session.scalar(select(func.count(Encounter.id))) == people_here * 2 + people_here // 2
        assert not rosters.claimable(session.scalars(select(events.Event)).one(), "Listed Number0")
