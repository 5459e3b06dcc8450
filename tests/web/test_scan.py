"""We met: the card that was shown, the code typed, the sheet with its undo and its line."""

import html
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app import database
from app.domain import cards, contacts, encounters
from app.domain.encounters import Encounter, Observation
from app.web import access
from tests import cast

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def world(session, clock):
    people = cast.assemble(clock.now)
    cards.change(
        cards.of(people.ben), "Ben Okafor", {"what_i_do": "Websites", "email": "ben@example.org"}, "usual", {}, "GB"
    )
    cast.arrive(people.event, people.ada, people.ben)
    session.commit()
    return people


@pytest.fixture
def ada(world, new_client):
    return new_client().sign_in(world.ada)


@pytest.fixture
def ben(world, new_client):
    return new_client().sign_in(world.ben)


@pytest.fixture
def dev(world, new_client):
    return new_client().sign_in(world.dev)


def card_of(person):
    database.session.rollback()
    return cards.living(cards.of(person))


def contact_of(owner, other):
    database.session.rollback()
    return contacts.find(owner, other)


def words(answer):
    return html.unescape(answer.text)


def say_we_met(client, person, op_id=None, **more):
    form = {"card": card_of(person).token, "id": str(op_id or uuid4())}
    return client.post("/encounters", data=form, **more)


def scanned(client, person):
    """Say that we met, and return the address of the sheet."""
    return say_we_met(client, person).location


def count(session, table):
    session.rollback()
    return session.scalar(select(func.count()).select_from(table))


def only(session, table):
    session.rollback()
    return session.scalars(select(table)).one()


def filled(answer, name):
    """Return what stands in the field of this name."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', answer.text)
    return html.unescape(found[1]) if found else None


class TestACardThatWasShown:
    def test_a_scan_of_a_stranger_asks_the_database_fourteen_things_at_most(self, world, ada, queries):
        card = card_of(world.ben).token
        with queries() as asked:
            assert ada.post("/encounters", data={"card": card, "id": str(uuid4())}).status_code == 303
        assert asked.count <= 14, asked

    def test_it_leads_to_the_sheet(self, session, world, ada):
        answer = say_we_met(ada, world.ben)
        assert answer.status_code == 303
        page = words(ada.get(answer.location))
        assert "You have Ben's card" in page
        assert "Open to you: name, what they do, e-mail." in page

    def test_it_is_noted_at_the_event_that_i_am_at(self, session, world, ada):
        say_we_met(ada, world.ben)
        assert only(session, Encounter).event_id == world.event.id

    def test_it_is_noted_for_the_day_where_i_am_at_none(self, session, world, dev):
        say_we_met(dev, world.ben)
        encounter = only(session, Encounter)
        assert (encounter.event_id, encounter.local_day) == (None, world.event.day)

    def test_both_have_each_other_from_then_on(self, world, ada, ben):
        say_we_met(ada, world.ben)
        assert "Ben Okafor" in ada.get("/people").text
        assert "Ada Bevan" in ben.get("/people").text

    def test_sent_ten_times_it_is_answered_alike_and_noted_once(self, session, world, ada):
        """O43."""
        op_id = uuid4()
        answers = [say_we_met(ada, world.ben, op_id, headers={"Accept": "application/json"}) for _time in range(10)]
        assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
        assert answers[0].json == {"id": str(op_id), "name": "Ben Okafor", "sheet": f"/encounters/{op_id}"}
        assert count(session, Observation) == 1

    def test_the_same_id_for_somebody_elses_card_is_refused(self, session, world, ada):
        """O44."""
        op_id = uuid4()
        say_we_met(ada, world.ben, op_id)
        answer = say_we_met(ada, world.cleo, op_id, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
        assert count(session, Observation) == 1

    def test_the_same_id_of_somebody_else_is_theirs(self, session, world, ada, dev):
        """O46."""
        op_id = uuid4()
        say_we_met(ada, world.ben, op_id)
        assert say_we_met(dev, world.cleo, op_id).status_code == 303
        assert count(session, Encounter) == 2

    def test_what_was_refused_for_now_is_not_remembered(self, world, ada, monkeypatch):
        """O47."""
        op_id = uuid4()
        monkeypatch.setattr(access, "WALKS_A_MINUTE", 0)
        assert ada.post("/encounters", data={"card": "a" * 26, "id": op_id}).status_code == 429
        assert say_we_met(ada, world.ben, op_id).status_code == 303

    @pytest.mark.parametrize("op_id", ["", "7", "not-a-uuid", "\0", "0" * 5000])
    def test_an_id_that_is_none_is_refused(self, session, world, ada, op_id):
        answer = ada.post("/encounters", data={"card": card_of(world.ben).token, "id": op_id})
        assert answer.status_code == 422
        assert count(session, Observation) == 0

    @pytest.mark.both_databases
    @pytest.mark.parametrize("card", ["", "a" * 26, "ﬁ\0", "../../x", "https://evil.example/c/" + "a" * 26])
    def test_an_unknown_card_is_not_there(self, session, ada, card):
        assert ada.post("/encounters", data={"card": card, "id": uuid4()}).status_code == 404
        assert count(session, Observation) == 0

    def test_a_withdrawn_card_says_what_to_do(self, session, world, ada, clock):
        """H14."""
        token = card_of(world.ben).token
        cards.renew(cards.of(world.ben), clock.now)
        session.commit()
        answer = ada.post("/encounters", data={"card": token, "id": uuid4()})
        assert answer.status_code == 410
        assert "This card has been replaced. Ask them for the new one." in words(answer)
        assert "Ben" not in words(answer)

    def test_my_own_card_is_refused_kindly(self, session, world, ada):
        answer = say_we_met(ada, world.ada)
        assert (answer.status_code, "This is your own card." in words(answer)) == (409, True)
        assert count(session, Observation) == 0

    def test_nobody_signed_out_meets_anybody(self, session, world, client):
        assert say_we_met(client, world.ben).status_code == 401
        assert count(session, Observation) == 0


class TestACodeThatWasTyped:
    @pytest.mark.parametrize(
        "spell",
        [
            str,
            str.lower,
            lambda code: f" {code[:4]} {code[4:]} ",
            lambda code: f"{code[:4]}–{code[4:]}.",
            lambda code: code.replace("0", "O").replace("1", "l"),
        ],
        ids=["as it is", "small", "with spaces", "with a dash", "with lookalikes"],
    )
    def test_it_is_forgiven_its_spelling(self, world, ada, spell):
        """Q5."""
        row = card_of(world.ben)
        answer = ada.post("/scan/code", data={"code": spell(row.short_code), "id": uuid4()})
        assert answer.status_code == 303
        assert "You have Ben's card" in words(ada.get(answer.location))

    def test_it_opens_what_a_shown_card_opens(self, world, ada):
        ada.post("/scan/code", data={"code": card_of(world.ben).short_code, "id": uuid4()})
        assert contacts.level(contact_of(world.ada, world.ben)) == cards.MET

    def test_one_page_sends_one_code_twice_and_two_codes_once(self, session, world, ada):
        page_id = uuid4()
        for person in (world.ben, world.ben, world.cleo):
            assert ada.post("/scan/code", data={"code": card_of(person).short_code, "id": page_id}).status_code == 303
        assert count(session, Observation) == 2

    @pytest.mark.both_databases
    @pytest.mark.parametrize("typed", ["ABCD 1234", "", "🦊🦊🦊🦊", "a\0b", "x" * 5000])
    def test_an_unknown_one_stays_on_the_page_with_what_was_typed(self, ada, typed):
        answer = ada.post("/scan/code", data={"code": typed, "id": uuid4()})
        assert answer.status_code == 404
        assert "We don't know that code." in words(answer)
        assert filled(answer, "code") == typed

    def test_a_withdrawn_one_says_what_to_do_and_stays_on_the_page(self, session, world, ada, clock):
        code = card_of(world.ben).short_code
        cards.renew(cards.of(world.ben), clock.now)
        session.commit()
        answer = ada.post("/scan/code", data={"code": code, "id": uuid4()})
        assert answer.status_code == 410
        assert "This card has been replaced. Ask them for the new one." in words(answer)
        assert "Ben" not in words(answer)
        assert filled(answer, "code") == code

    def test_my_own_stays_on_the_page(self, world, ada):
        answer = ada.post("/scan/code", data={"code": card_of(world.ada).short_code, "id": uuid4()})
        assert (answer.status_code, "This is your own card." in words(answer)) == (409, True)

    def test_trying_codes_ends_in_a_pause_and_known_ones_never_count(self, world, ada, monkeypatch):
        """A86, Q16."""
        monkeypatch.setattr(access, "WALKS_A_MINUTE", 3)
        known = {"code": card_of(world.ben).short_code, "id": uuid4()}
        statuses = [ada.post("/scan/code", data={"code": f"ABCD123{n}", "id": uuid4()}).status_code for n in range(4)]
        assert statuses == [404, 404, 404, 429]
        assert [ada.post("/scan/code", data=known).status_code for _time in range(5)] == [303] * 5


class TestTheScanPage:
    def test_it_speaks_of_the_phones_own_camera_and_of_no_other(self, ada):
        page = words(ada.get("/scan"))
        assert "Point your phone's own camera at the code on their screen" in page
        assert "Or type the eight characters under it" in page

    def test_it_leads_to_who_is_here_while_i_am_at_an_event(self, world, ada, clock):
        link = f"/e/{world.event.code}/people"
        assert link in ada.get("/scan").text
        clock.set(world.event.closes_at)
        assert link not in ada.get("/scan").text

    def test_it_shows_whom_i_just_met_and_not_what_i_wrote(self, world, ada, clock):
        sheet = scanned(ada, world.ben)
        ada.post(f"{sheet}/line", data={"line": "Roof on Tuesday"})
        page = words(ada.get("/scan"))
        assert "Ben Okafor" in page
        assert sheet in page
        assert "Roof" not in page
        clock.move(hours=13)
        assert "Ben Okafor" not in ada.get("/scan").text


class TestTheSheet:
    def test_undo_takes_it_back_and_says_so(self, session, world, ada):
        sheet = scanned(ada, world.ben)
        answer = ada.post(f"{sheet}/void")
        page = words(ada.get(answer.location))
        assert "Taken back" in page
        assert "gone from your list and from Ben's" in page
        assert "Put it back" in page
        assert "Ben Okafor" not in ada.get("/people").text

    def test_undo_closes_what_it_had_opened(self, session, world, ada):
        sheet = scanned(ada, world.ben)
        contact = contact_of(world.ada, world.ben)
        assert "ben@example.org" in ada.get(f"/people/{contact.id}").text
        ada.post(f"{sheet}/void")
        assert ada.get(f"/people/{contact.id}").status_code == 404
        assert "ben@example.org" not in ada.get(sheet).text

    def test_put_it_back_is_saying_it_again(self, session, world, ada):
        sheet = scanned(ada, world.ben)
        page = ada.get(ada.post(f"{sheet}/void").location)
        again = ada.post("/encounters", data={name: filled(page, name) for name in ("again", "id")})
        assert again.location != sheet
        assert "You have Ben's card" in words(ada.get(again.location))
        assert count(session, Encounter) == 1

    def test_put_back_days_later_it_is_where_it_was(self, session, world, ada, clock):
        sheet = scanned(ada, world.ben)
        ada.post(f"{sheet}/void")
        clock.move(days=3)
        ada.post("/encounters", data={"again": sheet.rpartition("/")[2], "id": uuid4()})
        encounter = only(session, Encounter)
        assert (encounter.event_id, encounter.voided_at) == (world.event.id, None)

    def test_what_was_added_by_hand_opens_no_more_when_it_is_put_back(self, session, world, ada):
        observation = contacts.meet(
            world.ada, world.ben, uuid4(), encounters.BY_HAND, world.event, world.event.starts_at, world.event.starts_at
        )
        session.commit()
        ada.post(f"/encounters/{observation.op_id}/void")
        ada.post("/encounters", data={"again": observation.op_id, "id": uuid4()})
        assert contacts.level(contact_of(world.ada, world.ben)) == cards.ANYONE

    def test_what_was_never_taken_back_is_not_put_back_twice(self, session, world, ada):
        op_id = scanned(ada, world.ben).rpartition("/")[2]
        ada.post("/encounters", data={"again": op_id, "id": uuid4()})
        assert count(session, Observation) == 1

    def test_after_an_undo_it_tells_of_the_other_sides_word(self, world, ada, ben):
        sheet = scanned(ada, world.ben)
        scanned(ben, world.ada)
        ada.post(f"{sheet}/void")
        assert "Ben added you as well" in words(ada.get(sheet))

    def test_after_an_undo_it_tells_of_my_own_other_word(self, world, ada, clock):
        first = scanned(ada, world.ben)
        clock.move(minutes=10)
        second = scanned(ada, world.ben)
        ada.post(f"{second}/void")
        page = words(ada.get(second))
        assert "the one at 7:30 still counts" in page
        assert first in page

    @pytest.mark.both_databases
    def test_a_line_is_kept_as_it_was_typed(self, world, ada):
        sheet, typed = scanned(ada, world.ben), "\n  <b>Knows</b> the estate office.\n\tAsk "
        assert ada.post(f"{sheet}/line", data={"line": typed.replace("\n", "\r\n")}).location == "/scan"
        (note,) = contacts.notes(contact_of(world.ada, world.ben))
        assert (note.kind, note.text) == (contacts.LINE, typed)
        # A browser drops one line break after the tag: what begins with one needs another in front of it.
        assert ">\n\n  &lt;b&gt;Knows&lt;/b&gt; the estate office.\n\tAsk </textarea>" in ada.get(sheet).text

    def test_a_line_that_is_too_long_stays_on_the_page(self, session, world, ada):
        sheet = scanned(ada, world.ben)
        answer = ada.post(f"{sheet}/line", data={"line": "word " * 500})
        assert answer.status_code == 422
        assert "Please keep this to 2000 characters." in words(answer)
        assert "word " * 500 in words(answer)
        assert contacts.notes(contact_of(world.ada, world.ben)) == []

    @pytest.mark.both_databases
    def test_what_no_database_takes_is_refused(self, world, ada):
        sheet = scanned(ada, world.ben)
        answer = ada.post(f"{sheet}/line", data={"line": "a\0b"})
        assert answer.status_code == 422
        assert "There's a character in this that can't be kept." in words(answer)

    def test_nothing_typed_is_nothing_kept(self, world, ada):
        sheet = scanned(ada, world.ben)
        ada.post(f"{sheet}/line", data={"line": "Something"})
        assert ada.post(f"{sheet}/line", data={"line": ""}).location == "/scan"
        assert contacts.notes(contact_of(world.ada, world.ben)) == []

    def test_it_is_mine_alone(self, world, ada, ben):
        sheet = scanned(ada, world.ben)
        assert ben.get(sheet).status_code == 404
        assert ben.post(f"{sheet}/void").status_code == 404
        assert ben.post(f"{sheet}/line", data={"line": "mine"}).status_code == 404
        op_id = sheet.rpartition("/")[2]
        assert ben.post("/encounters", data={"again": op_id, "id": uuid4()}).status_code == 404

    def test_it_costs_the_same_after_ten_times_as_many_meetings(self, session, world, ada, clock, queries):
        sheet = scanned(ada, world.ben)
        with queries() as few:
            ada.get(sheet)
        contact = contact_of(world.ada, world.ben)
        for week in range(10):
            day = world.event.day - timedelta(weeks=week + 1)
            meeting = contacts.meet(world.ada, world.ben, uuid4(), encounters.CARD, day, clock.now, clock.now)
            contacts.write(contact, contacts.LINE, f"Week {week}", meeting.encounter, clock.now)
        session.commit()
        with queries() as many:
            ada.get(sheet)
        assert few.count == many.count <= 8, many


def test_the_card_page_says_we_met_to_this_door(session, world, ada):
    page = ada.get(f"/c/{card_of(world.ben).token}")
    form = {name: filled(page, name) for name in ("card", "id")}
    UUID(form["id"])
    assert ada.post("/encounters", data=form).status_code == 303
    assert count(session, Encounter) == 1


def test_the_scanners_page_asks_at_once_for_every_module_it_needs_after_its_styles_and_for_no_decoder(ada):
    _before, _styles, after = ada.get("/scan").text.partition('rel="stylesheet"')
    ahead = re.findall(r'<link rel="modulepreload" href="/static/v/[0-9a-f]+/([\w./-]+)" fetchpriority="low">', after)
    assert {"js/behaviours/scan.js", "js/scanner/camera.js", "js/offline/store.js"} <= set(ahead)
    assert not [path for path in ahead if "decoder" in path or "vendor" in path or "photo" in path]
