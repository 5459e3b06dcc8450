"""The room as it fills, as its organiser reads it: numbers, everyone by name, and the ways on."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from markupsafe import escape

from app.domain import attendance, encounters, plans
from app.domain.attendance import INVITED, ORGANISER
from tests import cast
from tests.infrastructure.visitors import Visitor

LONG = "Maximiliane Antoinette von Hohenzollern-Sigmaringen-Wolkenstein zu Oberunterbach am Inn"
TYPED = {**plans.typed(cast.TUESDAY), "name": "Wednesday Lunch", "day": "2026-12-02"}


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client: Visitor) -> Visitor:
    return client.sign_in(company.cleo)


def room(company) -> str:
    return f"/events/{company.event.id}"


def figure(page: str, name: str) -> str:
    found = re.search(rf'<dd id="figure-{name}">(.*?)</dd>', page)
    assert found, name
    return re.sub(r"<[^>]+>", "", found[1])


def row(page: str, place) -> str:
    found = re.search(rf'<li id="place-{place.id}".*?</li>', page, re.DOTALL)
    assert found, place.name
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def hidden(page: str, place) -> bool:
    found = re.search(rf'<li id="place-{place.id}"[^>]*>', page)
    assert found, place.name
    return found[0].endswith(" hidden>")


class TestTheRoom:
    def test_of_nobody_says_how_to_begin(self, company, cleo):
        page = cleo.get(room(company)).text
        assert "Nobody on the list yet" in page
        assert [figure(page, name) for name in ("present", "expected", "walk_ins", "unscanned", "late")] == ["0"] * 5

    def test_tells_the_numbers(self, session, company, cleo, clock):
        for number in range(6):
            cast.expect(company.event, f"Name {number}", clock.now)
        cast.arrive(company.event, company.ada, company.ben, now=company.event.starts_at)
        cast.arrive(company.event, company.dev, now=company.event.starts_at + timedelta(minutes=20))
        session.commit()
        page = cleo.get(room(company)).text
        said = {name: figure(page, name) for name in ("present", "expected", "walk_ins", "late", "first_timers")}
        assert said == {"present": "3", "expected": "6", "walk_ins": "3", "late": "1", "first_timers": "3"}

    def test_tells_few_who_met_nobody_as_fewer_than_five(self, session, company, cleo):
        """P174."""
        cast.arrive(company.event, company.ada, company.ben, company.dev)
        session.commit()
        assert figure(cleo.get(room(company)).text, "unscanned") == "fewer than 5"

    def test_tells_nothing_of_who_met_whom_and_no_address(self, session, company, cleo, clock):
        """P174."""
        cast.expect(company.event, "Gareth Bevan", clock.now, email="gareth@example.org", phone="+441179496000")
        cast.arrive(company.event, company.ada, company.ben)
        pages = []
        for met in (False, True):
            if met:
                encounters.record(
                    company.ada, company.ben, uuid4(), encounters.CARD, company.event, clock.now, clock.now
                )
            session.commit()
            pages.append(cleo.get(room(company)).text)
        rows = [re.search(r'<ul class="list" id="attendees".*?</ul>', page, re.DOTALL)[0] for page in pages]
        assert rows[0] == rows[1]
        assert "example.org" not in pages[1]
        assert "9496000" not in pages[1]

    def test_names_everybody_with_their_state_in_words(self, session, company, cleo, clock):
        going = cast.expect(company.event, "Gareth Bevan", clock.now, company="Bevan & Co", what_i_do="Solicitor")
        asked = cast.expect(company.event, LONG, clock.now, state=INVITED, guests=2, flags=["unpaid", "email_unread"])
        [on_time] = cast.arrive(company.event, company.ada, now=company.event.starts_at + timedelta(minutes=2))
        [late] = cast.arrive(company.event, company.ben, now=company.event.starts_at + timedelta(minutes=12))
        session.commit()
        page = cleo.get(room(company)).text
        assert row(page, going) == "Gareth Bevan Bevan &amp; Co, Solicitor Expected Check in Gareth Bevan"
        assert row(page, asked) == f"{LONG} Invited +2 · Not paid yet Check in {LONG}"
        assert row(page, on_time) == "Ada Bevan I keep the books for cafés Present 7:02 Undo Ada Bevan"
        assert row(page, late) == "Ben Okafor I build websites Late 7:12 Undo Ben Okafor"

    def test_calls_who_did_not_come_absent_after_the_close(self, session, company, cleo, clock):
        place = cast.expect(company.event, "Gareth Bevan", clock.now)
        session.commit()
        clock.set(company.event.closes_at)
        page = cleo.get(room(company)).text
        assert figure(page, "absent") == "1"
        assert row(page, place) == "Gareth Bevan Absent Check in Gareth Bevan"

    def test_offers_no_check_in_before_the_door_opens(self, session, company, cleo, clock):
        place = cast.expect(company.event, "Gareth Bevan", clock.now)
        session.commit()
        clock.set(company.event.starts_at - timedelta(days=1))
        page = cleo.get(room(company)).text
        assert "Check in" not in row(page, place)
        assert "Check-in opens at 5:00 on Tue 24 Nov." in page

    def test_can_be_narrowed_to_a_name_or_a_firm_without_a_script(self, session, company, cleo, clock):
        sian = cast.expect(company.event, "Siân Rhys", clock.now, company="Rhys & Daughters")
        gareth = cast.expect(company.event, "Gareth Bevan", clock.now, what_i_do="Solicitor")
        session.commit()
        for typed, found, others in (("sian", sian, gareth), ("DAUGHTERS", sian, gareth), ("solicitor", gareth, sian)):
            page = cleo.get(room(company), query_string={"q": typed}).text
            assert (hidden(page, found), hidden(page, others)) == (False, True)

    @pytest.mark.parametrize("typed", ["%", "_", "(a+)+$", "<script>", "'; DROP TABLE people; --", "\\"])
    def test_is_narrowed_by_what_was_typed_and_nothing_else(self, session, company, cleo, clock, typed):
        """A70, A73, A74."""
        place = cast.expect(company.event, "Siân Rhys", clock.now)
        session.commit()
        page = cleo.get(room(company), query_string={"q": typed}).text
        assert hidden(page, place)
        assert "Nobody here by those words." in page
        assert "<script>" not in page

    def test_can_be_narrowed_to_who_is_expected_here_or_walked_in(self, session, company, cleo, clock):
        expected = cast.expect(company.event, "Gareth Bevan", clock.now)
        arrived = cast.expect(company.event, "Siân Rhys", clock.now)
        attendance.check_in(arrived, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        [walked_in] = cast.arrive(company.event, company.dev)
        session.commit()
        shown = {
            show: [
                place.name
                for place in (expected, arrived, walked_in)
                if not hidden(cleo.get(room(company), query_string={"show": show}).text, place)
            ]
            for show in ("", "expected", "here", "walk_ins")
        }
        assert shown == {
            "": ["Gareth Bevan", "Siân Rhys", "Dev Singh"],
            "expected": ["Gareth Bevan"],
            "here": ["Siân Rhys", "Dev Singh"],
            "walk_ins": ["Dev Singh"],
        }

    @pytest.mark.parametrize("name", ['"><svg onload=alert(1)>', "{{7*7}}", "</script>", "=1+1", "Bobby'; --"])
    def test_shows_whatever_somebody_is_called_as_text(self, session, company, cleo, clock, name):
        """A70."""
        place = cast.expect(company.event, name, clock.now, company=name)
        session.commit()
        page = cleo.get(room(company)).text
        assert row(page, place).startswith(f"{escape(name)} {escape(name)} ")

    def test_costs_the_same_for_ten_times_as_many_people(self, session, company, cleo, clock, queries):
        counts = []
        for size in (10, 100):
            for number in range(size):
                cast.expect(company.event, f"Name {size}-{number}", clock.now)
            cast.arrive(company.event, *(cast.person(f"Walk {size}-{n}", clock.now) for n in range(size)))
            session.commit()
            with queries() as asked:
                assert cleo.get(room(company)).status_code == 200
            counts.append(asked.count)
        assert counts == [7, 7]

    def test_calling_off_keeps_what_was_logged(self, session, company, cleo, clock):
        [place] = cast.arrive(company.event, company.ada)
        session.commit()
        assert cleo.post(f"{room(company)}/cancel").location == room(company)
        page = cleo.get(room(company)).text
        assert "This event was called off" in page
        assert figure(page, "present") == "1"
        assert "Undo" not in row(page, place)
