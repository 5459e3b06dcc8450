"""Who may enter which door. Nobody gets in by default: a view that does not say whom it allows stops the start."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from flask import Flask, Request, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import HTTPException, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response

from app import clock, database
from app.domain import attendance, devices, door_helpers, events, groups, people, sessions
from app.domain.events import Event
from app.domain.groups import Group
from app.domain.people import Person
from app.domain.refusals import NotFound
from app.web import cookies, forms

ANYONE, PERSON, HERE, DOOR, ORGANISER = "anyone", "person", "here", "door", "organiser"
ROLES = (ANYONE, PERSON, HERE, DOOR, ORGANISER)
WALKS_A_MINUTE, WALKS_AN_ADDRESS = 60, 300
REMEMBERED_WALKERS = 10_000

View = TypeVar("View", bound=Callable[..., Any])
walkers: OrderedDict[tuple[str, int], int] = OrderedDict()  # how often which source tried in which minute


class Visitor(UserMixin):  # type: ignore[misc] # flask-login ships no types
    """Whoever is signed in, as Flask-Login wants to see them, with the session they came in."""

    def __init__(self, row: sessions.Session) -> None:
        self.session, self.person = row, row.person


class Entry(NamedTuple):
    """One line of the access matrix."""

    endpoint: str
    methods: tuple[str, ...]
    rule: str
    role: str


def allows(role: str) -> Callable[[View], View]:
    """Declare who may enter a view: anyone, a signed-in person, who is checked in at `code`, the door, an organiser.

    For organisers the path names the group (`group_id`) or the event (`event_id`); to everyone else it is not there.
    The door is whoever organises the event, or helps at it until their hour.
    """
    if role not in ROLES:
        raise ValueError(role)

    def mark(view: View) -> View:
        view.allows = role  # type: ignore[attr-defined] # the mark that _enter and matrix() read
        return view

    return mark


def register(app: Flask) -> None:
    """Stand at every door, and tell templates who is there."""
    login = LoginManager(app)
    login.session_protection = None
    login.request_loader(_recognise)
    app.before_request(_enter)
    app.context_processor(lambda: {"me": g.get("me"), "session_id": g.session.id if "session" in g else 0})
    app.jinja_env.filters["phone_key"] = people.phone_key


def matrix(app: Flask) -> list[Entry]:
    """Return who may enter where, a line a rule; the permission test is generated from it."""
    entries = (
        Entry(
            rule.endpoint,
            tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})),
            rule.rule,
            _role(app, rule.endpoint),
        )
        for rule in app.url_map.iter_rules()
    )
    return sorted(entries, key=lambda entry: (entry.rule, entry.methods))


def _role(app: Flask, endpoint: str) -> str:
    role: str = getattr(app.view_functions[endpoint], "allows")  # noqa: B009 - a function has no such attribute to types
    return role


def _recognise(_request: Request) -> Visitor | None:
    cookie = cookies.session()
    row = sessions.find(cookie, clock.now()) if cookie else None
    return Visitor(row) if row else None


def _enter() -> Response | None:
    if request.routing_exception or request.endpoint is None:
        return None
    role = _role(current_app, request.endpoint)
    if current_user.is_authenticated:
        g.me, g.session = current_user.person, current_user.session
        _note_visit()
    elif role != ANYONE:
        return _ask_to_sign_in()
    if role == HERE:
        _must_be_here()
    elif role == DOOR:
        _must_keep_the_door((request.view_args or {})["event_id"])
    elif role == ORGANISER:
        _must_organise(request.view_args or {})
    return None


def _note_visit() -> None:
    # The one write that a GET may do, once a day.
    row: sessions.Session = g.session
    now = clock.now()
    if row.last_seen_at + sessions.SEEN_EVERY > now:
        return
    if request.method not in forms.SAFE:
        sessions.seen(row, now)
        return
    database.session.rollback()
    database.begin_write()
    sessions.seen(row, now)
    database.session.commit()


def _ask_to_sign_in() -> Response:
    if request.method != "GET" or forms.from_a_script():
        raise Unauthorized
    return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")), 303)


def _must_be_here() -> None:
    g.event = events.by_code((request.view_args or {})["code"])
    place = attendance.of(g.event, g.me)
    if place is None or not place.is_here:
        raise NotFound
    if not place.is_vouched:
        raise attendance.NotVouchedFor


def _must_keep_the_door(event_id: int) -> None:
    g.event, g.is_organiser = door_helpers.door(g.me, event_id, clock.now())
    g.group = g.event.group


def _must_organise(named: dict[str, Any]) -> None:
    if "event_id" in named:
        g.event = events.organised_by(g.me, named["event_id"])
        g.group = g.event.group
    else:
        g.group = groups.organised_one(g.me, named["group_id"])


def me() -> Person:
    """Return the signed-in person of a view that allows only such."""
    person: Person = g.me
    return person


def phone_key(person: Person) -> str:
    """Return by what a phone knows whose its rows are."""
    return people.phone_key(person)


def visitor() -> Person | None:
    """Return the signed-in person of a view that allows anyone, or None."""
    person: Person | None = g.get("me")
    return person


def organised() -> list[Group]:
    """Return the groups that the visitor organises, looked up once a request."""
    if "organised" not in g:
        g.organised = groups.organised_by(me())
    found: list[Group] = g.organised
    return found


def current() -> sessions.Session:
    """Return the session that a signed-in visitor came in."""
    row: sessions.Session = g.session
    return row


def come_in(person: Person) -> None:
    """Begin a new session and commit, so that one from before sign-in is worth nothing; the old one ends."""
    row, cookie = sessions.start(person, request.user_agent.string, clock.now())
    devices.follow(cookies.session(), row)
    sessions.leave(cookies.session())
    database.session.commit()
    cookies.sign_in(cookie)


def inside(following: str) -> str:
    """Return the address of one of our own pages that can simply be opened; anything else leads to Today."""
    path, _mark, query = following.partition("?")
    try:
        endpoint, values = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return url_for("prompts.today")
    return url_for(endpoint, **values) + (f"?{query}" if query else "")


def event() -> Event:
    """Return the event that the visitor organises or has arrived at."""
    found: Event = g.event
    return found


def group() -> Group:
    """Return the group that the visitor organises."""
    found: Group = g.group
    return found


def is_organiser() -> bool:
    """Say whether whoever keeps the door organises the event, or else helps."""
    return bool(g.is_organiser)


def at_the_door() -> str:
    """Return how what this visitor does at the door is noted: as the organiser's, or as a helper's."""
    return attendance.ORGANISER if is_organiser() else attendance.HELPER


def late_after() -> timedelta:
    """Return how long after the start somebody who comes in is late, as this installation has it."""
    grace: timedelta = current_app.config["LATE_AFTER"]
    return grace


def walked(now: datetime | None = None) -> None:
    """Count one unknown card or code against its source; raise TooManyRequests for whoever tries many.

    Known ones are never counted, so a room of people behind one address is free to scan. Counted in this process:
    a GET writes nothing, and 128 bits are not guessed in a lifetime of minutes anyway.
    """
    minute = int((now or clock.now()).timestamp() // 60)
    sources = ((cookies.session() or cookies.browser(), WALKS_A_MINUTE), (request.remote_addr or "", WALKS_AN_ADDRESS))
    for source, allowed in sources:
        place = (source, minute)
        walkers[place] = walkers.get(place, 0) + 1
        if walkers[place] > allowed:
            raise TooManyRequests(retry_after=60)
    while len(walkers) > REMEMBERED_WALKERS:
        walkers.popitem(last=False)
