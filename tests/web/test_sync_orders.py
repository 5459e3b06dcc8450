"""Whatever order phones send in, in however many parts and however often, the same people have met."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.domain import cards
from app.domain.attendance import Attendance
from app.domain.contacts import Contact
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.questions import Question
from app.domain.receipts import Receipt
from app.domain.strays import Stray
from tests.web.phones import Phone

MINUTES = (-600, -90, 0, 5, 30, 110, 290, 400)
PEOPLE, OBSERVATIONS = 3, 9


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[tuple[int, Any]], list[list[tuple[int, Any]]]]:
    """Draw what several people did, each thing by whom; and another way in which it may arrive."""
    done: list[tuple[int, Any]] = []
    for number in range(draw(st.integers(1, OBSERVATIONS))):
        who, name = draw(st.integers(0, PEOPLE - 1)), str(UUID(int=number + 1))
        mine = [item["id"] for one, item in done if one == who and item["kind"] == "scan"]
        kind = draw(st.sampled_from(["scan", "scan", "scan", "arrive", *(["void"] if mine else [])]))
        item: dict[str, Any] = {"id": name, "kind": kind, "minute": draw(st.sampled_from(MINUTES))}
        if kind == "scan":
            item["whom"] = draw(st.integers(0, PEOPLE - 1).filter(lambda other, me=who: other != me))
        elif kind == "void":
            item["of"] = draw(st.sampled_from(mine))
        else:
            item["minute"] = draw(st.sampled_from([minute for minute in MINUTES if -90 <= minute < 290]))
        done.append((who, item))
    again = draw(st.lists(st.sampled_from(done), max_size=4))
    mixed, parts = draw(st.permutations([*done, *again])), []
    while mixed:
        size = draw(st.integers(1, len(mixed)))
        parts.append(mixed[:size])
        mixed = mixed[size:]
    return done, parts


@pytest.fixture
def phones(session, world, new_client, clock) -> list[Phone]:
    """Three phones of people who have not arrived; it is the evening."""
    phones = [Phone(new_client(), whom) for whom in (world.ada, world.ben, world.dev)]
    clock.set(world.event.closes_at + timedelta(hours=6))
    return phones


@pytest.mark.both_databases
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_the_same_people_have_met_whatever_order_it_comes_in(session, world, phones, story) -> None:
    """T10. Any permutation, duplication and splitting of what was observed gives the same encounters."""
    done, parts = story
    with forgotten_afterwards(session):
        usual = told(session, world, phones, [done])
    with forgotten_afterwards(session):
        assert told(session, world, phones, parts) == usual


def told(session, world, phones: list[Phone], parts: list[list[tuple[int, Any]]]) -> list[tuple[Any, ...]]:
    """Let the phones send these parts, each its own things of them; return who has met, where and when."""
    tokens = [cards.living(cards.of(phone.person)).token for phone in phones]
    for part in parts:
        for number, phone in enumerate(phones):
            items = [sent(phone, item, world.event, tokens) for who, item in part if who == number]
            results = {answer["result"] for answer in phone.answers(*items)} if items else set()
            assert results <= {"stored", "duplicate"}
    return sorted(
        (one.low_id, one.high_id, one.event_id or 0, str(one.local_day), one.met_at, one.voided_at is None)
        for one in session.scalars(select(Encounter))
        if one.voided_at is None
    )


def sent(phone: Phone, item: dict[str, Any], event: Event, tokens: list[str]) -> dict[str, Any]:
    at = event.starts_at + timedelta(minutes=item["minute"])
    brought = {"scan": {"event": None}, "arrive": {"event": event.code}, "void": {"of": item.get("of")}}[item["kind"]]
    if item["kind"] == "scan":
        brought["token"] = tokens[item["whom"]]
    return {**phone.kept(item["kind"], at, **brought), "id": item["id"]}


@contextmanager
def forgotten_afterwards(session) -> Iterator[None]:
    """Leave nothing of what was told behind, so that the next telling meets the same morning."""
    try:
        yield
    finally:
        session.rollback()
        for table in (Encounter, Contact, Question, Receipt, Stray, Attendance):
            session.execute(delete(table))
        session.commit()
        session.expire_all()
