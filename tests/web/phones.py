"""A phone that was away, and what it kept meanwhile, as the app's own scripts send it."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

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

    @property
    def key(self) -> str:
        """Return by what this phone knows whose its rows are."""
        database.session.rollback()
        try:
            return access.phone_key(self.person)
        finally:
            database.session.rollback()  # while the batch is taken, the test itself holds nothing open

    def body(self, *items: object, **differently: Any) -> dict[str, Any]:
        """Return a batch as it is sent."""
        told = {"v": 1, "me": self.key, "client_now": clock.now().isoformat(), "items": list(items)}
        return told | differently

    def send(self, *items: object, headers: dict[str, str] | None = None, **differently: Any) -> TestResponse:
        """Send a batch; return the response."""
        sent = json.dumps(self.body(*items, **differently))
        kind = {"content_type": "application/json", "headers": headers or {}}
        answer = self.visitor.post("/api/v1/sync", data=sent, **kind)
        database.session.rollback()  # what the test reads next is what is there now
        return answer

    def answers(self, *items: object, **differently: Any) -> list[dict[str, Any]]:
        """Send a batch that must be taken; return the answers."""
        answer = self.send(*items, **differently)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        assert answer.json["svc"] == "marmalade"
        answers: list[dict[str, Any]] = answer.json["answers"]
        assert len(answers) == len(items)
        return answers
