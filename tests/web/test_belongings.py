"""Everything of mine, in the app: taken along, or erased; both behind a fresh code."""

import json
from contextvars import Context
from io import BytesIO
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from app import clock
from app.delivery import housekeeping
from app.domain import belongings, contacts, encounters, forgotten
from app.domain.contacts import Contact
from app.domain.parcels import Parcel
from app.domain.people import Person
from app.domain.sessions import SignInCode
from tests.cast import Cast
from tests.infrastructure.visitors import Visitor

DATA = "/settings/data"


@pytest.fixture
def met(session, world: Cast) -> Cast:
    now = clock.now()
    contacts.meet(world.ada, world.ben, uuid4(), encounters.CARD, now.date(), now, now)
    contacts.write(contacts.find(world.ben, world.ada), contacts.LINE, "Knows bread", None, now)
    session.commit()
    return world


def prove(session, visitor: Visitor) -> None:
    assert visitor.post(f"{DATA}/code").status_code == 303
    session.rollback()
    digits = session.scalars(select(SignInCode).order_by(SignInCode.id.desc())).first().digits
    assert visitor.post(f"{DATA}/proof", data={"code": digits}).status_code == 303


def test_a_copy_is_packed_off_the_line_behind_a_fresh_code_and_fetched_once(session, met, hers: Visitor) -> None:
    """P169, A151."""
    assert hers.post(f"{DATA}/copy").status_code == 403
    prove(session, hers)
    assert "Pack my copy" in hers.get(DATA).text
    assert hers.post(f"{DATA}/copy").status_code == 303
    packing = hers.get(DATA)
    assert "<progress" in packing.text
    assert packing.headers["Refresh"] == "3"
    session.rollback()
    assert housekeeping.pack(clock.now())
    assert not housekeeping.pack(clock.now())
    ready = hers.get(DATA)
    assert "Fetch my copy" in ready.text
    assert "Refresh" not in ready.headers
    copy = hers.post(f"{DATA}/copy/fetch")
    assert copy.headers["Cache-Control"] == "no-store"
    with ZipFile(BytesIO(copy.data)) as archive:
        assert json.loads(archive.read("everything.json"))["Me"][0]["email"] == "ada@example.org"
    assert hers.post(f"{DATA}/copy/fetch").status_code == 404


def test_a_code_is_no_proof_any_more_after_ten_minutes(session, met, hers: Visitor, clock) -> None:
    """P169."""
    prove(session, hers)
    clock.move(minutes=11)
    assert "Send me a code" in hers.get(DATA).text
    assert hers.post(f"{DATA}/copy").status_code == 403
    assert hers.post(f"{DATA}/erase", data={"name": "Ada Bevan"}).status_code == 403


def test_a_wrong_code_is_counted_and_said(session, met, hers: Visitor) -> None:
    hers.post(f"{DATA}/code")
    answer = hers.post(f"{DATA}/proof", data={"code": "000000"})
    assert answer.status_code == 422
    assert "the code we sent here" in answer.text
    session.rollback()
    assert session.scalars(select(SignInCode)).one().tries == 1


def test_nobody_fetches_or_proves_for_somebody_else(session, met, hers: Visitor, bens: Visitor) -> None:
    """P169."""
    prove(session, hers)
    hers.post(f"{DATA}/copy")
    session.rollback()
    housekeeping.pack(clock.now())
    assert bens.post(f"{DATA}/copy/fetch").status_code == 403
    prove(session, bens)
    assert bens.post(f"{DATA}/copy/fetch").status_code == 404


def test_whoever_is_erased_is_signed_out_and_gone(app, session, met, hers: Visitor, bens: Visitor) -> None:
    """P170, P171, D4."""
    prove(session, hers)
    assert hers.post(f"{DATA}/erase", data={"name": "Ada"}).status_code == 422
    answer = hers.post(f"{DATA}/erase", data={"name": "ada bevan "})
    assert answer.location == "/gone"
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert "gone from here" in hers.get("/gone").text
    assert hers.get("/today").status_code == 303
    session.rollback()
    ada = session.get(Person, met.ada.id)
    assert (ada.name, ada.email) == (belongings.SOMEBODY, None)
    assert (Path(app.config["INSTANCE_PATH"]) / forgotten.LOG).exists()
    contact = session.scalars(select(Contact).where(Contact.owner_id == met.ben.id)).one()
    page = bens.get(f"/people/{contact.id}").text
    assert "Knows bread" in page
    assert "Ada" not in page
    assert "Somebody" in bens.get("/people").text


def test_the_only_organiser_hears_what_to_do_first(session, met, new_client) -> None:
    cleo = new_client().sign_in(met.cleo)
    prove(session, cleo)
    assert "only organiser of Bread &amp; Butter" in cleo.get(DATA).text
    assert cleo.post(f"{DATA}/erase", data={"name": "Cleo Nowak"}).status_code == 409


def test_a_guest_needs_no_code_since_they_have_nothing_but_this_phone(session, met, new_client) -> None:
    dev = new_client().sign_in(met.dev)
    assert "Pack my copy" in dev.get(DATA).text
    assert dev.post(f"{DATA}/erase", data={"name": "Dev Singh"}).status_code == 303


def test_the_page_asks_few_questions(session, met, hers: Visitor, queries) -> None:
    hers.get(DATA)
    with queries() as asked:
        assert hers.get(DATA).status_code == 200
    assert asked.count <= 6, asked


def test_a_parcel_is_of_one_person_and_five_a_day_are_enough(session, met, hers: Visitor) -> None:
    """A151: limited per user."""
    prove(session, hers)
    answers = [hers.post(f"{DATA}/copy").status_code for _time in range(6)]
    assert answers == [303] * 5 + [429]
    session.rollback()
    assert session.scalars(select(Parcel)).one().person_id == met.ada.id


def test_the_shell_packs_the_same_copy_for_its_reader_alone(app, session, met, tmp_path) -> None:
    """P169, D24."""
    session.remove()

    def shell(*args: str):
        return Context().run(app.test_cli_runner().invoke, args=list(args))

    file = tmp_path / "ada.zip"
    packed = shell("export-person", "Ada@example.org", str(file))
    assert packed.exit_code == 0, packed.output
    assert file.stat().st_mode & 0o777 == 0o600
    with ZipFile(file) as archive:
        assert "everything.json" in archive.namelist()
    again = shell("export-person", "ada@example.org", str(file))
    assert (again.exit_code, "is there already" in again.output) == (1, True)
    assert "Nobody here has confirmed" in shell("export-person", "nobody@example.org", str(file)).output
    assert "nobody of number 999" in shell("erase-person", "999", "--yes").output
