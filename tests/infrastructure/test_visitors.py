"""The fixtures keep what their docstrings promise, so that the tests above them prove what they say."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, scoped_session

from app import clock as application_clock
from app.domain import people, sessions
from tests.conftest import BREAKFAST, Clock
from tests.infrastructure.statements import Statements
from tests.infrastructure.visitors import Visitor

pytestmark = pytest.mark.both_databases


def test_a_visitor_can_be_signed_in_without_a_letter(
    client: Visitor, session: scoped_session[Session], clock: Clock
) -> None:
    ada = people.join("Ada", "Europe/London", clock.now)
    client.sign_in(ada)
    assert session.scalars(select(sessions.Session.person_id)).all() == [ada.id]
    assert client.post("/sign-out").status_code in (302, 303)
    session.rollback()
    assert session.scalars(select(sessions.Session.id)).all() == []


def test_a_visitor_without_our_forms_is_a_stranger(client: Visitor, session: scoped_session[Session]) -> None:
    client.own_forms = False
    assert client.post("/sign-out").status_code == 403


def test_two_visitors_share_no_cookies(
    new_client: Callable[[], Visitor], session: scoped_session[Session], clock: Clock
) -> None:
    ada, ben = new_client(), new_client()
    ada.sign_in(people.join("Ada", "Europe/London", clock.now))
    assert ada.cookie("session")
    assert not ben.cookie("session")


def test_every_test_begins_with_an_empty_database(session: scoped_session[Session], clock: Clock) -> None:
    assert people.join("Ada", "Europe/London", clock.now).id is not None
    session.commit()
    assert session.scalars(select(people.Person.id)).all() == [1]


def test_the_clock_stands_still_until_it_is_moved(clock: Clock) -> None:
    assert application_clock.now() == BREAKFAST == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    clock.move(days=2, hours=1)
    assert application_clock.now() == datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


def test_statements_are_counted_and_transactions_are_not(
    session: scoped_session[Session], queries: Callable[[], AbstractContextManager[Statements]]
) -> None:
    with queries() as asked:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT 2"))
        session.commit()
    assert asked.count == 2, asked
    session.execute(text("SELECT 3"))
    assert str(asked) == "1. SELECT 1\n2. SELECT 2"
