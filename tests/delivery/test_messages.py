"""Messages to devices: one each for one prompt, a letter only when they do not help, and nothing that nobody wants."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.delivery import courier, tallies
from app.domain import attendance, blocks, contacts, devices, erasures, events, mutes, prompts, rations, sessions
from app.domain.deliveries import LETTER_WAITS, MAIL, PUSH, Delivery
from app.domain.devices import Device
from app.domain.encounters import CARD
from app.domain.prompts import FOLLOW_UP, ONE_TO_ONE, Prompt
from tests import cast
from tests.delivery.ways import change
from tests.infrastructure import push_service
from tests.infrastructure.push_service import status

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def tell(go, messenger):
    """Goes round at an instant with both ways out, until nothing is due."""
    return lambda at: go(at, messenger=messenger)


@pytest.fixture
def prompt(session, breakfast):
    """Ada's follow-up, once it is planned."""

    def find(person=breakfast.ada, kind=FOLLOW_UP):
        session.rollback()
        return session.scalars(select(Prompt).where(Prompt.person_id == person.id, Prompt.kind == kind)).one()

    return find


def rows(session, channel=PUSH):
    session.rollback()
    return session.scalars(select(Delivery).where(Delivery.channel == channel).order_by(Delivery.id)).all()


def shown(push):
    return push.message["notification"]


class TestOneBesideOthers:
    def test_where_one_finds_its_day_used_up_the_next_goes_all_the_same(
        self, breakfast, device, tell, service, session, monkeypatch
    ):
        device(breakfast.ada)
        device(breakfast.ben)
        take = rations.take_each

        def one_is_used_up(wanted, now):
            return take(dict(list(wanted.items())[1:]), now) if len(wanted) > 1 else take(wanted, now)

        monkeypatch.setattr(rations, "take_each", one_is_used_up)
        tell(DUE)
        assert len(service.pushes) == 1
        assert sorted(row.state for row in rows(session)) == ["sent", "suppressed"]


class TestWhatIsShown:
    def test_a_message_names_whom_to_write_to_and_leads_to_the_prompt(self, breakfast, device, tell, service, prompt):
        phone = device(breakfast.ada)
        tell(DUE)
        (push,) = service.to(phone)
        assert push.message["web_push"] == 8030
        assert push.message["app_badge"] == 1
        assert shown(push)["title"] == "Write to Ben?"
        assert shown(push)["navigate"] == f"https://marmalade.example/n/{prompt().id}"
        assert shown(push)["tag"] == f"prompt-{prompt().id}"
        assert shown(push)["data"]["done"] == "Done"

    @pytest.mark.parametrize("others", [1, 2])
    def test_it_names_the_first_of_several_and_counts_the_others(
        self, breakfast, device, tell, service, session, others
    ):
        dev, began = cast.person("Dilys Rees", DUE, "dilys@example.org"), breakfast.event.starts_at
        for number, other in enumerate([breakfast.cleo, dev][:others]):
            at = began + (number + 1) * HOUR
            change(session, lambda: contacts.meet(breakfast.ada, other, uuid4(), CARD, breakfast.event, at, at))  # noqa: B023
        phone = device(breakfast.ada)
        tell(DUE)
        (push,) = service.to(phone)
        assert shown(push)["title"] == f"Write to Ben or {others} other{'s' * (others - 1)}?"

    def test_it_holds_first_names_and_verbs_and_nothing_anybody_wrote(self, breakfast, device, tell, service, session):
        """A130: a canary in a note, a surname, an address."""
        change(
            session,
            lambda: contacts.write(
                contacts.find(breakfast.ada, breakfast.ben), contacts.LINE, "porcelain otters", None, DUE - DAY
            ),
        )
        phone = device(breakfast.ada)
        tell(DUE)
        tell(MONDAY)
        assert len(service.to(phone)) == 2
        for push in service.to(phone):
            said = push.content.decode()
            assert not [word for word in ("otters", "Okafor", "Bevan", "example.org", "websites") if word in said]

    def test_a_name_without_end_is_cut_before_it_fills_the_message(self, breakfast, device, tell, service, session):
        """W9."""

        def rename():
            breakfast.ben.name = "Wolfeschlegelsteinhausenbergerdorff" * 3

        change(session, rename)
        phone = device(breakfast.ada)
        tell(DUE)
        (push,) = service.to(phone)
        assert shown(push)["title"].startswith("Write to Wolfeschlegel")
        assert "…" in shown(push)["title"]
        assert len(push.content) < 1000

    def test_it_lasts_for_three_days_and_has_a_topic_that_tells_nothing(self, breakfast, device, tell, service):
        phone = device(breakfast.ada)
        tell(DUE)
        (push,) = service.to(phone)
        assert push.headers["ttl"] == str(3 * 24 * 3600)
        assert len(push.headers["topic"]) == 22


class TestOnePromptManyDevices:
    def test_each_device_is_told_once_of_one_prompt_and_one_that_is_signed_out_is_not(
        self, breakfast, device, tell, service, session, smtp
    ):
        """R26."""
        phones = [device(breakfast.ada) for _each in range(3)]
        left = device(breakfast.ada)
        row = session.scalars(select(Device).where(Device.endpoint == left.endpoint)).one()
        change(session, lambda: sessions.end(breakfast.ada, row.session_id))
        tell(DUE)
        tell(DUE + HOUR)
        assert [len(service.to(phone)) for phone in phones] == [1, 1, 1]
        assert service.to(left) == []
        assert len({push.headers["topic"] for push in service.pushes}) == 1
        assert smtp.to("ada@example.org") == []

    def test_one_whose_session_has_run_out_is_told_nothing(self, breakfast, device, tell, service, smtp):
        phone = device(breakfast.ada, now=DUE - sessions.IDLE)
        tell(DUE)
        assert service.to(phone) == []
        assert len(smtp.to("ada@example.org")) == 1

    def test_a_shared_phone_is_told_of_whoever_uses_it_now(self, breakfast, device, tell, service, session, clock):
        """W3, W10."""
        phone = device(breakfast.ada)
        tell(DUE - MINUTE)
        holder, _cookie = sessions.start(breakfast.ben, "The same phone", clock.now)
        given = devices.Subscription(phone.endpoint, phone.point, phone.secret)
        devices.keep(given, holder, "test", "The same phone", clock.now)
        session.commit()
        tell(DUE)
        (push,) = service.to(phone)
        assert shown(push)["title"] == "Write to Ada?"
        assert session.scalars(select(Device)).one().person_id == breakfast.ben.id

    def test_a_message_on_its_way_to_a_phone_that_changes_hands_is_not_sent(
        self, breakfast, device, go, messenger, service, session, clock, smtp
    ):
        """W10, R28."""
        phone = device(breakfast.ada)
        before = messenger.reach

        def hand_on(receiver, now):
            holder, _cookie = sessions.start(breakfast.cleo, "The same phone", clock.now)
            devices.keep(devices.Subscription(phone.endpoint, phone.point, phone.secret), holder, "test", "", clock.now)
            session.commit()
            return before(receiver, now)

        messenger.reach = hand_on
        notes = go(DUE, messenger=messenger)
        assert [shown(push)["title"] for push in service.to(phone)] == ["Who did you talk to?"]  # it is Cleo's now
        assert [note.outcome for note in notes if note.name == "Ada Bevan"][:1] == [tallies.SUPPRESSED]

    def test_a_new_device_is_not_told_of_what_fell_due_before(self, breakfast, device, tell, service):
        tell(DUE)
        phone = device(breakfast.ada, now=DUE + HOUR)
        tell(DUE + HOUR)
        assert service.to(phone) == []


class TestTheLetterAfterwards:
    def test_a_letter_goes_at_once_to_who_has_no_device_and_no_message_at_all(self, breakfast, device, tell, smtp):
        device(breakfast.ada)
        tell(DUE)
        assert [letter.recipients[0] for letter in smtp.letters] == ["ben@example.org", "cleo@example.org"]

    def test_a_letter_goes_once_when_twenty_hours_brought_no_answer(self, breakfast, device, tell, smtp):
        """R27, W7: that a service took it says nothing of whether anybody saw it."""
        device(breakfast.ada)
        tell(DUE)
        tell(DUE + LETTER_WAITS - MINUTE)
        assert smtp.to("ada@example.org") == []
        for later in (MINUTE, HOUR, DAY):
            tell(DUE + LETTER_WAITS + HOUR * 4 + later)  # out of quiet hours
        assert len(smtp.to("ada@example.org")) == 1

    def test_none_goes_about_what_was_answered_or_opened_in_the_app(
        self, breakfast, device, tell, smtp, session, prompt
    ):
        device(breakfast.ada)
        device(breakfast.ben)
        tell(DUE)
        change(session, lambda: prompts.opened(prompt(), DUE + MINUTE))
        change(session, lambda: prompts.answer(prompt(breakfast.ben), DUE + MINUTE))
        tell(DUE + DAY + HOUR)
        tell(DUE + 2 * DAY)
        assert smtp.to("ada@example.org") == []
        assert smtp.to("ben@example.org") == []

    def test_a_prompt_put_off_is_told_of_anew(self, breakfast, device, tell, service, session, prompt):
        phone = device(breakfast.ada)
        tell(DUE)
        change(session, lambda: prompts.opened(prompt(), DUE + MINUTE))
        change(session, lambda: prompts.snooze(prompt(), (DUE + DAY).date(), DUE + MINUTE))
        tell(DUE + DAY)
        first, second = service.to(phone)
        assert first.headers["topic"] == second.headers["topic"]
        assert [shown(push)["data"]["round"] for push in (first, second)] == [1, 2]

    def test_it_goes_at_once_when_the_only_device_is_gone(self, breakfast, device, tell, service, smtp):
        """R24, R27, W8."""
        device(breakfast.ada)
        service.answer(410)
        tell(DUE)
        tell(DUE)
        assert len(smtp.to("ada@example.org")) == 1

    def test_a_message_that_fails_and_fails_does_not_hold_it_up(self, breakfast, device, tell, service, smtp):
        device(breakfast.ada)
        service.answer(*[503] * 50)
        at = DUE
        while at <= DUE + DAY:
            tell(at)
            at += HOUR
        assert len(smtp.to("ada@example.org")) == 1

    def test_a_channel_that_was_refused_is_stood_in_for_by_none(self, breakfast, device, tell, service, smtp, session):
        """R27."""
        ada = device(breakfast.ada)
        ben = device(breakfast.ben)

        def refuse():
            prompts.unsubscribe(breakfast.ada)
            mutes.put(breakfast.ben, PUSH, [mutes.FOLLOW_UPS], [])
            mutes.put(breakfast.ben, MAIL, [mutes.FOLLOW_UPS], [])

        change(session, refuse)
        service.answer(410)
        tell(DUE)
        tell(DUE + DAY + HOUR)
        assert service.to(ada) == service.to(ben) == []
        assert smtp.to("ada@example.org") == smtp.to("ben@example.org") == []

    def test_who_muted_messages_alone_gets_the_letter_at_once(self, breakfast, device, tell, service, smtp, session):
        phone = device(breakfast.ada)
        change(session, lambda: mutes.put(breakfast.ada, PUSH, [mutes.FOLLOW_UPS], []))
        tell(DUE)
        assert service.to(phone) == []
        assert len(smtp.to("ada@example.org")) == 1

    def test_who_muted_a_groups_messages_alone_gets_its_letter_at_once(
        self, breakfast, device, tell, service, smtp, session
    ):
        """P165."""
        phone, other = device(breakfast.ada), device(breakfast.ben)
        change(session, lambda: mutes.put(breakfast.ada, PUSH, [], [breakfast.group.id]))
        tell(DUE)
        assert service.to(phone) == []
        assert len(service.to(other)) == 1
        assert len(smtp.to("ada@example.org")) == 1

    def test_what_was_done_from_the_letter_is_told_to_no_phone(self, breakfast, device, tell, service, session, prompt):
        """W16."""
        phone = device(breakfast.ada)
        tell(DUE - MINUTE)
        courier.plan(DUE)
        change(session, lambda: prompts.answer(prompt(), DUE))
        tell(DUE + MINUTE)
        assert service.to(phone) == []
        assert [row.reason for row in rows(session)] == ["answered"]


class TestWhatServicesAnswer:
    def test_gone_forgets_the_device_and_nothing_is_tried_again(self, breakfast, device, tell, service, session):
        """R24, W8, W13, W14: permission taken back, or revoked by the browser itself, comes to us as 404 or 410."""
        device(breakfast.ada)
        service.answer(404)
        tell(DUE)
        tell(DUE + HOUR)
        (row,) = rows(session)
        assert (row.state, row.device_id) == ("failed", None)
        assert session.scalars(select(Device)).all() == []
        assert service.requests == 1

    def test_refused_is_not_tried_again_and_three_in_a_row_switch_the_device_off(
        self, breakfast, device, tell, service, session, caplog
    ):
        """R24, W8."""
        browser = device(breakfast.ada)
        (number,) = session.scalars(select(Device.id)).all()
        service.answer(403)
        tell(DUE)
        tell(DUE + HOUR)
        assert service.requests == 1
        for _each in range(2):
            change(session, lambda: devices.refused(number, "403", DUE))
        row = session.scalars(select(Device)).one()
        assert row.disabled_at == DUE
        assert not devices.is_living(row, DUE)
        assert "403" in caplog.text
        assert browser.endpoint not in caplog.text

    def test_a_success_in_between_begins_the_count_anew(self, breakfast, device, session):
        device(breakfast.ada)
        (number,) = session.scalars(select(Device.id)).all()
        for _each in range(2):
            change(session, lambda: devices.refused(number, "403", DUE))
        change(session, lambda: devices.took([number], DUE))
        change(session, lambda: devices.refused(number, "403", DUE))
        assert session.scalars(select(Device.failures)).one() == 1
        assert session.scalars(select(Device.disabled_at)).one() is None

    def test_not_now_is_obeyed_for_as_long_as_it_says(self, breakfast, device, tell, service, session):
        """R24, W8."""
        phone = device(breakfast.ada)
        service.answer(status(429, Retry_After="3600"))
        tell(DUE)
        tell(DUE + HOUR - MINUTE)
        assert (service.requests, service.to(phone)) == (1, [])
        tell(DUE + HOUR)
        assert len(service.to(phone)) == 1

    @pytest.mark.parametrize("answer", [500, push_service.taken_then_lost])
    def test_broken_is_tried_again_with_the_same_words_topic_and_tag(
        self, breakfast, device, tell, service, session, answer
    ):
        """R24, R25, W8."""
        phone = device(breakfast.ada)
        heard = []
        bodies = service.take

        def keep(request, body):
            heard.append(request.headers["Topic"])
            bodies(request, body)

        service.take = keep

        def answered(request):
            heard.append(request.headers["Topic"])
            (answer if callable(answer) else status(answer))(request)

        service.answer(answered)
        tell(DUE)
        tell(DUE + HOUR)
        assert len(service.to(phone)) == 1
        assert len(heard) == 2
        assert len(set(heard)) == 1

    def test_a_crash_after_the_request_sends_the_same_again_once(self, breakfast, device, tell, service, session):
        """R25, W10: the second takes the first one's place, by topic while it waits and by tag once it is shown."""
        phone = device(breakfast.ada)
        tell(DUE)

        def crashed():
            (row,) = session.scalars(select(Delivery).where(Delivery.channel == PUSH)).all()
            row.state, row.sent_at, row.lease_until = "dot", None, DUE + 2 * MINUTE

        change(session, crashed)
        tell(DUE + MINUTE)
        assert len(service.to(phone)) == 1
        tell(DUE + 3 * MINUTE)
        first, second = service.to(phone)
        assert first.headers["topic"] == second.headers["topic"]
        assert shown(first)["tag"] == shown(second)["tag"]

    def test_too_large_is_said_in_fewer_words(self, breakfast, device, tell, service):
        """W8, W9."""
        phone = device(breakfast.ada)
        service.answer(413)
        tell(DUE)
        tell(DUE + HOUR)
        (push,) = service.to(phone)
        assert shown(push)["title"] == "A follow-up waits"
        service.answer(413)

    def test_too_large_in_fewer_words_is_given_up(self, breakfast, device, tell, service, session):
        device(breakfast.ada)
        service.answer(413, 413)
        tell(DUE)
        tell(DUE + HOUR)
        assert [row.state for row in rows(session)] == ["failed"]

    def test_a_redirect_counts_as_a_refusal(self, breakfast, device, tell, service, session):
        """W8."""
        device(breakfast.ada)
        service.answer(status(302, Location="https://127.0.0.1/"))
        tell(DUE)
        assert session.scalars(select(Device.failures)).one() == 1

    def test_a_service_that_is_down_keeps_no_other_waiting(self, breakfast, device, go, messenger, service, smtp):
        phone = device(breakfast.ada)
        service.answer(*[503] * 4)
        for at in range(4):
            go(DUE + at * 2 * HOUR, messenger=messenger)
        origin = service.url
        assert not messenger._breakers[origin].is_open
        assert messenger._breakers["https://web.push.apple.com"].room(DUE, 1) == 1
        assert len(smtp.to("ben@example.org")) == 1
        assert service.to(phone) == []

    def test_a_device_that_believes_a_key_which_is_lost_is_forgotten_and_stops_no_other(
        self, breakfast, device, tell, service, session, smtp
    ):
        """W4, R16: nobody can sign for it any more; its next page subscribes anew, and a letter comes meanwhile."""
        lost, other = device(breakfast.ada), device(breakfast.ben)
        believes = update(Device).where(Device.endpoint == lost.endpoint).values(key_id="lost")
        change(session, lambda: session.execute(believes))
        tell(DUE)
        tell(DUE)
        assert service.to(lost) == []
        assert len(service.to(other)) == 1
        assert [row.endpoint for row in session.scalars(select(Device))] == [other.endpoint]
        assert len(smtp.to("ada@example.org")) == 1

    def test_a_service_that_no_setting_names_any_more_is_not_gone_to(
        self, breakfast, device, tell, messenger, service, session
    ):
        """A78: looked at when it is sent, as when it was kept."""
        device(breakfast.ada)
        messenger.services = ()
        tell(DUE)
        assert service.requests == 0
        assert [row.state for row in rows(session)] == ["failed"]

    def test_a_fifth_of_refusals_is_told_to_whoever_runs_it(self, breakfast, messenger, device, caplog, monkeypatch):
        for _each in range(30):
            messenger._remember(False)
        for _each in range(9):
            messenger._remember(True)
        assert "of the last 39 were refused" in caplog.text


class TestManners:
    def test_several_prompts_are_told_of_in_one_message(self, breakfast, device, tell, service, session, clock, smtp):
        """W17, T11: down for two days, and no flood afterwards; the letters wait for as long."""
        phone = device(breakfast.ada, now=DUE - timedelta(days=20))
        for days in (1, 2):
            plan = replace(cast.TUESDAY, day=cast.TUESDAY.day - timedelta(days=days))
            event = events.create(breakfast.group.id, plan, clock.now - timedelta(days=20))
            cast.arrive(event, breakfast.ada)
        session.commit()
        tell(DUE + 2 * HOUR)
        (push,) = service.to(phone)
        assert shown(push)["title"] == "3 follow-ups wait"

    def test_nothing_goes_in_quiet_hours_and_the_letter_waits_as_well(
        self, breakfast, device, tell, service, session, smtp
    ):
        """W15, T11: the hours are those of where the person is now."""
        phone = device(breakfast.ada)

        def travel():
            breakfast.ada.time_zone = "America/New_York"

        tell(DUE - HOUR)
        change(session, travel)
        new_york = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)
        tell(DUE)
        assert service.to(phone) == []
        tell(new_york)
        assert len(service.to(phone)) == 1

    def test_planned_twice_it_is_one_message(self, breakfast, device, tell, service, session):
        """W17."""
        phone = device(breakfast.ada)
        for _each in range(3):
            courier.plan(DUE)
        tell(DUE)
        assert len(rows(session)) == 1
        assert len(service.to(phone)) == 1

    @pytest.mark.parametrize("what", ["block", "unmute", "cancel", "erase", "answer", "absent", "sign out"])
    def test_what_is_withdrawn_before_the_request_sends_nothing(
        self, breakfast, device, go, messenger, service, session, clock, tmp_path, what
    ):
        """R28."""
        phone = device(breakfast.ada)
        scene, ada = breakfast, breakfast.ada
        withdraw = {
            "block": lambda: blocks.add(ada, scene.ben, DUE),
            "unmute": lambda: mutes.put(ada, PUSH, [mutes.FOLLOW_UPS], []),
            "cancel": lambda: events.cancel(scene.event, DUE),
            "erase": lambda: erasures.erase(ada, DUE, tmp_path / "erased.log"),
            "answer": lambda: [prompts.answer(one, DUE) for one in prompts.waiting(ada, DUE)],
            "absent": lambda: attendance.undo(attendance.of(scene.event, ada), DUE, ada, attendance.SELF),
            "sign out": lambda: sessions.end_all(ada),
        }[what]
        before = messenger.reach

        def late(receiver, now):
            change(session, withdraw)
            return before(receiver, now)

        if what == "absent":  # known before the words are written
            go(DUE - MINUTE, messenger=messenger)
            courier.plan(DUE)
            change(session, withdraw)
        else:
            messenger.reach = late
        go(DUE, messenger=messenger)
        messenger.reach = before
        go(DUE + HOUR, messenger=messenger)
        assert service.to(phone) == []


def test_nothing_of_an_endpoint_or_a_key_is_logged(breakfast, device, tell, service, caplog):
    """A153."""
    caplog.set_level("DEBUG")
    phone = device(breakfast.ada)
    service.answer(403, 503, push_service.taken_then_lost)
    for hours in range(3):
        tell(DUE + hours * HOUR)
    assert phone.endpoint not in caplog.text
    assert "/push/" not in caplog.text
    assert json.dumps(phone.subscription["keys"])[12:40] not in caplog.text


def test_a_held_house_sends_no_messages(breakfast, device, tell, service, session):
    from app.domain import holds

    phone = device(breakfast.ada)
    change(session, lambda: holds.put_on(DUE - DAY, DUE - HOUR))
    tell(DUE)
    assert service.to(phone) == []


def test_a_one_to_one_is_asked_for_by_message_too(breakfast, device, tell, service, prompt):
    phone = device(breakfast.ada)
    tell(DUE)
    tell(MONDAY)
    assert shown(service.to(phone)[-1])["title"] == "Ask Ben for half an hour?"
    assert shown(service.to(phone)[-1])["navigate"].endswith(f"/n/{prompt(kind=ONE_TO_ONE).id}")
