"""What the courier's tests share: a way out that does as it is told, and a look into the outbox."""

from sqlalchemy import func, select

from app.database import begin_write
from app.delivery.outcomes import Undeliverable
from app.domain.deliveries import Delivery


class Way:
    """A way out that does what a test says, and keeps what it was handed."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.sent = []

    def send(self, sender, recipient, content, before_dot):
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Undeliverable):
            raise outcome
        if callable(outcome):
            outcome()
        if not before_dot():
            return False
        self.sent.append((recipient, content))
        if isinstance(outcome, Exception):
            raise outcome
        return True

    def close(self):
        pass


def states(session):
    return dict(session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all())


def change(session, work):
    """Do something as a door would, in a unit of work of its own."""
    session.rollback()
    begin_write()
    work()
    session.commit()
