"""People: whom I met, one of them with what only I see, and who else is here."""

import html
import logging
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import vobject
from sqlalchemy import select

from app import database
from app.domain import cards, contacts, encounters, events
from app.domain.contacts import LINE, PROMISE, Note
from app.domain.encounters import BY_HAND, CARD
from app.web import access
from tests import cast

CANARY = "Cumbrian marmalade and a grudge against surveyors"
EVERYTHING = {
    "role": "Director",
    "company": "Okafor & Sons",
    "what_i_do": "I build websites",
    "email": "ben@example.org",
    "phone": "07700 900123",
    "link": "okafor.example",
}


@pytest.fixture
def world(session, clock):
    people = cast.assemble(clock.now)
    cards.change(cards.of(people.ben), "Ben Okafor", EVERYTHING, "usual", {}, "GB")
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
def meet(session, world, clock):
    """Let two people meet, and return the first one's contact."""

    def say(observer, observed, how=CARD, occasion=None):
        session.rollback()
        clock.move(minutes=1)
        contacts.meet(observer, observed, uuid4(), how, occasion or world.event, clock.now, clock.now)
        session.commit()
        return contacts.find(observer, observed).id

    return say


@pytest.fixture
def crowd(session, clock, world):
    """Make many people, of whom nobody has arrived yet."""

    def make(number):
        session.rollback()
        made = [cast.person(f"{chr(65 + n % 26)}nna Guest{n}", clock.now, what_i_do=f"Work {n}") for n in range(number)]
        session.commit()
        return made

    return make


def words(answer):
    return html.unescape(answer.text)


def names(answer):
    return re.findall(r'class="list-name"[^>]*>([^<]+)<', words(answer))


def headings(answer):
    return [re.sub("<[^>]+>", "", found) for found in re.findall(r"<h2[^>]*>(.*?)</h2>", words(answer))]


def notes_of(owner, other):
    database.session.rollback()
    return contacts.notes(contacts.find(owner, other))


class TestWhomIMet:
    def test_with_nobody_there_it_says_so_kindly(self, ada):
        page = words(ada.get("/people"))
        assert "Nobody yet" in page
        assert "Scan the first card and they'll be here." in page

    def test_it_is_by_event_the_newest_first_and_each_is_there_once(self, session, world, ada, meet):
        harbour = events.create(world.group.id, _plan("Harbour Breakfast", date(2026, 11, 17)), world.event.created_at)
        session.commit()
        meet(world.ada, world.dev, occasion=date(2026, 11, 3))
        meet(world.ada, world.cleo, occasion=harbour)
        meet(world.ada, world.ben, occasion=harbour)
        meet(world.ada, world.ben)
        page = ada.get("/people")
        assert headings(page) == ["Tuesday Breakfast", "Harbour Breakfast", "Tue 3 Nov"]
        assert names(page) == ["Ben Okafor", "Cleo Nowak", "Dev Singh"]

    def test_one_event_shows_everyone_whom_i_met_there(self, session, world, ada, meet):
        harbour = events.create(world.group.id, _plan("Harbour Breakfast", date(2026, 11, 17)), world.event.created_at)
        session.commit()
        for other in (world.ben, world.cleo):
            meet(world.ada, other, occasion=harbour)
        meet(world.ada, world.ben)
        page = ada.get(f"/people?event={harbour.id}")
        assert (headings(page), names(page)) == (["Harbour Breakfast"], ["Cleo Nowak", "Ben Okafor"])

    def test_an_event_at_which_i_met_nobody_is_none_of_mine(self, world, ada, ben, meet):
        meet(world.ben, world.cleo)
        assert ada.get(f"/people?event={world.event.id}").status_code == 404

    @pytest.mark.parametrize("event", ["", "x", "1e9", "'"])
    def test_what_is_no_event_filters_nothing(self, world, ada, meet, event):
        meet(world.ada, world.ben)
        assert names(ada.get("/people", query_string={"event": event})) == ["Ben Okafor"]

    def test_a_row_says_what_is_open_to_me(self, session, world, ben, meet):
        cards.change(cards.of(world.ada), "Ada Bevan", {"what_i_do": "Books"}, "reserved", {"what_i_do": "met"}, "GB")
        session.commit()
        meet(world.ada, world.ben)
        assert "Books" not in ben.get("/people").text
        meet(world.ben, world.ada)
        assert "Books" in ben.get("/people").text

    def test_past_fifty_people_they_stand_by_letter_under_a_rail(self, world, ada, meet, crowd, session, clock):
        for person in crowd(50):
            contacts.meet(world.ada, person, uuid4(), CARD, world.event, clock.now, clock.now)
        session.commit()
        assert headings(ada.get("/people")) == ["Tuesday Breakfast"]
        session.rollback()
        meet(world.ada, cast.person("9 to 5 Ltd", clock.now))
        page = ada.get("/people")
        assert headings(page) == [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "#"]
        assert names(page) == [*sorted(names(page)[:-1]), "9 to 5 Ltd"]
        assert 'href="#letter-27"' in page.text
        assert 'id="letter-27"' in page.text
        assert headings(ada.get(f"/people?event={world.event.id}")) == ["Tuesday Breakfast"]

    def test_it_costs_the_same_for_ten_times_as_many_people(self, session, world, ada, crowd, clock, queries):
        """The number of queries stays the same with ten times the rows."""
        counts = []
        for number in (4, 40):
            for person in crowd(number):
                contacts.meet(world.ada, person, uuid4(), CARD, world.event, clock.now, clock.now)
            session.commit()
            with queries() as asked:
                assert len(names(ada.get("/people"))) >= number
            counts.append(asked.count)
        assert counts[0] == counts[1] <= 7, asked


def _plan(name, day):
    return events.Plan(name, "", cast.ZONE, day, cast.TUESDAY.start_time, cast.TUESDAY.end_time)


class TestOneOfThem:
    def test_a_shown_card_opens_the_fields_for_people_met(self, world, ada, meet):
        page = words(ada.get(f"/people/{meet(world.ada, world.ben)}"))
        assert 'href="mailto:ben@example.org"' in page
        assert 'href="tel:+447700900123"' in page
        assert "+44 7700 900123" in page
        assert "Open in Mail" in page
        assert "Call" in page

    def test_by_hand_what_is_closed_is_not_on_the_page_at_all(self, world, ada, meet):
        """A131."""
        page = words(ada.get(f"/people/{meet(world.ada, world.ben, BY_HAND)}"))
        assert "Okafor & Sons" in page
        assert not [
            hidden for hidden in ("ben@example.org", "7700", "mailto:", "Open in Mail", "Call") if hidden in page
        ]
        assert "Waiting for Ben's yes" in page

    def test_the_address_book_gets_what_is_open_and_nothing_that_i_wrote(self, session, world, ada, meet):
        """A131, A130."""
        contact_id = meet(world.ada, world.ben, BY_HAND)
        ada.post(f"/people/{contact_id}/notes", data={"line": CANARY, "promise": CANARY})
        closed = vobject.readOne(ada.get(f"/people/{contact_id}.vcf").text)
        assert (closed.fn.value, closed.org.value) == ("Ben Okafor", ["Okafor & Sons"])
        assert not {"email", "tel"} & closed.contents.keys()
        meet(world.ada, world.ben)
        answer = ada.get(f"/people/{contact_id}.vcf")
        opened = vobject.readOne(answer.text)
        assert (opened.email.value, opened.tel.value) == ("ben@example.org", "+447700900123")
        assert "marmalade and a grudge" not in answer.text
        assert answer.headers["Content-Disposition"].startswith("attachment;")

    def test_somebody_elses_contact_is_not_there(self, world, ada, ben, meet):
        """A128."""
        contact_id = meet(world.ada, world.ben)
        for path in (f"/people/{contact_id}", f"/people/{contact_id}.vcf"):
            assert ben.get(path).status_code == 404
        assert ben.post(f"/people/{contact_id}/notes", data={"line": "x"}).status_code == 404
        assert ben.post(f"/people/{contact_id}/stage", data={"stage": "wide_circle"}).status_code == 404
        assert notes_of(world.ada, world.ben) == []

    @pytest.mark.parametrize("text", ['"><svg onload=alert(1)>', "{{7*7}}", "</textarea><script>", "' OR 1=1 --"])
    def test_what_is_typed_stays_words(self, session, world, ada, meet, text):
        """A70, A73."""
        cards.change(cards.of(world.ben), text, EVERYTHING | {"company": text, "what_i_do": text}, "open", {}, "GB")
        session.commit()
        contact_id = meet(world.ada, world.ben)
        ada.post(f"/people/{contact_id}/notes", data={"line": text, "promise": text})
        sheet = f"/encounters/{session.scalar(select(encounters.Observation.op_id))}"
        for path in ("/people", f"/people/{contact_id}", f"/e/{world.event.code}/people", sheet, "/scan"):
            page = ada.get(path)
            assert text in words(page)
            assert "<svg onload" not in page.text
            assert "</textarea><script>" not in page.text

    def test_it_costs_the_same_after_ten_times_as_many_meetings(self, session, world, ada, meet, clock, queries):
        """The number of queries stays the same with ten times the rows."""
        contact_id, counts = meet(world.ada, world.ben), []
        for weeks in (1, 10):
            contact = contacts.find(world.ada, world.ben)
            for week in range(weeks):
                day = world.event.day - timedelta(weeks=len(counts) * 10 + week + 1)
                said = contacts.meet(world.ada, world.ben, uuid4(), CARD, day, clock.now, clock.now)
                contacts.write(contact, LINE, f"Week {week}", said.encounter, clock.now)
            session.commit()
            with queries() as asked:
                assert ada.get(f"/people/{contact_id}").text.count("<h3>") == len(counts) * 10 + 2
            counts.append(asked.count)
        assert counts[0] == counts[1] <= 10, asked


class TestWhatOnlyISee:
    def test_a_line_and_a_promise_are_kept_as_typed_for_the_meeting_they_are_about(self, session, world, ada, meet):
        meet(world.ada, world.ben, occasion=date(2026, 11, 3))
        contact_id = meet(world.ada, world.ben)
        newest, earlier = encounters.between(world.ada, world.ben)
        typed = " Knows the\r\n  estate office "
        ada.post(f"/people/{contact_id}/notes", data={"encounter": newest.id, "line": typed, "promise": "Rhian"})
        ada.post(f"/people/{contact_id}/notes", data={"encounter": earlier.id, "line": "Roofs", "promise": ""})
        found = {(note.kind, note.encounter.id): note.text for note in notes_of(world.ada, world.ben)}
        assert found == {
            (LINE, newest.id): " Knows the\n  estate office ",
            (PROMISE, newest.id): "Rhian",
            (LINE, earlier.id): "Roofs",
        }
        page = words(ada.get(f"/people/{contact_id}?done=notes"))
        assert "Only you see this" in page
        assert "No page shows this to anyone else. Whoever runs this server could open its files." in page
        assert "Kept, for you alone." in page
        assert "<blockquote>Roofs</blockquote>" in page

    def test_emptied_it_is_gone(self, session, world, ada, meet):
        contact_id = meet(world.ada, world.ben)
        for line in ("Something", ""):
            ada.post(f"/people/{contact_id}/notes", data={"line": line})
        session.rollback()
        assert session.scalars(select(Note)).all() == []

    def test_a_note_about_no_meeting_in_particular_is_shown_and_changed(self, session, world, ada, meet, clock):
        contact_id = meet(world.ada, world.ben)
        contacts.write(contacts.find(world.ada, world.ben), PROMISE, "Ask for the address", None, clock.now)
        session.commit()
        assert "Ask for the address" in words(ada.get(f"/people/{contact_id}"))
        ada.post(f"/people/{contact_id}/notes", data={"encounter": "", "promise": "Asked"})
        assert [note.text for note in notes_of(world.ada, world.ben)] == ["Asked"]

    def test_what_was_too_long_stays_in_its_field(self, world, ada, meet):
        contact_id = meet(world.ada, world.ben)
        (encounter,) = encounters.between(world.ada, world.ben)
        typed = {"encounter": encounter.id, "line": "Short", "promise": "word " * 401}
        answer = ada.post(f"/people/{contact_id}/notes", data=typed)
        assert answer.status_code == 422
        assert words(answer).count("Please keep this to 2000 characters.") == 1
        assert typed["promise"] in answer.text
        assert ">\nShort<" in answer.text
        assert notes_of(world.ada, world.ben) == []

    @pytest.mark.parametrize("encounter", ["0", "x", "99999999999999999999"])
    def test_a_meeting_that_is_not_ours_takes_no_note(self, world, ada, meet, encounter):
        meet(world.ben, world.cleo)
        contact_id = meet(world.ada, world.ben)
        answer = ada.post(f"/people/{contact_id}/notes", data={"encounter": encounter, "line": "x"})
        assert answer.status_code == 404
        assert notes_of(world.ada, world.ben) == []

    def test_they_are_moved_to_any_stage_and_back(self, world, ada, meet):
        contact_id = meet(world.ada, world.ben)
        for stage in ("wide_circle", "new", "keeping_up"):
            answer = ada.post(f"/people/{contact_id}/stage", data={"stage": stage})
            page = ada.get(answer.location).text
            assert re.search(rf'name="stage" value="{stage}" checked', page)
            assert "Moved." in page

    def test_there_is_no_other_stage(self, session, world, ada, meet):
        contact_id = meet(world.ada, world.ben)
        assert ada.post(f"/people/{contact_id}/stage", data={"stage": "farmed"}).status_code == 422
        session.rollback()
        assert contacts.find(world.ada, world.ben).stage == "new"

    def test_at_the_table_stage_and_promise_wait_until_the_event_ends(self, world, ada, meet, clock):
        path = f"/people/{meet(world.ada, world.ben)}"
        drawer = re.compile(r"<details[^>]*>\s*<summary[^>]*>Where does Ben belong")
        at_the_table = ada.get(path).text
        assert " open" not in drawer.search(at_the_table)[0]
        assert "What you promised" not in at_the_table
        clock.set(world.event.ends_at)
        afterwards = ada.get(path).text
        assert " open" in drawer.search(afterwards)[0]
        assert "What you promised" in afterwards


class TestWhoIsHere:
    def test_it_is_for_those_who_have_arrived(self, world, ada, new_client):
        assert ada.get(f"/e/{world.event.code}/people").status_code == 200
        assert new_client().sign_in(world.dev).get(f"/e/{world.event.code}/people").status_code == 404

    def test_it_shows_what_anyone_may_see_and_no_more(self, world, ada):
        """A131."""
        page = words(ada.get(f"/e/{world.event.code}/people"))
        assert "Okafor & Sons · I build websites" in page
        assert "ben@example.org" not in page
        assert "7700" not in page

    def test_adding_by_hand_says_what_that_opens(self, session, world, ada):
        path, op_id = f"/e/{world.event.code}/people/{world.ben.id}", uuid4()
        answers = [ada.post(path, data={"id": op_id}) for _time in range(3)]
        assert {answer.location for answer in answers} == {f"/encounters/{op_id}"}
        sheet = words(ada.get(answers[0].location))
        assert "You added Ben" in sheet
        assert "Ben can see that you added them." in sheet
        assert "Open to you: name, role, firm, what they do, link." in sheet
        session.rollback()
        observation = session.scalars(select(encounters.Observation)).one()
        assert (observation.how, observation.encounter.event_id) == (BY_HAND, world.event.id)
        assert "In your list" in ada.get(f"/e/{world.event.code}/people").text

    def test_the_one_who_was_added_sees_it(self, world, ada, ben):
        ada.post(f"/e/{world.event.code}/people/{world.ben.id}", data={"id": uuid4()})
        assert names(ben.get("/people")) == ["Ada Bevan"]

    def test_when_both_have_added_each_other_both_are_open(self, session, world, ada, ben):
        ada.post(f"/e/{world.event.code}/people/{world.ben.id}", data={"id": uuid4()})
        ben.post(f"/e/{world.event.code}/people/{world.ada.id}", data={"id": uuid4()})
        session.rollback()
        contact = contacts.find(world.ada, world.ben)
        assert "ben@example.org" in ada.get(f"/people/{contact.id}").text

    def test_nobody_who_is_not_here_can_be_added(self, session, world, ada):
        for person_id in (world.dev.id, 0):
            answer = ada.post(f"/e/{world.event.code}/people/{person_id}", data={"id": uuid4()})
            assert answer.status_code == 404
        assert ada.post(f"/e/{world.event.code}/people/{world.ben.id}", data={"id": "7"}).status_code == 422
        session.rollback()
        assert session.scalars(select(encounters.Encounter)).all() == []

    def test_i_do_not_add_myself(self, world, ada):
        answer = ada.post(f"/e/{world.event.code}/people/{world.ada.id}", data={"id": uuid4()})
        assert (answer.status_code, "This is your own card." in answer.text) == (409, True)

    def test_when_the_morning_is_over_it_says_where_to_look(self, world, ada, clock):
        clock.set(world.event.closes_at)
        answer = ada.get(f"/e/{world.event.code}/people")
        assert (answer.status_code, "Whom you met is under People." in answer.text) == (409, True)

    def test_it_costs_the_same_for_ten_times_as_many_people(self, session, world, ada, crowd, queries):
        """The number of queries stays the same with ten times the rows."""
        counts = []
        for number in (6, 60):
            cast.arrive(world.event, *crowd(number))
            session.commit()
            with queries() as asked:
                assert len(names(ada.get(f"/e/{world.event.code}/people"))) > number
            counts.append(asked.count)
        assert counts[0] == counts[1] <= 6, asked


def test_nobody_signed_out_sees_anybody(world, client):
    for path in ("/people", "/people/1", f"/e/{world.event.code}/people", "/people/1.vcf", "/scan"):
        assert client.get(path).location.startswith("/sign-in")


def test_a_note_stands_on_no_page_but_its_writers_and_in_no_log(session, app, world, ada, meet, new_client, caplog):
    """A130: neither the other side, nor the organiser, nor whoever reads the log meets a word of it."""
    caplog.set_level(logging.DEBUG)
    contact_id = meet(world.ada, world.ben)
    (encounter,) = encounters.between(world.ada, world.ben)
    sheet = f"/encounters/{session.scalar(select(encounters.Observation.op_id))}"
    written = {"encounter": encounter.id, "line": CANARY, "promise": CANARY}
    ada.post(f"/people/{contact_id}/notes", data=written)
    ada.post(f"/people/{contact_id}/notes", data={**written, "promise": CANARY * 50})
    ada.post(f"/people/{contact_id}/notes", data={**written, "encounter": "0"})
    assert CANARY in ada.get(f"/people/{contact_id}").text
    session.rollback()
    onlookers = [new_client(), *(new_client().sign_in(person) for person in (world.ben, world.cleo, world.dev))]
    values = {
        "contact_id": contact_id,
        "event_id": world.event.id,
        "group_id": world.group.id,
        "code": world.event.code,
    }
    seen = 0
    for entry in access.matrix(app):
        rule = next(rule for rule in app.url_map.iter_rules(entry.endpoint) if rule.rule == entry.rule)
        if "GET" not in entry.methods or not rule.arguments <= values.keys():
            continue
        with app.test_request_context():
            path = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)[1]
        for onlooker in onlookers:
            assert "grudge" not in onlooker.get(path).text, path
            seen += 1
    assert "grudge" not in onlookers[1].get(sheet).text
    assert "grudge" not in ada.get("/people").text
    assert "grudge" not in ada.get("/scan").text
    assert "grudge" not in caplog.text
    assert seen > 40
