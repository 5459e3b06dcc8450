"""What happens to letters when mail servers, workers and the hour are against them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from app.delivery import courier, letters, tallies
from app.delivery.breakers import Breaker
from app.delivery.outcomes import Uncertain, Undeliverable
from app.domain import deliveries, prompts
from app.domain.deliveries import Delivery
from tests import cast
from tests.delivery.ways import Way, states
from tests.infrastructure.smtp import Fault

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


class TestTroubleOnTheWay:
    def test_a_451_is_tried_again_later_with_the_same_bytes(self, breakfast, go, smtp, session):
        """R10."""
        smtp.fail(Fault.RECIPIENT_LATER, only="ada@example.org", times=1)
        go(DUE)
        row = session.scalar(select(Delivery).where(Delivery.recipient == "ada@example.org"))
        assert (row.state, row.failures) == ("waiting", 1)
        assert timedelta(seconds=48) <= row.next_try_at - DUE <= timedelta(seconds=72)
        go(row.next_try_at - timedelta(seconds=1))
        assert smtp.to("ada@example.org") == []
        go(row.next_try_at)
        assert len(smtp.to("ada@example.org")) == 1

    def test_a_550_fails_for_good_and_the_person_sees_why(self, breakfast, go, smtp, session):
        """R11."""
        smtp.fail(Fault.RECIPIENT_NEVER, only="ada@example.org")
        go(DUE)
        smtp.recover()
        go(DUE + timedelta(days=1))
        assert smtp.to("ada@example.org") == []
        assert "550" in deliveries.last_failure(breakfast.ada).reason
        assert prompts.waiting(breakfast.ada, DUE)

    def test_a_letter_that_cannot_be_written_stops_no_other(self, breakfast, go, smtp, session, monkeypatch):
        """R16."""
        write = letters.of_prompt

        def broken(prompt, around, now):
            if prompt.person_id == breakfast.ada.id:
                raise ValueError("a template is broken")
            return write(prompt, around, now)

        monkeypatch.setattr(letters, "of_prompt", broken)
        for minutes in (0, 2, 20, 60):
            go(DUE + timedelta(minutes=minutes))
        assert (len(smtp.letters), states(session)["failed"]) == (2, 1)

    def test_what_was_cut_off_after_the_dot_is_sent_again_byte_for_byte(self, breakfast, go, session):
        """R6."""
        way = Way(Uncertain("cut off"))
        go(DUE, way)
        go(DUE + timedelta(minutes=2), way)
        first, again = [content for recipient, content in way.sent if recipient == "ada@example.org"]
        assert first == again

    @pytest.mark.parametrize("after_the_dot", [False, True])
    def test_what_a_killed_worker_held_is_sent_after_its_lease_byte_for_byte(
        self, breakfast, go, session, after_the_dot
    ):
        """R5, R6."""
        way = Way()

        def killed(sender, recipient, content, before_dot):
            assert not after_the_dot or before_dot()
            way.sent.append((recipient, content))
            raise KeyboardInterrupt

        session.rollback()
        with pytest.raises(KeyboardInterrupt):
            courier.round(DUE, SimpleNamespace(send=killed))
        session.expire_all()
        assert set(states(session)) == ({"claimed", "dot"} if after_the_dot else {"claimed"})
        go(DUE + timedelta(seconds=119), way)
        assert len(way.sent) == 1
        go(DUE + timedelta(seconds=120), way)
        assert len(way.sent) == 4
        assert len(set(way.sent)) == 3

    def test_a_stalled_worker_whose_hold_ran_out_sends_nothing(self, breakfast, go, session):
        """R9."""
        meanwhile = Way()

        def another_takes_over():
            session.rollback()
            while courier.round(DUE + timedelta(seconds=121), meanwhile).held:
                pass

        stalled = Way(another_takes_over)
        notes = courier.round(DUE, stalled).notes
        assert stalled.sent == []
        assert {note.outcome for note in notes} <= {tallies.LOST}
        assert len(meanwhile.sent) == 3

    def test_after_five_failures_the_way_is_only_probed(self, breakfast, go, session, clock):
        for number in range(10):
            cast.arrive(
                breakfast.event,
                cast.person(f"Guest {number}", clock.now, f"guest{number}@example.org"),
                now=breakfast.event.starts_at,
            )
        session.commit()
        down = Undeliverable("connection refused", down=True)
        way, breaker = Way(*[down] * 6), Breaker()
        assert len(go(DUE, way, breaker)) == 5
        assert go(DUE + timedelta(seconds=59), way, breaker) == []
        assert len(go(DUE + timedelta(seconds=60), way, breaker)) == 1
        assert len(go(DUE + timedelta(minutes=10), way, breaker)) == 13
        assert len(way.sent) == 13

    def test_no_mail_server_is_spoken_to_inside_a_transaction(self, breakfast, go, session):
        """S62."""
        inside = []
        way = Way(*[lambda: inside.append(session().in_transaction())] * 3)
        go(DUE, way)
        assert inside == [False] * 3

    def test_what_could_not_be_sent_for_a_week_expires_and_waits_in_the_app(self, breakfast, go, session):
        """R15."""
        way = Way(*[Undeliverable("451 try again")] * 100)
        at = DUE
        while not states(session).get("expired") and at < DUE + timedelta(days=9):
            go(at, way)
            at += timedelta(hours=12)
        assert at <= DUE + timedelta(days=8)
        assert states(session)["expired"] == 3
        assert prompts.waiting(breakfast.ada, at)


class TestTheHour:
    def test_nothing_goes_in_quiet_hours_or_at_a_weekend(self, breakfast, go, smtp, session):
        """R36."""
        thursday_night, friday = DUE + timedelta(hours=14), datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
        notes = go(thursday_night)
        assert {note.outcome for note in notes} == {tallies.LATER}
        due = session.scalars(select(Delivery.next_try_at)).all()
        assert all(friday <= at <= friday + timedelta(minutes=10) for at in due)
        go(friday + timedelta(minutes=10))
        assert len(smtp.letters) == 3

    def test_a_letter_kept_back_by_a_weekend_goes_on_monday(self, breakfast, go, smtp):
        saturday, monday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC), datetime(2026, 11, 30, 8, 11, tzinfo=UTC)
        go(saturday)
        assert smtp.letters == []
        go(monday)
        assert len(smtp.to("cleo@example.org")) == 1
