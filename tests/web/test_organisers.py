"""The organiser's pages: a group, its events as they are planned, and the room as it fills."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.domain import attendance, events, groups, holds, plans
from app.domain.attendance import GOING
from app.domain.deliveries import Heartbeat
from app.domain.events import Event
from app.domain.groups import Group
from tests import cast
from tests.infrastructure.visitors import Visitor

LONG = "Maximiliane Antoinette von Hohenzollern-Sigmaringen-Wolkenstein zu Oberunterbach am Inn"
TYPED = {**plans.typed(cast.TUESDAY), "name": "Wednesday Lunch", "day": "2026-12-02"}


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client: Visitor) -> Visitor:
    return client.sign_in(company.cleo)


def room(company) -> str:
    return f"/events/{company.event.id}"


class TestGroups:
    def test_with_one_group_its_page_comes_at_once(self, company, cleo):
        assert cleo.get("/groups").location == f"/groups/{company.group.id}"

    def test_with_several_there_is_a_choice(self, session, company, cleo, clock):
        groups.start(company.cleo, "Second Table", cast.ZONE, clock.now)
        session.commit()
        page = cleo.get("/groups").text
        assert "Second Table" in page
        assert "Bread &amp; Butter" in page

    def test_with_none_it_says_how_to_begin(self, company, client):
        page = client.sign_in(company.ada).get("/groups").text
        assert "needs an invitation" in page
        assert "/groups/new" not in page

    def test_a_group_is_started_by_whoever_was_invited_to(self, session, cleo):
        answer = cleo.post("/groups/new", data={"name": " Harbour Breakfast ", "time_zone": "Europe/Dublin"})
        group = session.scalars(select(Group).where(Group.name == "Harbour Breakfast")).one()
        assert (answer.status_code, answer.location) == (303, f"/groups/{group.id}")
        assert group.time_zone == "Europe/Dublin"
        assert "No event yet" in cleo.get(answer.location).text

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_to_others_it_says_who_may(self, session, company, client, method):
        visitor = client.sign_in(company.ada)
        answer = getattr(visitor, method)("/groups/new", data={"name": "Mine", "time_zone": cast.ZONE})
        assert answer.status_code == 403
        assert "Ask whoever runs this Marmalade" in answer.text
        assert session.scalars(select(Group)).all() == [company.group]

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"name": "  ", "time_zone": "Europe/Dublin"}, "give the group a name"),
            ({"name": "x" * 121, "time_zone": "Europe/Dublin"}, "120 characters"),
            ({"name": "Fine", "time_zone": "Mars/Olympus"}, "know that time zone"),
            ({}, "give the group a name"),
        ],
    )
    def test_what_cannot_be_taken_is_said_at_its_field_and_stays_typed(self, session, company, cleo, typed, said):
        answer = cleo.post("/groups/new", data=typed)
        assert answer.status_code == 422
        assert said in answer.text
        assert typed.get("name", "").strip() in answer.text
        assert session.scalars(select(Group)).all() == [company.group]

    def test_anybody_may_start_one_where_that_is_open(self, app, session, company, client):
        app.config["GROUPS"] = "open"
        answer = client.sign_in(company.ada).post("/groups/new", data={"name": "Ada's", "time_zone": cast.ZONE})
        assert answer.status_code == 303


class TestAGroupsPage:
    def test_shows_what_is_to_come_the_soonest_first_and_what_was_the_newest_first(self, session, company, cleo, clock):
        for day in (date(2026, 11, 10), date(2026, 11, 17), date(2026, 12, 1)):
            events.create(company.group.id, replace(cast.TUESDAY, day=day), clock.now)
        session.commit()
        page = cleo.get(f"/groups/{company.group.id}").text
        days = re.findall(r"Tue \d+ \w+, 7:00", page)
        assert days == ["Tue 24 Nov, 7:00", "Tue 1 Dec, 7:00", "Tue 17 Nov, 7:00", "Tue 10 Nov, 7:00"]

    def test_says_what_changed_since_the_time_before(self, session, company, cleo, clock):
        before = events.create(company.group.id, replace(cast.TUESDAY, day=date(2026, 11, 17)), clock.now)
        cast.arrive(before, company.ada)
        cast.arrive(company.event, company.ada, company.ben, company.dev)
        attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
        session.commit()
        clock.set(company.event.closes_at)
        page = cleo.get(f"/groups/{company.group.id}").text
        assert "3 came on Tue 24 Nov, 2 more than the time before." in page
        assert "2 of them were here for the first time." in page
        assert "1 who was expected didn&#39;t come." in page

    @pytest.mark.parametrize(("then", "said"), [(1, "1 fewer than the time before"), (0, "as many as the time before")])
    def test_says_so_too_when_fewer_came_or_as_many(self, session, company, cleo, clock, then, said):
        before = events.create(company.group.id, replace(cast.TUESDAY, day=date(2026, 11, 17)), clock.now)
        cast.arrive(before, company.ben, *[company.ada] * then)
        cast.arrive(company.event, company.dev)
        session.commit()
        clock.set(company.event.ends_at)
        assert said in cleo.get(f"/groups/{company.group.id}").text

    def test_says_who_is_here_while_it_is_on_and_compares_when_it_is_over(self, session, company, cleo, clock):
        cast.arrive(company.event, company.ada)
        session.commit()
        page = cleo.get(f"/groups/{company.group.id}").text
        assert "1 here" in page
        assert "Who came" not in page
        clock.set(company.event.ends_at)
        page = cleo.get(f"/groups/{company.group.id}").text
        assert "1 came on Tue 24 Nov." in page

    def test_says_nothing_of_what_has_not_begun_or_was_called_off(self, session, company, cleo, clock):
        clock.set(company.event.starts_at - timedelta(days=1))
        off = events.create(company.group.id, replace(cast.TUESDAY, day=date(2026, 11, 17)), clock.now)
        events.cancel(off, clock.now)
        session.commit()
        page = cleo.get(f"/groups/{company.group.id}").text
        assert "Who came" not in page
        assert "Called off" in page

    def test_says_when_nobody_sends_the_letters(self, session, company, cleo, clock):
        """decided 18: the worker's age stands on the organiser's page."""
        assert "Letters are waiting" in cleo.get(f"/groups/{company.group.id}").text
        session.add(Heartbeat(worker="one", beat_at=clock.now))
        session.commit()
        assert "Letters are waiting" not in cleo.get(f"/groups/{company.group.id}").text
        clock.move(minutes=3)
        assert "Letters are waiting" in cleo.get(f"/groups/{company.group.id}").text

    def test_costs_the_same_for_ten_times_as_many_events_and_people(self, session, company, cleo, clock, queries):
        counts = []
        for size in (2, 20):
            for number in range(size):
                event = events.create(
                    company.group.id, replace(cast.TUESDAY, day=date(2026, 10, 1) + timedelta(days=number)), clock.now
                )
                cast.arrive(event, *(cast.person(f"G{number}-{n}", clock.now) for n in range(size // 2)))
            session.commit()
            clock.set(company.event.closes_at)
            with queries() as asked:
                assert cleo.get(f"/groups/{company.group.id}").status_code == 200
            counts.append(asked.count)
        assert counts == [10, 10]


class TestPlans:
    def test_a_blank_plan_has_the_usual_hours_in_the_groups_zone(self, company, cleo):
        page = cleo.get(f"/groups/{company.group.id}/events/new").text
        assert re.search(r'<option value="Europe/London" selected>', page)
        assert 'value="07:00"' in page
        assert "Pick a day, and this line says" in page

    def test_a_copy_is_last_weeks_a_week_on(self, company, cleo):
        page = cleo.get(f"/groups/{company.group.id}/events/new?copy={company.event.id}").text
        assert 'value="2026-12-01"' in page
        assert 'value="The Grand, Bristol"' in page
        assert "The follow-up comes on Thu 3 Dec, 8:30. The 1-2-1 question comes on Mon 7 Dec, 8:30." in page

    def test_an_event_is_added(self, session, company, cleo):
        answer = cleo.post(f"/groups/{company.group.id}/events/new", data=TYPED)
        event = session.scalars(select(Event).where(Event.name == "Wednesday Lunch")).one()
        assert (answer.status_code, answer.location) == (303, f"/events/{event.id}")
        assert (event.day, event.group_id) == (date(2026, 12, 2), company.group.id)

    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("name", " ", "give the event a name"),
            ("place", "two\nlines", "one line of ordinary text"),
            ("day", "soon", "pick a day"),
            ("day", "1066-10-14", "between the years"),
            ("start_time", "early", "type a time"),
            ("end_time", "06:00", "has to come after the start"),
            ("time_zone", "Mars/Olympus", "know that time zone"),
            ("follow_up_days", "61", "between 0 and 60 days"),
            ("one_to_one_days", "soon", "between 0 and 60 days"),
        ],
    )
    @pytest.mark.parametrize("path", ["/groups/{group}/events/new", "/events/{event}/edit"])
    def test_what_cannot_be_meant_is_said_at_its_field_and_stays_typed(
        self, session, company, cleo, path, field, typed, said
    ):
        address = path.format(group=company.group.id, event=company.event.id)
        answer = cleo.post(address, data={**TYPED, "place": "The Harbour", field: typed})
        assert answer.status_code == 422
        wrong = re.search(rf'id="{field}-error">.*?</p>', answer.text, re.DOTALL)
        assert wrong, "the sentence stands at the field"
        assert said in wrong[0]
        assert "Wednesday Lunch" in answer.text or field == "name"
        session.rollback()
        assert [event.name for event in session.scalars(select(Event))] == ["Tuesday Breakfast"]

    def test_an_event_is_changed(self, session, company, cleo):
        page = cleo.get(f"{room(company)}/edit").text
        assert 'value="Tuesday Breakfast"' in page
        answer = cleo.post(f"{room(company)}/edit", data={**TYPED, "follow_up_days": "3"})
        assert (answer.status_code, answer.location) == (303, room(company))
        session.expire_all()
        assert (company.event.name, company.event.follow_up_days) == ("Wednesday Lunch", 3)

    def test_the_sentence_follows_what_is_typed(self, company, cleo):
        address = f"/groups/{company.group.id}/mornings"
        told = cleo.get(address, query_string={**TYPED, "follow_up_days": "1", "one_to_one_days": "3"}).json
        assert told["sentence"] == (
            "The follow-up comes on Thu 3 Dec, 8:30. The 1-2-1 question comes on Mon 7 Dec, 8:30."
        )
        assert "Pick a day" in cleo.get(address).json["sentence"]

    def test_calling_off_says_first_who_is_affected(self, session, company, cleo, clock):
        attendance.expect(company.event, "Gareth Bevan", GOING, clock.now)
        cast.arrive(company.event, company.ada)
        session.commit()
        page = cleo.get(f"{room(company)}/cancel").text
        assert "2 people have a place. 1 has checked in." in page
        assert "Gareth Bevan" in page
        session.expire_all()
        assert company.event.cancelled_at is None


class TestTenancy:
    @pytest.mark.parametrize("named", ["0", "-1", "soon", "1 OR 1=1", "9" * 40])
    @pytest.mark.parametrize("path", ["events/new?copy", "mornings?event"])
    def test_an_event_that_never_was_is_not_there(self, company, cleo, path, named):
        assert cleo.get(f"/groups/{company.group.id}/{path}={named}").status_code == 404

    @pytest.mark.parametrize(
        "path", ["/groups/{group}/events/new?copy={event}", "/groups/{group}/mornings?event={event}"]
    )
    def test_another_groups_event_in_a_query_is_not_there(self, session, company, gwen, path):
        """A128."""
        hers = session.scalars(select(Group).where(Group.name == "Another Table")).one()
        address = path.format(group=hers.id, event=company.event.id)
        assert gwen.get(address).status_code == 404

    @pytest.mark.parametrize("who", ["ada", "gwen"])
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", "/groups/{group}"),
            ("get", "/groups/{group}/events/new"),
            ("post", "/groups/{group}/events/new"),
            ("get", "/groups/{group}/mornings"),
            ("get", "/events/{event}"),
            ("get", "/events/{event}/live"),
            ("get", "/events/{event}/edit"),
            ("post", "/events/{event}/edit"),
            ("get", "/events/{event}/cancel"),
            ("post", "/events/{event}/cancel"),
        ],
    )
    def test_to_a_member_and_to_another_groups_organiser_nothing_is_there(
        self, session, company, gwen, new_client, clock, who, method, path
    ):
        """A128."""
        cast.arrive(company.event, company.ada)
        session.commit()
        visitor = gwen if who == "gwen" else new_client().sign_in(company.ada)
        typed = {} if method == "get" or path.endswith("/cancel") else {"data": TYPED}
        answer = getattr(visitor, method)(path.format(group=company.group.id, event=company.event.id), **typed)
        assert answer.status_code == 404
        assert "Tuesday Breakfast" not in answer.text
        session.expire_all()
        assert (company.event.name, company.event.cancelled_at) == ("Tuesday Breakfast", None)
        assert session.scalars(select(Event)).all() == [company.event]


def test_the_organiser_is_told_that_letters_wait_after_a_restore(session, world, clock, new_client) -> None:
    """R38, D20."""
    cleo = new_client().sign_in(world.cleo)
    assert "restored from a backup" not in cleo.get(f"/groups/{world.group.id}").text
    holds.put_on(clock.now, clock.now)
    session.commit()
    assert "restored from a backup" in cleo.get(f"/groups/{world.group.id}").text
