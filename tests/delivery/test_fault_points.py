"""Fifty ways in which a talk with a mail server goes wrong: no letter is lost, and what comes again is the same one."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.delivery import courier, wires
from app.delivery.mail import Relay, Server
from app.domain import deliveries, prompts
from app.domain.deliveries import Delivery
from app.domain.people import Person
from tests.delivery.ways import states
from tests.infrastructure import moody_smtp
from tests.infrastructure.moody_smtp import NEVER, SAID

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
EVERYBODY = {"ada@example.org", "ben@example.org", "cleo@example.org"}
ABOUT_THE_LETTER = {"rcpt", "data", "body", "dot"}  # a no for good there is about this letter, elsewhere about the way
MAY_HAVE_IT = {"dot"}
LONG_ENOUGH_S = 0.2


class Patience(wires.Deadline):
    """Short while this server is about to fall silent, and as long as ever else: a slow machine is no fault."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def left(self):
        if self.server.falls_silent_next:
            self._ends = time.monotonic() + LONG_ENOUGH_S
        return super().left()


@pytest.mark.parametrize("fault", moody_smtp.FAULTS)
@pytest.mark.parametrize("place", moody_smtp.PLACES)
def test_wherever_a_mail_server_goes_wrong_everybody_gets_their_letter_or_reads_why(breakfast, session, place, fault):
    """R5, R6, R10, R11, R12, R13: ten places, five faults each."""
    with moody_smtp.serve(place, fault) as server:
        way = Relay(Server.at(server.url), "marmalade.example", Patience(server))
        at = DUE
        while set(states(session)) - {"sent", "failed"} or not states(session):
            session.rollback()
            while courier.round(at, way, plans=at == DUE).held:
                pass
            session.rollback()
            at += timedelta(minutes=2)
            assert at < DUE + timedelta(hours=1), states(session)
        way.close()
    assert server.wrong >= 1
    failed = session.scalars(select(Delivery).where(Delivery.state == "failed")).all()
    assert len(failed) == (fault == NEVER and place in ABOUT_THE_LETTER)
    for delivery in failed:
        person = session.get(Person, delivery.prompt.person_id)
        assert "554" in deliveries.last_failure(person).reason
        assert prompts.waiting(person, at)
    assert server.copies.keys() == EVERYBODY - {delivery.recipient for delivery in failed}
    assert all(len(set(copies)) == 1 for copies in server.copies.values())
    again = sum(len(copies) - 1 for copies in server.copies.values())
    assert again == (place in MAY_HAVE_IT and fault not in SAID)
