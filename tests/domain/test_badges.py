"""Badges: one a place, its token and code, printed and replaced."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.domain import attendance, badges, cards
from app.domain.badges import Badge
from app.domain.cards import CardWithdrawn, UnknownCard
from tests import cast


@pytest.fixture
def world(session, clock):
    people = cast.assemble(clock.now)
    session.flush()
    return people


@pytest.fixture
def gareth(world, clock):
    """Gareth's place, which nobody holds."""
    return attendance.expect(world.event, "Gareth Bevan", attendance.GOING, clock.now)


def test_a_place_has_one_badge_however_often_it_is_asked_for(session, clock, gareth):
    session.flush()
    first = badges.issue(gareth, clock.now)
    assert badges.issue(gareth, clock.now) is first
    assert session.scalar(select(func.count()).select_from(Badge)) == 1


def test_a_badge_is_found_by_its_token_in_any_case_and_by_its_code_as_people_type_it(session, clock, gareth):
    """D9."""
    session.flush()
    badge = badges.issue(gareth, clock.now)
    assert re.fullmatch("[a-z2-7]{26}", badge.token)
    assert badges.find(badge.token.upper()) is badges.find(badge.token) is badge
    assert badges.by_short_code(f" {badge.short_code[:4].lower()}-{badge.short_code[4:]}") is badge
    assert badges.find("a" * 26) is None


def test_only_the_hash_of_a_token_is_kept(session, clock, gareth):
    session.flush()
    badge = badges.issue(gareth, clock.now)
    kept = [str(value) for value in session.execute(select(Badge.__table__)).one()]
    assert not any(badge.token in value for value in kept)


def test_a_badge_and_a_card_of_the_same_number_have_nothing_in_common(session, clock, world):
    [place] = cast.arrive(world.event, world.ada)
    badge, card = badges.issue(place, clock.now), cards.living(cards.of(world.ada))
    assert badge.token != card.token
    assert badges.find(card.token) is None
    assert cards.find(badge.token) is None


def test_a_lost_badge_is_withdrawn_for_good_and_another_works(session, clock, gareth):
    session.flush()
    lost = badges.issue(gareth, clock.now)
    new = badges.renew(gareth, clock.now)
    assert (new.generation, new.token != lost.token, new.short_code != lost.short_code) == (2, True, True)
    assert badges.worn(badges.find(new.token)) is new
    session.expire_all()
    for found in (badges.find(lost.token), badges.by_short_code(lost.short_code)):
        with pytest.raises(CardWithdrawn):
            badges.worn(found)
    with pytest.raises(UnknownCard):
        badges.worn(None)


def test_what_is_printed_together_has_one_hour_and_a_reprint_keeps_the_code(session, clock, world):
    places = [attendance.expect(world.event, f"Guest {n}", attendance.GOING, clock.now) for n in range(3)]
    session.flush()
    badges.put_on_paper([place.id for place in places[:2]], clock.now)
    first = {place: badge.token for place, badge in badges.of(world.event).items()}
    later = clock.now + timedelta(days=1)
    badges.put_on_paper([place.id for place in places[1:]], later)
    found = badges.of(world.event)
    assert [found[place.id].printed_at for place in places] == [clock.now, later, later]
    assert {place: found[place].token for place in first} == first


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Siân Ó Brien", "Siân"),
        ("Dr. Anna Müller", "Anna"),
        ("Prof Dr Jo Lee", "Jo"),
        ("Stewart, Owen", "Owen"),
        ("Cher", "Cher"),
        ("Dr", "Dr"),
        ("Anne-Marie Duff", "Anne-Marie"),
    ],
)
def test_the_large_letters_say_what_people_are_called(name, first):
    assert badges.called(name) == first
