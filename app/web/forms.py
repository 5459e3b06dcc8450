"""Unsafe requests: whose page they come from, which fields they may bring, and when their write begins."""

import json as written_json
import secrets
from collections.abc import Callable
from math import isfinite
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, Response, current_app, g, request
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden

from app import database, tokens
from app.domain.refusals import Unfit
from app.web import cookies
from app.words import N_

SAFE = {"GET", "HEAD", "OPTIONS"}
FIELD, HEADER = "csrf_token", "X-CSRF-Token"
JSON = "application/json"
KINDS = {"application/x-www-form-urlencoded", "multipart/form-data"}
# A form without files, or JSON: half a million fields would be megabytes of work before any rule.
LARGEST_TEXT = 1024 * 1024

View = TypeVar("View", bound=Callable[..., Any])


class ForeignForm(Forbidden):
    """An unsafe request that did not come from one of our own pages in this browser."""


class NotWhole(Unfit):
    message = N_("That didn't arrive whole. Go back, reload the page and send it again.")


class UnknownField(Unfit):
    message = N_("This form has something in it that we don't know: reload the page and send it again.")


def register(app: Flask) -> None:
    """Check every unsafe request before anything else looks at it, and offer `csrf_field()` to templates."""
    app.before_request(_receive)
    app.jinja_env.globals.update(csrf_field=field, csrf_token=token)


def takes(*fields: str) -> Callable[[View], View]:
    """Declare which fields, files included, a view for an unsafe method takes; any other is refused with 422.

    A name that ends in `*` stands for a family of fields: `answer-*` takes answer-1, answer-2 and so on.
    """

    def mark(view: View) -> View:
        view.takes = fields  # type: ignore[attr-defined] # the mark that taken() reads
        return view

    return mark


def takes_json(*fields: str, and_others: bool = False) -> Callable[[View], View]:
    """Declare that a view for an unsafe method takes a JSON object with these fields, and no form; see `body`.

    Any other field is refused with 422, as of forms; or is left alone, where old and new phones speak to one server.
    """

    def mark(view: View) -> View:
        view.takes = ()  # type: ignore[attr-defined] # the mark that taken() reads
        view.takes_json = frozenset(fields)  # type: ignore[attr-defined] # the marks that _receive reads
        view.takes_others = and_others  # type: ignore[attr-defined]
        return view

    return mark


def takes_only_json(view: Callable[..., Any]) -> bool:
    """Say whether a view takes JSON instead of a form."""
    return hasattr(view, "takes_json")


def body() -> dict[str, Any]:
    """Return the JSON object that a view with `takes_json` was sent; nothing sent is an empty one."""
    found: dict[str, Any] = g.body
    return found


def taken(view: Callable[..., Any], name: str) -> bool:
    """Say whether a view takes a field of this name."""
    fields: tuple[str, ...] = getattr(view, "takes")  # noqa: B009 - a function has no such attribute to types
    return name == FIELD or any(
        name.startswith(field[:-1]) if field.endswith("*") else name == field for field in fields
    )


def must_be_declared(app: Flask) -> None:
    """Stop the start where a view for an unsafe method does not say which fields it takes."""
    for rule in app.url_map.iter_rules():
        if (rule.methods or set()) - SAFE and not hasattr(app.view_functions[rule.endpoint], "takes"):
            raise LookupError(f"{rule.endpoint} does not say which fields it takes: @forms.takes(...)")


def from_a_script() -> bool:
    """Say whether only our own scripts speak here: they are answered in JSON, whatever happens."""
    return request.path.startswith("/api/")


def from_anywhere(view: View) -> View:
    """Mark a view whose POST may come from outside: one-click unsubscribe (RFC 8058 §3.2)."""
    view.from_anywhere = True  # type: ignore[attr-defined] # the mark that _receive reads
    return view


def token() -> str:
    """Return a token for this browser's forms: another one each time, so that compression gives nothing away."""
    nonce = secrets.token_urlsafe(9)
    return f"{nonce}.{_mac(nonce)}"


def field() -> Markup:
    """Return the hidden field that every unsafe form carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def _mac(nonce: str) -> str:
    from app import keys

    holder = cookies.session() or cookies.browser()
    return tokens.derived("csrf", keys.current_id(), f"{nonce}|{holder}")


def _receive() -> Response | None:
    # In pieces and with a length, two readers may disagree where it ends (RFC 9112 §6.3); no browser sends a form so.
    if "Transfer-Encoding" in request.headers:
        raise BadRequest
    if request.method in SAFE or request.routing_exception:
        return None
    if request.mimetype != "multipart/form-data":
        request.max_content_length = LARGEST_TEXT
    # Reading the whole body comes first: a slow phone must not hold the database while it uploads.
    view = current_app.view_functions[request.endpoint or ""]
    given = (
        request.headers.get(HEADER, "")
        if takes_only_json(view)
        else request.form.get(FIELD) or request.headers.get(HEADER, "")
    )
    if not getattr(view, "from_anywhere", False):
        _must_be_ours(given)
    if takes_only_json(view):
        g.body = _read(view)
    else:
        _must_be_known(view)
    database.begin_write()
    return None


def _read(view: Callable[..., Any]) -> dict[str, Any]:
    sent = request.get_data()
    if sent and request.mimetype != JSON:
        raise NotWhole
    try:
        # Numbers that are none (NaN, Infinity) or that no float holds (1e400) stand for nothing that is ever asked.
        found = written_json.loads(sent.decode() or "{}", parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as wrong:
        raise NotWhole from wrong
    if not isinstance(found, dict):
        raise NotWhole
    if not view.takes_others and (unknown := found.keys() - view.takes_json):  # type: ignore[attr-defined]
        raise UnknownField(min(unknown))
    return found


def _no_number(word: str) -> float:
    raise ValueError(word)


def _finite(word: str) -> float:
    number = float(word)
    return number if isfinite(number) else _no_number(word)


def _must_be_known(view: Callable[..., Any]) -> None:
    is_form = request.mimetype in KINDS
    if (not is_form and request.get_data()) or (is_form and request.content_length and not _brought()):
        raise NotWhole
    for name in _brought():
        if not taken(view, name):
            raise UnknownField(name)


def _brought() -> tuple[str, ...]:
    return (*request.form, *request.files)


def _must_be_ours(given: str) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site and site not in {"same-origin", "none"}:
        raise ForeignForm
    origin = request.headers.get("Origin")
    if not site and origin and origin != request.host_url.rstrip("/"):
        raise ForeignForm
    nonce, _, mac = given.partition(".")
    if not mac or not tokens.same(mac, _mac(nonce)):
        raise ForeignForm


def op_id(field: str = "id") -> UUID:
    """Return the UUID that the page gave to what it sends, so that twice is once; raise NotWhole without one."""
    try:
        return UUID(request.form.get(field, ""))
    except ValueError as wrong:
        raise NotWhole(field) from wrong


def number(typed: str) -> int:
    """Return a number as the databases hold it, for `request.form.get(…, type=forms.number)`; else raise ValueError."""
    found = int(typed)
    if abs(found) > database.LARGEST_NUMBER:
        raise ValueError(typed)
    return found


def words(field: str) -> str:
    """Return what was typed: a browser sends every line break as CR LF, whatever was typed (HTML §4.10.22.4)."""
    return request.form.get(field, "").replace("\r\n", "\n")
