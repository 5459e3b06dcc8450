"""Groups: who may start one, who organises it, and that none learns of another."""

import pytest
from sqlalchemy import func, select

from app.domain import groups, people
from app.domain.groups import MEMBER, ORGANISER, Membership
from app.domain.refusals import NotFound
from tests import cast


@pytest.fixture
def company(session, clock):
    return cast.assemble(clock.now)


def role(session, group, person):
    membership = session.get(Membership, (group.id, person.id))
    return membership and membership.role


def test_whoever_starts_a_group_organises_it(session, company):
    assert role(session, company.group, company.cleo) == ORGANISER
    assert groups.organised_by(company.cleo) == [company.group]


def test_a_group_needs_an_invitation_unless_everyone_may_start_one(company, clock):
    with pytest.raises(groups.MayNotStart):
        groups.start(company.ben, "Ben's Table", cast.ZONE, clock.now)
    assert groups.start(company.ben, "Ben's Table", cast.ZONE, clock.now, open_to_all=True).name == "Ben's Table"


@pytest.mark.parametrize("name", ["", "   ", "\u2003"])
def test_a_group_has_a_name(company, clock, name):
    with pytest.raises(groups.NoGroupName):
        groups.start(company.cleo, name, cast.ZONE, clock.now)


@pytest.mark.parametrize("zone", ["", "Europe/Brissel", "../etc/passwd", "Europe"])
def test_a_group_lives_in_a_zone_that_exists(company, clock, zone):
    with pytest.raises(people.UnknownZone) as refusal:
        groups.start(company.cleo, "Second Table", zone, clock.now)
    assert refusal.value.field == "time_zone"


def test_belonging_twice_is_belonging_once(session, company, clock):
    for _twice in range(2):
        groups.belong(company.group.id, company.ada.id, clock.now)
    assert role(session, company.group, company.ada) == MEMBER
    assert session.scalar(select(func.count()).select_from(Membership)) == 2


def test_an_organiser_who_belongs_stays_organiser(session, company, clock):
    groups.belong(company.group.id, company.cleo.id, clock.now)
    assert role(session, company.group, company.cleo) == ORGANISER


def test_to_everybody_else_a_group_is_not_there(session, company, clock):
    """A128."""
    other = groups.start(company.cleo, "Another Table", cast.ZONE, clock.now)
    session.delete(session.get(Membership, (other.id, company.cleo.id)))
    groups.belong(company.group.id, company.ada.id, clock.now)
    session.flush()
    for person, group_id in ((company.cleo, other.id), (company.ada, company.group.id), (company.cleo, 99_999)):
        with pytest.raises(NotFound):
            groups.organised_one(person, group_id)


def test_organised_groups_come_by_name(company, clock):
    for name in ("Zinc", "Amber"):
        groups.start(company.cleo, name, cast.ZONE, clock.now)
    assert [group.name for group in groups.organised_by(company.cleo)] == ["Amber", "Bread & Butter", "Zinc"]


def test_people_whom_only_the_demo_made_are_not_real(session, clock):
    assert not groups.anyone_real()
    company = cast.assemble(clock.now)
    assert groups.anyone_real()
    company.group.demo = True
    for person in (company.ada, company.ben, company.dev):
        groups.belong(company.group.id, person.id, clock.now)
    session.flush()
    assert not groups.anyone_real()
