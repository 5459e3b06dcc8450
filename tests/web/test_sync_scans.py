"""What a phone read while it was away: whose it was, when and where, and what to think of it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app import clock
from app.delivery import housekeeping
from app.domain import attendance, badges, cards, contacts, encounters, events, holders, jottings, questions, retentions
from app.domain.attendance import Attendance
from app.domain.encounters import Encounter, Observation
from app.domain.jottings import Jotting
from app.domain.people import Person
from app.domain.questions import ACCESS
from app.domain.sightings import Sighting
from app.domain.strays import Stray
from tests import cast
from tests.cast import Cast
from tests.web.phones import Phone


def meetings(session) -> list[Encounter]:
    """Return the encounters that are alive."""
    return list(session.scalars(select(Encounter).where(Encounter.voided_at.is_(None)).order_by(Encounter.id)))


@pytest.mark.both_databases
def test_two_who_scan_each_other_without_a_network_have_met_once(session, world: Cast, adas: Phone, his: Phone) -> None:
    """O48, B20. One meeting, and each has the other in a way of their own."""
    hers, back = adas.scan(world.ben), his.scan(world.ada)
    assert adas.answers(hers, adas.kept("line", of=hers["id"], text="Builds websites"))[0]["result"] == "stored"
    assert his.answers(back, his.kept("line", of=back["id"], text="Keeps books"))[0]["result"] == "duplicate"
    assert len(meetings(session)) == 1
    noted = [contacts.notes(contacts.find(*pair))[0].text for pair in ((world.ada, world.ben), (world.ben, world.ada))]
    assert noted == ["Builds websites", "Keeps books"]


def test_one_person_scanned_five_times_was_met_once(session, world: Cast, adas: Phone) -> None:
    """B22."""
    answers = adas.answers(*(adas.scan(world.ben, world.event.starts_at + timedelta(minutes=n)) for n in range(5)))
    assert [one["result"] for one in answers] == ["stored", *["duplicate"] * 4]
    [meeting] = meetings(session)
    assert meeting.met_at == world.event.starts_at
    assert len(list(session.scalars(select(Observation)))) == 5


def test_nobody_meets_themselves(session, world: Cast, adas: Phone) -> None:
    """B21. Nor by an old card of theirs."""
    old = adas.scan(world.ada)
    cards.renew(cards.of(world.ada), clock.now())
    session.commit()
    answers = adas.answers(old, adas.scan(world.ada))
    assert [(one["result"], one["reason"]) for one in answers] == [("refused", "own_card")] * 2
    assert meetings(session) == []


@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_a_token_is_read_in_any_case(world: Cast, adas: Phone, case) -> None:
    """Q5."""
    scan = adas.scan(world.ben)
    assert adas.answers({**scan, "token": case(scan["token"])})[0]["name"] == "Ben Okafor"


def test_a_short_code_is_read_however_it_was_typed_and_a_wrong_one_counts_as_a_try(world: Cast, adas: Phone) -> None:
    """Q5, Q16."""
    code = cards.living(cards.of(world.ben)).short_code
    typed = f" {code[:4].lower()}-{code[4:]} ".replace("0", "o").replace("1", "l")
    wrong = [adas.kept("scan", code=wrong, event=None) for wrong in ("ZZZZZZZZ", "1234", "")]
    answers = adas.answers(adas.kept("scan", code=typed, event=None), *wrong)
    assert answers[0]["name"] == "Ben Okafor"
    assert [one["reason"] for one in answers[1:]] == ["unknown_code"] * 3
    many = adas.send(*(adas.kept("scan", code=f"ZZZZ{n:04d}", event=None) for n in range(70)))
    assert (many.status_code, many.json["reason"]) == (429, "too_many")


# When


@pytest.mark.parametrize("wrong", [timedelta(days=1), timedelta(days=-1), timedelta(hours=26), timedelta(hours=-26)])
def test_a_clock_that_is_wrong_all_the_time_is_set_right(session, world: Cast, adas: Phone, clock, wrong) -> None:
    """O50, B4."""
    met_at = world.event.starts_at + timedelta(minutes=20)
    [answer] = adas.answers(adas.scan(world.ben, met_at + wrong), client_now=(clock.now + wrong).isoformat())
    assert answer["flags"] == ["skewed"]
    [meeting] = meetings(session)
    assert (meeting.met_at, meeting.event_id) == (met_at, world.event.id)


@pytest.mark.parametrize(
    "at",
    [
        datetime(1970, 1, 1, 0, 3, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 23, 7, 20, tzinfo=UTC),
        datetime(2026, 11, 25, 7, 20, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
    ],
)
def test_a_clock_that_was_wrong_at_the_time_is_held_to_the_morning(session, world: Cast, adas: Phone, at) -> None:
    """O50, B4. What the phone says of where it was counts where its clock does not; who was not there was not there."""
    [answer] = adas.answers(adas.scan(world.ben, at, event=world.event.code))
    assert answer["flags"] == ["skewed"]
    [meeting] = meetings(session)
    assert meeting.event_id == world.event.id
    assert world.event.starts_at - timedelta(hours=12) <= meeting.met_at <= clock.now()


def test_a_clock_that_the_night_put_forward_changes_nothing(session, world: Cast, adas: Phone, clock) -> None:
    """B4. An instant carries its offset: before and after the change it is the same one."""
    clock.set(datetime(2026, 10, 25, 2, 30, tzinfo=UTC))
    before, after = "2026-10-25T01:59:30+01:00", "2026-10-25T01:00:30+00:00"
    items = [{**adas.scan(whom), "at": at} for whom, at in ((world.ben, before), (world.cleo, after))]
    world.ada.created_at = datetime(2026, 1, 1, tzinfo=UTC)
    session.commit()
    adas.visitor.sign_in(world.ada)
    assert [one["flags"] for one in adas.answers(*items)] == [[], []]
    apart = [meeting.met_at for meeting in meetings(session)]
    assert apart[1] - apart[0] == timedelta(minutes=1)


@pytest.mark.parametrize("weeks", [2, 5])
def test_what_comes_weeks_late_is_of_the_morning_it_happened(session, world: Cast, adas: Phone, clock, weeks) -> None:
    """O50, B17, B23. The event has closed meanwhile; the scan counts there all the same, in whatever order it comes."""
    first = adas.scan(world.ben, world.event.starts_at)
    second = adas.scan(world.cleo, world.event.starts_at + timedelta(minutes=1))
    clock.move(weeks=weeks)
    adas.visitor.sign_in(world.ada)
    assert [one["flags"] for one in adas.answers(second, first)] == [["late"], ["late"]]
    assert [(one.event_id, one.met_at) for one in meetings(session)] == [
        (world.event.id, datetime.fromisoformat(item["at"])) for item in (second, first)
    ]


def test_where_the_event_was_deleted_or_called_off_the_two_met_that_day(session, world: Cast, adas, clock) -> None:
    """B17."""
    scan, other = adas.scan(world.ben, event=world.event.code), adas.scan(world.cleo, event=world.event.code)
    events.cancel(world.event, clock.now)
    session.commit()
    adas.answers(scan)
    assert [(one.event_id, one.local_day) for one in meetings(session)] == [(None, world.event.day)]
    retentions.close(world.group)
    session.commit()
    assert adas.answers(other)[0]["result"] == "stored"
    assert len(meetings(session)) == 2


# Where


def test_whoever_turns_out_to_have_been_there_met_people_there(session, world: Cast, adas: Phone, clock) -> None:
    """Cleo's check-in comes after her scans; the meeting moves to the morning."""
    cleos = Phone(adas.visitor.application.test_client(), world.cleo)
    cleos.answers(cleos.scan(world.dev))
    assert [(one.event_id, one.local_day) for one in meetings(session)] == [(None, world.event.day)]
    assert cleos.answers(cleos.kept("arrive", event=world.event.code))[0]["result"] == "stored"
    assert [(one.event_id, one.local_day) for one in meetings(session)] == [(world.event.id, None)]


def test_a_meeting_that_one_of_the_two_removed_is_not_brought_back_by_a_late_scan(
    session, world: Cast, adas: Phone, his: Phone, clock
) -> None:
    """D4. Whoever shows their card again afterwards has met again."""
    late = his.scan(world.ada)
    adas.answers(adas.scan(world.ben))
    clock.move(minutes=5)
    contacts.remove(world.ada, meetings(session)[0].id, clock.now)
    session.commit()
    clock.move(minutes=5)
    his.answers(late)
    assert meetings(session) == []
    his.answers(his.scan(world.ada))
    assert len(meetings(session)) == 1


# Withdrawn, unknown, nobody's


def test_a_scan_before_the_card_was_withdrawn_counts(session, world: Cast, adas: Phone, clock) -> None:
    """B19."""
    scan = adas.scan(world.ben)
    cards.renew(cards.of(world.ben), clock.move(minutes=1))
    session.commit()
    [answer] = adas.answers(scan)
    assert (answer["result"], answer["name"], answer["flags"]) == ("stored", "Ben Okafor", ["revoked"])
    assert len(meetings(session)) == 1


def asked(world: Cast, asker: Person):
    return [one for one in questions.for_me(world.ben, clock.now()) if one.asker is asker]


def withdrawn_before(session, world: Cast, adas: Phone, clock):
    """Let Ada scan Ben's card after he withdrew it; return the item and its answer."""
    scan = adas.scan(world.ben, clock.now + timedelta(minutes=2))
    cards.renew(cards.of(world.ben), clock.move(minutes=1))
    session.commit()
    clock.move(minutes=5)
    return scan, adas.answers(scan)[0]


@pytest.mark.both_databases
def test_a_scan_after_the_card_was_withdrawn_waits_for_its_owners_yes(session, world, adas: Phone, clock) -> None:
    """B19. Until then it names nobody and counts for nobody; a line written meanwhile waits with it."""
    scan, answer = withdrawn_before(session, world, adas, clock)
    assert (answer["result"], answer["name"], answer["sheet"]) == ("stored", None, None)
    assert answer["flags"] == ["revoked", "waits"]
    adas.answers(adas.kept("line", of=scan["id"], text="Cycles in"))
    assert housekeeping.reunite(clock.now) == 0
    assert meetings(session) == []
    assert contacts.find(world.ada, world.ben).opened_at is None
    [question] = asked(world, world.ada)
    holders.answer(question, True, clock.now)
    session.commit()
    assert housekeeping.reunite(clock.now) == 1
    [meeting] = meetings(session)
    assert (meeting.event_id, meeting.met_at) == (world.event.id, datetime.fromisoformat(scan["at"]))
    assert [note.text for note in contacts.notes(contacts.find(world.ada, world.ben))] == ["Cycles in"]
    assert "Ben Okafor" in adas.visitor.get(f"/encounters/{scan['id']}").text
    assert housekeeping.reunite(clock.now) == 0


def test_a_no_to_it_is_silent(session, world: Cast, adas: Phone, clock) -> None:
    """B19."""
    withdrawn_before(session, world, adas, clock)
    [question] = asked(world, world.ada)
    holders.answer(question, False, clock.now)
    session.commit()
    assert housekeeping.reunite(clock.now) == 0
    assert meetings(session) == []


def test_who_was_blocked_cannot_tell_it_from_a_card_that_was_withdrawn(session, world, adas: Phone, clock) -> None:
    """P166, O53."""
    from app.domain import partings

    _scan, withdrawn = withdrawn_before(session, world, adas, clock)
    partings.block(world.cleo, world.ada, clock.now)
    session.commit()
    [blocked] = adas.answers(adas.scan(world.cleo))
    assert {**blocked, "id": None} == {**withdrawn, "id": None}
    assert questions.for_me(world.cleo, clock.now) == []


@pytest.mark.both_databases
def test_a_code_that_nobody_has_yet_is_kept_until_somebody_has(session, world: Cast, adas: Phone, clock) -> None:
    """B19. With what was written about it, and without what was taken back."""
    zoe = cast.person("Zoë Hill", clock.now)
    token = cards.living(cards.of(zoe))
    unknown = adas.scan(zoe)
    session.rollback()
    kept = [{**unknown, "id": str(uuid4())} for _time in range(2)]
    answers = adas.answers(*kept, adas.kept("line", of=kept[0]["id"], text="Bakes"))
    assert [one["flags"] for one in answers] == [["unknown_token"], ["unknown_token"], ["waits"]]
    assert [one["result"] for one in answers] == ["stored"] * 3
    adas.answers(adas.kept("void", of=kept[1]["id"]))
    zoe = cast.person("Zoë Hill", clock.now)
    token = cards.living(cards.of(zoe))
    for stray in session.scalars(select(Stray)):
        stray.token_hash = token.token_hash
    session.commit()
    assert housekeeping.reunite(clock.now) == 1
    [meeting] = meetings(session)
    assert (meeting.event_id, meeting.met_at) == (world.event.id, datetime.fromisoformat(unknown["at"]))
    assert contacts.notes(contacts.find(world.ada, zoe))[0].text == "Bakes"
    assert session.scalars(select(Jotting)).all() == []


def test_an_undo_that_comes_before_its_scan_undoes_it(session, world: Cast, adas: Phone) -> None:
    scan = adas.scan(world.ben)
    adas.answers(adas.kept("void", of=scan["id"]))
    assert adas.answers(scan)[0]["result"] == "stored"
    assert meetings(session) == []
    assert session.scalars(select(Observation)).one().voided_at is not None
    assert session.scalars(select(Stray)).all() == []


def listed(session, world: Cast, name: str = "Gareth Bevan") -> Attendance:
    place = cast.expect(world.event, name, clock.now())
    badges.issue(place, clock.now())
    session.commit()
    return place


def test_a_badge_that_nobody_claimed_waits_for_whoever_does(session, world: Cast, adas: Phone, clock) -> None:
    """D3."""
    from app.domain import rosters

    place = listed(session, world)
    world.group.badge_names = True
    scan = adas.kept("scan", token=badges.issue(place, clock.now).token.upper(), event=world.event.code)
    session.commit()
    [answer] = adas.answers(scan)
    assert (answer["result"], answer["name"], answer["flags"]) == ("stored", "Gareth Bevan", ["waits"])
    assert "Gareth" in adas.visitor.get(answer["sheet"]).text
    assert adas.answers(scan) == [answer]
    adas.answers(adas.kept("line", of=scan["id"], text="Sells cheese"))
    gareth = cast.person("Gareth Bevan", clock.now)
    rosters.claim(place, gareth, clock.now)
    session.commit()
    housekeeping.reunite(clock.now)
    assert contacts.notes(contacts.find(world.ada, gareth))[0].text == "Sells cheese"
    assert len(meetings(session)) == 1
    assert adas.answers(adas.kept("void", of=scan["id"]))[0]["result"] == "stored"
    assert meetings(session) == []


def test_a_badge_scanned_by_who_has_not_arrived_waits_for_their_check_in(session, world: Cast, adas, clock) -> None:
    place = listed(session, world)
    cleos = Phone(adas.visitor.application.test_client(), world.cleo)
    [answer] = cleos.answers(cleos.kept("scan", token=badges.issue(place, clock.now).token, event=None))
    assert (answer["result"], answer["name"], answer["flags"]) == ("stored", None, ["waits"])
    assert housekeeping.reunite(clock.now) == 0
    cast.arrive(world.event, world.cleo)
    attendance.of(world.event, world.cleo).vouched_at = clock.now
    session.commit()
    assert housekeeping.reunite(clock.now) == 1
    assert session.scalars(select(Sighting)).one().observer_id == world.cleo.id


def test_a_pick_from_the_list_is_a_meeting_added_by_hand(session, world: Cast, adas: Phone, clock) -> None:
    """D3. It opens what anyone may see, and asks."""
    bens = attendance.of(world.event, world.ben)
    for place in (bens, attendance.of(world.event, world.ada)):
        place.vouched_at = clock.now
    session.commit()
    [answer] = adas.answers(adas.kept("scan", place=bens.id, event=world.event.code))
    assert (answer["result"], answer["name"]) == ("stored", "Ben Okafor")
    assert session.scalars(select(Observation)).one().how == encounters.BY_HAND
    assert contacts.find(world.ada, world.ben).opened_at is None
    assert questions.waits(world.ada, world.ben, ACCESS, clock.now)


def test_the_list_is_not_read_by_picking_from_it(session, world: Cast, adas: Phone, clock) -> None:
    """A128, D2. Of an event that one is not at, no place has a name, and whether there is one is not told either."""
    elsewhere = events.create(world.group.id, cast.TUESDAY, clock.now)
    place = cast.expect(elsewhere, "Gareth Bevan", clock.now)
    answers = adas.answers(adas.kept("scan", place=place.id, event=None), adas.kept("scan", place=99_999, event=None))
    told = [{**answer, "id": None} for answer in answers]
    assert told[0] == told[1]
    assert told[0]["name"] is None


def test_words_about_nobody_are_dropped_in_the_end(session, world: Cast, adas: Phone, clock) -> None:
    adas.answers(adas.kept("line", of=str(uuid4()), text="About whom?"))
    assert len(list(session.scalars(select(Jotting)))) == 1
    jottings.forget(clock.move(days=180, seconds=1) - timedelta(days=180))
    assert session.scalars(select(Jotting)).all() == []
