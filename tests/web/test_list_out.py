"""The attendee list as it leaves: everyone, how they came, and nothing that a spreadsheet would run."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain import attendance, attendee_lists, events, spreadsheets
from app.domain.attendance import ORGANISER
from tests import cast
from tests.infrastructure.visitors import Visitor


@pytest.fixture
def company(session, clock):
    made = cast.assemble(clock.now)
    clock.set(made.event.starts_at)
    session.commit()
    return made


@pytest.fixture
def cleo(company, client: Visitor) -> Visitor:
    return client.sign_in(company.cleo)


@pytest.fixture
def gareth(session, company, clock):
    return cast.expect(company.event, "Gareth Bevan", clock.now)


class TestTheListOut:
    @pytest.fixture
    def table(self, company, cleo):
        def read():
            answer = cleo.get(f"/events/{company.event.id}/attendance.csv")
            assert answer.status_code == 200
            return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))

        return read

    def test_says_of_everyone_who_they_are_and_how_they_came(self, session, company, gareth, table, clock):
        cast.expect(company.event, "Siân Rhys", clock.now, company="Rhys & Daughters", what_i_do="Law", ticket="Guest")
        attendance.check_in(gareth, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        cast.arrive(company.event, company.ada, now=company.event.starts_at + timedelta(minutes=15))
        session.commit()
        ada, bevan, sian = table()
        assert ada == {
            "Name": "Ada Bevan",
            "Company": "",
            "What they do": "I keep the books for cafés",
            "Ticket": "",
            "State": "Late",
            "Origin": "Walk-in",
            "In place of": "",
            "Arrived at": "2026-11-24 07:15",
            "Checked in by": "Ada Bevan",
            "How": "By themselves",
        }
        assert (bevan["State"], bevan["Checked in by"], bevan["How"]) == ("Present", "Cleo Nowak", "At the door")
        assert (sian["Company"], sian["What they do"], sian["Ticket"]) == ("Rhys & Daughters", "Law", "Guest")
        assert (sian["State"], sian["Origin"], sian["Arrived at"], sian["How"]) == ("Expected", "List", "", "")

    def test_says_the_time_of_the_events_own_zone(self, session, company, table):
        events.change(company.event, replace(cast.TUESDAY, time_zone="America/New_York"))
        cast.arrive(company.event, company.ada)
        session.commit()
        assert table()[0]["Arrived at"] == "2026-11-24 07:00"

    def test_says_absent_after_the_close(self, session, company, gareth, table, clock):
        clock.set(company.event.closes_at)
        assert table()[0]["State"] == "Absent"

    @pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])  # noqa: RUF001 - full-width on purpose
    def test_holds_no_cell_that_a_spreadsheet_would_run(self, session, company, cleo, clock, begins):
        """A75."""
        dangerous = f"{begins}HYPERLINK(1)"
        cast.expect(company.event, dangerous, clock.now, company=dangerous, ticket=dangerous)
        text = cleo.get(f"/events/{company.event.id}/attendance.csv").data.decode("utf-8-sig")
        cells = [cell for cells in csv.reader(io.StringIO(text, newline="")) for cell in cells]
        assert cells.count(f"'{dangerous}") == 3
        assert not [cell for cell in cells if cell.startswith(begins)]

    def test_comes_back_through_our_own_import_as_it_left(self, session, company, cleo, clock):
        """A75."""
        names = {"=1+1", "Siân Rhys", "O'Brien, Pat", "'Tis", "-Ann"}
        for name in names:
            cast.expect(company.event, name, clock.now, company="+44 Plumbers")
        data = cleo.get(f"/events/{company.event.id}/attendance.csv").data
        listed = attendee_lists.read(data, "attendance.csv")
        said = [[spreadsheets.plain(cell) for cell in cells] for _number, cells in listed.rows]
        assert {cells[0] for cells in said} == names
        assert {cells[1] for cells in said} == {"+44 Plumbers"}

    def test_holds_no_address_and_no_number_of_anybody(self, session, company, cleo, clock):
        """P174."""
        cast.expect(company.event, "Gareth", clock.now, email="gareth@example.org", phone="+441179496000")
        cast.arrive(company.event, company.ada)
        session.commit()
        text = cleo.get(f"/events/{company.event.id}/attendance.csv").text
        assert "example.org" not in text
        assert "9496000" not in text

    def test_is_a_file_that_excel_reads_under_a_name_that_any_browser_does(self, session, company, cleo):
        events.change(company.event, replace(cast.TUESDAY, name='Petit-déjeuner "Été" a/b'))
        session.commit()
        answer = cleo.get(f"/events/{company.event.id}/attendance.csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.data.startswith(b"\xef\xbb\xbfName,Company,")
        assert answer.data.endswith(b"\r\n")
        named = answer.headers["Content-Disposition"]
        assert named.startswith("attachment; filename=")
        assert "filename*=UTF-8''Petit-d%C3%A9jeuner" in named
        assert "/" not in named
        assert answer.headers["Cache-Control"] == "no-store"

    def test_costs_the_same_for_ten_times_as_many_people(self, session, company, cleo, clock, queries):
        counts = []
        for size in (10, 100):
            cast.arrive(company.event, *(cast.person(f"Walk {size}-{n}", clock.now) for n in range(size)))
            session.commit()
            with queries() as asked:
                assert cleo.get(f"/events/{company.event.id}/attendance.csv").status_code == 200
            counts.append(asked.count)
        assert counts == [4, 4]
