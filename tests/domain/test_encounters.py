"""Encounters: one for a pair and an occasion, however often, from whichever side and in whatever order it is said."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import database
from app.domain import acquaintances, encounters, events
from app.domain.encounters import BY_HAND, CARD, SHORT_CODE, Encounter, Observation, OwnCard, SentForAnother
from app.domain.people import Person
from app.domain.refusals import NotFound
from tests import cast

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture
def scene(session, clock):
    assembled = cast.assemble(clock.now)
    session.commit()
    return assembled


@pytest.fixture
def record(scene, clock):
    def say(observer, observed, *, op_id=None, how=CARD, occasion=scene.event, met_at=None):
        clock.move(seconds=1)
        return encounters.record(observer, observed, op_id or uuid4(), how, occasion, met_at or clock.now, clock.now)

    return say


def all_encounters(session):
    return session.scalars(select(Encounter)).all()


class TestOnce:
    def test_an_encounter_is_logged_once_however_often_it_is_scanned(self, session, scene, record):
        for _time in range(5):
            record(scene.ada, scene.ben)
        assert len(all_encounters(session)) == 1

    def test_it_is_one_from_whichever_side_it_is_scanned(self, session, scene, record):
        """O48."""
        mine, theirs = record(scene.ada, scene.ben), record(scene.ben, scene.ada)
        assert mine.encounter is theirs.encounter
        assert len(all_encounters(session)) == 1

    def test_the_same_pair_meets_again_at_another_event(self, session, scene, record):
        next_week = events.create(scene.group.id, replace(cast.TUESDAY, day=date(2026, 12, 1)), scene.event.created_at)
        record(scene.ada, scene.ben)
        record(scene.ada, scene.ben, occasion=next_week)
        assert len(all_encounters(session)) == 2

    def test_without_an_event_it_is_one_a_local_day(self, session, scene, record):
        for day in (TUESDAY, TUESDAY, WEDNESDAY):
            record(scene.ada, scene.ben, occasion=day)
        assert [encounter.day for encounter in all_encounters(session)] == [TUESDAY, WEDNESDAY]

    @pytest.mark.parametrize("first_the_day", [True, False])
    def test_one_without_an_event_folds_into_the_events_own_of_that_day(self, session, scene, record, first_the_day):
        for occasion in (TUESDAY, scene.event) if first_the_day else (scene.event, TUESDAY):
            record(scene.ada, scene.ben, occasion=occasion)
        (encounter,) = all_encounters(session)
        assert (encounter.event, encounter.local_day) == (scene.event, None)

    def test_one_of_another_day_does_not_fold_into_the_events_own(self, session, scene, record):
        record(scene.ada, scene.ben, occasion=scene.event)
        record(scene.ada, scene.ben, occasion=WEDNESDAY)
        assert len(all_encounters(session)) == 2

    def test_of_two_events_a_day_each_has_its_own_and_the_earlier_takes_the_one_without(self, session, scene, record):
        plan = replace(cast.TUESDAY, start_time=time(12), end_time=time(13))
        noon = events.create(scene.group.id, plan, scene.event.created_at)
        for occasion in (noon, scene.event, TUESDAY):
            record(scene.ada, scene.ben, occasion=occasion)
        assert {encounter.event for encounter in all_encounters(session)} == {noon, scene.event}

    def test_it_was_when_it_was_first_observed(self, scene, record, clock):
        earlier = clock.now - timedelta(minutes=5)
        record(scene.ada, scene.ben)
        assert record(scene.ben, scene.ada, met_at=earlier).encounter.met_at == earlier

    def test_the_database_takes_no_second_one_of_a_pair_and_an_event(self, session, scene, record):
        encounter = record(scene.ada, scene.ben).encounter
        session.add(
            Encounter(low_id=encounter.low_id, high_id=encounter.high_id, event=scene.event, met_at=encounter.met_at)
        )
        with pytest.raises(IntegrityError):
            session.flush()

    @pytest.mark.parametrize(
        "change",
        [
            {"low_id": Encounter.high_id, "high_id": Encounter.low_id},
            {"local_day": TUESDAY},
            {"event_id": None},
        ],
        ids=["pair out of order", "event and day", "neither"],
    )
    def test_the_database_takes_no_pair_out_of_order_and_either_an_event_or_a_day(self, session, record, scene, change):
        record(scene.ada, scene.ben)
        with pytest.raises(IntegrityError):
            session.execute(update(Encounter).values(change))


class TestTheSameOperationAgain:
    def test_it_gets_its_first_answer_again(self, session, scene, record):
        """O43."""
        op_id = uuid4()
        first = record(scene.ada, scene.ben, op_id=op_id)
        received_at = first.received_at
        assert all(record(scene.ada, scene.ben, op_id=op_id) is first for _time in range(9))
        assert first.received_at == received_at
        assert len(session.scalars(select(Observation)).all()) == 1

    def test_for_somebody_elses_card_it_is_refused_and_changes_nothing(self, session, scene, record):
        """O44."""
        op_id = uuid4()
        record(scene.ada, scene.ben, op_id=op_id)
        with pytest.raises(SentForAnother) as refused:
            record(scene.ada, scene.cleo, op_id=op_id)
        assert refused.value.status == 422
        assert len(all_encounters(session)) == 1

    def test_by_another_way_it_is_refused(self, scene, record):
        """O44."""
        op_id = uuid4()
        record(scene.ada, scene.ben, op_id=op_id, how=BY_HAND)
        with pytest.raises(SentForAnother):
            record(scene.ada, scene.ben, op_id=op_id, how=SHORT_CODE)

    def test_somebody_elses_operation_of_that_name_is_theirs_alone(self, scene, record):
        """O46."""
        op_id = uuid4()
        mine, theirs = record(scene.ada, scene.ben, op_id=op_id), record(scene.cleo, scene.dev, op_id=op_id)
        assert mine.encounter is not theirs.encounter
        assert encounters.find(scene.ada, op_id) is mine
        with pytest.raises(NotFound):
            encounters.find(scene.dev, op_id)

    def test_after_its_undo_it_is_not_done_again(self, scene, record, clock):
        op_id = uuid4()
        first = record(scene.ada, scene.ben, op_id=op_id)
        encounters.void(scene.ada, op_id, clock.now)
        assert record(scene.ada, scene.ben, op_id=op_id) is first
        assert first.encounter.voided_at

    def test_ones_own_card_is_refused_kindly(self, scene, record):
        with pytest.raises(OwnCard, match="your own card"):
            record(scene.ada, scene.ada)


class TestUndo:
    def test_the_last_undo_voids_the_encounter(self, scene, record, clock):
        observation = record(scene.ada, scene.ben)
        encounters.void(scene.ada, observation.op_id, clock.now)
        assert (observation.voided_at, observation.encounter.voided_at) == (clock.now, clock.now)

    def test_the_encounter_lives_while_the_other_sides_word_is_left(self, scene, record, clock):
        mine, _theirs = record(scene.ada, scene.ben), record(scene.ben, scene.ada)
        encounters.void(scene.ada, mine.op_id, clock.now)
        assert mine.encounter.voided_at is None

    def test_scanning_again_revives_it(self, session, scene, record, clock):
        observation = record(scene.ada, scene.ben)
        encounters.void(scene.ada, observation.op_id, clock.now)
        assert record(scene.ada, scene.ben).encounter.voided_at is None
        assert len(all_encounters(session)) == 1

    def test_undone_twice_it_is_undone_once(self, scene, record, clock):
        observation = record(scene.ada, scene.ben)
        encounters.void(scene.ada, observation.op_id, clock.now)
        first = observation.voided_at
        encounters.void(scene.ada, observation.op_id, clock.move(minutes=1))
        assert observation.voided_at == observation.encounter.voided_at == first

    def test_nobody_undoes_another_ones_word(self, scene, record, clock):
        observation = record(scene.ada, scene.ben)
        with pytest.raises(NotFound):
            encounters.void(scene.ben, observation.op_id, clock.now)


class TestReading:
    def test_whom_one_met_at_the_event_comes_with_their_cards_in_two_queries(self, session, scene, record, queries):
        record(scene.ada, scene.ben)
        record(scene.cleo, scene.ada)
        record(scene.ben, scene.dev)
        session.commit()
        session.expunge_all()
        with queries() as asked:
            met = acquaintances.made(scene.ada, scene.event)
            seen = [(meeting.other.name, [field.text for field in meeting.card.fields]) for meeting in met]
        assert seen == [("Ben Okafor", ["I build websites"]), ("Cleo Nowak", ["I run this breakfast"])]
        assert asked.count == 2, asked

    def test_what_was_taken_back_is_not_among_them(self, scene, record, clock):
        observation = record(scene.ada, scene.ben)
        encounters.void(scene.ada, observation.op_id, clock.now)
        assert acquaintances.made(scene.ada, scene.event) == []
        assert acquaintances.made(scene.ben, scene.event) == []
        assert encounters.between(scene.ada, scene.ben) == []

    def test_the_history_of_two_people_is_newest_first(self, scene, record):
        record(scene.ada, scene.ben, occasion=date(2026, 11, 3))
        record(scene.ben, scene.ada)
        record(scene.ada, scene.cleo)
        days = [encounter.day for encounter in encounters.between(scene.ben, scene.ada)]
        assert days == [TUESDAY, date(2026, 11, 3)]

    def test_my_latest_are_mine_alone_and_each_person_is_there_once(self, scene, record, clock):
        since = clock.now
        for other in (scene.ben, scene.cleo, scene.ben):
            record(scene.ada, other)
        record(scene.ben, scene.ada)
        gone = record(scene.ada, scene.dev)
        encounters.void(scene.ada, gone.op_id, clock.now)
        latest = encounters.latest(scene.ada, since, most=5)
        assert [observation.observed for observation in latest] == [scene.ben, scene.cleo]
        assert len(encounters.latest(scene.ada, since, most=1)) == 1


class TestAtOnce:
    def meet_at_once(self, app, clock, says):
        """Let every (observer, observed, op_id, occasion) be said at the same moment, each in a thread of its own."""
        ready = Barrier(len(says))

        def say(observer_id, observed_id, op_id, event_id):
            with app.app_context():
                ready.wait()
                database.begin_write()
                pair = [database.session.get(Person, person_id) for person_id in (observer_id, observed_id)]
                occasion = database.session.get(events.Event, event_id) if event_id else TUESDAY
                encounters.record(*pair, op_id, CARD, occasion, clock.now, clock.now)
                database.session.commit()
                database.session.remove()

        with ThreadPoolExecutor(len(says)) as threads:
            list(threads.map(lambda said: say(*said), says))

    def test_each_scans_the_other_at_once_and_there_is_one_encounter(self, app, session, scene, clock):
        """O48, O51."""
        ada, ben, event = scene.ada.id, scene.ben.id, scene.event.id
        session.commit()
        self.meet_at_once(app, clock, [(ada, ben, uuid4(), event), (ben, ada, uuid4(), event)] * 6)
        (encounter,) = all_encounters(session)
        observers = [row.observer_id for row in session.scalars(select(Observation))]
        assert encounter.voided_at is None
        assert sorted(observers) == [ada, ben]

    def test_one_scan_sent_many_times_at_once_is_one_observation(self, app, session, scene, clock):
        """O43."""
        session.commit()
        op_id = uuid4()
        self.meet_at_once(app, clock, [(scene.ada.id, scene.ben.id, op_id, scene.event.id)] * 8)
        assert len(session.scalars(select(Observation)).all()) == 1

    def test_with_and_without_the_event_at_once_is_one_encounter(self, app, session, scene, clock):
        ada, ben, event = scene.ada.id, scene.ben.id, scene.event.id
        session.commit()
        self.meet_at_once(app, clock, [(ada, ben, uuid4(), event), (ben, ada, uuid4(), None)] * 4)
        (encounter,) = all_encounters(session)
        assert encounter.event_id == event


# A fact is an observation, and whether it is taken back; told in any order, and any number of times.
PAIRS = [(0, 1), (1, 0), (0, 2), (2, 1)]
MORNINGS = [("event", 0), ("day", 0), ("event", 1), ("day", 1)]
FACTS = st.lists(
    st.tuples(st.sampled_from(PAIRS), st.sampled_from(MORNINGS), st.integers(0, 3), st.booleans()), max_size=7
)


def stories(facts):
    """Any order of the tellings and undos of these facts, with repeats, each undo after its first telling."""
    told = [("tell", number) for number in range(len(facts))]
    undone = [("undo", number) for number, fact in enumerate(facts) if fact[3]]
    repeated = st.lists(st.sampled_from(told + undone), max_size=4) if facts else st.just([])
    orders = repeated.flatmap(lambda more: st.permutations(told + undone + more))
    return orders.map(_undo_after_telling)


def _undo_after_telling(order):
    seen, story = set(), []
    for step in order:
        if step[0] == "undo" and ("tell", step[1]) not in seen:
            story.append(("tell", step[1]))
            seen.add(("tell", step[1]))
        story.append(step)
        seen.add(step)
    return story


def expected(facts):
    """Say from the facts alone which encounters there are: where, of whom, when first, or None where all is undone."""
    at_event = {(frozenset(pair), morning[1]) for pair, morning, _minute, _undone in facts if morning[0] == "event"}
    alive = {}
    for pair, (kind, day), minute, undone in facts:
        folded = "event" if (frozenset(pair), day) in at_event else kind
        alive.setdefault((folded, day, frozenset(pair)), []).extend([] if undone else [minute])
    return {place: min(minutes, default=None) for place, minutes in alive.items()}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_in_whatever_order_and_however_often_it_is_told_the_encounters_are_the_same(data, session, scene, clock):
    """O48, O50: A scans B, B scans A, both twice, in any order, with or without an event."""
    facts = data.draw(FACTS, "facts")
    story = data.draw(stories(facts), "story")
    try:
        assert _told(session, scene, clock.now, facts, story) == expected(facts)
    finally:
        session.rollback()


def _told(session, scene, now, facts, story):
    people = [scene.ada, scene.ben, scene.cleo]
    tomorrow = replace(cast.TUESDAY, day=WEDNESDAY)
    mornings = [scene.event, events.create(scene.group.id, tomorrow, now)]
    names = [uuid4() for _fact in facts]
    for step, number in story:
        (observer, observed), (kind, day), minute, _undone = facts[number]
        occasion = mornings[day] if kind == "event" else mornings[day].day
        if step == "tell":
            when = now + timedelta(minutes=minute)
            encounters.record(people[observer], people[observed], names[number], CARD, occasion, when, now)
        else:
            encounters.void(people[observer], names[number], now)
    number_of = {person.id: number for number, person in enumerate(people)}
    found = {}
    for encounter in all_encounters(session):
        place = ("event" if encounter.event else "day", [TUESDAY, WEDNESDAY].index(encounter.day))
        pair = frozenset((number_of[encounter.low_id], number_of[encounter.high_id]))
        first = (encounter.met_at - now) // timedelta(minutes=1)
        assert (*place, pair) not in found
        found[*place, pair] = None if encounter.voided_at else first
    return found
