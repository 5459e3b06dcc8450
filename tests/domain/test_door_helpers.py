"""Door helpers: invited by a code, for one event, until an hour, and sent away at once."""

from datetime import time, timedelta

import pytest

from app.domain import door_helpers, events, merges
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    return made


def join(company, person, clock):
    event, until = door_helpers.invited_to(door_helpers.invite(company.event, company.event.ends_at), clock.now)
    return door_helpers.join(event, person, until, clock.now)


class TestAnInvitation:
    def test_names_the_event_and_the_hour(self, company, clock):
        token = door_helpers.invite(company.event, company.event.ends_at)
        assert door_helpers.invited_to(token, clock.now) == (company.event, company.event.ends_at)

    def test_runs_out_at_its_hour(self, company, clock):
        token = door_helpers.invite(company.event, company.event.ends_at)
        with pytest.raises(door_helpers.InvitationOver):
            door_helpers.invited_to(token, company.event.ends_at)

    def test_that_was_tampered_with_is_none(self, company, clock):
        token = door_helpers.invite(company.event, company.event.ends_at)
        for spoilt in ("x" + token, token[:-4], "", token + "A" * 8):
            with pytest.raises(NotFound):
                door_helpers.invited_to(spoilt, clock.now)

    def test_to_a_cancelled_event_is_over(self, company, clock):
        token = door_helpers.invite(company.event, company.event.ends_at)
        events.cancel(company.event, clock.now)
        with pytest.raises(events.EventCancelled):
            door_helpers.invited_to(token, clock.now)

    def test_is_until_the_end_unless_told_otherwise(self, company, clock):
        assert door_helpers.until(company.event, None, clock.now) == company.event.ends_at
        earlier = company.event.ends_at - timedelta(minutes=30)
        assert door_helpers.until(company.event, time(8, 30), clock.now) == earlier

    @pytest.mark.parametrize("hour", [time(6, 59), time(7, 0), time(12, 1)])
    def test_is_for_an_hour_still_to_come_and_no_later_than_the_close(self, company, clock, hour):
        with pytest.raises(door_helpers.HourOutOfReach):
            door_helpers.until(company.event, hour, clock.now)


class TestAHelper:
    def test_keeps_the_door_of_that_event_until_the_hour(self, company, clock):
        join(company, company.dev, clock)
        assert door_helpers.door(company.dev, company.event.id, clock.now) == (company.event, False)
        with pytest.raises(NotFound):
            door_helpers.door(company.dev, company.event.id, company.event.ends_at)

    def test_keeps_no_other_door(self, company, clock):
        join(company, company.dev, clock)
        other = events.create(company.group.id, cast.TUESDAY, clock.now)
        with pytest.raises(NotFound):
            door_helpers.door(company.dev, other.id, clock.now)

    def test_who_is_sent_away_stays_away_until_let_back(self, company, clock):
        helper = join(company, company.dev, clock)
        door_helpers.end(helper, clock.now)
        with pytest.raises(NotFound):
            door_helpers.door(company.dev, company.event.id, clock.now)
        with pytest.raises(door_helpers.HelpEnded):
            join(company, company.dev, clock)
        door_helpers.let_back(helper)
        assert door_helpers.door(company.dev, company.event.id, clock.now)

    @pytest.mark.parametrize("sent_away", ["the guest", "the account"])
    def test_who_was_sent_away_under_either_card_stays_away_when_the_two_become_one(
        self, company, session, clock, sent_away
    ):
        guest = cast.person("Ada B", clock.now)
        helpers = {"the guest": join(company, guest, clock), "the account": join(company, company.ada, clock)}
        door_helpers.end(helpers[sent_away], clock.now)
        merges.merge(guest, company.ada, clock.now)
        session.expire_all()
        with pytest.raises(NotFound):
            door_helpers.door(company.ada, company.event.id, clock.now)

    def test_helps_once_however_often_the_code_is_scanned(self, company, clock):
        assert join(company, company.dev, clock) is join(company, company.dev, clock)
        assert len(door_helpers.at(company.event)) == 1

    def test_finds_the_doors_that_are_open(self, company, clock):
        join(company, company.dev, clock)
        assert door_helpers.open_doors(company.dev, clock.now) == [(company.event, False)]
        assert door_helpers.open_doors(company.cleo, clock.now) == [(company.event, True)]
        assert door_helpers.open_doors(company.ada, clock.now) == []
        assert door_helpers.open_doors(company.cleo, company.event.closes_at) == []
        assert door_helpers.open_doors(company.cleo, company.event.opens_at - timedelta(seconds=1)) == []


def test_an_organiser_keeps_every_door_of_the_group(company, clock):
    assert door_helpers.door(company.cleo, company.event.id, clock.now) == (company.event, True)
