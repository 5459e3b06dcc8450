"""People: whom I met, by event or by words; one of them, with what only I see; and who else is here this morning."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar
from uuid import uuid4

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import (
    address_books,
    attendance,
    cards,
    companions,
    contacts,
    encounters,
    fits,
    keepsakes,
    occasions,
    people,
    questions,
    searches,
    sightings,
    vcards,
    welcomes,
)
from app.domain.contacts import Contact, Words
from app.domain.encounters import BY_HAND, Encounter
from app.domain.occasions import Meeting, Met
from app.domain.questions import ACCESS, PITCH
from app.domain.refusals import NotFound, Unfit
from app.domain.searches import Found
from app.domain.sightings import Waiting
from app.domain.welcomes import OFFERS
from app.web import access, downloads, forms

blueprint = Blueprint("people", __name__)

Page = str | Response | tuple[str, int]
RAIL_PAST, A_PAGE = 50, 100
BY_NAME = "name"
OTHERS = "#"

T = TypeVar("T")
N = TypeVar("N", Found, Met)  # both have a name


class Section(NamedTuple, Generic[T]):
    """A part of a list of people: of one occasion, or those whose names begin with one letter."""

    people: list[T]
    occasion: Encounter | None = None  # one of theirs: it knows its event and its day
    letter: str = ""
    number: int = 0  # of the section among all of them, however many pages they fill


class Asked(NamedTuple):
    """What the page was asked for: words, a stage, an event's id, an order, a page."""

    words: str
    stage: str
    event: int | None
    sort: str
    page: int

    def but(self, **other: object) -> dict[str, object]:
        """Return the same as it stands in an address, but for this; the first page and what is empty are left out."""
        now = {"q": self.words, "stage": self.stage, "event": self.event, "sort": self.sort} | other
        return {name: value for name, value in now.items() if value}

    def sorted(self, everyone: Sequence[N]) -> Sequence[N]:
        """Return them in the order that was asked for."""
        return sorted(everyone, key=lambda one: people.comparable(one.name)) if self.sort == BY_NAME else everyone

    def leaf(self, everyone: Sequence[T]) -> Sequence[T]:
        """Return those of them that stand on the page that was asked for."""
        begin = (self.page - 1) * A_PAGE
        return everyone[begin : begin + A_PAGE]


class Result(NamedTuple):
    """One page of those whom was looked for, and how many there are; `tokens`: the words as they are compared."""

    found: Sequence[Found]
    number: int
    nearly: bool = False
    tokens: Sequence[str] = ()


class Leaf(NamedTuple):
    """One page of a list by letter or occasion; the rail names each letter with its page and the section's number."""

    sections: list[Section[Meeting]]
    rail: list[tuple[str, int, int]]
    pages: int


class Told(NamedTuple):
    """What I wrote about one meeting, by kind; without a meeting, what I wrote about none in particular."""

    encounter: Encounter | None
    words: dict[str, Words]

    @property
    def about(self) -> str:
        """Return how a form names the meeting: by its id, or by nothing."""
        return str(self.encounter.id) if self.encounter else ""


@blueprint.app_template_global()
def photo_of(address: str) -> str:
    """Return where the photo of this address is served, or nothing."""
    return url_for("cards.photo", address=address) if address else ""


@blueprint.get("/people")
@access.allows(access.PERSON)
def index() -> Page:
    """Show whom I met: each once, by event; past fifty people, by letter; or those whom a search or a stage leaves."""
    asked, met = _asked(), occasions.met(access.me())
    events = {one.event_id: one for one in met if one.event_id}
    if asked.event is not None and asked.event not in events:
        raise NotFound
    everyone = _each_once(met)
    chosen = [one for one in met if one.event_id == asked.event] if asked.event else met
    shown = {"asked": asked, "events": events.values(), "people_met": len(everyone), "contacts": contacts}
    if asked.words or asked.stage:
        found = _about(asked) if asked.words else _of_stage(asked, _each_once(chosen))
        pages, excerpt = _pages(found.number), searches.excerpt
        return render_template("people/found.html", **shown, **found._asdict(), pages=pages, excerpt=excerpt)
    waiting: dict[int, list[Waiting]] = {}
    for one in sightings.of(access.me()):
        if asked.event in {None, one.event.id}:
            waiting.setdefault(one.event.id, []).append(one)
    in_letters = len(everyone) > RAIL_PAST and not asked.event
    sections = _by_letter(everyone, lambda one: one.name) if in_letters else _by_occasion(_each_once(chosen))
    leaf = _leaf(sections, asked.page)
    return render_template(
        "people/index.html",
        **shown,
        sections=leaf.sections,
        rail=leaf.rail,
        pages=leaf.pages,
        waiting=waiting,
        kept=keepsakes.has_any(access.me()),
        zone=current_app.config["TIME_ZONE"],
    )


def _about(asked: Asked) -> Result:
    """Return those whom the words are about, or else those whose names are nearly the words."""
    words = searches.words(asked.words)
    mine = occasions.of(access.me(), [asked.event] if asked.event else None)
    found = searches.about(words, mine, asked.stage)
    nearly = [] if found else searches.nearly(words, mine, asked.stage)
    everyone = asked.sorted(found or nearly)
    return Result(asked.leaf(everyone), len(everyone), bool(nearly), words)


def _of_stage(asked: Asked, met: Sequence[Met]) -> Result:
    """Return those whom I put where I am looking."""
    everyone = asked.sorted([one for one in met if one.stage == asked.stage])
    here = asked.leaf(everyone)
    meetings = occasions.read(access.me(), here)
    return Result([Found(meetings[one.encounter_id]) for one in here if one.encounter_id in meetings], len(everyone))


def _asked() -> Asked:
    given = request.args
    stage = given.get("stage", "")
    return Asked(
        words=given.get("q", "")[: searches.LONGEST].strip(),
        stage=stage if stage in contacts.STAGES else "",
        event=given.get("event", type=forms.number),
        sort=BY_NAME if given.get("sort") == BY_NAME else "",
        page=max(given.get("page", 1, forms.number), 1),
    )


def _pages(number: int) -> int:
    return max(-(-number // A_PAGE), 1)


def _leaf(sections: Sequence[Section[Met]], page: int) -> Leaf:
    """Return one page of a long list, a hundred people each, and where each letter of all of it begins."""
    begin, place = (page - 1) * A_PAGE, 0
    kept, rail = [], []
    for number, section in enumerate(sections, start=1):
        rail.append((section.letter, place // A_PAGE + 1, number))
        people_here = section.people[max(begin - place, 0) : max(begin + A_PAGE - place, 0)]
        place += len(section.people)
        if people_here:
            kept.append(section._replace(people=people_here, number=number))
    return Leaf(_read(kept), rail if sections and sections[0].letter else [], _pages(place))


def _read(sections: Sequence[Section[Met]]) -> list[Section[Meeting]]:
    """Read all that a page shows of these, in one go; sections without a letter are of an occasion each."""
    meetings = occasions.read(access.me(), [one for section in sections for one in section.people])
    read = []
    for section in sections:
        here = [meetings[one.encounter_id] for one in section.people if one.encounter_id in meetings]
        if here:
            occasion = None if section.letter else here[0].encounter
            read.append(Section(here, occasion, section.letter, section.number))
    return read


def _each_once(met: Iterable[Met]) -> list[Met]:
    """Return of each person the first of these meetings."""
    once: dict[int, Met] = {}
    for one in met:
        once.setdefault(one.contact_id, one)
    return list(once.values())


def _by_occasion(met: Iterable[Met]) -> list[Section[Met]]:
    """Put people under the occasions on which we met."""
    together: dict[tuple[int | None, date], list[Met]] = {}
    for one in met:
        together.setdefault((one.event_id, one.day), []).append(one)
    return [Section(those) for those in together.values()]


def _by_letter(found: Iterable[T], name: Callable[[T], str]) -> list[Section[T]]:
    """Put people in the order of the alphabet, a letter a section; names that begin with none come last."""

    def place(one: T) -> tuple[bool, str, str]:
        plain = people.comparable(name(one))
        is_letter = plain[:1].isalpha()
        return (not is_letter, plain[0].upper() if is_letter else OTHERS, plain)

    placed = sorted(((place(one), one) for one in found), key=itemgetter(0))
    by_letter = groupby(placed, lambda one: one[0][1])
    return [Section([one for _place, one in those], letter=letter) for letter, those in by_letter]


@blueprint.get("/people.<any(csv, vcf):book>")
@access.allows(access.PERSON)
def everyone(book: str) -> Page:
    """Hand over all my people for another address book: what is open to me, and in the table what I noted."""
    if book == "vcf":
        return downloads.attachment(address_books.vcf(access.me()).encode(), vcards.MEDIA_TYPE, _("My people") + ".vcf")
    return downloads.attachment(address_books.table(access.me()).encode(), address_books.CSV, _("My people") + ".csv")


@blueprint.get("/people/<int:contact_id>")
@access.allows(access.PERSON)
def show(contact_id: int) -> Page:
    """Show someone's card as far as it is open to me, and below it what nobody else sees."""
    return _show(contacts.of(access.me(), contact_id))


def _show(contact: Contact, refusal: Unfit | None = None) -> str:
    now = clock.now()
    here = attendance.here_now(access.me(), now)
    return render_template(
        "people/show.html",
        contact=contact,
        seen=contacts.shown(contact),
        photo=contacts.photo(contact),
        is_open=contacts.is_open(contact),
        waits=questions.waits(access.me(), contact.other, ACCESS, now),
        welcome=(welcome := welcomes.of(contact.other)),
        pitch=_pitch(contact, now) if OFFERS in welcome else "",
        told=_told(contact),
        fit=fits.of([contact])[contact.id],
        at_the_table=here is not None and now < here.ends_at,
        typed=request.form,
        refusal=refusal,
        done=request.args.get("done", ""),
        zone=current_app.config["TIME_ZONE"],
    )


def _pitch(contact: Contact, now: datetime) -> str:
    """Say whether I may ask to tell them what I sell, wait for their yes, or have it."""
    if questions.said_yes(contact.other, access.me(), PITCH):
        return "yes"
    return "waits" if questions.waits(access.me(), contact.other, PITCH, now) else "may"


def _told(contact: Contact) -> list[Told]:
    """Return our meetings, the newest first, each with what I wrote about it; then what I wrote about none."""
    notes = contacts.notes(contact)
    met = {encounter.id: encounter for encounter in encounters.between(access.me(), contact.other)}
    met |= {note.encounter.id: note.encounter for note in notes if note.encounter}
    told = [Told(one, {}) for one in sorted(met.values(), key=lambda one: one.met_at, reverse=True)]
    at_large = Told(None, {})
    about = {one.encounter.id: one for one in told if one.encounter}
    for note in notes:
        place = about[note.encounter.id] if note.encounter else at_large
        place.words[note.kind] = note
    return [*told, at_large] if at_large.words else told


@blueprint.post("/people/<int:contact_id>/notes")
@access.allows(access.PERSON)
@forms.takes("encounter", contacts.LINE, contacts.PROMISE)
def write(contact_id: int) -> Page:
    """Keep my line and my promise about one meeting, exactly as typed; left empty, they are gone."""
    contact = contacts.of(access.me(), contact_id)
    about = request.form.get("encounter", "")
    told = {one.about: one.encounter for one in _told(contact)}
    if about and about not in told:
        raise NotFound
    try:
        for kind in {contacts.LINE, contacts.PROMISE} & request.form.keys():
            contacts.write(contact, kind, forms.words(kind), told.get(about), clock.now())
    except Unfit as refusal:
        session.rollback()
        return _show(contacts.of(access.me(), contact_id), refusal), refusal.status
    session.commit()
    return redirect(url_for(".show", contact_id=contact_id, done="notes"), 303)


@blueprint.post("/people/<int:contact_id>/fit")
@access.allows(access.PERSON)
@forms.takes("fit", "step")
def fit(contact_id: int) -> Response:
    """Keep what somebody is to me and what comes next, sealed."""
    contact = contacts.of(access.me(), contact_id)
    fits.say(contact, request.form.get("fit", ""), request.form.get("step", ""), clock.now())
    session.commit()
    return redirect(url_for(".show", contact_id=contact.id, done="notes"), 303)


@blueprint.post("/people/<int:contact_id>/stage")
@access.allows(access.PERSON)
@forms.takes("stage")
def move(contact_id: int) -> Page:
    """Put them where I say they belong; nobody is lost by it."""
    contacts.move(contacts.of(access.me(), contact_id), request.form.get("stage", ""))
    session.commit()
    return redirect(url_for(".show", contact_id=contact_id, done="stage"), 303)


@blueprint.get("/people/<int:contact_id>.vcf")
@access.allows(access.PERSON)
def vcard(contact_id: int) -> Page:
    """Hand over their card for my address book: what is open to me, and nothing that I wrote."""
    contact = contacts.of(access.me(), contact_id)
    written = cards.vcard(cards.of(contact.other), contacts.level(contact))
    return downloads.attachment(written.encode(), vcards.MEDIA_TYPE, f"{contact.other.name}.vcf")


@blueprint.get("/e/<code>/people")
@access.allows(access.HERE)
def here(code: str) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show who else is here, as far as anyone may see them."""
    event = access.event()
    found = companions.of(access.me(), event, clock.now())
    by_letter = _by_letter(found, lambda companion: companion.person.name)
    sections = by_letter if len(found) > RAIL_PAST else [Section(found)] if found else []
    return render_template("people/here.html", event=event, sections=sections, new_id=uuid4)


@blueprint.post("/e/<code>/people/<int:person_id>")
@access.allows(access.HERE)
@forms.takes("id")
def add_by_hand(code: str, person_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Note that I met someone who is here, without their code: that opens nothing that not anyone may see."""
    event, op_id, now = access.event(), forms.op_id(), clock.now()
    me = access.me()
    contacts.meet(me, companions.find(me, event, person_id, now), op_id, BY_HAND, event, now, now)
    session.commit()
    return redirect(url_for("scan.saved", op_id=op_id), 303)
