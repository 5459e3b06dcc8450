"""What forms may bring: the fields that the view declares and no other, and whatever is in them, never a crash.

Generated over all routes: a new one is tested the moment it is there.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin, urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event

from app import clock, create_app, database
from app.domain import attendance, contacts, encounters, groups, invitations, links, parcels, people
from app.domain.attendance import Attendance
from app.domain.events import Event
from app.domain.headings import Field
from app.domain.one_to_ones import Offer
from app.domain.rosters import RosterEntry
from app.web import access, forms
from tests import cast
from tests.infrastructure.visitors import Visitor
from tests.web.doors import Scene, entries, everything_stored, told, unsafe

WEB = Path(__file__).parents[2] / "app/web"
NewClient = Callable[[], Visitor]
FORM = "application/x-www-form-urlencoded"
FILES = {"photo", "list"}
SEVERAL = {"pick", "keep", "turn"}
NEVER_TAKEN = ("is_admin", "group_id", "person_id", "role", "mail_prompts")
# What is asked of those who come with a code or under a name on the list; they are not of this scene.
SEEN_BY_NOBODY_HERE = {
    "account.join",
    "lost_cards.bring_back",
    "lost_cards.leave",
    "merges.keep_apart",
    "merges.merge",
    "attendance.join",
    "attendance.part",
    "events.claim",
    "account.forgive",  # only whose letters came back sees it
    "openings.opened",  # a script tells it
    "reminders.choose",  # only whose phone is reminded sees it
}
ENDS_THE_SESSION = {"account.sign_out"}  # so that whoever asks again is nobody
HARMLESS = "harmless"
SQL = ("' OR 1=1 --", "1; DROP TABLE people; --")
HOSTILE = (
    *("true", "1e400", "[]", "a\0b", "\ud800", "\u202e👩‍👩‍👧", "²", "{{7*7}}"),
    *("-1", "2147483648", "9" * 30, "0001-01-01", "9999-12-31", "99:99"),
)
LONG = "x" * 10_000
# What databases may see differently; the rest is a matter of our own code.
STORED = ("a\0b", "\ud800", LONG, "2147483648", "9" * 30, "0001-01-01", "9999-12-31")


def told_body(fields: dict[str, str] | list[tuple[str, str]]) -> dict[str, object]:
    """Return a body as a browser sends it; lone surrogates go as the bytes that some clients make of them."""
    return {"data": urlencode(fields, errors="surrogatepass").encode(), "content_type": FORM}


def declared(app: Flask, entry: access.Entry) -> tuple[str, ...]:
    return app.view_functions[entry.endpoint].takes  # type: ignore[attr-defined] # the mark of forms.takes


def fields_of(app: Flask, entry: access.Entry) -> list[str]:
    """Return the fields of a view, a member for each family."""
    families = {
        "column-*": [f"column-{column.value}" for column in list(Field)[:2]],
        "level_*": ["level_email", "level_photo"],
    }
    names = declared(app, entry)
    return [each for name in names for each in families.get(name, [name.replace("*", "1")]) if name not in FILES]


@pytest.fixture
def usual(scene: Scene) -> dict[str, str]:
    """What somebody would type in each field, so that one odd thing among it is looked at and not the rest."""
    values = scene.values
    return {
        "again": str(values["op_id"]),
        "arrived": "no",
        "card": str(values["token"]),
        "code": "ABCD EFGH",
        "contact": str(values["contact_id"]),
        "day": "2026-12-01",
        "day_1": "2026-12-01",
        "did": "went",
        "do": "take",
        "email": "zoe@example.org",
        "end_time": "09:00",
        "follow_up_days": "2",
        "headings": "1",
        "headings_before": "1",
        "id": str(uuid4()),
        "name": "Zoë Hill",
        "one_to_one_days": "6",
        "pick": str(values["contact_id"]),
        "place": "The Grand",
        "preset": "usual",
        "stage": "keeping_up",
        "start_time": "07:00",
        "time_1": "12:30",
        "time_zone": "Europe/London",
    }


@pytest.fixture
def visitors(scene: Scene, new_client: NewClient) -> dict[str, list[Visitor]]:
    """Who comes to the doors of each role."""
    ada, cleo, dev = (new_client().sign_in(one) for one in (scene.people.ada, scene.people.cleo, scene.people.dev))
    theirs = {access.PERSON: [ada], access.HERE: [ada], access.DOOR: [dev], access.ORGANISER: [cleo]}
    return {access.ANYONE: [new_client(), ada], **theirs}


@pytest.fixture
def everybody(scene: Scene, new_client: NewClient) -> list[Visitor]:
    """A stranger, and everybody who has something to see or to answer; Cleo has just asked for a code."""
    ada, ben, cleo, dev, group, breakfast = vars(scene.people).values()
    now = clock.now()
    [arrived] = cast.arrive(breakfast, dev)
    arrived.vouched_at = None
    groups.belong(group.id, dev.id, now)
    niamh = cast.person("Niamh Byrne", now)
    parcels.close(parcels.ask(niamh, now).id, b"Everything of Niamh's", now)
    contacts.meet(ben, dev, uuid4(), encounters.CARD, breakfast, now, now)
    contact = contacts.find(ben, dev)
    assert contact is not None
    asked = invitations.propose(ben, contact, Offer([now + timedelta(days=1)], cast.ZONE, "By phone"), now)
    gareth = cast.person("Gareth Bevan", now, "gareth@example.org")
    scene.values |= {"one_to_one_id": asked.id, "place_link": links.place(listed(breakfast, "Owen Price"), now)}
    database.session.commit()
    phones = [new_client().sign_in(person) for person in (ada, ben, cleo, dev, gareth, niamh)]
    phones[2].post("/settings/data/code")
    return [new_client(), *phones]


def listed(breakfast: Event, name: str) -> Attendance:
    """Put a name on the list, with an address."""
    place = attendance.expect(breakfast, name, attendance.INVITED, clock.now())
    entry = RosterEntry(event=breakfast, attendance=place, layout="hand-kept", name=name, email="owen@example.org")
    entry.comparable_name, entry.created_at = people.comparable(name), clock.now()
    database.session.add(entry)
    database.session.flush()
    return place


@pytest.fixture
def kept_by_nobody(app: Flask, visitors, monkeypatch) -> Iterator[list[str]]:
    """Requests that leave no trace, so that each meets the same scene; and the texts with NUL that were to be kept."""
    nul: list[str] = []

    def look(_connection, _cursor, statement, parameters, _context, _many) -> None:
        rows = parameters if isinstance(parameters, list) else [parameters]
        given = [value for row in rows for value in (row.values() if isinstance(row, dict) else row)]
        nul.extend(statement for value in given if isinstance(value, str) and "\0" in value)

    with app.app_context():
        engine = database.db.engine
    monkeypatch.setattr(database.session, "commit", database.session.flush)
    event.listen(engine, "before_cursor_execute", look)
    yield nul
    event.remove(engine, "before_cursor_execute", look)


@dataclass
class Form:
    """A form that changes something: which fields it brings, and where it leads, each button with its own name."""

    action: str
    names: set[str] = field(default_factory=set)
    leads_to: dict[str, set[str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page that change something, with what stands outside of them, without a script's patterns."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside: Form | None = None
        self.pattern = False
        self.found: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attributes}
        self.pattern = self.pattern or tag == "template"
        if self.pattern:
            return
        if tag == "form":
            self.inside = Form(at.get("action", "")) if at.get("method") == "post" else None
            if self.inside:
                self.found.append(self.inside)
                self.by_id[at.get("id", "")] = self.inside
        elif tag in {"input", "select", "textarea", "button"}:
            form = self.by_id.get(at["form"]) if "form" in at else self.inside
            if form:
                named = {at["name"]} if "name" in at else set()
                if tag == "button":
                    form.leads_to.setdefault(at.get("formaction", form.action), set()).update(named)
                else:
                    form.names |= named

    def handle_endtag(self, tag: str) -> None:
        self.inside = None if tag == "form" else self.inside
        self.pattern = self.pattern and tag != "template"


def brought(app: Flask, answer, address: str) -> set[str]:
    """Check every form of a page against the views that it leads to; return those views."""
    reached = set()
    for form in Forms(answer.text).found if answer.mimetype == "text/html" else ():
        for action, pressed in form.leads_to.items():
            with app.test_request_context():
                path = urlsplit(urljoin(address, action)).path
                endpoint, _values = app.create_url_adapter(None).match(path, method="POST")  # type: ignore[union-attr]
            unknown = [name for name in form.names | pressed if not forms.taken(app.view_functions[endpoint], name)]
            assert not unknown, f"{address} brings {unknown} to {endpoint}"
            reached.add(endpoint)
    return reached


def test_every_view_takes_what_the_forms_that_lead_to_it_bring(
    app, scene: Scene, everybody, visitors, usual, clock
) -> None:
    """Every page is read by everybody: at breakfast, when it is over and Dev organises too, and after all was sent."""
    pages = [scene.path(app, entry) for entry, method in entries(app, *access.ROLES) if method == "GET"]
    reached, now = read(app, everybody, pages), clock.now
    groups.appoint(scene.people.group, scene.people.dev.id, scene.people.cleo)
    database.session.commit()
    clock.set(scene.people.event.ends_at + timedelta(minutes=1))
    reached |= read(app, everybody, pages)
    clock.set(now)
    for entry, method in unsafe(app):
        if fields_of(app, entry):
            typed, path = {name: usual.get(name, "") for name in fields_of(app, entry)}, scene.path(app, entry)
            reached |= brought(app, visitors[entry.role][-1].open(path, method=method, **told_body(typed)), path)
    reached |= read(app, everybody, pages)
    missing = {entry.endpoint for entry, _method in unsafe(app)} - reached - SEEN_BY_NOBODY_HERE
    assert not missing, sorted(missing)


def read(app: Flask, visitors: list[Visitor], pages: list[str]) -> set[str]:
    """Let visitors open pages; return the views that the forms on them lead to."""
    return set().union(*(brought(app, visitor.get(page), page) for page in pages for visitor in visitors))


def test_a_field_that_nobody_declared_changes_nothing(
    app,
    session,
    scene: Scene,
    visitors,
) -> None:
    """A77, A148."""
    before = everything_stored(session)
    for entry, method in unsafe(app):
        for name in NEVER_TAKEN:
            if forms.taken(app.view_functions[entry.endpoint], name):
                continue
            for visitor in visitors[entry.role]:
                answer = visitor.open(scene.path(app, entry), method=method, data={name: "1"})
                assert answer.status_code == 422, told(entry, method, answer)
                assert "something in it that we don" in answer.text
    assert everything_stored(session) == before


def test_a_file_that_nobody_asked_for_is_refused(client: Visitor, scene: Scene) -> None:
    """A77."""
    answer = client.post("/sign-in", data={"email": "zoe@example.org", "photo": (WEB / "forms.py").open("rb")})
    assert answer.status_code == 422


def test_the_house_does_not_open_with_a_view_that_does_not_say_what_it_takes(monkeypatch, settings) -> None:
    from app.web import account

    monkeypatch.delattr(account.sign_out, "takes")
    with pytest.raises(LookupError, match=r"account\.sign_out"):
        create_app(settings)


@pytest.mark.both_databases
def test_nothing_that_can_be_typed_breaks_a_form(
    app,
    dialect,
    scene: Scene,
    visitors,
    usual,
    kept_by_nobody,
) -> None:
    """A149, A155."""
    for entry, method in unsafe(app):
        path, names = scene.path(app, entry), fields_of(app, entry)
        for name in names:
            for value in STORED if dialect == "postgresql" else (*HOSTILE, LONG):
                typed = {each: usual.get(each, "") for each in names} | {name: value}
                for visitor in visitors[entry.role][-1:]:
                    answer = visitor.open(path, method=method, **told_body(typed))
                    assert answer.status_code < 500, f"{told(entry, method, answer)}: {name}={value[:40]!r}"
                    assert not kept_by_nobody, f"{told(entry, method, answer)}: {name}={value[:40]!r} {kept_by_nobody}"
    assert scene.values


@pytest.mark.both_databases
def test_nothing_in_an_address_breaks_a_page(app, dialect, scene: Scene, visitors, kept_by_nobody) -> None:
    """A73, A155. Every variable of every path, and every parameter that any page reads."""
    sources = "".join(path.read_text() for path in WEB.glob("*.py"))
    parameters = set(re.findall(r'request\.(?:args|values)(?:\.get\(|\[)"(\w+)"', sources))
    assert {"contact", "event", "next", "since"} <= parameters
    for entry, method in entries(app, *access.ROLES):
        visitor, path = visitors[entry.role][-1], scene.path(app, entry)
        for value in set(HOSTILE) & set(STORED) if dialect == "postgresql" else HOSTILE:
            asked = urlencode(dict.fromkeys(parameters, value), errors="surrogatepass")
            tried = [f"{path.partition('?')[0]}?{asked}"] if method == "GET" else []
            tried += [_with(path, place, value) for place in _places(entry, path)]
            for address in tried:
                answer = visitor.open(address, method=method)
                assert answer.status_code < 500, f"{told(entry, method, answer)}: {address[:200]}"
                assert not kept_by_nobody, f"{told(entry, method, answer)}: {address[:200]} {kept_by_nobody}"


def _places(entry: access.Entry, path: str) -> list[int]:
    parts, filled = entry.rule.split("/"), path.partition("?")[0].split("/")
    return [place for place, part in enumerate(parts) if "<" in part and len(parts) == len(filled)]


def _with(path: str, place: int, value: str) -> str:
    parts = path.partition("?")[0].split("/")
    parts[place] = quote(value, safe="", errors="surrogatepass")
    return "/".join(parts)


@pytest.mark.both_databases
def test_sql_in_a_field_is_a_word_like_any_other(app, scene: Scene, visitors, usual, kept_by_nobody) -> None:
    """A73."""
    for entry, method in unsafe(app):
        path, names, visitor = scene.path(app, entry), fields_of(app, entry), visitors[entry.role][-1]
        if entry.endpoint in ENDS_THE_SESSION:
            continue
        for name in names:
            typed = {each: usual.get(each, "") for each in names}
            said = {
                value: visitor.open(path, method=method, **told_body(typed | {name: value})).status_code
                for value in (HARMLESS, *SQL)
            }
            assert len(set(said.values())) == 1, f"{entry.endpoint}, {name}: {said}"


def test_of_a_field_that_comes_twice_the_first_is_taken(app, scene: Scene, visitors, usual, kept_by_nobody) -> None:
    """A150."""
    for entry, method in unsafe(app):
        path, names, visitor = scene.path(app, entry), fields_of(app, entry), visitors[entry.role][-1]
        if not names or entry.endpoint in ENDS_THE_SESSION:
            continue
        typed = [(name, usual.get(name, "")) for name in names]
        once = visitor.open(path, method=method, **told_body(typed))
        again = [(name, HARMLESS) for name in names if name not in SEVERAL]
        twice = visitor.open(path, method=method, **told_body([*typed, *again]))
        assert twice.status_code == once.status_code < 500, told(entry, method, twice)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", "nonsense"])
def test_what_is_no_form_is_refused_in_a_sentence(app, session, scene: Scene, visitors, kind: str) -> None:
    before = everything_stored(session)
    for entry, method in unsafe(app):
        visitor = visitors[entry.role][-1]
        answer = visitor.open(scene.path(app, entry), method=method, data=b'{"name": "Zoe"}', content_type=kind)
        assert answer.status_code == 422, told(entry, method, answer)
        assert "arrive whole" in answer.text
    assert everything_stored(session) == before


def test_a_form_that_breaks_off_is_refused(app, scene: Scene, visitors) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="pick"\r\n\r\n1'
    path = f"/prompts/{scene.values['prompt_id']}/picks"
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=y"):
        answer = visitors[access.PERSON][0].post(path, data=body, content_type=kind)
        assert answer.status_code in {403, 422}, kind


def test_a_body_that_is_too_large_is_told_how_large_it_may_be(scene: Scene, visitors) -> None:
    """A83."""
    ada = visitors[access.PERSON][0]
    answer = ada.post("/card/photo", data=b"x" * (12 * 1024 * 1024 + 1), content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert "Files can be up to 12 MB." in answer.text


def test_a_form_without_files_stays_below_a_megabyte(scene: Scene, visitors) -> None:
    """A83. So many fields would be a minute's work before any rule could say no."""
    ada = visitors[access.PERSON][0]
    assert ada.post("/sign-in", data=b"a&" * 600_000, content_type=FORM).status_code == 413


@pytest.mark.parametrize("token", ["é", "n.é", "n.\udce9", "", ".", "n." + LONG, "a\0.b"])
def test_a_token_that_is_none_is_refused_as_any_other(visitors, token: str) -> None:
    """A94."""
    ada = visitors[access.PERSON][0]
    answer = ada.post("/sign-out", headers={forms.HEADER: ""}, **told_body({forms.FIELD: token}))
    assert answer.status_code == 403
