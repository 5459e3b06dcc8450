"""Where a browser says that it may be sent messages: only what could be sent to is kept, for whoever says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import keys
from app.delivery import vapid
from app.domain import devices, people, sessions
from app.domain.devices import Device
from tests.domain.test_endpoints import BAD
from tests.infrastructure.push_service import Browser

APPLE = "https://web.push.apple.com/Q1"


def given(person, browser=None, **changed):
    browser = browser or Browser(APPLE)
    keys_ = browser.subscription["keys"]
    whole = {"me": people.phone_key(person), "key": vapid.public_key("test"), "endpoint": browser.endpoint, **keys_}
    return {**whole, **changed}


def kept(session):
    session.rollback()
    session.expire_all()
    return session.scalars(select(Device).order_by(Device.id)).all()


class TestASubscription:
    def test_is_kept_with_what_is_needed_to_send_to_it(self, hers, ada, session):
        browser = Browser(APPLE)
        answer = hers.post("/api/v1/devices", json=given(ada, browser))
        assert answer.json == {"svc": "marmalade", "key": vapid.public_key("test"), "renew": False}
        (device,) = kept(session)
        assert (device.person_id, device.endpoint, device.key_id) == (ada.id, APPLE, "test")
        assert (device.p256dh, device.auth) == (browser.point, browser.secret)

    def test_posted_at_every_start_stays_one_and_is_seen(self, hers, ada, session, clock):
        browser = Browser(APPLE)
        hers.post("/api/v1/devices", json=given(ada, browser))
        before = clock.now
        clock.move(days=3)
        hers.post("/api/v1/devices", json=given(ada, browser))
        (device,) = kept(session)
        assert (device.created_at, device.seen_at) == (before, clock.now)

    @pytest.mark.parametrize("endpoint", BAD)
    def test_at_an_address_that_is_no_known_service_is_refused(self, hers, ada, session, endpoint):
        """A78, W1: and nobody is asked about it, as the test's own watch on the network sees."""
        answer = hers.post("/api/v1/devices", json=given(ada, endpoint=endpoint))
        assert answer.status_code == 422
        assert kept(session) == []

    @pytest.mark.parametrize(
        "changed",
        [{"p256dh": "AA"}, {"auth": "AA"}, {"p256dh": None}, {"auth": 16}, {"p256dh": ["x"]}, {"auth": "=" * 9}],
    )
    def test_with_keys_that_nothing_could_be_sealed_with_is_refused(self, hers, ada, session, changed):
        """W2."""
        assert hers.post("/api/v1/devices", json=given(ada, **changed)).status_code == 422
        assert kept(session) == []

    def test_made_with_a_key_that_is_not_ours_is_asked_for_anew_and_not_kept(self, hers, ada, session):
        """W4."""
        answer = hers.post("/api/v1/devices", json=given(ada, key="BNotOurs"))
        assert answer.json["renew"] is True
        assert kept(session) == []

    def test_made_with_an_older_key_is_kept_and_asked_for_anew(self, hers, ada, session):
        """W4."""
        keys.load({"old": b"o" * 32, "test": keys._masters["test"]})
        answer = hers.post("/api/v1/devices", json=given(ada, key=vapid.public_key("old")))
        assert answer.json == {"svc": "marmalade", "key": vapid.public_key("test"), "renew": True}
        assert [device.key_id for device in kept(session)] == ["old"]

    def test_that_was_switched_off_is_asked_for_anew_until_it_is_another_one(self, hers, ada, session, clock):
        browser = Browser(APPLE)
        hers.post("/api/v1/devices", json=given(ada, browser))
        (device,) = kept(session)
        for _each in range(3):
            devices.refused(device.id, "403", clock.now)
        session.commit()
        assert hers.post("/api/v1/devices", json=given(ada, browser)).json["renew"] is True
        assert hers.post("/api/v1/devices", json=given(ada)).json["renew"] is False
        (device,) = kept(session)
        assert (device.failures, device.disabled_at) == (0, None)

    def test_of_somebody_elses_page_is_refused(self, hers, world, session):
        """W10: a page left open on a shared phone speaks for whoever it showed, not for whoever is signed in now."""
        answer = hers.post("/api/v1/devices", json=given(world.ben))
        assert (answer.status_code, answer.json["reason"]) == (409, "somebody_else")
        assert kept(session) == []


class TestAPhoneThatChangesHands:
    def test_it_is_whose_page_posted_it_last_and_begins_anew(self, hers, bens, ada, world, session, clock):
        """W3."""
        browser = Browser(APPLE)
        hers.post("/api/v1/devices", json=given(ada, browser))
        clock.move(hours=1)
        bens.post("/api/v1/devices", json=given(world.ben, browser))
        (device,) = kept(session)
        assert (device.person_id, device.created_at) == (world.ben.id, clock.now)
        hers.delete("/api/v1/devices", json={"endpoint": APPLE})
        assert len(kept(session)) == 1

    def test_signing_out_takes_it_away(self, hers, ada, session):
        """A141, W10."""
        hers.post("/api/v1/devices", json=given(ada))
        hers.post("/sign-out")
        assert kept(session) == []

    @pytest.mark.parametrize("way", ["one", "others"])
    def test_so_does_signing_it_out_from_elsewhere(self, hers, ada, session, new_client, way):
        hers.post("/api/v1/devices", json=given(ada))
        (device,) = kept(session)
        elsewhere = new_client().sign_in(ada)
        elsewhere.post(f"/sessions/{device.session_id}/end" if way == "one" else "/sessions/end")
        assert kept(session) == []

    def test_signing_in_again_as_the_same_person_keeps_it(self, hers, ada, session, app):
        hers.post("/api/v1/devices", json=given(ada))
        before = hers.cookie("session")
        holder, _cookie = sessions.start(ada, "The same phone", kept(session)[0].seen_at)
        devices.follow(before, holder)
        sessions.leave(before)
        session.commit()
        assert [device.session_id for device in kept(session)] == [holder.id]

    def test_it_can_be_taken_back_and_twice_is_once(self, hers, ada, session):
        hers.post("/api/v1/devices", json=given(ada))
        for _each in range(2):
            assert hers.delete("/api/v1/devices", json={"endpoint": APPLE}).status_code == 200
        assert kept(session) == []


class TestWhereAMessageLeads:
    @pytest.fixture
    def prompt(self, world, session, clock):
        from app.delivery import courier
        from app.domain.prompts import Prompt
        from tests import cast

        cast.arrive(world.event, world.ada, world.ben)
        session.commit()
        clock.move(days=2, hours=1)
        courier.plan(clock.now)
        return session.scalars(select(Prompt).where(Prompt.person_id == world.ada.id)).one()

    def test_to_the_prompt_while_it_is_open(self, hers, prompt):
        assert hers.get(f"/n/{prompt.id}").location == f"/prompts/{prompt.id}"

    def test_to_what_was_done_elsewhere_with_a_way_back(self, hers, prompt, session):
        """W16, H23."""
        hers.post(f"/prompts/{prompt.id}/answer", data={"did": "done"})
        page = hers.get(f"/n/{prompt.id}")
        assert "Already done" in page.text
        hers.post(f"/prompts/{prompt.id}/answer", data={"did": "undo"})
        assert hers.get(f"/n/{prompt.id}").location == f"/prompts/{prompt.id}"

    def test_to_why_nothing_is_asked_any_more(self, hers, prompt, session, clock):
        """W10."""
        prompt.state, prompt.ended_at = "closed", clock.now
        session.commit()
        assert "This reminder has run out" in hers.get(f"/n/{prompt.id}").text

    def test_to_signing_in_for_whoever_is_signed_out(self, stranger, prompt):
        answer = stranger.get(f"/n/{prompt.id}")
        assert answer.location == f"/sign-in?next=/n/{prompt.id}"

    def test_to_nothing_but_a_way_to_sign_in_for_somebody_else(self, bens, prompt):
        """W10: the same as for a prompt that is not there."""
        theirs, nobodys = bens.get(f"/n/{prompt.id}"), bens.get("/n/99999")
        assert theirs.status_code == nobodys.status_code == 404
        assert f"/sign-in?next=/n/{prompt.id}" in theirs.text
        assert "Tuesday Breakfast" not in theirs.text

    def test_that_it_was_opened_is_noted_once_a_round_and_never_by_reading(self, hers, bens, prompt, session, clock):
        hers.get(f"/n/{prompt.id}")
        hers.get(f"/prompts/{prompt.id}")
        session.rollback()
        session.expire_all()
        assert prompt.opened_at is None
        assert bens.post(f"/n/{prompt.id}").status_code == 404
        at = clock.now
        hers.post(f"/n/{prompt.id}")
        clock.move(hours=1)
        hers.post(f"/n/{prompt.id}")
        session.rollback()
        session.expire_all()
        assert prompt.opened_at == at
        session.rollback()

    def test_an_opening_before_its_hour_is_none(self, hers, prompt, session, clock):
        clock.set(prompt.due_at - timedelta(minutes=1))
        hers.post(f"/n/{prompt.id}")
        session.rollback()
        session.expire_all()
        assert prompt.opened_at is None


def test_an_erased_person_leaves_no_device(hers, ada, session, clock, tmp_path):
    from app.domain import erasures

    hers.post("/api/v1/devices", json=given(ada))
    session.rollback()
    erasures.erase(ada, clock.now, tmp_path / "erased.log")
    session.commit()
    assert kept(session) == []


def test_what_one_takes_along_says_where_reminders_go_and_holds_no_key(hers, ada, session):
    from app.domain import exports

    hers.post("/api/v1/devices", json=given(ada))
    session.rollback()
    (row,) = exports.rows("devices", ada)
    assert row["hint"]
    assert not {"endpoint", "p256dh", "auth"} & set(row)
