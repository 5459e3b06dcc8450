"""Looking back: what an organiser reads of one morning and of the group's latest, and what no page of theirs holds."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest

from app import clock as hands
from app.domain import attendance, contacts, deliveries, encounters, events, planning, prompts
from app.domain.attendance import GOING
from app.domain.contacts import LINE, PROMISE
from app.domain.deliveries import FAILED, SENT, SUPPRESSED, WAITING, Delivery
from app.domain.prompts import FOLLOW_UP, Prompt
from tests import cast

A_WEEK = timedelta(weeks=1)
THURSDAY = timedelta(days=2, hours=2)
NOTE, VOW = "canary-note-5f1c", "canary-promise-77ab"


@pytest.fixture
def settings(settings):
    return {**settings, "SMTP_URL": "smtp://mail.example:25"}


@pytest.fixture
def company(session, clock):
    """Twelve guests were here, one expected did not come; six of them met; the event has closed."""
    made = cast.assemble(clock.now)
    made.guests = [cast.person(f"Guest {n}", clock.now, f"guest{n}@example.org") for n in range(12)]
    cast.arrive(made.event, *made.guests)
    attendance.expect(made.event, "Gareth Bevan", GOING, clock.now)
    for n in range(0, 6, 2):
        contacts.meet(made.guests[n], made.guests[n + 1], uuid4(), encounters.CARD, made.event, clock.now, clock.now)
    session.commit()
    clock.set(made.event.closes_at)
    planning.plan(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client):
    return client.sign_in(company.cleo)


@pytest.fixture
def afterwards(company, cleo):
    def read():
        page = unescape(cleo.get(f"/events/{company.event.id}/afterwards").text)
        return " ".join(re.sub(r"<[^>]+>", " ", page).split())

    return read


@pytest.fixture
def side_by_side(company, cleo):
    return lambda: cleo.get(f"/groups/{company.group.id}/attendance").text


def answer(session, many):
    for prompt in session.query(Prompt).where(Prompt.kind == FOLLOW_UP).order_by(Prompt.id).limit(many):
        prompts.answer(prompt, hands.now())
    session.commit()


class TestAfterwards:
    def test_tells_who_came_in_exact_numbers(self, afterwards):
        """D15."""
        page = afterwards()
        for told in ("12 present", "0 of them late", "12 walk-ins", "12 here for the first time", "1 no-shows"):
            number, word = told.split(" ", 1)
            assert f"{word} {number}" in page

    def test_tells_what_came_of_it(self, session, clock, afterwards):
        clock.move(days=2)
        answer(session, 6)
        page = afterwards()
        assert "met someone 6" in page
        assert "acted on the follow-up, of 12 asked 6" in page

    @pytest.mark.parametrize(("answered", "reads"), [(1, "fewer than 5"), (4, "fewer than 5"), (11, "8 or more")])
    def test_never_tells_one_to_four_nor_lets_them_be_reckoned(self, session, clock, afterwards, answered, reads):
        """P174, D15."""
        clock.move(days=2)
        answer(session, answered)
        assert f"acted on the follow-up, of 12 asked {reads}" in afterwards()
        assert f"Acted on the follow-up {reads}" in afterwards()

    def test_says_when_the_reminders_go_out(self, afterwards):
        assert "The reminders go out on Thursday at 8:30." in afterwards()

    def test_says_how_many_reminders_went_and_how_many_addresses_bounced(self, session, clock, afterwards):
        clock.move(hours=44.5)
        planning.plan(clock.now)
        for number, letter in enumerate(session.query(Delivery).order_by(Delivery.id)):
            letter.state = FAILED if number < 3 else SENT
        session.commit()
        assert "Thursday's reminders went to 9 of 12. 3 addresses bounced." in afterwards()

    def test_says_that_there_is_no_mail_server(self, app, afterwards):
        app.config["SMTP_URL"] = ""
        assert "No mail server is set up" in afterwards()

    def test_of_a_morning_that_is_not_over_says_so(self, company, clock, afterwards):
        clock.set(company.event.starts_at)
        assert "This morning closes at 12:00." in afterwards()

    def test_of_one_that_was_called_off_says_that_nobody_is_asked(self, session, company, clock, afterwards):
        events.cancel(company.event, clock.now)
        session.commit()
        assert "nobody is asked about it" in afterwards()

    def test_is_found_from_the_room_once_the_morning_is_over(self, company, cleo, clock):
        address = f"/events/{company.event.id}/afterwards"
        assert address in cleo.get(f"/events/{company.event.id}").text
        clock.set(company.event.starts_at)
        assert address not in cleo.get(f"/events/{company.event.id}").text

    def test_has_its_chart_in_words_and_in_a_table_too(self, company, cleo):
        page = cleo.get(f"/events/{company.event.id}/afterwards").text
        [drawing] = re.findall(r'<figure class="chart.*?</figure>', page, re.DOTALL)
        assert re.search(r'role="img" aria-labelledby="steps-title steps-desc"', drawing)
        assert "style=" not in drawing
        table = re.search(r"<tbody>.*?</tbody>", page, re.DOTALL)[0]
        assert re.findall(r'<td class="number">(.*?)</td>', table) == ["1", "12", "6", "0"]

    def test_costs_the_same_however_many_came(self, session, company, cleo, clock, queries):
        counts = []
        for size in (1, 60):
            clock.set(company.event.starts_at)
            cast.arrive(company.event, *(cast.person(f"More {size}-{n}", clock.now) for n in range(size)))
            clock.set(company.event.closes_at)
            session.commit()
            with queries() as asked:
                assert cleo.get(f"/events/{company.event.id}/afterwards").status_code == 200
            counts.append(asked.count)
        assert counts == [8, 8]


class TestSideBySide:
    def test_has_a_row_a_morning_and_two_drawings(self, session, company, side_by_side, clock):
        following = events.create(company.group.id, replace(cast.TUESDAY, day=cast.TUESDAY.day + A_WEEK), clock.now)
        cast.arrive(following, *company.guests[:4], company.dev)
        session.commit()
        clock.set(following.closes_at)
        page = side_by_side()
        rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL)
        assert [re.findall(r'<td class="number">(.*?)</td>', row) for row in rows] == [
            ["5", "0", "5", "1", "–", "0"],
            ["12", "0", "12", "12", "4", "1"],
        ]
        assert page.count('<svg viewBox="0 0 300 170" role="img"') == 2
        assert "Dev Singh" in page.partition("New last time")[2]

    def test_of_a_new_group_says_what_will_be_here(self, company, side_by_side, clock):
        clock.set(company.event.starts_at)
        assert "No morning is over yet" in side_by_side()

    def test_costs_the_same_for_twelve_mornings_as_for_one(self, session, company, side_by_side, clock, queries):
        counts = []
        for weeks in (0, 12):
            for week in range(weeks):
                day = cast.TUESDAY.day + (week + 1) * A_WEEK
                event = events.create(company.group.id, replace(cast.TUESDAY, day=day), clock.now)
                cast.arrive(event, *company.guests)
                clock.set(event.closes_at)
            session.commit()
            side_by_side()  # the day's first visit is noted
            with queries() as asked:
                side_by_side()
            counts.append(asked.count)
        assert counts == [5, 5]


class TestLetters:
    @pytest.fixture
    def letters(self, company, cleo):
        return lambda: " ".join(
            unescape(re.sub(r"<[^>]+>", " ", cleo.get(f"/groups/{company.group.id}/letters").text)).split()
        )

    @pytest.fixture
    def follow_ups(self, session, company, clock):
        clock.move(hours=44.5)
        planning.plan(clock.now)
        deliveries.beat("a worker", clock.now)
        session.commit()
        return session.query(Delivery).order_by(Delivery.id).all()

    def test_before_there_is_any_it_says_what_will_be_here(self, letters):
        assert "No letter yet" in letters()

    def test_says_of_how_many_each_came(self, session, follow_ups, letters):
        for number, letter in enumerate(follow_ups):
            letter.state = [FAILED, SENT, SENT, WAITING, SUPPRESSED][number % 5]
        session.commit()
        page = letters()
        assert "The follow-up 5 of 12 have it. 2 are on their way. 3 came back. The others needed none." in page
        assert "Letters and reminders are going out." in page
        assert not [guest for guest in range(12) if f"guest{guest}@" in page or f"Guest {guest}" in page]

    def test_says_when_the_next_is_tried(self, session, clock, follow_ups, letters):
        for letter in follow_ups:
            letter.next_try_at = clock.now + timedelta(hours=1)
        session.commit()
        assert "12 are on their way. The next goes on Thu 26 Nov at 9:30." in letters()

    def test_says_why_none_goes(self, app, session, clock, follow_ups, letters):
        app.config["SMTP_URL"] = ""
        assert "No mail server is set up" in letters()
        clock.move(minutes=3)
        assert "isn't running" in letters()

    def test_is_found_from_the_groups_page(self, company, cleo):
        assert f"/groups/{company.group.id}/letters" in cleo.get(f"/groups/{company.group.id}").text


def test_no_page_of_an_organiser_holds_a_note_a_promise_or_who_met_whom(session, app, company, cleo, clock):
    """P174. Notes and promises nowhere; and every page reads the same whoever it was that met."""
    one, other = company.guests[:2]
    contact = contacts.find(one, other)
    for kind, words in ((LINE, NOTE), (PROMISE, VOW)):
        contacts.write(contact, kind, words, None, clock.now)
    session.commit()
    kept = _pages(app, company, cleo)
    for path, page in kept.items():
        assert NOTE not in page, path
        assert VOW not in page, path
    for encounter in session.query(encounters.Encounter).where(encounters.Encounter.low_id == one.id):
        session.delete(encounter)
    session.commit()
    clock.set(company.event.ends_at)
    contacts.meet(one, company.guests[7], uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    contacts.meet(other, company.guests[8], uuid4(), encounters.CARD, company.event, clock.now, clock.now)
    session.commit()
    clock.set(company.event.closes_at)
    for path, page in _pages(app, company, cleo).items():
        people = re.findall(r"Guest \d+", kept[path])
        assert re.findall(r"Guest \d+", page) == people, path
        assert _without_numbers(page) == _without_numbers(kept[path]), path


def _pages(app, company, cleo):
    """Return every page that an organiser of this group may open, by its path."""
    from app.web import access

    paths = [
        entry.rule.replace("<int:group_id>", str(company.group.id)).replace("<int:event_id>", str(company.event.id))
        for entry in access.matrix(app)
        if entry.role == access.ORGANISER and "GET" in entry.methods
    ]
    place = attendance.of(company.event, company.guests[0])
    paths = [path.replace("<int:attendance_id>", str(place.id)) for path in paths]
    answers = {path: cleo.get(path) for path in paths if "<" not in path}
    assert len(answers) > 8
    return {path: answer.text for path, answer in answers.items() if answer.status_code == 200}


def _without_numbers(page: str) -> str:
    page = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"fewer than \d+|\d+ or more|\d[\d.]*", "0", page).split())
