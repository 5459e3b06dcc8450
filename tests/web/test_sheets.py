"""Sheets of badges: who gets one, which are printed, and what stands on them."""

import re
from datetime import timedelta

import pytest

from app.domain import attendance, badges, intentions, rosters
from tests import cast
from tests.infrastructure import codes


@pytest.fixture
def cleos(new_client, world):
    return new_client().sign_in(world.cleo)


@pytest.fixture
def expected(session, world, clock):
    """Puts names on the list, with a firm; returns their places."""

    def expect(*names):
        places = [attendance.expect(world.event, name, attendance.GOING, clock.now) for name in names]
        for place in places:
            session.add(
                rosters.RosterEntry(
                    event=world.event,
                    attendance=place,
                    layout="hand",
                    name=place.name,
                    comparable_name=place.name.casefold(),
                    company="Bevan & Daughters",
                    email="someone@example.org",
                    phone="+447700900456",
                    created_at=clock.now,
                )
            )
        session.commit()
        return places

    return expect


@pytest.fixture
def paper(cleos, world):
    """Prints; returns the page of sheets."""

    def on_paper(whose="all", **more):
        answer = cleos.post(f"/events/{world.event.id}/badges", data={"whose": whose, **more})
        assert answer.status_code == 303
        return cleos.get(answer.location).text

    return on_paper


def first_names(page):
    return re.findall(r'<p class="badge-first[^>]*>([^<]*)', page)


def svgs(page):
    return re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL)


def test_a_badge_holds_name_firm_and_a_code_whose_picture_is_only_its_address(session, world, expected, paper):
    """P180, D17."""
    [gareth] = expected("Gareth Bevan")
    page = paper()
    badge = badges.of(world.event)[gareth.id]
    for words in ("Gareth Bevan", "Bevan &amp; Daughters", f"{badge.short_code[:4]} {badge.short_code[4:]}"):
        assert words in page
    assert not re.search(r"someone@|7700", page)
    [svg] = svgs(page)
    assert codes.read(codes.drawn(svg, 300)).text == f"https://marmalade.example/b/{badge.token}"


def test_everyone_with_a_place_gets_one_but_who_cannot_come_or_was_not_there(session, world, expected, paper, clock):
    gareth, _sian = expected("Gareth Bevan", "Siân Price")
    gareth.state = attendance.EXCUSED
    [bens] = cast.arrive(world.event, world.ben)
    attendance.undo(bens, clock.now, world.ben, attendance.SELF)
    cast.arrive(world.event, world.ada)
    session.commit()
    assert first_names(paper()) == ["Ada", "Siân"]


def test_a_first_timer_is_marked_only_if_they_said_yes(session, world, expected, paper, clock):
    """D15."""
    gareth, _sian = expected("Gareth Bevan", "Siân Price")
    assert "First time here" not in paper()
    session.rollback()
    intentions.ask(gareth, introduction=False, mark=True, now=clock.now)
    session.commit()
    clock.move(minutes=1)
    assert re.findall(r'badge-first badge-[a-z]+">(\w+)(?:(?!badge-first).)*First time here', paper(), re.DOTALL) == [
        "Gareth"
    ]


def test_only_those_added_since_the_last_printing_are_printed_when_asked(cleos, world, expected, paper, clock):
    expected("Gareth Bevan", "Siân Price")
    clock.set(clock.now - timedelta(days=1))
    assert len(first_names(paper())) == 2
    clock.move(days=1)
    expected("Owen Stewart")
    page = cleos.get(f"/events/{world.event.id}/badges").text
    assert "Print the one added since Mon 23 Nov" in page
    assert first_names(paper("added")) == ["Owen"]
    assert "Nobody has been added since" in cleos.get(f"/events/{world.event.id}/badges").text


def test_one_badge_again_keeps_its_code_unless_the_old_one_is_lost(session, world, expected, paper, clock):
    gareth, _sian = expected("Gareth Bevan", "Siân Price")
    paper()
    before = badges.of(world.event)[gareth.id].token
    clock.move(minutes=1)
    assert first_names(paper(str(gareth.id))) == ["Gareth"]
    assert badges.of(world.event)[gareth.id].token == before
    clock.move(minutes=1)
    paper(str(gareth.id), lost="yes")
    session.rollback()
    assert badges.of(world.event)[gareth.id].token != before


@pytest.mark.parametrize(
    ("form", "status"),
    [({"whose": "999999"}, 404), ({"whose": "x"}, 404), ({}, 404), ({"whose": "all", "lost": "yes"}, 400)],
)
def test_what_names_nobody_prints_nothing(session, cleos, world, expected, form, status):
    expected("Gareth Bevan")
    assert cleos.post(f"/events/{world.event.id}/badges", data=form).status_code == status
    assert badges.of(world.event) == {}


@pytest.mark.parametrize("at", ["", "x", "2026-11-24T07:30:00"])
def test_a_printing_that_never_was_is_an_empty_page(cleos, world, expected, at):
    expected("Gareth Bevan")
    page = cleos.get(f"/events/{world.event.id}/badges/sheets", query_string={"at": at})
    assert (page.status_code, first_names(page.text)) == (200, [])


def test_another_events_badges_are_not_there(session, cleos, world, expected, paper, clock):
    from app.domain import events

    other = events.create(world.group.id, cast.TUESDAY, clock.now)
    session.commit()
    [gareth] = expected("Gareth Bevan")
    paper()
    assert cleos.post(f"/events/{other.id}/badges", data={"whose": gareth.id}).status_code == 404


def test_a_cancelled_event_prints_none(session, cleos, world, clock):
    from app.domain import events

    events.cancel(world.event, clock.now)
    session.commit()
    assert cleos.get(f"/events/{world.event.id}/badges").status_code == 410


def test_the_group_says_whether_an_unclaimed_badge_names_its_owner(session, cleos, world, expected):
    """D3."""
    expected("Gareth Bevan")
    address = f"/events/{world.event.id}/badges/names"
    assert cleos.post(address).location.endswith("done=names")
    session.refresh(world.group)
    assert not world.group.badge_names
    session.rollback()
    cleos.post(address, data={"badge_names": "1"})
    session.rollback()
    session.refresh(world.group)
    assert world.group.badge_names


def test_three_hundred_badges_are_made_by_as_many_queries_as_three(session, world, expected, paper, queries):
    counts = []
    expected("Anna 1", "Anna 2", "Anna 3")
    for names in ([], [f"Guest {n}" for n in range(297)]):
        expected(*names)
        with queries() as asked:
            page = paper()
        counts.append(asked.count)
    assert len(first_names(page)) == 300
    assert page.count('<div class="badge-sheet">') == 30
    assert counts[0] <= counts[1] <= 12, asked
    for svg in svgs(page)[::37]:
        assert codes.read(codes.drawn(svg, 300)).text.startswith("https://marmalade.example/b/")


class TestWithoutAnAddress:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "PUBLIC_URL": ""}

    def test_no_badge_is_printed_that_would_lead_nowhere(self, cleos, world):
        """D1."""
        answer = cleos.get(f"/events/{world.event.id}/badges")
        assert answer.status_code == 409
        assert "PUBLIC_URL" in answer.text
