"""The floors: the least that a server of this kind can do, on the same server, the same database and its settings.

A Flask application of bare routes, served as ours is. It keeps no rule and checks nobody; it does the same kind of
work: read a token, render a page, write two rows and commit.
"""

import os
from typing import Any

import psycopg
import qrcode
from flask import Flask, request
from sqlalchemy import ForeignKey, String, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

from app import connections

SQLITE, POSTGRES = "FLOOR_SQLITE", "FLOOR_POSTGRES"
PEOPLE, PLACES = 2_000, 500
TABLES = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(120) NOT NULL, company VARCHAR(120) NOT NULL)",
    "CREATE TABLE tokens (token VARCHAR(40) PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id))",
    "CREATE TABLE facts (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, name VARCHAR(16), text VARCHAR(200))",
    "CREATE INDEX facts_of ON facts (person_id)",
    "CREATE TABLE places (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL UNIQUE, state VARCHAR(8) NOT NULL)",
    "CREATE TABLE encounters (id {serial} PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL)",
    "CREATE INDEX encounters_of ON encounters (low, high)",
    "CREATE TABLE observations (id {serial} PRIMARY KEY, encounter_id INTEGER NOT NULL, how VARCHAR(8) NOT NULL)",
)
FACTS = ("what_i_do", "who_for", "looking_for", "can_offer", "company", "role")
PAGE = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{{ person.name }}</title>
<link rel="stylesheet" href="/static/page.css"></head><body><main><h1>{{ person.name }}</h1><dl>
{% for fact in person.facts %}<div><dt>{{ fact.name }}</dt><dd>{{ fact.text }}</dd></div>
{% endfor %}</dl><p><a href="/c/{{ token }}.vcf">Save to contacts</a></p></main></body></html>"""
ROLL = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Roll</title></head><body><ul>
{% for id, name, company, state in rows %}<li id="place-{{ id }}"><a href="/places/{{ id }}">{{ name }}</a>
<span>{{ company }}</span><span>{{ state }}</span><form><button name="arrived" value="{{ id }}">{{ name }}</button>
</form></li>
{% endfor %}</ul></body></html>"""


class Base(DeclarativeBase):
    """The floor's own registry of tables."""


class Person(Base):
    """Somebody with a card, as the page of the floor reads them."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    facts: Mapped[list["Fact"]] = relationship(lazy="selectin")


class Fact(Base):
    """One line of a card."""

    __tablename__ = "facts"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(200))


class Token(Base):
    """What stands in a card's address."""

    __tablename__ = "tokens"

    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    person: Mapped[Person] = relationship()


def lay(line: Any, serial: str, mark: str) -> None:
    """Make the floor's tables over an open connection, and fill them."""
    for table in TABLES:
        line.execute(table.format(serial=serial))
    rows: list[tuple[str, list[tuple[Any, ...]]]] = [
        ("people", [(one, f"Person {one}", f"Firm {one % 90}") for one in range(PEOPLE)]),
        ("tokens", [(token(one), one) for one in range(PEOPLE)]),
        (
            "facts",
            [(one * 6 + n, one, name, f"{name} of {one}") for one in range(PEOPLE) for n, name in enumerate(FACTS)],
        ),
        ("places", [(one, one, "present") for one in range(PLACES)]),
    ]
    for table, values in rows:
        marks = ", ".join([mark] * len(values[0]))
        line.cursor().executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - names of our own


def token(person: int) -> str:
    """Return the token of one of the floor's people."""
    return f"{person:026x}"


def driver() -> Any:
    """Return the module that speaks to SQLite for Marmalade, too."""
    return connections.engine_options("sqlite://")["module"]


def connect_sqlite(path: str) -> Any:
    """Return a connection with the pragmas that ours have."""
    line = driver().connect(path, isolation_level=None, check_same_thread=False)
    for pragma in (
        f"busy_timeout={connections.BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        line.execute(f"PRAGMA {pragma}")
    return line


def build() -> Flask:
    """Build the application of bare routes, with one connection a process to each database."""
    app = Flask(__name__)
    card, listed = app.jinja_env.from_string(PAGE), app.jinja_env.from_string(ROLL)
    line = connect_sqlite(os.environ[SQLITE])
    engine = create_engine(f"sqlite:///{os.environ[SQLITE]}", module=driver())

    @event.listens_for(engine, "connect")
    def furnish(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=FULL")

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/page/<token>")
    def page(token: str) -> str:
        with Session(engine) as session:
            named = select(Token).options(joinedload(Token.person)).where(Token.token == token)
            found = session.scalars(named).one()
            return card.render(person=found.person, token=token)

    @app.get("/roll")
    def roll() -> str:
        rows = line.execute(
            "SELECT places.id, name, company, state FROM places JOIN people ON people.id = person_id ORDER BY name"
        ).fetchall()
        return listed.render(rows=rows)

    @app.get("/qr/<text>")
    def qr(text: str) -> str:
        code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
        code.add_data(text, optimize=0)
        return str(len(code.get_matrix()))

    @app.post("/scan")
    def scan() -> str:
        line.execute("BEGIN IMMEDIATE")
        me, them = (
            line.execute("SELECT person_id FROM tokens WHERE token = ?", (request.form[name],)).fetchone()[0]
            for name in ("me", "card")
        )
        line.execute("SELECT id FROM places WHERE person_id = ? AND state = 'present'", (me,)).fetchone()
        made = line.execute("INSERT INTO encounters (low, high) VALUES (?, ?)", (min(me, them), max(me, them)))
        line.execute("INSERT INTO observations (encounter_id, how) VALUES (?, 'card')", (made.lastrowid,))
        line.execute("COMMIT")
        return "met"

    _add_postgresql(app)
    return app


def _add_postgresql(app: Flask) -> None:
    line = psycopg.connect(os.environ[POSTGRES])

    @app.post("/pgscan")
    def pgscan() -> str:
        with line.cursor() as cursor:
            me, them = (
                _one(cursor, "SELECT person_id FROM tokens WHERE token = %s", request.form[name])
                for name in ("me", "card")
            )
            _one(cursor, "SELECT id FROM places WHERE person_id = %s AND state = 'present'", me)
            pair = (min(me, them), max(me, them))
            made = _one(cursor, "INSERT INTO encounters (low, high) VALUES (%s, %s) RETURNING id", *pair)
            cursor.execute("INSERT INTO observations (encounter_id, how) VALUES (%s, 'card')", (made,))
        line.commit()
        return "met"


def _one(cursor: psycopg.Cursor[Any], question: Any, *values: Any) -> Any:
    answer = cursor.execute(question, values).fetchone()
    return answer[0] if answer else None


if SQLITE in os.environ:
    app = build()
