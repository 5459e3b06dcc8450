"""Rations: a day is used up by one letter, whoever asks at the same time; few rows tell of a week."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select, text, update

from app import database
from app.database import begin_write
from app.domain import prompts, rations
from app.domain.deliveries import CLAIMED, DOT, PUSH, Delivery
from app.domain.prompts import Prompt
from app.domain.rations import Portion, Ration
from tests import cast


@pytest.fixture
def letters(session, clock):
    """Two letters about two prompts to Ada; returns for each whose day it would use, and its number."""
    scene = cast.assemble(clock.now)
    due = {"due_day": clock.now.date(), "due_time": clock.now.time(), "due_zone": cast.ZONE, "due_at": clock.now}
    common = {**due, "person_id": scene.ada.id, "event_id": scene.event.id, "created_at": clock.now, "round": 1}
    rows = [{**common, "kind": prompts.FOLLOW_UP, "subject": f"test:{n}", "state": "open"} for n in range(2)]
    made = session.scalars(insert(Prompt).returning(Prompt.id), rows).all()
    found = [Delivery(prompt_id=one, due_at=clock.now, next_try_at=clock.now, created_at=clock.now) for one in made]
    session.add_all(found)
    session.commit()
    known = [(Portion(scene.ada.id, "mail", clock.now.date(), one.prompt_id, 1), one.id) for one in found]
    session.rollback()
    return known


def test_of_two_letters_at_once_one_has_the_day(app, session, clock, letters):
    """R35: the database lets in one, whichever process asks."""
    together = Barrier(2)

    def take(letter):
        with app.app_context():
            together.wait()
            begin_write()
            taken = rations.take(*letter, clock.now)
            database.session.commit()
            database.session.remove()
            return taken

    with ThreadPoolExecutor(2) as crowd:
        assert sorted(crowd.map(take, letters)) == [False, True]
    assert session.scalar(select(func.count()).select_from(Ration)) == 1


def test_the_same_letter_has_its_day_again_and_another_device_shares_it(session, clock, letters):
    """R35, R6."""
    (first, number), (second, other) = letters
    assert rations.take(first, number, clock.now)
    assert rations.take(first, number, clock.now)
    assert not rations.take(second, other, clock.now)
    assert rations.take(second._replace(channel="push"), other, clock.now)


def test_a_day_that_was_not_used_after_all_is_free_for_another(session, clock, letters):
    (first, number), (second, other) = letters
    rations.take(first, number, clock.now)
    rations.give_back(number, clock.now)
    assert rations.take(second, other, clock.now)


@pytest.fixture
def phones(session, clock, letters):
    """Two messages about the first letter's prompt, to two phones; returns whose day they would use, their numbers."""
    (first, _number), _other = letters
    common = {"prompt_id": first.prompt_id, "channel": PUSH, "due_at": clock.now, "next_try_at": clock.now}
    found = [Delivery(**common, created_at=clock.now, state=CLAIMED, lease_until=clock.now) for _phone in range(2)]
    session.add_all(found)
    session.commit()
    numbers = [one.id for one in found]
    session.rollback()
    return first._replace(channel=PUSH), numbers


def whose(session):
    return session.scalars(select(Ration.delivery_id)).all()


# Who is connected is looked up once a transaction, who waits for a lock each time.
WAITS_FOR_ME = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


def at_its_dot(number):
    database.session.execute(update(Delivery).where(Delivery.id == number).values(state=DOT))


def test_a_day_that_another_phone_shares_is_that_ones_when_it_is_given_back(session, clock, phones):
    """R35: whichever worker told it, and however long before."""
    portion, (one, other) = phones
    rations.take(portion, one, clock.now)
    rations.take(portion, other, clock.now + timedelta(seconds=5))
    at_its_dot(other)
    rations.give_back(one, clock.now)
    assert whose(session) == [other]
    rations.give_back(other, clock.now)
    assert whose(session) == []


def test_whoever_gives_a_day_back_waits_for_who_is_about_to_share_it(app, session, clock, phones, dialect):
    """R35: two workers, two phones of one person, at the same moment."""
    portion, (one, other) = phones
    rations.take(portion, one, clock.now)
    session.commit()

    def give_back():
        with app.app_context():
            begin_write()
            rations.give_back(one, clock.now)
            database.session.commit()
            database.session.remove()

    with ThreadPoolExecutor(1) as another:
        begin_write()
        at_its_dot(other)
        assert rations.take(portion, other, clock.now)
        given = another.submit(give_back)
        while dialect == "postgresql" and not session.scalar(text(WAITS_FOR_ME)):
            assert not given.done()
        session.commit()
        given.result()
    assert whose(session) == [other]


def test_a_day_that_is_given_back_while_another_asks_for_it_is_the_others(session, clock, letters, monkeypatch):
    """Whoever lost the race to it and then finds it free asks once more."""
    (first, number), (second, other) = letters
    rations.take(first, number, clock.now)
    look = rations._USED_FOR

    def as_it_is_given_back(told):
        monkeypatch.setattr(rations, "_USED_FOR", look)
        rations.give_back(number, clock.now)
        return look(told)

    monkeypatch.setattr(rations, "_USED_FOR", as_it_is_given_back)
    assert rations.take(second, other, clock.now)
    assert whose(session) == [other]


def test_a_day_that_may_have_been_used_stays_used_up_whatever_comes_of_the_next_try(session, clock, letters):
    """R35."""
    (first, number), (second, other) = letters
    rations.take(first, number, clock.now)
    later = clock.now + timedelta(hours=1)
    assert rations.take(first, number, later)
    rations.give_back(number, later)
    assert not rations.take(second, other, later)


def test_a_week_is_told_by_what_was_used_in_it(session, clock, letters):
    (first, number), (second, _other) = letters
    rations.take(first, number, clock.now)
    lately = rations.lately([first.person_id], clock.now)
    assert [one.at for one in rations.used(second, lately)] == [clock.now]
    assert rations.used(first, lately) == []
    assert rations.lately([first.person_id], clock.now + timedelta(days=7)) == {}
    rations.forget(clock.now + timedelta(seconds=1))
    assert session.scalar(select(func.count()).select_from(Ration)) == 0


def test_a_week_is_found_without_looking_at_anybody_elses(session, clock, letters):
    """R37: one key leads to the few rows of one person, however many there are."""
    (first, number), _other = letters
    if session.get_bind().dialect.name == "sqlite":
        how = session.connection().exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT used_at FROM rations JOIN deliveries ON deliveries.id = rations.delivery_id"
            " WHERE rations.person_id = 1 AND rations.channel = 'mail' AND used_at > '2026'"
        )
        plan = " ".join(str(row[-1]) for row in how)
        assert "SCAN" not in plan, plan
    rations.take(first, number, clock.now)
