"""A visitor of the pages: a browser without a screen, with the cookies and the form token a real one has."""

from contextvars import Context
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock, database, tokens
from app.domain import people, sessions
from app.web import forms


class Visitor(FlaskClient):
    """Flask's test client, which can sign somebody in and sends what our own forms send.

    `own_forms = False` makes it a stranger's: no token goes along with unsafe requests.
    """

    own_forms = True

    def sign_in(self, person: people.Person) -> "Visitor":
        """Sign this person in on this browser, without a letter; commits. Returns the visitor."""
        if not has_app_context():
            with self.application.app_context():
                return self.sign_in(database.session.merge(person))
        _row, cookie = sessions.start(person, "A test's phone", clock.now())
        database.session.commit()
        self._keep("session", cookie)
        return self

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request in a context of its own, as a server would: nothing leaks into it from the test."""
        method = str(kwargs.get("method", "GET")).upper()
        if method not in forms.SAFE and self.own_forms:
            headers = dict(kwargs.pop("headers", None) or {})
            kwargs["headers"] = {forms.HEADER: self._token(), "Sec-Fetch-Site": "same-origin", **headers}
        return Context().run(super().open, *args, **kwargs)

    def _token(self) -> str:
        if not self.cookie("session") and not self.cookie("browser"):
            self._keep("browser", tokens.secret())
        return Context().run(self._issued_token)

    def _issued_token(self) -> str:
        with self.application.test_request_context(headers={"Cookie": self._cookie_header()}):
            return forms.token()

    def _cookie_header(self) -> str:
        kept = {name: self.cookie(name) for name in ("session", "browser")}
        return "; ".join(f"{self._name(name)}={value}" for name, value in kept.items() if value)

    def _keep(self, kind: str, value: str) -> None:
        self.set_cookie(self._name(kind), value, domain=self._host(), secure=True, path="/")

    def cookie(self, kind: str) -> str:
        """Return this browser's cookie of a kind, "session" or "browser", or nothing."""
        cookie = self.get_cookie(self._name(kind), domain=self._host(), path="/")
        return cookie.value if cookie else ""

    def _host(self) -> str:
        return str(self.application.config["SERVER_NAME"]).partition(":")[0]

    def _name(self, kind: str) -> str:
        secure = self.application.config["PREFERRED_URL_SCHEME"] == "https"
        return f"__Host-{kind}" if secure else kind
