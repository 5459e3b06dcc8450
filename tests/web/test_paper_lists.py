"""A paper list puts the morning right afterwards: looked at first, kept change by change, and nobody's work lost."""

import re

import pytest

from app.domain import attendance, events
from app.domain.attendance import GOING, ORGANISER, PRESENT, WALK_IN
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
def morning(session, company, clock):
    """Three listed names of whom Gareth came, and Ada who walked in; and it is over."""
    places = [attendance.expect(company.event, name, GOING, clock.now) for name in ("Gareth", "Nia", "Owen")]
    cast.arrive(company.event, company.ada)
    attendance.check_in(places[0], clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
    clock.set(company.event.ends_at)
    session.commit()
    return places


def page(company) -> str:
    return f"/events/{company.event.id}/corrections"


def filled(text: str) -> dict[str, object]:
    """Return what a form on the page sends as it stands."""
    hidden = dict(re.findall(r'<input type="hidden" name="(version|shown)" value="([^"]*)"', text))
    boxes = re.findall(r'<input[^>]* name="here" value="(\d+)"( checked)?', text)
    return hidden | {"here": [value for value, checked in boxes if checked or 'type="checkbox"' not in text]}


def tick(form, come=(), go=()):
    kept = [one for one in form["here"] if one not in {str(place.id) for place in go}]
    return {**form, "here": kept + [str(place.id) for place in come]}


def states(session, places):
    session.rollback()
    session.expire_all()
    return [place.state for place in places]


class TestAPaperList:
    def test_shows_what_changes_before_it_does(self, session, company, cleo, morning):
        gareth, nia, owen = morning
        form = tick(filled(cleo.get(page(company)).text), come=(nia, owen), go=(gareth,))
        answer = cleo.post(page(company), data=form).text
        assert "2 come" in answer
        assert "1 goes" in answer
        assert states(session, morning) == [PRESENT, GOING, GOING]
        done = cleo.post(page(company), data={**filled(answer), "sure": "yes"}, follow_redirects=True)
        assert "Saved." in done.text
        assert states(session, morning) == [GOING, PRESENT, PRESENT]

    def test_keeps_each_change_as_the_organisers(self, session, company, cleo, morning):
        gareth, nia, _owen = morning
        form = tick(filled(cleo.get(page(company)).text), come=(nia,), go=(gareth,))
        cleo.post(page(company), data={**form, "sure": "yes"})
        session.rollback()
        session.expire_all()
        for place, change in ((gareth, (PRESENT, GOING)), (nia, (GOING, PRESENT))):
            latest = attendance.changes(place)[-1]
            assert (latest.from_state, latest.to_state, latest.how, latest.by) == (*change, ORGANISER, company.cleo)
            assert place.version == company.event.version

    def test_tells_when_somebody_changed_the_list_meanwhile_and_loses_nothing(
        self, session, company, cleo, morning, clock
    ):
        _gareth, nia, owen = morning
        form = tick(filled(cleo.get(page(company)).text), come=(nia,))
        attendance.check_in(owen, clock.now, cast.LATE_AFTER, company.cleo, ORGANISER)
        session.commit()
        answer = cleo.post(page(company), data={**form, "sure": "yes"}).text
        assert "Somebody has changed this list meanwhile" in answer
        assert "1 comes" in answer
        assert states(session, morning) == [PRESENT, GOING, PRESENT]
        cleo.post(page(company), data={**filled(answer), "sure": "yes"})
        assert states(session, morning) == [PRESENT, PRESENT, PRESENT]

    def test_goes_back_to_the_ticks(self, company, cleo, morning):
        form = tick(filled(cleo.get(page(company)).text), come=(morning[1],))
        back = filled(cleo.post(page(company), data={**form, "sure": "no"}).text)
        assert sorted(back["here"]) == sorted(form["here"])
        assert back["shown"] == form["shown"]

    def test_without_a_change_says_so(self, company, cleo, morning):
        answer = cleo.post(page(company), data=filled(cleo.get(page(company)).text))
        assert "how it stands already" in answer.text

    def test_takes_no_place_of_another_event(self, session, company, cleo, morning, clock):
        other = events.create(company.group.id, cast.TUESDAY, clock.now)
        place = attendance.expect(other, "Elsewhere", GOING, clock.now)
        session.commit()
        form = tick(filled(cleo.get(page(company)).text), come=(place,))
        cleo.post(page(company), data={**form, "sure": "yes"})
        assert states(session, [place]) == [GOING]

    def test_takes_a_walk_in_out_who_was_not_there(self, session, company, cleo, morning):
        ada = attendance.of(company.event, company.ada)
        session.commit()
        form = tick(filled(cleo.get(page(company)).text), go=(ada,))
        cleo.post(page(company), data={**form, "sure": "yes"})
        session.rollback()
        session.expire_all()
        assert (ada.origin, ada.is_here, ada.is_vouched) == (WALK_IN, False, False)

    def test_waits_until_the_morning_is_over(self, company, cleo, morning, clock):
        clock.set(company.event.starts_at)
        assert cleo.get(page(company)).status_code == 409

    def test_of_500_names_takes_as_many_statements_as_one(self, session, company, cleo, morning, clock, queries):
        counts = []
        for size in (1, 500):
            many = [attendance.expect(company.event, f"N{size}-{n}", GOING, clock.now) for n in range(size)]
            session.commit()
            form = tick(filled(cleo.get(page(company)).text), come=many)
            with queries() as asked:
                assert cleo.post(page(company), data={**form, "sure": "yes"}).status_code == 303
            assert set(states(session, many)) == {PRESENT}
            counts.append(asked.count)
        assert counts[0] == counts[1] <= 12, counts
