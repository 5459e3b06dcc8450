"""A claim is one worker's hold on one delivery: nobody shares it, and a hold that was lost changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import insert, select

from app import database
from app.database import begin_write
from app.domain import claims, deliveries, prompts
from app.domain.claims import LADDER, LEASE, Frozen
from app.domain.deliveries import CLAIMED, DOT, EXPIRED, FAILED, SENT, SUPPRESSED, WAITING, Delivery
from app.domain.prompts import Prompt
from tests import cast

RECIPIENT = "ada@example.org"


@pytest.fixture
def scene(session, clock):
    assembled = cast.assemble(clock.now)
    session.commit()
    return assembled


@pytest.fixture
def outbox(session, clock, scene):
    """Puts so many letters to Ada into the outbox, all due now, and returns their ids."""

    def fill(number=1):
        common = {"person_id": scene.ada.id, "event_id": scene.event.id, "due_zone": cast.ZONE, "state": "open"}
        common |= {"due_day": clock.now.date(), "due_time": clock.now.time(), "due_at": clock.now}
        common |= {"created_at": clock.now, "kind": prompts.FOLLOW_UP, "round": 1}
        rows = [{**common, "subject": f"test:{at}"} for at in range(number)]
        made = session.scalars(insert(Prompt).returning(Prompt.id), rows).all()
        session.add_all(
            Delivery(prompt_id=made_id, due_at=clock.now, next_try_at=clock.now, created_at=clock.now)
            for made_id in made
        )
        session.commit()
        ids = session.scalars(select(Delivery.id)).all()
        session.rollback()
        return ids

    return fill


@pytest.fixture
def unit(session):
    """Does something in a unit of work of its own, and returns what it gave."""

    def work(verb, *arguments):
        session.rollback()
        begin_write()
        done = verb(*arguments)
        session.commit()
        return done

    return work


def row(session, claim):
    session.rollback()
    return session.get(Delivery, claim.id, populate_existing=True)


def frozen(claim):
    words = b"Subject: Tuesday\r\n\r\nHello.\r\n"
    claims.freeze([Frozen(claims.held(claim), words, RECIPIENT, "1@example.org")], claim.due_at)


class TestTaking:
    def test_of_eight_workers_each_letter_is_held_by_one(self, app, session, clock, outbox):
        """R4."""
        ids, start, now = outbox(400), Barrier(8), clock.now

        def worker(_number):
            taken = []
            with app.app_context():
                start.wait()
                while True:
                    begin_write()
                    batch = claims.take(now, 7)
                    database.session.commit()
                    if not batch:
                        return taken
                    taken += batch

        with ThreadPoolExecutor(8) as pool:
            taken = [claim for batch in pool.map(worker, range(8)) for claim in batch]
        assert sorted(claim.id for claim in taken) == sorted(ids)
        assert {claim.attempt for claim in taken} == {1}

    def test_what_is_held_is_not_taken_until_its_lease_is_over(self, clock, outbox, unit):
        outbox()
        (first,) = unit(claims.take, clock.now, 10)
        assert unit(claims.take, clock.now + LEASE - timedelta(seconds=1), 10) == []
        (second,) = unit(claims.take, clock.now + LEASE, 10)
        assert (second.id, second.attempt) == (first.id, 2)

    def test_codes_go_first_then_the_oldest(self, session, clock, outbox, unit):
        from app.domain import sessions

        outbox(3)
        code = sessions.ask_code("ben@example.org", "nonce", clock.now)
        late = deliveries.carry_code(code, clock.now)
        session.commit()
        assert unit(claims.take, clock.now, 1)[0].id == late.id

    def test_what_was_past_its_dot_when_its_worker_was_lost_is_marked_uncertain(self, session, clock, outbox, unit):
        outbox()
        (first,) = unit(claims.take, clock.now, 1)
        unit(frozen, first)
        assert unit(claims.to_dot, [first], clock.now)
        (second,) = unit(claims.take, clock.now + LEASE, 1)
        assert row(session, second).reason == "uncertain"


class TestTheFence:
    def test_a_hold_that_was_lost_changes_nothing(self, session, clock, outbox, unit):
        """R9."""
        outbox()
        (lost,) = unit(claims.take, clock.now, 1)
        unit(frozen, lost)
        (holder,) = unit(claims.take, clock.now + LEASE, 1)
        assert not unit(claims.to_dot, [lost], clock.now)
        assert not unit(claims.sent, [lost], clock.now)
        assert not unit(claims.fail, lost, "no")
        assert not unit(claims.suppress, lost, "no")
        assert not unit(claims.expire, lost)
        assert not unit(claims.try_again, lost, "no", clock.now)
        assert not unit(claims.postpone, lost, clock.now, "no")
        assert (row(session, holder).state, row(session, holder).attempt) == (CLAIMED, 2)

    @pytest.mark.parametrize("final", [SENT, FAILED, SUPPRESSED, EXPIRED])
    def test_what_is_final_is_never_taken_again(self, session, clock, outbox, unit, final):
        outbox()
        (claim,) = unit(claims.take, clock.now, 1)
        unit(frozen, claim)
        unit(claims.to_dot, [claim], clock.now)
        end = {
            SENT: lambda: claims.sent([claim], clock.now),
            FAILED: lambda: claims.fail(claim, "550 no such mailbox"),
            SUPPRESSED: lambda: claims.suppress(claim, "unsubscribed"),
            EXPIRED: lambda: claims.expire(claim),
        }
        assert unit(end[final])
        assert row(session, claim).state == final
        assert row(session, claim).frozen is None
        assert unit(claims.take, clock.now + timedelta(days=30), 1) == []


class TestTheLastWord:
    @pytest.fixture
    def ready(self, clock, outbox, unit):
        outbox()
        (claim,) = unit(claims.take, clock.now, 1)
        unit(frozen, claim)
        return claim

    def test_a_letter_that_is_wanted_goes(self, session, clock, unit, ready):
        assert unit(claims.to_dot, [ready], clock.now)
        assert row(session, ready).state == DOT

    @pytest.mark.parametrize(
        "change",
        [
            lambda scene, prompt, now: prompts.unsubscribe(scene.ada),
            lambda scene, prompt, now: setattr(scene.event, "cancelled_at", now),
            lambda scene, prompt, now: setattr(scene.ada, "email", "new@example.org"),
            lambda scene, prompt, now: prompts.answer(prompt, now),
            lambda scene, prompt, now: prompts.snooze(prompt, now.date(), now),
        ],
        ids=["unsubscribed", "cancelled", "moved", "answered", "put off"],
    )
    def test_what_is_no_longer_wanted_does_not_go(self, session, scene, clock, unit, ready, change):
        """R28."""
        prompt = session.get(Prompt, row(session, ready).prompt_id)
        unit(change, scene, prompt, clock.now)
        assert not unit(claims.to_dot, [ready], clock.now)
        assert row(session, ready).state == CLAIMED


class TestTryingAgain:
    def test_waits_grow_up_the_ladder_with_a_fifth_of_jitter_and_end_after_seven_days(
        self, session, clock, outbox, unit
    ):
        """R10, R15."""
        outbox()
        now, waits = clock.now, []
        while (held := unit(claims.take, now, 1)) and len(waits) < 30:
            unit(claims.try_again, held[0], "451", now)
            if row(session, held[0]).state != WAITING:
                break
            waits.append(row(session, held[0]).next_try_at - now)
            now = row(session, held[0]).next_try_at
        assert all(0.8 <= wait / step <= 1.2 for wait, step in zip(waits, LADDER, strict=False))
        assert all(0.8 <= wait / LADDER[-1] <= 1.2 for wait in waits[len(LADDER) :])
        assert row(session, held[0]).state == EXPIRED
        assert timedelta(days=5) < now - clock.now <= timedelta(days=7)

    def test_the_same_bytes_are_kept_for_every_try(self, session, clock, outbox, unit):
        """R6."""
        outbox()
        (claim,) = unit(claims.take, clock.now, 1)
        unit(frozen, claim)
        unit(claims.try_again, claim, "451", clock.now)
        (again,) = unit(claims.take, clock.now + timedelta(hours=1), 1)
        assert unit(lambda: claims.thaw(claims.held(again))) == b"Subject: Tuesday\r\n\r\nHello.\r\n"

    def test_what_is_postponed_has_not_failed(self, session, clock, outbox, unit):
        outbox()
        (claim,) = unit(claims.take, clock.now, 1)
        unit(claims.postpone, claim, clock.now + timedelta(hours=9), "not now")
        assert (row(session, claim).failures, row(session, claim).state) == (0, WAITING)
