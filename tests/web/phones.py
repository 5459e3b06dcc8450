"""A phone that was away, and what it kept meanwhile, as the app's own scripts send it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from app import clock, database
from app.domain import cards
from app.domain.people import Person
from app.web import access
from tests.infrastructure.visitors import Visitor


class Phone:
    """One person's phone."""

    def __init__(self, visitor: Visitor, person: Person) -> None:
        self.visitor, self.person = visitor.sign_in(person), person

    def kept(self, kind: str, at: datetime | None = None, **said: Any) -> dict[str, Any]:
        """Return one item as the outbox holds it."""
        return {"id": str(uuid4()), "kind": kind, "at": (at or clock.now()).isoformat(), "seq": 1, **said}

    def scan(self, whom: Person, at: datetime | None = None, **said: Any) -> dict[str, Any]:
        """Return the scan of somebody's card."""
        return self.kept("scan", at, token=cards.living(cards.of(whom)).token, **{"event": None, **said})

    def send(self, *items: object, **differently: Any):
        """Send a batch; return the response."""
        database.session.rollback()
        body = {
            "v": 1,
            "me": access.phone_key(self.person),
            "client_now": clock.now().isoformat(),
            "items": list(items),
            **differently,
        }
        answer = self.visitor.post("/api/v1/sync", json=body)
        database.session.rollback()  # what the test reads next is what is there now
        return answer

    def answers(self, *items: object, **differently: Any) -> list[dict[str, Any]]:
        """Send a batch that must be taken; return the answers."""
        answer = self.send(*items, **differently)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        assert answer.json["svc"] == "marmalade"
        return answer.json["answers"]
