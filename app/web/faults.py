"""Turns what went wrong into a page, or into problem JSON (RFC 9457) for scripts: what happened, then what to do."""

import json
import logging
import secrets

from flask import Flask, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from app.database import session
from app.domain.refusals import Refusal
from app.tokens import CROCKFORD
from app.web import forms
from app.web.forms import ForeignForm
from app.words import N_

log = logging.getLogger("marmalade")

TITLES = {
    400: N_("That didn't arrive whole"),
    401: N_("Please sign in first"),
    403: N_("Not from here"),
    404: N_("Nothing here"),
    405: N_("That's not how this page works"),
    409: N_("Not now"),
    410: N_("Gone"),
    413: N_("That's too large"),
    422: N_("Please look again"),
    429: N_("A moment, please"),
    500: N_("Something broke on our side"),
    503: N_("Back in a moment"),
}
MESSAGES = {
    400: N_("Something got lost on the way. Go back and send it again; what you typed is still there."),
    401: N_("Your sign-in has run out. Sign in, then go back and send it again."),
    404: N_("The address may be old, or it may not be yours to see."),
    405: N_("Go back and use the button on the page."),
    413: N_("Files can be up to 12 MB. Pick a smaller one."),
    429: N_("That was a lot of tries. Wait a minute, then go on."),
    503: N_("We're catching up. Wait a few seconds and try again; nothing you typed is lost."),
}
REASONS = {
    401: "signed_out",
    404: "not_found",
    405: "not_so",
    413: "too_large",
    429: "too_many",
    500: "broken",
    503: "busy",
}
FOREIGN = N_("This page was open for a long time, or in another browser. Go back, reload it, and send again.")
BROKEN = N_("Nothing you typed is lost. Quote %(reference)s if you tell us.")


def register(app: Flask) -> None:
    """Answer for every refusal, HTTP error and crash."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(Exception, _broken)


def _refused(refusal: Refusal) -> Response:
    session.rollback()
    return answer(refusal.status, sentence(refusal), reason=refusal.reason)


def sentence(refusal: Refusal) -> str:
    """Return what a refusal says, in the visitor's language."""
    return str(_(refusal.message, **refusal.words) if refusal.words else _(refusal.message))


def _http(error: HTTPException) -> Response:
    session.rollback()
    if isinstance(error, SecurityError):  # a host name that is not ours: there is no page to lead anybody to
        return Response(_(MESSAGES[404]), 400, content_type="text/plain; charset=utf-8")
    status = error.code or 500
    if status < 400:
        return Response(status=status, headers=error.get_headers())
    foreign = isinstance(error, ForeignForm)
    message = _(FOREIGN if foreign else MESSAGES.get(status, MESSAGES[400]))
    response = answer(status, message, reason="reload" if foreign else "")
    if status == 429:
        response.headers["Retry-After"] = "60"
    if status == 405:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "GET")
    return response


def _unavailable(error: OperationalError) -> Response:
    session.rollback()
    log.error("database: %s", type(error.orig).__name__)
    response = answer(503, _(MESSAGES[503]))
    response.headers["Retry-After"] = "5"
    return response


def _broken(error: Exception) -> Response:
    session.rollback()
    reference = "".join(secrets.choice(CROCKFORD) for _digit in range(4))
    log.error("broke, reference %s", reference, exc_info=error)
    return answer(500, _(BROKEN, reference=reference), reference)


def answer(status: int, message: str, reference: str = "", reason: str = "") -> Response:
    """Say it as a page, or as problem JSON where the visitor is a script."""
    title = _(TITLES.get(status, TITLES[400]))
    wants = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if wants == "application/json" or forms.from_a_script():
        # `svc` tells our own answers from what a hotel's gate says in our name.
        body = {"type": "about:blank", "title": title, "status": status, "detail": message}
        body |= {"svc": "marmalade", "reason": reason or REASONS.get(status, "unfit")}
        return Response(json.dumps(body), status, content_type="application/problem+json")
    signing_in = status == 401
    page = render_template(
        "faults/fault.html",
        status=status,
        title=title,
        message=message,
        next_href=url_for("account.sign_in") if signing_in else url_for("account.landing"),
        next_label=_("Sign in") if signing_in else _("Go to the start"),
        reference=reference,
    )
    return Response(page, status, content_type="text/html; charset=utf-8")
