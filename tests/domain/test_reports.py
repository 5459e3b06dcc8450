"""Reports: what reaches whom, what is paused, and that who told is nobody's to read."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.delivery import letters
from app.domain import acquaintances, contacts, erasures, follow_ups, groups, merges, prompts, reports
from app.domain.encounters import CARD
from app.domain.groups import ORGANISER, Membership
from app.domain.mentions import Mentions
from app.domain.refusals import NotFound
from app.domain.reports import NoReason, Report, TooLong
from tests import cast, scenes


@pytest.fixture
def scene(session, clock):
    """Ada, Ben and Dev are at Cleo's breakfast."""
    people = cast.assemble(clock.now)
    cast.arrive(people.event, people.ada, people.ben, people.dev)
    return people


def tell(reporter, reported, clock, reason=reports.PUSHY, words=""):
    return reports.tell(reporter, reported, reason, words, clock.now)


def told(scene):
    return [(report.reported.name, report.words) for report in reports.of_group(scene.group, scene.cleo)]


def many_tell(scene, number, clock):
    return [tell(cast.person(f"Guest {n}", clock.now), scene.ben, clock) for n in range(number)]


def test_it_reaches_the_organisers_of_the_group_where_both_were(scene, clock, session):
    """P167."""
    tell(scene.ada, scene.ben, clock, words="Sold me a fridge")
    assert told(scene) == [("Ben Okafor", "Sold me a fridge")]
    assert reports.unseen(scene.group, scene.cleo) == 1
    scene.dev.may_start_groups = True
    other = groups.start(scene.dev, "Another group", cast.ZONE, clock.now)
    assert not reports.of_group(other, scene.dev)
    assert not reports.for_operator()
    with pytest.raises(NotFound):
        reports.find(other, scene.dev, session.scalars(select(Report.id)).one())


def test_it_reaches_the_operator_where_there_was_no_event(scene, clock):
    """P167."""
    tell(scene.cleo, scene.ben, clock)
    assert not reports.of_group(scene.group, scene.cleo), "Cleo was not there"
    assert [report.reported for report in reports.for_operator()] == [scene.ben]


def test_an_organiser_reads_nothing_about_themselves_and_the_others_do(scene, clock, session):
    """P167."""
    cast.arrive(scene.event, scene.cleo)
    tell(scene.ada, scene.cleo, clock)
    assert not reports.of_group(scene.group, scene.cleo)
    assert reports.for_operator(), "nobody else could read it"
    session.merge(Membership(group_id=scene.group.id, person_id=scene.dev.id, role=ORGANISER, joined_at=clock.now))
    session.flush()
    assert len(reports.of_group(scene.group, scene.dev)) == 1
    assert not reports.for_operator()


def test_there_is_one_of_each_reporter_about_each_person_and_the_newer_word_stands(scene, clock):
    """P167."""
    first = tell(scene.ada, scene.ben, clock, words="A fridge")
    reports.see(first, clock.now)
    assert tell(scene.ada, scene.ben, clock, reports.REMARKS, "And a freezer") is first
    assert told(scene) == [("Ben Okafor", "And a freezer")]
    assert (first.reason, first.seen_at) == (reports.REMARKS, None)


def test_it_is_sealed_at_rest(scene, clock, session):
    """P167."""
    report = tell(scene.ada, scene.ben, clock, words="Sold me a fridge")
    assert b"fridge" not in report.sealed
    assert report.key_id


@pytest.mark.parametrize(
    ("reason", "words", "refusal"), [("", "", NoReason), ("rude", "", NoReason), (reports.ELSE, "x" * 1001, TooLong)]
)
def test_what_is_no_report_is_refused(scene, clock, reason, words, refusal):
    with pytest.raises(refusal):
        tell(scene.ada, scene.ben, clock, reason, words)


def test_three_unseen_ones_pause_what_is_asked_about_somebody_until_one_is_seen(scene, clock):
    """P167."""
    met = [(scene.ada, scene.ben), (scene.ada, scene.dev)]
    for one, other in met:
        contacts.meet(one, other, uuid4(), CARD, scene.event, clock.now, clock.now)
    prompt = scenes.follow_up(scene)
    one_to_one = scenes.follow_up(scene, prompts.ONE_TO_ONE)

    def asked_about():
        listed = {one.contact.other.first_name for one in follow_ups.read(prompt).new}
        fitting = {contact.other.first_name for contact in prompts.fitting(one_to_one)}
        named = set(acquaintances.first_names(scene.ada, scene.event))
        letter = "Ben" in letters.of_prompt(prompt, Mentions.of([prompt], clock.now), clock.now).text
        assert listed == fitting == named
        assert letter == ("Ben" in named)
        return named

    many_tell(scene, 2, clock)
    tell(scene.cleo, scene.ben, clock)
    tell(scene.cleo, scene.ben, clock)
    assert asked_about() == {"Dev"}, "three people"
    reports.see(reports.for_operator()[0], clock.now)
    assert asked_about() == {"Ben", "Dev"}, "one was seen"


def test_two_people_pause_nothing_however_often_they_tell(scene, clock):
    """P167."""
    contacts.meet(scene.ada, scene.ben, uuid4(), CARD, scene.event, clock.now, clock.now)
    for _time in range(2):
        tell(scene.ada, scene.ben, clock)
        tell(scene.dev, scene.ben, clock)
    assert acquaintances.first_names(scene.ada, scene.event) == ["Ben"]


def test_it_goes_with_who_told_it_and_says_nothing_once_the_other_is_erased(scene, clock, session, tmp_path):
    """P167."""
    tell(scene.ada, scene.ben, clock, words="A fridge")
    kept = tell(scene.ben, scene.dev, clock, words="A van")
    erasures.erase(scene.ada, clock.now, tmp_path / "erased")
    assert session.scalars(select(Report.id)).all() == [kept.id]
    erasures.erase(scene.dev, clock.now, tmp_path / "erased")
    session.expire_all()
    assert not told(scene)
    assert not any(report.words for report in session.scalars(select(Report)))


def test_a_guest_s_report_is_the_account_s_after_a_merge(scene, clock, session):
    """P167."""
    tell(scene.dev, scene.ben, clock, words="A fridge")
    tell(scene.ada, scene.dev, clock)
    merges.merge(scene.dev, scene.ada, clock.now)
    [report] = session.scalars(select(Report)).all()
    assert (report.reporter_id, report.reported_id, report.words) == (scene.ada.id, scene.ben.id, "A fridge")


def test_what_was_seen_is_forgotten_after_a_year(scene, clock, session):
    reports.see(tell(scene.ada, scene.ben, clock), clock.now)
    tell(scene.dev, scene.ben, clock)
    reports.forget(clock.now + timedelta(days=364))
    assert len(told(scene)) == 2
    reports.forget(clock.now + timedelta(days=365))
    assert len(told(scene)) == 1
