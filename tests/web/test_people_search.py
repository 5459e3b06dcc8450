"""Looking for somebody among my people: by words, by stage, by morning; page by page."""

import html
import re
from uuid import uuid4

import pytest
from sqlalchemy import event, insert

from app.domain import attendance, badges, cards, contacts, encounters, events, sightings
from app.domain.cards import Card, CardField
from app.domain.contacts import Contact
from app.domain.encounters import Encounter
from app.domain.people import Person
from tests import cast


@pytest.fixture
def meet(session, world, clock):
    def met(name, occasion=None, line="", **card):
        session.rollback()
        other = cast.person(name, clock.now)
        cards.change(cards.of(other), name, card, "usual", {}, "GB")
        contacts.meet(world.ada, other, uuid4(), encounters.CARD, occasion or world.event, clock.now, clock.now)
        contact = contacts.find(world.ada, other)
        contacts.write(contact, contacts.LINE, line, None, clock.now)
        session.commit()
        return contact.id

    return met


@pytest.fixture
def crowd(session, world, clock):
    """Lets Ada have met as many people as asked, quickly, each with a card."""

    def make(number):
        now = clock.now
        first = 1000
        ids = range(first, first + number)
        names = {n: f"{chr(65 + n % 26)}nna-Siân Guest{n}" for n in ids}
        person = {"time_zone": cast.ZONE, "mail_prompts": True, "created_at": now}
        session.execute(insert(Person), [{"id": n, "name": names[n], **person} for n in ids])
        session.execute(insert(Card), [{"id": n, "person_id": n, "preset": "usual", "created_at": now} for n in ids])
        for field in ("company", "what_i_do", "looking_for", "can_offer", "email"):
            text = {"name": field, "text": f"Some {field} words", "typed": "…", "level": "anyone"}
            session.execute(insert(CardField), [{"card_id": n, **text} for n in ids])
        meeting = {"low_id": world.ada.id, "event_id": world.event.id, "met_at": now}
        session.execute(insert(Encounter), [{"high_id": n, **meeting} for n in ids])
        mine = {"owner_id": world.ada.id, "stage": "new", "created_at": now}
        session.execute(insert(Contact), [{"other_id": n, **mine} for n in ids])
        session.commit()
        for contact in session.query(Contact).all():
            contacts.write(
                contact, contacts.LINE, f"Rides a bicycle from Keynsham, number {contact.other_id}", None, now
            )
        session.commit()
        session.expire_all()

    return make


def names(page):
    return [re.sub("<[^>]+>", "", name) for name in re.findall(r'class="list-name">(.*?)</span>', html.unescape(page))]


def test_a_note_is_found_said_to_be_mine_alone_and_marked_in_its_own_letters(hers, meet):
    meet("Siân Price", line="Knows a good roofer in Keynsham")
    meet("Gareth Bevan")
    page = html.unescape(hers.get("/people?q=KEYNSHAM").text)
    assert names(page) == ["Siân Price"]
    assert "<mark>Keynsham</mark>" in page
    assert "Only you see this" in page
    assert "<mark>Siân</mark>" in hers.get("/people?q=sian").text


def test_nobody_by_those_words_is_said_kindly_and_near_names_are_offered(hers, meet):
    meet("Gareth Bevan")
    assert "Nobody by those words" in hers.get("/people?q=plumber").text
    page = hers.get("/people?q=garath").text
    assert "Is it one of these?" in page
    assert names(page) == ["Gareth Bevan"]


@pytest.mark.parametrize("typed", ["%", "_", "(a+)+$", "<b>", '"', "\x00", "a" * 3000])
def test_whatever_is_typed_is_only_words(hers, meet, typed):
    """A74."""
    meet("Gareth Bevan")
    page = hers.get("/people", query_string={"q": typed})
    assert page.status_code == 200
    assert names(page.text) == []
    assert "<b>" not in page.text


def test_words_stage_and_morning_narrow_together_and_each_keeps_the_others(session, hers, world, meet):
    harbour = events.create(world.group.id, cast.TUESDAY, world.event.created_at)
    session.commit()
    kept = meet("Gareth Bevan", what_i_do="Roofs")
    meet("Siân Price", what_i_do="Roofs")
    meet("Owen Stewart", occasion=harbour, what_i_do="Roofs")
    hers.post(f"/people/{kept}/stage", data={"stage": "keeping_up"})
    assert len(names(hers.get("/people?q=roofs").text)) == 3
    page = hers.get(f"/people?q=roofs&stage=keeping_up&event={world.event.id}").text
    assert names(page) == ["Gareth Bevan"]
    assert f"/people?q=roofs&amp;stage=wide_circle&amp;event={world.event.id}" in page
    assert names(hers.get(f"/people?q=roofs&event={harbour.id}").text) == ["Owen Stewart"]


def test_a_stage_alone_lists_who_is_there(hers, meet):
    meet("Gareth Bevan")
    assert names(hers.get("/people?stage=new").text) == ["Gareth Bevan"]
    assert "Nobody here yet" in hers.get("/people?stage=wide_circle").text


def test_a_thousand_people_are_shown_and_searched_a_hundred_a_page(hers, crowd, queries):
    crowd(1000)
    pages = {"/people": 100, "/people?q=keynsham+guest&sort=name&page=10": 100, "/people?q=quarterback": 0}
    for address, wanted in pages.items():
        with queries() as asked:
            page = hers.get(address).text
        assert len(names(page)) == wanted, address
        assert asked.count <= 9, asked
    assert names(hers.get("/people?q=keynsham&page=11").text) == []


@pytest.mark.parametrize("address", ["/people", "/people?stage=new", "/people?stage=new&sort=name&page=2"])
def test_a_page_reads_the_cards_of_those_whom_it_shows_and_no_others(hers, crowd, address):
    crowd(150)
    read = []

    def note(card, _context):
        read.append(card)

    event.listen(Card, "load", note)
    try:
        page = hers.get(address).text
    finally:
        event.remove(Card, "load", note)
    assert 0 < len(names(page)) == len(read) <= 100


def test_the_rail_of_a_long_list_leads_to_the_page_with_the_letter(hers, crowd):
    crowd(150)
    page = html.unescape(hers.get("/people").text)
    [(address, anchor)] = re.findall(r'href="(/people\?page=2)#(letter-\d+)">Z<', page)
    assert f'id="{anchor}"' in hers.get(address).text
    assert len(names(page)) == 100


def test_someone_seen_only_by_badge_stands_under_that_morning_and_moves_when_they_claim_it(
    session, hers, world, meet, clock
):
    """D3."""
    cast.arrive(world.event, world.ada)
    place = attendance.expect(world.event, "Gareth Bevan", attendance.GOING, clock.now)
    session.flush()
    sightings.see(world.ada, badges.issue(place, clock.now).place, uuid4(), world.event, clock.now, clock.now)
    session.commit()
    assert "Hasn't claimed this yet" in html.unescape(hers.get("/people").text)
    meet("Siân Price")
    page = html.unescape(hers.get("/people").text)
    assert names(page) == ["Siân Price", "Gareth Bevan"]
    assert page.count("Tuesday Breakfast</h2>") == 1
    other = events.create(world.group.id, cast.TUESDAY, clock.now)
    session.commit()
    meet("Owen Stewart", occasion=other)
    assert names(hers.get(f"/people?event={other.id}").text) == ["Owen Stewart"]


def test_my_people_are_handed_over_as_a_file_that_nobody_between_keeps(hers, bens, meet):
    meet("Siân Price", line="Knows a good roofer")
    table, book = hers.get("/people.csv"), hers.get("/people.vcf")
    assert "Knows a good roofer" in table.text
    assert "FN:Siân Price" in book.text
    assert "roofer" not in book.text
    assert {table.headers["Cache-Control"], book.headers["Cache-Control"]} == {"no-store"}
    assert "Price" not in bens.get("/people.csv").text + bens.get("/people.vcf").text


def test_what_to_ask_about_and_what_not_to_offer_stand_on_the_card_and_are_found(hers, bens, world, meet):
    meet("Siân Price", ask_me_about="Bees", not_for_me="Insurance")
    page = html.unescape(hers.get("/people?q=bees+insurance").text)
    assert names(page) == ["Siân Price"]
    assert "Ask about: <mark>Bees</mark>" in page
    contact = re.search(r'href="(/people/\d+)"', page)
    card = html.unescape(hers.get(contact[1]).text)
    assert "Ask me about…" in card
    assert "Please don't offer me…" in card
    form = {"name": "Ben Okafor", "preset": "usual", "ask_me_about": "Sails", "level_ask_me_about": "nobody"}
    assert bens.post("/card/edit", data=form).status_code == 303
    assert "Sails" in bens.get("/card/edit").text
    assert "Sails" not in bens.get("/card/as/met").text
