"""The courier's rounds: one letter for each who was there, once, and none that nobody wants any more."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.delivery import courier, housekeeping, letters, tallies
from app.delivery.outcomes import Uncertain
from app.domain import attendance, deliveries, events, planning, prompts, sessions
from app.domain.deliveries import Delivery
from app.domain.prompts import FOLLOW_UP, ONE_TO_ONE, Prompt
from tests import cast
from tests.delivery.ways import Way, change, states

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


class TestWhoGetsALetter:
    def test_each_who_was_there_gets_one_follow_up_and_the_absent_get_none(self, breakfast, go, smtp):
        go(DUE)
        assert sorted(letter.recipients[0] for letter in smtp.letters) == [
            "ada@example.org",
            "ben@example.org",
            "cleo@example.org",
        ]

    def test_a_second_round_sends_nothing_more(self, breakfast, go, smtp):
        go(DUE)
        go(DUE)
        go(DUE + timedelta(hours=1))
        assert len(smtp.letters) == 3

    def test_nothing_goes_before_it_is_due(self, breakfast, go, smtp):
        go(DUE - timedelta(seconds=1))
        assert smtp.letters == []

    def test_who_undid_a_check_in_was_not_there(self, breakfast, go, smtp, session, clock):
        place = attendance.of(breakfast.event, breakfast.ben)
        change(session, lambda: attendance.undo(place, clock.now, breakfast.ben, attendance.SELF))
        go(DUE)
        assert smtp.to("ben@example.org") == []

    def test_a_late_walk_in_counts_as_present(self, breakfast, go, smtp, session, clock):
        eve = cast.person("Eve Late", clock.now, "eve@example.org")
        cast.arrive(breakfast.event, eve, now=breakfast.event.starts_at + timedelta(hours=1))
        session.commit()
        go(DUE)
        assert len(smtp.to("eve@example.org")) == 1

    def test_a_guest_without_a_confirmed_address_gets_it_in_the_app_only(self, breakfast, go, smtp, session, clock):
        fay = cast.person("Fay Guest", clock.now)
        fay.email_typed = "fay@example.org"
        cast.arrive(breakfast.event, fay, now=breakfast.event.starts_at)
        session.commit()
        go(DUE)
        assert smtp.to("fay@example.org") == []
        assert [prompt.kind for prompt in prompts.waiting(fay, DUE)] == [FOLLOW_UP]

    def test_who_met_somebody_gets_a_one_to_one_prompt_days_later(self, breakfast, go, smtp, session):
        go(DUE)
        smtp.clear()
        go(datetime(2026, 11, 30, 8, 30, tzinfo=UTC))
        assert sorted(letter.recipients[0] for letter in smtp.letters) == ["ada@example.org", "ben@example.org"]
        assert all("Half an hour" in letter.message["Subject"] for letter in smtp.letters)

    def test_nobody_is_asked_for_a_one_to_one_that_is_arranged(self, breakfast, go, smtp, session, clock):
        from app.domain import contacts, invitations
        from app.domain.one_to_ones import Offer

        go(DUE)
        smtp.clear()
        friday = datetime(2026, 12, 4, 10, 0, tzinfo=UTC)

        def arrange():
            contact = contacts.find(breakfast.ada, breakfast.ben)
            offered = invitations.propose(breakfast.ada, contact, Offer([friday], cast.ZONE, "The Grand"), clock.now)
            invitations.pick(offered, breakfast.ben, friday, clock.now)

        change(session, arrange)
        notes = go(datetime(2026, 11, 30, 8, 30, tzinfo=UTC))
        assert {note.kind for note in notes} == {"agreement"}
        assert all(letter.message["Subject"].startswith("Fri 4 Dec, 10:00") for letter in smtp.letters)
        assert prompts.waiting(breakfast.ada, datetime(2026, 11, 30, 8, 30, tzinfo=UTC))[-1].kind == FOLLOW_UP


class TestWhatIsNotWantedAnyMore:
    @pytest.mark.parametrize(
        "stop",
        [
            lambda scene, now: prompts.unsubscribe(scene.ada),
            lambda scene, now: events.cancel(scene.event, now),
            lambda scene, now: prompts.answer(prompts.waiting(scene.ada, now)[0], now),
        ],
        ids=["unsubscribed", "cancelled", "answered"],
    )
    def test_what_is_stopped_before_the_dot_is_not_sent(self, breakfast, go, session, stop):
        """R28."""
        way = Way(lambda: change(session, lambda: stop(breakfast, DUE)))
        go(DUE, way)
        assert "ada@example.org" not in [recipient for recipient, _content in way.sent]
        assert states(session)["suppressed"] >= 1

    def test_one_who_unsubscribed_earlier_is_not_even_planned_for(self, breakfast, go, smtp, session):
        change(session, lambda: prompts.unsubscribe(breakfast.ada))
        go(DUE)
        assert smtp.to("ada@example.org") == []
        assert prompts.waiting(breakfast.ada, DUE)

    def test_an_erased_person_gets_nothing(self, breakfast, go, session):
        """R28."""
        way = Way(lambda: change(session, lambda: session.delete(breakfast.ada)))
        go(DUE, way)
        assert "ada@example.org" not in [recipient for recipient, _content in way.sent]

    def test_what_was_put_off_waits_for_its_new_morning(self, breakfast, go, smtp, session):
        change(session, lambda: planning.plan(DUE))
        waiting = prompts.waiting(breakfast.ada, DUE)[0]
        change(session, lambda: prompts.snooze(waiting, datetime(2026, 12, 1, tzinfo=UTC).date(), DUE))
        go(DUE)
        assert smtp.to("ada@example.org") == []
        go(datetime(2026, 12, 1, 8, 30, tzinfo=UTC))
        assert len(smtp.to("ada@example.org")) >= 1

    def test_after_two_reminders_there_is_silence(self, breakfast, go, smtp, session):
        day = DUE
        for _reminder in range(5):
            go(day)
            (waiting,) = [one for one in prompts.waiting(breakfast.cleo, day) if one.kind == FOLLOW_UP]
            following = (day + timedelta(days=14)).date()
            change(
                session, lambda waiting=waiting, following=following, day=day: prompts.snooze(waiting, following, day)
            )
            day += timedelta(days=14)
        go(day)
        assert len(smtp.to("cleo@example.org")) == 3
        assert prompts.waiting(breakfast.cleo, day)


class TestEnough:
    def test_of_two_prompts_due_at_once_one_letter_tells_of_both(self, breakfast, go, smtp, session, clock):
        """R35."""
        plan = replace(
            cast.TUESDAY,
            name="Lunch",
            start_time=cast.TUESDAY.end_time,
            end_time=cast.TUESDAY.end_time.replace(hour=11),
        )
        lunch = events.create(breakfast.group.id, plan, clock.now)
        cast.arrive(lunch, breakfast.ada, now=lunch.starts_at)
        session.commit()
        notes = go(DUE)
        (letter,) = smtp.to("ada@example.org")
        assert re.search(
            r"1 more waits for you under Today.\n- (Lunch|Tuesday Breakfast), Tue 24 Nov\n", letter.body("plain")
        )
        assert [note.detail for note in notes if note.outcome == tallies.SUPPRESSED] == ["merged"]

    def test_there_are_three_letters_a_week_at_most(self, breakfast, go, smtp, session, clock):
        """R35."""
        for day in (19, 20, 21, 22, 23):
            plan = replace(
                cast.TUESDAY, name=f"Day {day}", day=datetime(2026, 11, day, tzinfo=UTC).date(), follow_up_days=5
            )
            event = events.create(breakfast.group.id, plan, clock.now)
            cast.arrive(event, breakfast.cleo, now=event.starts_at)
        session.commit()
        at = DUE - timedelta(days=2)
        sent = []
        while at < DUE + timedelta(days=14):
            before = len(smtp.to("cleo@example.org"))
            go(at)
            sent += [at] * (len(smtp.to("cleo@example.org")) - before)
            at += timedelta(hours=12)
        assert len(sent) == len({day.date() for day in sent})
        assert all(sum(one <= other < one + timedelta(days=7) for other in sent) <= 3 for one in sent)


class TestSignInCodes:
    def test_a_code_is_sent_at_any_hour_by_the_worker(self, session, clock, go, smtp):
        night = clock.set(datetime(2026, 11, 24, 23, 0, tzinfo=UTC))
        code = sessions.ask_code("ada@example.org", "nonce", night)
        deliveries.carry_code(code, night)
        session.commit()
        digits = f"{code.digits[:3]} {code.digits[3:]}"
        go(night)
        (letter,) = smtp.to("ada@example.org")
        assert digits in letter.body("plain")
        assert digits in letter.message["Subject"]
        assert "List-Unsubscribe" not in letter.message

    def test_a_code_is_never_kept_and_yet_comes_again_byte_for_byte(self, session, clock, go):
        """A138 and R6."""
        code = sessions.ask_code("ada@example.org", "nonce", clock.now)
        deliveries.carry_code(code, clock.now)
        session.commit()
        way = Way(Uncertain("cut off"))
        go(clock.now, way)
        assert session.scalar(select(Delivery)).frozen is None
        go(clock.move(seconds=10), way)
        assert len(way.sent) == 2
        assert way.sent[0] == way.sent[1]

    def test_a_code_that_was_used_or_ran_out_is_not_sent(self, session, clock, go):
        old = sessions.ask_code("ada@example.org", "one", clock.now)
        deliveries.carry_code(old, clock.now)
        clock.move(minutes=11)
        used = sessions.ask_code("ben@example.org", "two", clock.now)
        used.used_at = clock.now
        deliveries.carry_code(used, clock.now)
        session.commit()
        way = Way()
        go(clock.now, way)
        assert way.sent == []
        assert states(session) == {"expired": 1, "suppressed": 1}


def test_a_preview_says_what_would_go_and_changes_nothing(breakfast, session):
    tally = courier.preview(DUE)
    assert sorted(note.name for note in tally.notes) == ["Ada Bevan", "Ben Okafor", "Cleo Nowak"]
    assert all(note.outcome == tallies.WOULD_GO and b"Subject: " in note.content for note in tally.notes)
    assert session.scalar(select(func.count()).select_from(Prompt)) == 0


def test_frozen_letters_cannot_be_read_from_the_database_and_are_wiped_when_final(breakfast, session, go):
    """A138."""
    seen = []

    def look():
        seen.append(session.scalars(select(Delivery.frozen).where(Delivery.frozen.is_not(None))).all())
        session.rollback()

    go(DUE, Way(look))
    assert seen[0]
    assert all(b"/u/" not in frozen and b"Subject" not in frozen for frozen in seen[0])
    assert session.scalars(select(Delivery.frozen).where(Delivery.frozen.is_not(None))).all() == []


def test_each_worker_is_seen_at_work(session, clock):
    """R22: the age is what health pages show."""
    assert deliveries.worker_age(clock.now) is None
    session.rollback()
    housekeeping.beat("one", clock.now)
    housekeeping.beat("one", clock.move(seconds=10))
    assert deliveries.worker_age(clock.move(seconds=5)) == 5
    session.rollback()
    housekeeping.tidy(clock.move(days=2))
    assert deliveries.worker_age(clock.now) is None


def test_kinds_have_letters(app):
    assert set(letters._WORDS) == set(prompts.KINDS) >= {FOLLOW_UP, ONE_TO_ONE}


BATCH, EACH = 10, 3  # statements: once a few letters, and for each of them


@pytest.mark.parametrize("guests", [3, 10])
def test_what_is_asked_once_for_a_few_letters_is_not_asked_for_each(breakfast, session, queries, guests):
    for number in range(guests - 3):
        guest = cast.person(f"Guest {number}", breakfast.event.starts_at, f"guest{number}@example.org")
        cast.arrive(breakfast.event, guest, now=breakfast.event.starts_at)
    session.commit()
    courier.plan(DUE)
    session.rollback()
    with queries() as asked:
        assert len(courier.round(DUE, Way(), plans=False).notes) == guests
    assert asked.count <= BATCH + EACH * guests, asked
