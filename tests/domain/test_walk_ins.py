"""Walk-ins: let in by name or by card, present at once, and trusted with the list when the door has said yes."""

from datetime import timedelta

import pytest

from app.domain import attendance, attendees, events, people, rollcall, rosters, walk_ins
from app.domain.attendance import HELPER, LATE, ORGANISER, PRESENT, SELF, WALK_IN
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


@pytest.fixture
def listed(session, company, clock):
    place = attendance.expect(company.event, "Gareth Bevan", attendance.GOING, clock.now)
    session.flush()
    return place


def let_in(company, clock, name="Nia Ahmed", does=""):
    return walk_ins.let_in(company.event, name, does, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)


def arrive(company, clock, person):
    return attendance.arrive(company.event, person, clock.now, cast.LATE_AFTER)


class TestByName:
    def test_somebody_is_present_at_once_and_vouched_for(self, company, clock):
        place = let_in(company, clock, does="Sells honey")
        assert (place.state, place.origin, place.person_id, place.is_vouched) == (PRESENT, WALK_IN, None, True)
        [row] = attendees.of(company.event, clock.now)
        assert (row.name, row.about, row.is_asking) == ("Nia Ahmed", "Sells honey", False)
        figures = rollcall.figures(company.event, clock.now)
        assert (figures.present, figures.walk_ins, figures.expected) == (1, 1, 0)

    def test_they_claim_the_place_later_by_typing_the_name(self, company, clock):
        place = let_in(company, clock)
        [found] = rosters.claimable(company.event, "ahmed, nia")
        nia = cast.person("Nia Ahmed", clock.now)
        rosters.claim(found, nia, clock.now)
        assert arrive(company, clock, nia) is place
        assert rollcall.figures(company.event, clock.now).present == 1

    def test_late_ones_are_late(self, company, clock):
        clock.move(minutes=20)
        assert let_in(company, clock).state == LATE

    @pytest.mark.parametrize("name", ["", " ", "N\x00ia", "N" * 121])
    def test_without_a_name_nobody_is_let_in(self, company, clock, name):
        with pytest.raises((people.NoName, people.NotPlainText)):
            let_in(company, clock, name)

    def test_nobody_is_let_in_before_the_door_opens(self, company, clock):
        clock.set(company.event.opens_at - timedelta(seconds=1))
        with pytest.raises(events.EventNotOpen):
            let_in(company, clock)

    def test_a_name_that_has_a_place_is_found_first(self, company, listed, clock):
        assert walk_ins.named(company.event, " gareth BEVAN") is listed
        assert walk_ins.named(company.event, "Nia Ahmed") is None


class TestByCard:
    def test_somebody_without_a_place_walks_in(self, company, listed, clock):
        place = walk_ins.admit(company.event, company.dev, clock.now, cast.LATE_AFTER, company.ada, HELPER)
        assert (place.person, place.origin, place.state, place.is_vouched) == (company.dev, WALK_IN, PRESENT, True)

    def test_the_listed_place_of_their_name_is_theirs(self, company, listed, clock):
        gareth = cast.person("Gareth Bevan", clock.now)
        place = walk_ins.admit(company.event, gareth, clock.now, cast.LATE_AFTER, company.ada, HELPER)
        assert (place, place.person) == (listed, gareth)

    def test_who_is_here_already_is_vouched_for(self, company, listed, clock):
        place = arrive(company, clock, company.dev)
        assert not place.is_vouched
        assert walk_ins.admit(company.event, company.dev, clock.now, cast.LATE_AFTER, company.ada, HELPER) is place
        assert place.is_vouched
        assert len(attendance.changes(place)) == 1


class TestOffTheList:
    def test_who_checks_in_by_themselves_is_present_and_waits_for_the_doors_yes(self, company, listed, clock):
        """D3."""
        place = arrive(company, clock, company.dev)
        assert (place.state, place.is_vouched) == (PRESENT, False)
        asking = [row.name for row in attendees.of(company.event, clock.now) if row.is_asking]
        assert asking == ["Dev Singh"]
        walk_ins.vouch(place, clock.now)
        assert place.is_vouched
        assert not any(row.is_asking for row in attendees.of(company.event, clock.now))

    def test_whom_the_door_sends_away_was_not_there_and_waits_again(self, company, listed, clock):
        place = arrive(company, clock, company.dev)
        walk_ins.vouch(place, clock.now)
        attendance.undo(place, clock.now, company.cleo, ORGANISER)
        assert (place.is_here, place.is_vouched) == (False, False)
        assert not arrive(company, clock, company.dev).is_vouched

    def test_whom_the_door_checks_in_needs_no_second_yes(self, company, listed, clock):
        place = arrive(company, clock, company.dev)
        attendance.undo(place, clock.now, company.dev, SELF)
        attendance.check_in(place, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        assert place.is_vouched

    def test_where_there_is_no_list_nobody_can_be_off_it(self, company, clock):
        assert arrive(company, clock, company.dev).is_vouched

    def test_who_is_on_the_list_needs_no_yes(self, company, listed, clock):
        attendance.hold(listed, company.dev, clock.now)
        assert arrive(company, clock, company.dev).is_vouched

    def test_the_yes_is_told_to_an_open_door(self, company, listed, clock):
        place = arrive(company, clock, company.dev)
        before = company.event.version
        walk_ins.vouch(place, clock.now)
        walk_ins.vouch(place, clock.now)
        assert place.version == company.event.version == before + 1
