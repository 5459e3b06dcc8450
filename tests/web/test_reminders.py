"""What people are asked and may choose about reminders on their phones, and that they can try them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.delivery import courier
from app.domain import contacts, mutes, reminders
from app.domain.deliveries import MAIL, PUSH, Delivery
from app.domain.encounters import CARD
from tests import cast
from tests.delivery.ways import Way


@pytest.fixture
def morning(world, session, clock):
    """Ada, Ben and Cleo are here, and Ada has met Ben."""
    cast.arrive(world.event, world.ada, world.ben, world.cleo)
    contacts.meet(world.ada, world.ben, uuid4(), CARD, world.event, clock.now, clock.now)
    session.commit()
    return world


class TestTheQuestion:
    def test_waits_until_the_breakfast_is_over_and_names_the_day_and_whom(self, morning, hers, clock):
        """D5: at the table nobody is asked for anything."""
        assert "data-ask" not in hers.get("/today").text
        clock.set(morning.event.ends_at)
        page = hers.get("/today").text
        assert "Shall we remind you on Thursday to write to Ben?" in page
        assert 'data-ask data-key="B' in page

    def test_is_not_asked_of_who_met_nobody_nor_once_the_day_has_come(self, morning, hers, client, clock, session):
        clock.set(morning.event.ends_at)
        assert reminders.ahead(morning.cleo, clock.now) is None
        clock.move(days=2)
        assert "data-ask" not in hers.get("/today").text

    def test_stands_on_the_saved_screen_too_once_the_breakfast_is_over(self, morning, hers, ada, session, clock):
        clock.set(morning.event.ends_at + timedelta(minutes=5))
        scanned = uuid4()
        contacts.meet(ada, morning.cleo, scanned, CARD, morning.event, clock.now, clock.now)
        session.commit()
        assert "to write to Ben and the others?" in hers.get(f"/encounters/{scanned}").text

    def test_the_way_by_mail_is_only_for_who_has_an_address(self, morning, new_client, session, clock):
        cast.arrive(morning.event, morning.dev)
        contacts.meet(morning.dev, morning.ben, uuid4(), CARD, morning.event, clock.now, clock.now)
        session.commit()
        clock.set(morning.event.ends_at)
        page = new_client().sign_in(morning.dev).get("/today").text
        assert "Shall we remind you on Thursday to write to Ben?" in page
        assert "E-mail me instead" not in page


class TestChoosing:
    def test_what_phones_tell_of_is_chosen_apart_from_letters(self, hers, ada, session):
        hers.post("/settings/phones", data={"one_to_ones": "on"})
        session.rollback()
        assert mutes.of(ada, mutes.PUSH)[0] == {"follow_ups"}
        assert mutes.of(ada, mutes.MAIL)[0] == set()
        hers.post("/settings/reminders", data={"before": "on"})
        session.rollback()
        assert mutes.of(ada, mutes.PUSH)[0] == {"follow_ups"}

    def test_phones_fall_silent_about_one_group_while_its_letters_still_come(self, world, new_client, session, queries):
        """P165."""
        from tests.web.test_devices import given

        cleos, group = new_client().sign_in(world.cleo), world.group.id
        cleos.post("/api/v1/devices", json=given(world.cleo))
        session.rollback()
        cleos.post("/settings/phones", data={"follow_ups": "on", "one_to_ones": "on"})
        assert mutes.of(world.cleo, mutes.PUSH) == (set(), {group})
        assert mutes.of(world.cleo, mutes.MAIL) == (set(), set())
        session.rollback()
        with queries() as asked:
            page = cleos.get("/settings").text
        assert asked.count <= 11, asked
        on_phone = page[page.index("On your phone") : page.index("Send me a test")]
        assert "From Bread &amp; Butter" in on_phone
        assert re.search(rf'name="group-{group}" value="on">', on_phone), "switched off"
        everything = {"follow_ups": "on", "one_to_ones": "on", f"group-{group}": "on"}
        cleos.post("/settings/phones", data=everything)
        session.rollback()
        assert mutes.of(world.cleo, mutes.PUSH) == (set(), set())

    def test_a_trial_goes_by_every_way_that_reminders_come_and_five_times_an_hour_at_most(
        self, hers, ada, session, clock
    ):
        from tests.web.test_devices import given

        hers.post("/api/v1/devices", json=given(ada))
        for second in range(6):
            clock.move(seconds=1)
            answer = hers.post("/settings/trial")
            assert answer.status_code == (303 if second < 5 else 429)
        session.rollback()
        courier.plan(clock.now)
        rows = session.scalars(select(Delivery)).all()
        assert sorted(row.channel for row in rows) == [MAIL] * 5 + [PUSH] * 5
        session.rollback()
        way = Way()
        courier.round(clock.now, way)
        assert {recipient for recipient, _content in way.sent} == {"ada@example.org"}
        assert b"Letters reach you" in way.sent[0][1]


class TestWhatPagesSayToScripts:
    def test_every_page_says_with_which_key_and_in_which_session_a_browser_takes_messages(self, hers, world):
        found = {
            re.search(r'data-behaviour="device" data-key="(B[\w-]{86})" data-session="(\d+)"', hers.get(path).text)
            for path in ("/today", "/card", "/settings")
        }
        assert None not in found
        assert len({match.groups() for match in found}) == 1

    def test_a_prompt_is_said_to_be_opened_once_a_round(self, morning, hers, session, clock):
        """H22, H23: the start screen shows the oldest prompt whole, so that no tap is needed."""
        from app.domain.prompts import FOLLOW_UP, Prompt

        clock.move(days=2, hours=1)
        courier.plan(clock.now)
        mine = (Prompt.person_id == morning.ada.id, Prompt.kind == FOLLOW_UP)
        prompt = session.scalars(select(Prompt).where(*mine)).one()
        session.rollback()
        mark = f'action="/n/{prompt.id}" data-behaviour="opened"'
        for path in ("/today", f"/prompts/{prompt.id}"):
            assert mark in hers.get(path).text
        hers.post(f"/n/{prompt.id}")
        for path in ("/today", f"/prompts/{prompt.id}"):
            assert mark not in hers.get(path).text

    def test_today_tells_the_icon_how_many_wait(self, morning, hers, session, clock):
        """H24."""
        assert 'data-behaviour="badge" data-waiting="0"' in hers.get("/today").text
        clock.move(days=2, hours=1)
        courier.plan(clock.now)
        assert 'data-behaviour="badge" data-waiting="1"' in hers.get("/today").text

    def test_the_worker_knows_messages_and_says_something_by_itself(self, client):
        """W11, W12."""
        script = client.get("/sw.js").text
        assert 'modules["js/worker/push.js"]' in script
        assert "Something waits for you" in script
