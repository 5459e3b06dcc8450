"""Who is erased is gone, and others keep what is theirs; what is taken along is all of it. P169 to P171."""

import json
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import JSON, LargeBinary, String, func, select, update

from app import connections, database
from app.database import Base
from app.delivery.drawer import Drawer
from app.domain import (
    attendance,
    attendee_lists,
    belongings,
    cards,
    complaints,
    contacts,
    encounters,
    erasures,
    exports,
    forgotten,
    intakes,
    invitations,
    notices,
    one_to_ones,
    parcels,
    people,
    photos,
    prompts,
    rollcall,
    sessions,
)
from app.domain.attendance import Attendance
from app.domain.contacts import Contact
from app.domain.deliveries import Delivery
from app.domain.encounters import Encounter
from app.domain.groups import Membership
from app.domain.one_to_ones import CANCELLED, Offer, OneToOne
from app.domain.people import Person
from app.domain.prompts import Prompt
from app.domain.rosters import RosterEntry
from tests import cast, scenes

CANARY = "qanary"
# Columns of rows that stay whose text is one of a few words of ours.
CODES = {
    ("attendance", "state"), ("attendance", "origin"), ("attendance_changes", "from_state"),
    ("attendance_changes", "to_state"), ("attendance_changes", "how"), ("observations", "how"),
    ("complaints", "reference"),
    ("complaints", "key_id"),
    ("one_to_ones", "state"), ("one_to_ones", "time_zone"), ("roster_entries", "layout"),
}  # fmt: skip
LIST = "Name,E-mail,Company,Diet\nQanary Bevan,qanary@example.org,Qanary & Sons,no qanaries\n"


@pytest.fixture
def morning(session, clock):
    """Ada, called Qanary, has left something of hers everywhere that a verb can put it; Ben has met her."""
    scene = cast.assemble(clock.now)
    now, ada, ben = clock.now, scene.ada, scene.ben
    ada.name, ada.email_typed = "Qanary Bevan", None
    people.confirm(ada, "qanary@example.org", now)
    listed = attendee_lists.read(LIST.encode(), "qanary.csv")
    plan = intakes.plan(scene.event, listed.layout, intakes.rows(listed, intakes.Choices(listed.proposed()), "GB"), {})
    intakes.carry_out(scene.event, plan, scene.cleo, now)
    place = session.scalars(select(Attendance)).one()
    attendance.hold(place, ada, now)
    cast.arrive(scene.event, ada, ben, scene.cleo)
    contacts.meet(ada, ben, uuid4(), encounters.CARD, scene.event, now, now)
    for owner, other, words in ((ada, ben, "My qanary sings"), (ben, ada, "Keeps the books, sings")):
        contact = contacts.find(owner, other)
        contacts.write(contact, contacts.LINE, words, None, now)
    card = cards.of(ada)
    for field in cards.FIELDS:
        text = {"email": "qanary@example.org", "phone": "+44 117 496 0123", "link": "https://qanary.example.org"}
        cards.put(card, field, text.get(field, "qanary"), cards.ANYONE, "GB")
    picture = BytesIO()
    Image.new("RGB", (600, 600), "orange").save(picture, "JPEG")
    cards.hang(card, photos.develop(picture.getvalue()))
    later = scene.event.starts_at + timedelta(days=9)
    mine = invitations.propose(ada, contacts.find(ada, ben), Offer([later], cast.ZONE, "Qanary Café", "qanary"), now)
    invitations.pick(mine, ben, later, now)
    intakes.hand_in(scene.event, listed, LIST.encode(), scene.cleo, now)
    sessions.start(ada, "A qanary's phone", now)
    complaints.take("A qanary complains", "", ada, now)
    sessions.ask_code("qanary@example.org", "nonce", now)
    scenes.follow_up(cast.Cast(ben, ada, scene.cleo, scene.dev, scene.group, scene.event))
    session.flush()
    _plant(session, ada)
    session.commit()
    return scene


def _plant(session, person) -> None:
    """Put the canary into every text column of every row of hers that holds none, where the database lets us."""
    for name, rule in belongings.RULES.items():
        for column in belongings.table(name).columns if rule.whose else ():
            plain = isinstance(column.type, String) and not column.foreign_keys and not column.primary_key
            if not plain or (name, column.name) in CODES or column.name in {"key_id", "frozen_key", "subject"}:
                continue
            checked = any(column.name in str(c.sqltext) for c in column.table.constraints if hasattr(c, "sqltext"))
            if checked or column.unique or (column.type.length or 99) < len(CANARY):
                continue
            ours = (belongings.of(name, person.id), ~func.lower(column).contains(CANARY))
            session.execute(update(column.table).where(*ours).values({column: CANARY}))


def dump(session) -> str:
    """Return everything that the database holds, as text."""
    session.rollback()
    return "\n".join(
        f"{table.name}: {dict(row)}"
        for table in Base.metadata.sorted_tables
        for row in session.execute(select(table)).mappings()
    )


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / forgotten.LOG


def erase(session, number, now, log) -> None:
    session.rollback()
    database.begin_write()
    erasures.erase(session.get(Person, number), now, log)
    session.commit()


def test_whoever_is_erased_is_nowhere_any_more(session, app, clock, morning, log) -> None:
    """P170."""
    before = dump(session).casefold()
    assert before.count(CANARY) > 30
    drawer = Drawer(Path(app.config["INSTANCE_PATH"]) / "letters")
    letter = b"Message-ID: <1@x>\r\nTo: Ben <ben@example.org>\r\nSubject: You met\r\n\r\nYou met Qanary.\r\n"
    drawer.send("", "ben@example.org", letter, lambda: True)
    erase(session, morning.ada.id, clock.now, log)
    drawer.forget(["Qanary Bevan", "Qanary"])
    assert connections.scrub(database.db.engine)
    found = [line for line in dump(session).splitlines() if CANARY in line.casefold()]
    assert not found, found
    for file in [*Path(app.config["INSTANCE_PATH"]).rglob("*"), log]:
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes().lower(), file


def test_the_other_side_keeps_that_they_met_someone_and_their_own_note(session, clock, morning, log) -> None:
    """P171."""
    erase(session, morning.ada.id, clock.now, log)
    contact = session.scalars(select(Contact).where(Contact.owner_id == morning.ben.id)).one()
    assert contact.other.name == belongings.SOMEBODY
    assert contact.other.erased_at == clock.now
    assert (contact.card, contact.opened_at, contacts.shown(contact)) == (None, None, {})
    assert [words.text for words in contacts.notes(contact)] == ["Keeps the books, sings"]
    assert session.scalars(select(Encounter)).one().event_id == morning.event.id


def test_the_mornings_numbers_stay_what_they_were(session, clock, morning, log) -> None:
    """P170."""
    before = rollcall.figures(morning.event, clock.now)
    erase(session, morning.ada.id, clock.now, log)
    assert rollcall.figures(morning.event, clock.now) == before
    assert {place.name for place in session.scalars(select(Attendance))} == {"Somebody", "Ben Okafor", "Cleo Nowak"}
    assert session.scalars(select(RosterEntry)).one().kept == {}


def test_what_was_agreed_is_called_off_and_nothing_waits_for_whoever_went(session, clock, morning, log) -> None:
    """P170, R28."""
    erase(session, morning.ada.id, clock.now, log)
    meeting = session.scalars(select(OneToOne)).one()
    assert (meeting.state, meeting.place, meeting.why) == (CANCELLED, "", "")
    told = select(Prompt).where(Prompt.kind == "agreement", Prompt.state == "open")
    assert session.scalars(told).one().person_id == morning.ben.id
    theirs = select(Prompt).where(Prompt.person_id == morning.ada.id)
    assert not session.scalars(theirs).all()
    assert sessions.mine(morning.ada) == []


def test_a_letter_that_was_written_and_names_them_is_written_anew(session, clock, morning, log) -> None:
    """P170: a frozen letter to whoever met them is thawed; one past its dot is on its way."""
    prompt = session.scalars(select(Prompt).where(Prompt.person_id == morning.ben.id)).first()
    for state, round_ in (("waiting", 1), ("dot", 2)):
        held = {"lease_until": clock.now} if state == "dot" else {}
        session.add(
            Delivery(
                prompt_id=prompt.id, round=round_, state=state, due_at=clock.now, next_try_at=clock.now,
                created_at=clock.now, frozen=b"You met Qanary", frozen_key="1", **held,
            )
        )  # fmt: skip
    session.commit()
    erase(session, morning.ada.id, clock.now, log)
    frozen = dict(session.execute(select(Delivery.state, Delivery.frozen)).all())
    assert frozen == {"waiting": None, "dot": b"You met Qanary"}


def test_nobody_is_asked_for_half_an_hour_with_whoever_went(session, clock, morning, log) -> None:
    """P170."""
    erase(session, morning.ada.id, clock.now, log)
    contact = session.scalars(select(Contact).where(Contact.owner_id == morning.ben.id)).one()
    offer = Offer([clock.now + timedelta(days=3)], cast.ZONE, "Café")
    with pytest.raises(one_to_ones.NobodyToAsk):
        invitations.propose(morning.ben, contact, offer, clock.now)
    follow_up = session.scalars(select(Prompt).where(Prompt.person_id == morning.ben.id, Prompt.kind == "follow_up"))
    assert prompts.fitting(follow_up.one()) == []


def test_what_was_written_from_an_address_goes_with_it(session, clock, log) -> None:
    """P170, P177: the number and its dates stay, the words and the address do not."""
    complaint = complaints.take("A qanary complains", "qanary@example.org", None, clock.now)
    notices.post(notices.COMPLAINT, complaint.reference, clock.now, email=complaint.email, data={"reference": "1"})
    session.commit()
    erasures.erase_address("qanary@example.org", clock.now, log)
    session.commit()
    assert CANARY not in dump(session).casefold()
    assert session.scalars(select(complaints.Complaint)).one().text == ""


def test_nothing_is_left_of_someone_whom_nobody_met(session, clock, log) -> None:
    number = cast.assemble(clock.now).dev.id
    session.commit()
    erase(session, number, clock.now, log)
    assert session.get(Person, number) is None


def test_the_only_organiser_hands_over_before_they_go(session, clock, morning) -> None:
    with pytest.raises(erasures.OnlyOrganiser, match="Bread & Butter"):
        erasures.ask(morning.cleo, "cleo  NOWAK")
    with pytest.raises(erasures.AnotherName):
        erasures.ask(morning.ben, "Ben")
    session.add(Membership(group_id=morning.group.id, person_id=morning.dev.id, role="organiser", joined_at=clock.now))
    session.flush()
    erasures.ask(morning.cleo, "Cleo Nowak")


def test_the_log_of_erasures_names_nobody_and_only_grows(session, clock, morning, log) -> None:
    numbers = [morning.ada.id, morning.dev.id]
    for number in numbers:
        erase(session, number, clock.now, log)
    written = log.read_text()
    assert [line.person for line in forgotten.lines(log)] == numbers
    assert not any(word in written.casefold() for word in ("qanary", "bevan", "dev", "example.org"))
    assert log.stat().st_mode & 0o777 == 0o600
    log.write_text(written + '{"person": 3, "fing')
    assert len(list(forgotten.lines(log))) == 2, "a line that a crash cut short is none"


def test_a_backup_forgets_again_whom_the_log_names_and_nobody_else(session, clock, morning) -> None:
    """P170: re-applied on restore. A later person with the same number is somebody else."""
    now = clock.now
    line = forgotten.line(morning.ada.id, forgotten.fingerprint(morning.ada), "qanary@example.org", now)
    later = forgotten.Line(morning.ben.id, "not-bens-fingerprint", "", line.key_id, line.erased_at)
    database.session.rollback()
    assert erasures.erase_again([line, later, line], now) == 1
    session.commit()
    assert CANARY not in dump(session).casefold()
    assert session.get(Person, morning.ben.id).name == "Ben Okafor"
    assert erasures.erase_again([line, later], now) == 0, "once is enough"


def test_an_address_on_lists_is_erased_without_anybody_having_an_account(session, clock, log) -> None:
    """P170, P172: somebody who was only ever listed."""
    scene = cast.assemble(clock.now)
    listed = attendee_lists.read(LIST.encode(), "qanary.csv")
    plan = intakes.plan(scene.event, listed.layout, intakes.rows(listed, intakes.Choices(listed.proposed()), "GB"), {})
    intakes.carry_out(scene.event, plan, scene.cleo, clock.now)
    session.commit()
    assert erasures.erase_address("qanary@example.org", clock.now, log) == 1
    session.commit()
    assert CANARY not in dump(session).casefold()
    assert session.scalars(select(Attendance)).one().name == belongings.SOMEBODY


# What is taken along


def packed(person, now) -> bytes:
    return list(exports.pack(person, now))[-1].content


def opened(content: bytes) -> dict[str, str]:
    from zipfile import ZipFile

    with ZipFile(BytesIO(content)) as archive:
        return {n: archive.read(n).decode("utf-8", "replace") for n in archive.namelist()}


def test_everything_of_mine_is_in_the_copy_and_nothing_that_others_wrote_of_me(session, clock, morning) -> None:
    """P169."""
    inside = opened(packed(morning.ada, clock.now))
    assert set(inside) == {"README.txt", "everything.json", "people-i-met.csv", "people-i-met.vcf", "photo.jpg"}
    told = json.loads(inside["everything.json"])
    assert set(told) == {belongings.RULES[name].title for name in exports.taken()}
    for name in exports.taken():
        mine = session.scalar(select(func.count()).select_from(belongings.table(name)).where(belongings.of(name, 1)))
        assert len(told[belongings.RULES[name].title]) == mine, name
    assert told["My notes and promises"][0]["text"] == "My qanary sings"
    assert told["Whom I met, and when"][0]["high"] == "Ben Okafor"
    assert told["Whom I met, and when"][0]["event"] == "Tuesday Breakfast, 2026-11-24"
    assert "sings" not in "".join(inside.values()).replace("My qanary sings", "")
    assert "private memory" in inside["README.txt"]
    assert inside["people-i-met.vcf"].count("BEGIN:VCARD") == 1


def test_a_thousand_encounters_are_packed_within_a_minute(session, clock) -> None:
    """P169: at most 60 s; here with a note on each."""
    scene, now = cast.assemble(clock.now), clock.now
    for number in range(1000):
        other = people.join(f"Person {number}", cast.ZONE, now)
        cards.issue(other, now, "Bakes")
        contacts.meet(scene.ada, other, uuid4(), encounters.CARD, now.date(), now, now)
        contacts.write(contacts.find(scene.ada, other), contacts.LINE, f"Note {number}", None, now)
    session.commit()
    session.expunge_all()
    began = time.monotonic()
    inside = opened(packed(session.get(Person, scene.ada.id), now))
    took = time.monotonic() - began
    assert took < 60
    assert len(inside["people-i-met.csv"].splitlines()) == 1001
    assert inside["people-i-met.vcf"].count("BEGIN:VCARD") == 1000
    assert len(json.loads(inside["everything.json"])["My notes and promises"]) == 1000


def test_the_copy_holds_no_lock_and_no_key(session, clock, morning) -> None:
    """A138, P169."""
    told = json.loads(opened(packed(morning.ada, clock.now))["everything.json"])
    columns = {column for rows in told.values() for row in rows for column in row}
    assert not columns & {"token_hash", "nonce_hash", "salt", "key_id", "sealed", "frozen", "jpeg"}


def test_a_cell_that_would_be_a_formula_is_none(session, clock, morning) -> None:
    morning.ben.name = "=HYPERLINK Okafor"
    table = opened(packed(morning.ada, clock.now))["people-i-met.csv"]
    assert "'=HYPERLINK" in table
    assert table.splitlines()[0].startswith("\ufeffFirst name,Last name,E-mail,Company,Role,Met on")


def test_a_copy_is_fetched_once_and_forgotten_after_a_day(session, clock, morning) -> None:
    """P169: single use, 24 h."""
    parcel = parcels.ask(morning.ada, clock.now)
    assert parcels.ask(morning.ada, clock.now).id == parcel.id
    with pytest.raises(parcels.NotFound):
        parcels.fetch(morning.ada, clock.now)
    parcels.close(parcel.id, b"all of it", clock.now)
    assert b"all of it" not in session.scalar(select(parcels.Parcel.sealed))
    with pytest.raises(parcels.NotFound):
        parcels.fetch(morning.ben, clock.now)
    assert parcels.fetch(morning.ada, clock.now) == b"all of it"
    with pytest.raises(parcels.NotFound):
        parcels.fetch(morning.ada, clock.now)
    late = parcels.ask(morning.ada, clock.now)
    parcels.close(late.id, b"all of it", clock.now)
    with pytest.raises(parcels.NotFound):
        parcels.fetch(morning.ada, clock.move(hours=24))
    parcels.forget(clock.now)
    assert not session.scalars(select(parcels.Parcel)).all()


def test_every_column_of_words_in_a_row_that_stays_is_blanked_or_spoken_for() -> None:
    """P170: a new text column on a table whose rows stay is thought of."""
    for name, rule in belongings.RULES.items():
        if rule.whose and rule.erase != belongings.DELETED:
            blank = belongings.blank(name)
            for column in belongings.table(name).columns:
                if isinstance(column.type, (String, JSON, LargeBinary)):
                    assert column.name in blank or (name, column.name) in CODES, f"{name}.{column.name}"
