"""What a phone is given to keep: its person's own, the least of others, and an event's names under lock."""

import gzip
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain import (
    attendance,
    badges,
    blocks,
    cards,
    contacts,
    door_helpers,
    encounters,
    events,
    holders,
    prompts,
)
from app.domain.locked_rosters import Sealed
from tests import cast, scenes
from tests.cast import Cast
from tests.domain.test_locked_rosters import opened
from tests.infrastructure.visitors import Visitor

COPIES = "/api/v1/copies"
CANARY = "Canary, who sings of Keynsham"


@pytest.fixture
def cleos(new_client, world: Cast) -> Visitor:
    """Cleo's phone, who organises."""
    return new_client().sign_in(world.cleo)


def meet(one, other, event, now):
    contacts.meet(one, other, uuid4(), encounters.CARD, event, now, now)
    return scenes.seen_by(one, other)


def copies(visitor: Visitor) -> dict:
    answer = visitor.get(COPIES)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def people(visitor: Visitor) -> list[str]:
    return [one["name"] for occasion in copies(visitor)["people"] for one in occasion["people"]]


class TestCopies:
    def test_are_my_card_whom_i_met_what_waits_my_morning_and_no_door_that_i_do_not_keep(
        self, session, world, hers, ada, clock
    ) -> None:
        cast.arrive(world.event, ada, world.ben)
        cards.put(cards.of(world.ben), "company", "Okafor Webworks", cards.ANYONE)
        meet(ada, world.ben, world.event, clock.now)
        prompt = scenes.follow_up(world)
        session.commit()
        told = copies(hers)
        assert (told["svc"], told["v"], len(told["me"])) == ("marmalade", 1, 22)
        assert f'data-me="{told["me"]}"' in hers.get("/card").text
        issued = cards.living(cards.of(ada))
        assert told["card"]["short_code"] == issued.short_code
        assert told["card"]["address"].endswith(f"/c/{issued.token}")
        assert (told["card"]["name"], told["card"]["line"]) == ("Ada Bevan", "I keep the books for cafés")
        assert told["card"]["svg"]["path"] in hers.get("/card").text
        [occasion] = told["people"]
        assert (occasion["event"], occasion["day"]) == ("Tuesday Breakfast", "Tue 24 Nov")
        [ben] = occasion["people"]
        seen = (ben["name"], ben["firm"], ben["line"])
        assert seen == ("Ben Okafor", "Okafor Webworks", "I build websites")
        [waiting] = told["today"]
        assert waiting["id"] == prompt.id
        assert waiting["question"] == "Whom would you like to see again?"
        assert waiting["choices"] == ["done", "later", "wide_circle"]
        assert [choice["day"] for choice in waiting["later"]] == [
            choice.moment.local_date.isoformat() for choice in prompts.later_choices(prompt, clock.now)
        ]
        morning = told["event"]
        assert (morning["name"], morning["place"], morning["when"]) == (
            "Tuesday Breakfast",
            "The Grand, Bristol",
            "Tue 24 Nov, 7:00 to 9:00",
        )
        assert (morning["here"], morning["since"], morning["figures"]["present"]) == (True, "7:00", 2)
        assert [met["name"] for met in morning["met"]] == ["Ben Okafor"]
        assert told["doors"] == []

    def test_of_somebody_new_are_a_card_and_nothing_else(self, session, new_client, clock) -> None:
        someone = cast.person("Noor", clock.now)
        session.commit()
        told = copies(new_client().sign_in(someone))
        assert told["card"]["name"] == "Noor"
        assert (told["people"], told["today"], told["event"], told["doors"]) == ([], [], None, [])

    def test_hold_nobody_s_note_not_even_my_own(self, session, world, hers, bens, cleos, ada, clock) -> None:
        """A142, A130."""
        cast.arrive(world.event, ada, world.ben, world.cleo)
        for one, other in ((ada, world.ben), (world.ben, ada)):
            contact = meet(one, other, world.event, clock.now)
            for kind in (contacts.LINE, contacts.PROMISE):
                contacts.write(contact, kind, CANARY, encounters.between(ada, world.ben)[0], clock.now)
        scenes.follow_up(world)
        session.commit()
        for phone in (hers, bens, cleos):
            for path in (COPIES, f"/api/v1/events/{world.event.code}/roster"):
                assert "Canary" not in phone.get(path).text

    def test_no_longer_hold_a_field_that_was_hidden(self, session, world, hers, ada, clock) -> None:
        """A131."""
        ben = cards.of(world.ben)
        cards.put(ben, "company", "Okafor Webworks", cards.ANYONE)
        meet(ada, world.ben, world.event, clock.now)
        session.commit()
        assert "Okafor Webworks" in hers.get(COPIES).text
        cards.put(ben, "company", "Okafor Webworks", cards.NOBODY)
        session.commit()
        assert "Okafor Webworks" not in hers.get(COPIES).text

    def test_hold_what_anyone_may_see_of_whoever_took_their_card_back(self, session, world, hers, ada, clock) -> None:
        cards.put(cards.of(world.ben), "company", "Okafor Webworks", cards.MET)
        contact = meet(ada, world.ben, world.event, clock.now)
        session.commit()
        assert "Okafor Webworks" in hers.get(COPIES).text
        holders.take_back(contact, clock.now)
        session.commit()
        assert "Okafor Webworks" not in hers.get(COPIES).text

    def test_name_no_address_of_somebody_else_s_card(self, session, world, hers, ada, clock) -> None:
        """P168: a code that was replaced is in nobody's copy, since no copy holds another's code."""
        meet(ada, world.ben, world.event, clock.now)
        session.commit()
        before = cards.living(cards.of(world.ben))
        assert before.token not in hers.get(COPIES).text
        assert before.short_code not in hers.get(COPIES).text
        mine = copies(hers)["card"]["address"]
        cards.renew(cards.of(ada), clock.now)
        session.commit()
        assert copies(hers)["card"]["address"] != mine
        assert mine not in hers.get(COPIES).text

    def test_hold_nobody_whom_a_block_parts_from_me(self, session, world, hers, bens, ada, clock) -> None:
        meet(ada, world.ben, world.event, clock.now)
        meet(world.ben, ada, world.event, clock.now)
        session.commit()
        assert (people(hers), people(bens)) == (["Ben Okafor"], ["Ada Bevan"])
        blocks.add(world.ben, ada, clock.now)
        session.commit()
        assert (people(hers), people(bens)) == ([], [])

    def test_hold_the_people_of_the_last_two_events_and_of_no_other(self, session, world, hers, ada, clock) -> None:
        mornings = []
        for week, name in enumerate(("Rhys", "Sara", "Tom")):
            event = events.create(world.group.id, cast.TUESDAY, clock.now)
            meet(ada, cast.person(name, clock.now), event, clock.now + timedelta(weeks=week))
            mornings.append(event)
        session.commit()
        assert people(hers) == ["Tom", "Sara"]

    def test_hold_the_list_of_a_door_for_whoever_keeps_it_and_as_long_as_they_do(
        self, session, world, cleos, new_client, clock
    ) -> None:
        place = cast.expect(world.event, "Gareth Bevan", clock.now, company="Bevan & Daughters")
        helper = door_helpers.join(world.event, world.dev, world.event.ends_at, clock.now)
        devs = new_client().sign_in(world.dev)
        session.commit()
        for phone in (cleos, devs):
            [door] = copies(phone)["doors"]
            assert door["id"] == world.event.id
            [row] = door["rows"]
            assert (row["id"], row["name"], row["about"]) == (place.id, "Gareth Bevan", "Bevan & Daughters")
            assert (row["standing"], row["here"]) == ("going", False)
        door_helpers.end(helper, clock.now)
        session.commit()
        assert copies(devs)["doors"] == []
        clock.set(world.event.closes_at)
        assert copies(cleos)["doors"] == []

    def test_hold_the_door_from_the_day_before(self, session, world, cleos, clock) -> None:
        clock.set(world.event.starts_at - timedelta(hours=25))
        assert copies(cleos)["doors"] == []
        clock.move(hours=2)
        assert len(copies(cleos)["doors"]) == 1

    def test_are_not_sent_twice(self, session, world, hers, ada, clock) -> None:
        first = hers.get(COPIES)
        clock.move(minutes=5)
        again = hers.get(COPIES, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        meet(ada, world.ben, world.event, clock.now)
        session.commit()
        assert hers.get(COPIES, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200

    def test_cost_as_many_queries_however_many_people(self, session, world, hers, ada, clock, queries) -> None:
        cast.arrive(world.event, ada)

        def cost() -> int:
            session.commit()
            hers.get(COPIES)
            with queries() as asked:
                copies(hers)
            return asked.count

        for number in range(2):
            meet(ada, cast.person(f"Guest {number}", clock.now), world.event, clock.now)
        few = cost()
        for number in range(20):
            meet(ada, cast.person(f"More {number}", clock.now), world.event, clock.now)
        assert cost() == few <= 18


class TestTheLockedRoster:
    @pytest.fixture
    def address(self, world) -> str:
        return f"/api/v1/events/{world.event.code}/roster"

    def roster(self, visitor: Visitor, address: str) -> Sealed:
        answer = visitor.get(address)
        assert answer.status_code == 200
        told = answer.json
        assert (told["svc"], told["v"]) == ("marmalade", 1)
        return Sealed(told["version"], told["plates"], told["ways"])

    def opens(self, roster: Sealed, world, token: str):
        found = opened(roster, world.event.code, token)
        return found and found[:2]

    def test_opens_to_the_card_and_to_the_badge_of_whoever_is_coming(
        self, session, world, hers, ada, clock, address
    ) -> None:
        cast.arrive(world.event, ada, world.ben)
        card, place = cards.of(world.ben), attendance.of(world.event, world.ben)
        cards.put(card, "company", "Okafor Webworks", cards.ANYONE)
        badge = badges.issue(place, clock.now)
        listed = badges.issue(cast.expect(world.event, "Gareth Bevan", clock.now), clock.now)
        session.commit()
        roster = self.roster(hers, address)
        by_card, by_badge = (opened(roster, world.event.code, code) for code in (cards.living(card).token, badge.token))
        assert by_card[:2] == ("Ben Okafor", "Okafor Webworks")
        assert by_card == by_badge
        assert self.opens(roster, world, listed.token) == ("Gareth Bevan", "")
        assert self.opens(roster, world, cards.living(cards.of(world.cleo)).token) is None

    def test_opens_to_no_short_code_and_holds_no_name_in_clear(self, session, world, hers, ada, address) -> None:
        cast.arrive(world.event, ada, world.ben)
        session.commit()
        roster = self.roster(hers, address)
        assert self.opens(roster, world, cards.living(cards.of(world.ben)).short_code) is None
        assert "Ben" not in hers.get(address).text

    def test_holds_no_firm_that_not_anyone_may_see_and_no_name_that_a_group_keeps(
        self, session, world, hers, ada, clock, address
    ) -> None:
        """Q21."""
        cast.arrive(world.event, ada, world.ben)
        cards.put(cards.of(world.ben), "company", "Okafor Webworks", cards.MET)
        listed = badges.issue(cast.expect(world.event, "Gareth Bevan", clock.now), clock.now)
        world.group.badge_names = False
        session.commit()
        roster = self.roster(hers, address)
        assert self.opens(roster, world, cards.living(cards.of(world.ben)).token) == ("Ben Okafor", "")
        assert self.opens(roster, world, listed.token) is None

    def test_has_a_new_version_at_every_change_and_is_not_sent_twice(
        self, session, world, hers, ada, clock, address
    ) -> None:
        """Q17: yesterday's opens to yesterday's codes alone."""
        cast.arrive(world.event, ada, world.ben)
        ben, place = cards.of(world.ben), attendance.of(world.event, world.ben)
        session.commit()
        first = hers.get(address)
        assert hers.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        seen, old = {self.roster(hers, address).version}, self.roster(hers, address)
        changes = [
            lambda: cards.renew(ben, clock.now),
            lambda: badges.issue(place, clock.now),
            lambda: badges.renew(place, clock.now),
            lambda: cards.change(ben, "Benjamin Okafor", {}, "reserved", {}, "GB"),
            lambda: cast.arrive(world.event, world.dev),
            lambda: attendance.undo(place, clock.now, world.cleo, attendance.ORGANISER),
        ]
        for change in changes:
            change()
            session.commit()
            version = self.roster(hers, address).version
            assert version not in seen
            seen.add(version)
        assert self.opens(old, world, cards.living(ben).token) is None

    def test_holds_nobody_whom_a_block_parts_and_not_oneself(
        self, session, world, hers, bens, ada, clock, address
    ) -> None:
        cast.arrive(world.event, ada, world.ben)
        codes = {one: cards.living(cards.of(one)).token for one in (ada, world.ben)}
        blocks.add(ada, world.ben, clock.now)
        session.commit()
        for phone in (hers, bens):
            roster = self.roster(phone, address)
            assert not any(self.opens(roster, world, code) for code in codes.values())

    def test_is_for_whoever_has_a_place_or_keeps_the_door_and_for_nobody_else(
        self, session, world, hers, bens, cleos, gwen, stranger, ada, clock, address
    ) -> None:
        cast.arrive(world.event, ada)
        session.commit()
        assert [phone.get(address).status_code for phone in (hers, cleos)] == [200, 200]
        assert [phone.get(address).status_code for phone in (bens, gwen, stranger)] == [404, 404, 401]
        helper = door_helpers.join(world.event, world.ben, world.event.ends_at, clock.now)
        session.commit()
        assert bens.get(address).status_code == 200
        door_helpers.end(helper, clock.now)
        session.commit()
        assert bens.get(address).status_code == 404
        assert hers.get("/api/v1/events/NOSUCHES/roster").status_code == 404

    def test_is_gone_when_the_event_is_over_or_called_off(self, session, world, hers, ada, clock, address) -> None:
        cast.arrive(world.event, ada)
        events.cancel(world.event, clock.now)
        session.commit()
        assert hers.get(address).status_code == 410
        world.event.cancelled_at = None
        session.commit()
        clock.set(world.event.closes_at)
        assert hers.get(address).status_code == 409

    def test_of_three_hundred_people_weighs_less_than_thirty_kilobytes_and_costs_four_queries(
        self, session, world, hers, ada, clock, address, queries
    ) -> None:
        cast.arrive(world.event, ada)
        firm = "Hargreaves, Featherstonehaugh & Partners LLP"
        for number in range(300):
            guest = cast.person(f"Guinevere Humphreys {number}", clock.now)
            cards.put(cards.of(guest), "company", firm, cards.ANYONE)
            session.add(
                attendance.Attendance(
                    event=world.event, person=guest, name=guest.name, state="going", origin="list", created_at=clock.now
                )
            )
        session.flush()
        places = session.query(attendance.Attendance.id).all()
        badges.put_on_paper([place.id for place in places], clock.now)
        session.commit()
        hers.get(address)
        with queries() as asked:
            sent = hers.get(address, headers={"Accept-Encoding": "gzip"})
        assert sent.headers["Content-Encoding"] == "gzip"
        assert len(sent.data) <= 30_000
        assert asked.count <= 4, asked
        told = json.loads(gzip.decompress(sent.data))
        assert len(told["ways"]) == 300 * 24 * 4 // 3
