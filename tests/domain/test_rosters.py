"""Rosters: what a list does to an event, once and however often it comes, and how its people find themselves on it."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.domain import attendance, attendee_lists, events, intakes, rosters
from app.domain.attendance import Attendance, AttendanceChange
from app.domain.events import Event
from app.domain.headings import Field
from app.domain.intakes import Answer, Choices, Fate, Plan, Tally
from app.domain.matches import Why
from app.domain.replies import Reason
from app.domain.rosters import RosterDraft, RosterEntry
from tests import cast
from tests.cast import Cast

DATA = Path(__file__).parent.parent / "data"
LISTS = sorted(path.name for path in DATA.iterdir() if path.name.partition("-")[0] not in ("google", "linkedin"))


@pytest.fixture
def scene(session, clock) -> Cast:  # type: ignore[no-untyped-def]
    return cast.assemble(clock.now)


def planned(event: Event, data: bytes | str, **chosen: object) -> Plan:
    listed = attendee_lists.read(data if isinstance(data, bytes) else data.encode(), "list.csv")
    choices = Choices(**{"columns": listed.proposed(), **chosen})  # type: ignore[arg-type]
    rows = intakes.rows(listed, choices, intakes.region(event))
    return intakes.plan(event, listed.layout, rows, choices.answers)


def take(scene: Cast, data: bytes | str, **chosen: object) -> Tally:
    wanted = planned(scene.event, data, **chosen)
    return intakes.carry_out(scene.event, wanted, scene.cleo, scene.event.created_at)


def entry(scene: Cast, name: str) -> RosterEntry:
    [found] = [one for one in rosters.of(scene.event) if one.name == name]
    return found


def listed_names(scene: Cast) -> list[str]:
    return [one.name for one in rosters.of(scene.event)]


# Once


@pytest.mark.parametrize(
    ("name", "created", "skipped"),
    [
        ("bni-palms-summary.csv", 30, {}),
        ("eventbrite-attendees.csv", 38, {"cancelled": 4, "duplicate": 1}),
        ("hand-kept-list.csv", 18, {}),
        ("hi-events-attendees.csv", 24, {"cancelled": 6}),
        ("luma-guests.csv", 20, {"declined": 5, "waitlist": 5}),
        ("meetup-attendees.csv", 15, {"not_attending": 5, "waitlist": 5}),
        ("meetup-members.xls", 25, {}),
        ("pretix-checkin-list.csv", 35, {}),
    ],
)
def test_every_list_comes_in_whole_and_a_second_time_changes_nothing(
    scene: Cast, name: str, created: int, skipped: dict[str, int]
) -> None:
    """A108. Re-import idempotent."""
    data = (DATA / name).read_bytes()
    assert take(scene, data) == Tally(created=created, skipped=Counter(skipped))
    version = scene.event.version
    assert take(scene, data) == Tally(matched=created, skipped=Counter(skipped))
    assert scene.event.version == version


def test_all_lists_of_one_morning_together_make_one_roster(scene: Cast) -> None:
    for name in LISTS:
        take(scene, (DATA / name).read_bytes())
    first = Counter(one.comparable_name for one in rosters.of(scene.event))
    assert {name for name, times in first.items() if times > 1} <= {"grace"}
    for name in LISTS:
        assert take(scene, (DATA / name).read_bytes()).created == 0
    assert Counter(one.comparable_name for one in rosters.of(scene.event)) == first


def test_each_entry_has_a_place_that_is_expected_and_noted_as_imported(scene: Cast, session) -> None:  # type: ignore[no-untyped-def]
    take(scene, (DATA / "luma-guests.csv").read_bytes())
    places = session.execute(select(Attendance.state, Attendance.origin, func.count()).group_by("state", "origin"))
    assert set(map(tuple, places)) == {("going", "list", 15), ("invited", "list", 5)}
    noted = session.execute(select(AttendanceChange.how, AttendanceChange.by_id, func.count()).group_by("how", "by_id"))
    assert [tuple(row) for row in noted] == [("import", scene.cleo.id, 20)]


def test_an_open_page_learns_of_new_places_by_the_events_version(scene: Cast) -> None:
    before = scene.event.version
    take(scene, "Name\nGareth Bevan\nNia Ahmed\n")
    assert scene.event.version == before + 1
    assert {one.attendance.version for one in rosters.of(scene.event)} == {before + 1}


def test_what_the_list_said_stands_in_the_entry(scene: Cast) -> None:
    luma = attendee_lists.read((DATA / "luma-guests.csv").read_bytes(), "luma.csv")
    meet = luma.headers.index("Who would you like to meet?")
    take(scene, (DATA / "luma-guests.csv").read_bytes(), keep=frozenset({meet}))
    aisha = entry(scene, "Aisha Tanaka")
    assert (aisha.layout, aisha.external_id, aisha.email) == ("luma", "gst-00000000000004", "aishatanaka@example.com")
    assert (aisha.phone, aisha.phone_typed, aisha.what_i_do) == ("+447700900155", "07700 900155", "Photographer")
    assert (aisha.flags, aisha.ticket) == (["pending"], "Breakfast")
    assert aisha.kept == {"Who would you like to meet?": "Builders"}


def test_a_number_is_at_home_in_the_country_of_the_events_zone(scene: Cast) -> None:
    scene.event.time_zone = "Europe/Berlin"
    take(scene, "Name,Mobile\nGareth Bevan,030 901820\n")
    assert entry(scene, "Gareth Bevan").phone == "+4930901820"
    scene.event.time_zone = "UTC"
    assert intakes.region(scene.event) == "GB"


def test_nothing_is_written_while_it_is_only_looked_at(scene: Cast, session) -> None:  # type: ignore[no-untyped-def]
    version = scene.event.version
    planned(scene.event, (DATA / "eventbrite-attendees.csv").read_bytes())
    session.flush()
    assert session.scalar(select(func.count()).select_from(Attendance)) == 0
    assert scene.event.version == version


# Again


def test_a_blank_never_wipes_and_a_gap_is_filled(scene: Cast) -> None:
    take(scene, "Name,Email,Company\nNia Ahmed,nia@example.com,\n")
    tally = take(scene, "Name,Email,Company,Mobile\nNIA AHMED,,Ahmed & Co,07700 900615\n")
    assert (tally.created, tally.matched, tally.filled) == (0, 1, 1)
    nia = entry(scene, "Nia Ahmed")
    assert (nia.email, nia.company, nia.phone) == ("nia@example.com", "Ahmed & Co", "+447700900615")


def test_what_stands_in_an_entry_is_not_overwritten(scene: Cast) -> None:
    take(scene, "Name,Company\nNia Ahmed,Ahmed & Co\n")
    entry(scene, "Nia Ahmed").company = "Ahmed & Daughters"  # an organiser put it right
    assert take(scene, "Name,Company\nNia Ahmed,Ahmed & Co\n").filled == 0
    assert entry(scene, "Nia Ahmed").company == "Ahmed & Daughters"


def test_who_was_invited_is_going_once_a_list_says_so_and_never_the_other_way(scene: Cast) -> None:
    """And the second time the same list changes nothing."""
    pending = "api_id,name,email,approval_status\ngst-1,Ewan Stewart,ewan@example.org,%s\n"
    take(scene, pending % "pending_approval")
    place = entry(scene, "Ewan Stewart").attendance
    assert place.state == attendance.INVITED
    assert take(scene, pending % "approved").filled == 1
    assert (place.state, [c.to_state for c in attendance.changes(place)]) == (attendance.GOING, ["invited", "going"])
    assert take(scene, pending % "approved").filled == 0
    take(scene, pending % "pending_approval")
    assert place.state == attendance.GOING


def test_names_match_whatever_accents_case_spaces_and_apostrophes(scene: Cast) -> None:
    take(scene, "Name\nŁucja O’Neill\nDafydd ap-Rhys\nZoë Patel\n")
    again = take(scene, "Name\nlucja ONEILL\nDafydd  ap Rhys\nZoe Patel\n")
    assert (again.created, again.matched) == (0, 3)


def test_last_name_first_matches_first_name_first_and_is_turned_with_a_yes(scene: Cast) -> None:
    hand_kept = (DATA / "hand-kept-list.csv").read_bytes()
    take(scene, hand_kept)
    assert "Stewart, Owen" in listed_names(scene)
    again = take(scene, hand_kept, turn_all=True)
    assert (again.created, again.matched, again.filled) == (0, 18, 18)
    assert entry(scene, "Owen Stewart").attendance.name == "Owen Stewart"
    assert not [name for name in listed_names(scene) if "," in name]


def test_one_name_under_two_numbers_of_a_platform_stays_two_people(scene: Cast) -> None:
    graces = "Name,User ID,RSVP\nGrace,16,Yes\nGrace,24,Yes\n"
    assert take(scene, graces).created == 2
    assert take(scene, graces).matched == 2
    assert listed_names(scene) == ["Grace", "Grace"]


def test_a_namesake_with_another_number_comes_in_beside_the_first(scene: Cast) -> None:
    take(scene, "Name,User ID,RSVP\nGrace,16,Yes\n")
    assert take(scene, "Name,User ID,RSVP\nGrace,24,Yes\n").created == 1
    assert take(scene, "Name\nGrace\n").created == 0


# What has to be asked


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("Name,User ID,RSVP\nGareth,8,Yes\n", "Name,User ID,RSVP\nSiân,8,Yes\n", Why.SAME_NUMBER),
        ("Name,User ID,RSVP\nGareth,8,Yes\n", "Name,Member ID,Joined Group on\nSiân,8,x\n", Why.SAME_NUMBER),
        ("Name,Email\nGareth,g@example.org\n", "Name,Email\nSiân,G@example.org\n", Why.SAME_ADDRESS),
    ],
)
def test_a_number_or_address_with_another_name_is_asked_and_changes_nothing(
    scene: Cast, before: str, after: str, why: Why
) -> None:
    take(scene, before)
    [line] = planned(scene.event, after).lines
    assert line.fate is Fate.ASK
    assert line.question is not None
    assert (line.question.why, line.question.name) == (why, "Gareth")
    assert take(scene, after) == Tally(asked=1)
    assert listed_names(scene) == ["Gareth"]


def test_the_same_person_is_one_entry_and_is_not_asked_for_again(scene: Cast) -> None:
    take(scene, "Name,Email\nOwen Stewart,owen@example.net\n")
    second = "Name,Email,Company\nO. Stewart,owen@example.net,Stewart & Co\n"
    assert take(scene, second, answers={2: Answer.SAME}).filled == 1
    assert entry(scene, "Owen Stewart").company == "Stewart & Co"
    assert take(scene, second) == Tally(matched=1)


def test_the_same_person_within_one_file_is_not_asked_for_again_either(scene: Cast) -> None:
    listed = "Name,Email,Company\nOwen Stewart,owen@example.net,\nO. Stewart,owen@example.net,Stewart & Co\n"
    first = take(scene, listed, answers={3: Answer.SAME})
    assert first == Tally(created=1, skipped=Counter({Reason.DUPLICATE: 1}))
    assert entry(scene, "Owen Stewart").company == "Stewart & Co"
    assert take(scene, listed) == Tally(matched=2)


def test_another_person_is_another_entry_and_is_not_asked_for_again(scene: Cast) -> None:
    listed = "Name,User ID,RSVP\nGareth,8,Yes\nSiân,8,Yes\n"
    assert take(scene, listed, answers={3: Answer.ANOTHER}).created == 2
    assert take(scene, listed) == Tally(matched=2)
    assert listed_names(scene) == ["Gareth", "Siân"]


def test_who_is_left_out_is_left_out(scene: Cast) -> None:
    listed = "Name,Email\nGareth,g@example.org\nSiân,g@example.org\n"
    tally = take(scene, listed, answers={3: Answer.OUT})
    assert tally == Tally(created=1, skipped=Counter({Reason.LEFT_OUT: 1}))


def test_a_namesake_that_was_asked_about_is_still_asked_about_next_time(scene: Cast) -> None:
    listed = "Name,Email\nGrace Singh,grace@example.org\nGrace Singh,gs@example.com\n"
    assert take(scene, listed) == Tally(created=1, asked=1)
    assert take(scene, listed) == Tally(matched=1, asked=1)
    assert take(scene, listed, answers={3: Answer.ANOTHER}) == Tally(created=1, matched=1)
    assert take(scene, listed) == Tally(matched=2)


def test_a_single_name_is_filled_to_the_whole_one_by_a_yes(scene: Cast) -> None:
    take(scene, "Name,User ID,RSVP\nGareth,88000008,Yes\n")
    members = "Name,Member ID,Joined Group on\nGareth Kowalska,88000008,x\n"
    take(scene, members, answers={2: Answer.SAME})
    assert entry(scene, "Gareth Kowalska").attendance.name == "Gareth Kowalska"
    assert take(scene, "Name,User ID,RSVP\nGareth,88000008,Yes\n") == Tally(matched=1)


def test_who_walked_in_before_the_list_came_is_asked_about_not_doubled(scene: Cast) -> None:
    cast.arrive(scene.event, scene.ada)
    [line] = planned(scene.event, "Name\nada BEVAN\n").lines
    assert line.question is not None
    assert line.question.why is Why.WALKED_IN
    assert take(scene, "Name\nada BEVAN\n", answers={2: Answer.SAME}).skipped == {Reason.HERE_ALREADY: 1}
    assert take(scene, "Name\nada BEVAN\n", answers={2: Answer.ANOTHER}).created == 1


# What another door wrote


def test_a_check_in_counts_only_where_the_organiser_says_so_and_only_that_morning(scene: Cast) -> None:
    listed = "Name,Here\nNia Ahmed,2026-11-24 07:02\nWei Hussain,2026-11-17 07:02\nOwen Stewart,\n"
    told = {Field.NAME: 0, Field.CAME: 1}
    plan = planned(scene.event, listed, columns=told)
    afterwards = scene.event.ends_at
    intakes.carry_out(scene.event, plan, scene.cleo, afterwards)
    assert {one.name: one.attendance.state for one in rosters.of(scene.event)} == {
        "Nia Ahmed": attendance.PRESENT,
        "Wei Hussain": attendance.INVITED,
        "Owen Stewart": attendance.INVITED,
    }
    assert entry(scene, "Nia Ahmed").attendance.arrived_at == scene.event.starts_at


def test_nobody_came_before_the_morning_began(scene: Cast) -> None:
    plan = planned(scene.event, "Name,Here\nNia Ahmed,yes\n", columns={Field.NAME: 0, Field.CAME: 1})
    intakes.carry_out(scene.event, plan, scene.cleo, scene.event.starts_at - timedelta(hours=1))
    assert entry(scene, "Nia Ahmed").attendance.state == attendance.INVITED


# "That's me"


@pytest.mark.parametrize("typed", ["Gareth Bevan", " gareth  BEVAN ", "Bevan, Gareth", "Gáreth Bevan"])
def test_a_typed_name_finds_its_unclaimed_entry(scene: Cast, typed: str) -> None:
    take(scene, "Name\nGareth Bevan\nGareth Evans\n")
    assert [one.name for one in rosters.claimable(scene.event, typed)] == ["Gareth Bevan"]


@pytest.mark.parametrize("typed", ["Gareth", "Gareth B", "Gareth%", "", "Gareth\x00Bevan", "Gareth Bevan" * 20])
def test_anything_but_the_exact_name_finds_nobody(scene: Cast, typed: str) -> None:
    take(scene, "Name\nGareth Bevan\n")
    assert rosters.claimable(scene.event, typed) == []


def test_an_entry_that_was_not_turned_is_found_first_name_first(scene: Cast) -> None:
    take(scene, (DATA / "hand-kept-list.csv").read_bytes())
    assert [one.name for one in rosters.claimable(scene.event, "Owen Stewart")] == ["Stewart, Owen"]


def test_a_claimed_entry_is_nobody_elses(scene: Cast) -> None:
    take(scene, "Name,Email\nDev Singh,dev@example.net\n")
    [found] = rosters.claimable(scene.event, "Dev Singh")
    rosters.claim(found, scene.dev, scene.event.starts_at)
    assert found.person is scene.dev
    assert entry(scene, "Dev Singh").claimed_at == scene.event.starts_at
    assert rosters.claimable(scene.event, "Dev Singh") == []
    assert (scene.dev.email, scene.dev.email_typed) == (None, None)


def test_a_list_of_another_event_is_not_this_ones(scene: Cast, clock) -> None:  # type: ignore[no-untyped-def]
    take(scene, "Name\nGareth Bevan\n")
    another = events.create(scene.group.id, cast.TUESDAY, clock.now)
    assert rosters.claimable(another, "Gareth Bevan") == []
    assert planned(another, "Name\nGareth Bevan\n").tally().created == 1


# A list that waits for a yes


def test_a_draft_waits_a_day_and_belongs_to_its_event(scene: Cast, session, clock) -> None:  # type: ignore[no-untyped-def]
    data = (DATA / "luma-guests.csv").read_bytes()
    listed = attendee_lists.read(data, "luma-guests.csv")
    draft = intakes.hand_in(scene.event, listed, data, scene.cleo, clock.now)
    assert rosters.drafted(scene.event, draft.id, clock.now).data == data
    assert Choices.from_json(draft.choices).columns == listed.proposed()
    another = events.create(scene.group.id, cast.TUESDAY, clock.now)
    with pytest.raises(rosters.DraftGone):
        rosters.drafted(another, draft.id, clock.now)
    with pytest.raises(rosters.DraftGone):
        rosters.drafted(scene.event, draft.id, clock.move(days=1))
    rosters.forget_drafts(clock.now)
    assert session.scalar(select(func.count()).select_from(RosterDraft)) == 0


def test_choices_are_kept_as_they_were_made() -> None:
    choices = Choices({Field.NAME: 2}, 4, frozenset({5}), frozenset({3, 9}), True, {7: Answer.OUT})
    assert Choices.from_json(choices.as_json()) == choices


def test_a_list_that_only_fills_in_a_firm_is_told_to_an_open_room(scene: Cast) -> None:
    take(scene, "Name,Company\nGareth Bevan,\n")
    before = scene.event.version
    take(scene, "Name,Company\nGareth Bevan,Bevan & Sons\n")
    place = entry(scene, "Gareth Bevan").attendance
    assert place.version == scene.event.version > before
