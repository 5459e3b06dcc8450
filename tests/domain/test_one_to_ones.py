"""1-2-1s: who may propose what to whom, and how one becomes a time in two calendars."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app import database
from app.domain import contacts, encounters, one_to_ones, people
from app.domain.one_to_ones import AGREED, CANCELLED, CLOSED, DECLINED, PROPOSED, WITHDRAWN, Offer, OneToOne
from app.domain.refusals import NotFound
from tests import cast

DAY = timedelta(days=1)
THURSDAY = datetime(2026, 12, 3, 12, 30, tzinfo=UTC)
TIMES = (THURSDAY, THURSDAY + DAY, THURSDAY + timedelta(hours=4))


@pytest.fixture
def company(session, clock):
    company = cast.assemble(clock.now)
    meet(company, company.ada, company.ben, clock)
    return company


def meet(company, one, other, clock):
    contacts.meet(one, other, uuid4(), encounters.CARD, company.event, clock.now, clock.now)


def offer(*times, place="The Grand, by the window", why=""):
    return Offer(times or TIMES, cast.ZONE, place, why)


def propose(proposer, other, now, *times, **words):
    return one_to_ones.propose(contacts.find(proposer, other), proposer, offer(*times, **words), now)


def friends(company, number, clock):
    made = [cast.person(f"Friend {n}", clock.now) for n in range(number)]
    for friend in made:
        meet(company, company.ada, friend, clock)
    return made


def test_three_times_are_offered_with_place_and_reason(company, clock):
    one = propose(company.ada, company.ben, clock.now, why="Your café, my books")
    assert [time.starts_at for time in one.times] == sorted(TIMES)
    assert (one.state, one.version, one.minutes) == (PROPOSED, 0, 30)
    assert (one.place, one.why, one.time_zone) == ("The Grand, by the window", "Your café, my books", cast.ZONE)
    assert (one.proposer, one.other, one.starts_at) == (company.ada, company.ben, None)


def test_one_time_is_enough(company, clock):
    assert len(propose(company.ada, company.ben, clock.now, THURSDAY).times) == 1


@pytest.mark.parametrize(
    ("times", "field", "refusal"),
    [
        ((), "time_1", one_to_ones.NoTime),
        ((timedelta(0),), "time_1", one_to_ones.TimePassed),
        ((DAY, -DAY), "time_2", one_to_ones.TimePassed),
        ((DAY, 2 * DAY, 61 * DAY), "time_3", one_to_ones.TooFarAhead),
        ((DAY, 2 * DAY, DAY), "time_3", one_to_ones.SameTimeTwice),
    ],
)
def test_times_lie_ahead_within_sixty_days_and_differ(company, clock, times, field, refusal):
    contact = contacts.find(company.ada, company.ben)
    with pytest.raises(refusal) as said:
        one_to_ones.propose(
            contact, company.ada, Offer([clock.now + time for time in times], cast.ZONE, "Here"), clock.now
        )
    assert said.value.field == field


def test_a_place_is_said(company, clock):
    with pytest.raises(one_to_ones.NoPlace):
        propose(company.ada, company.ben, clock.now, place="  ")


@pytest.mark.parametrize("words", [{"place": "Here\r\nBcc: x"}, {"why": "a\0b"}, {"why": "x" * 201}])
def test_place_and_reason_are_one_plain_line_each(company, clock, words):
    """A77."""
    with pytest.raises(people.NotPlainText):
        propose(company.ada, company.ben, clock.now, **words)


def test_three_proposals_wait_at_most(company, clock):
    """D12."""
    *first, fourth = friends(company, 4, clock)
    for friend in first:
        propose(company.ada, friend, clock.now)
    with pytest.raises(one_to_ones.TooManyOpen):
        propose(company.ada, fourth, clock.now)


def test_two_proposals_at_once_are_counted_as_two(app, company, clock, session):
    first, second, third, fourth = friends(company, 4, clock)
    for friend in (first, second):
        propose(company.ada, friend, clock.now)
    session.commit()

    def ask(friend):
        with app.app_context():
            database.begin_write()
            ada, other = session.get(people.Person, company.ada.id), session.get(people.Person, friend.id)
            try:
                propose(ada, other, clock.now)
            except one_to_ones.TooManyOpen:
                session.rollback()
                return "refused"
            session.commit()
            return "taken"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, (third, fourth))) == ["refused", "taken"]


def test_an_answer_makes_room_for_another(company, clock):
    *first, fourth = friends(company, 4, clock)
    made = [propose(company.ada, friend, clock.now) for friend in first]
    one_to_ones.decline(made[0], first[0], clock.now)
    assert propose(company.ada, fourth, clock.now).state == PROPOSED


def test_so_do_ten_days_of_silence(company, clock):
    """D12."""
    *first, fourth = friends(company, 4, clock)
    made = [propose(company.ada, friend, clock.now) for friend in first]
    later = clock.move(days=10)
    assert {one.state_at(later) for one in made} == {CLOSED}
    propose(company.ada, fourth, later, later + DAY)
    assert {one.state for one in made} == {CLOSED}
    assert propose(company.ada, first[0], later, later + DAY).state == PROPOSED


def test_nobody_is_asked_twice_a_day(company, clock):
    """D12."""
    for other in (company.cleo, company.dev):
        meet(company, other, company.ben, clock)
    propose(company.cleo, company.ben, clock.now)
    with pytest.raises(one_to_ones.AskedToday):
        propose(company.ada, company.ben, clock.now)
    assert propose(company.dev, company.ben, clock.move(days=1)).state == PROPOSED


def test_one_question_to_one_person_waits_at_a_time(company, clock):
    propose(company.ada, company.ben, clock.now)
    with pytest.raises(one_to_ones.AlreadyAsked):
        propose(company.ada, company.ben, clock.move(days=1))


def test_the_database_keeps_it_so(company, clock, session):
    propose(company.ada, company.ben, clock.now)
    session.add(OneToOne(proposer=company.ada, other=company.ben, place="x", time_zone=cast.ZONE, created_at=clock.now))
    with pytest.raises(IntegrityError):
        session.flush()


def test_who_was_asked_answers_instead_of_asking(company, clock):
    propose(company.ada, company.ben, clock.now)
    with pytest.raises(one_to_ones.TheyAsked):
        propose(company.ben, company.ada, clock.now)


def test_a_no_is_final(company, clock):
    """D12."""
    one_to_ones.decline(propose(company.ada, company.ben, clock.now), company.ben, clock.now)
    with pytest.raises(one_to_ones.SaidNo):
        propose(company.ada, company.ben, clock.move(days=40), clock.now + DAY)


def test_unless_the_one_who_said_it_asks(company, clock):
    """D12."""
    one_to_ones.decline(propose(company.ada, company.ben, clock.now), company.ben, clock.now)
    back = propose(company.ben, company.ada, clock.move(days=2))
    one_to_ones.withdraw(back, company.ben, clock.now)
    assert propose(company.ada, company.ben, clock.move(days=1)).state == PROPOSED


def test_each_side_has_its_own_no(company, clock):
    """D12."""
    one_to_ones.decline(propose(company.ada, company.ben, clock.now), company.ben, clock.now)
    back = propose(company.ben, company.ada, clock.move(days=2))
    one_to_ones.decline(back, company.ada, clock.now)
    with pytest.raises(one_to_ones.SaidNo):
        propose(company.ben, company.ada, clock.move(days=2))


def test_the_other_picks_one_of_the_times(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    assert one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    assert (one.state, one.starts_at, one.version, one.answered_at) == (AGREED, THURSDAY, 0, clock.now)


def test_the_same_tap_twice_picks_once(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    assert not one_to_ones.pick(one, company.ben, THURSDAY, clock.move(minutes=1))
    with pytest.raises(one_to_ones.Settled):
        one_to_ones.pick(one, company.ben, TIMES[1], clock.now)


def test_only_an_offered_time_that_is_still_to_come_can_be_picked(company, clock):
    one = propose(company.ada, company.ben, clock.now, clock.now + DAY, clock.now + 3 * DAY)
    with pytest.raises(one_to_ones.TimeGone):
        one_to_ones.pick(one, company.ben, THURSDAY + 9 * DAY, clock.now)
    with pytest.raises(one_to_ones.TimeGone):
        one_to_ones.pick(one, company.ben, clock.now + DAY, clock.now + 2 * DAY)


@pytest.mark.parametrize("verb", [one_to_ones.decline, one_to_ones.withdraw])
def test_what_was_answered_stays_answered(company, clock, verb):
    one = propose(company.ada, company.ben, clock.now)
    one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    person = company.ben if verb is one_to_ones.decline else company.ada
    with pytest.raises(one_to_ones.Settled):
        verb(one, person, clock.now)
    assert one.state == AGREED


def test_no_and_never_mind_count_once(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    assert one_to_ones.decline(one, company.ben, clock.now)
    assert not one_to_ones.decline(one, company.ben, clock.now)
    assert one.state == DECLINED
    other = propose(company.ben, company.ada, clock.now)
    assert one_to_ones.withdraw(other, company.ben, clock.now)
    assert not one_to_ones.withdraw(other, company.ben, clock.now)
    assert other.state == WITHDRAWN


def test_of_two_answers_at_once_the_first_counts(company, clock, session):
    one = propose(company.ada, company.ben, clock.now)
    # What another process did since this one read the row.
    change = update(OneToOne).values(state=WITHDRAWN, answered_at=clock.now)
    session.execute(change, execution_options={"synchronize_session": False})
    with pytest.raises(one_to_ones.Settled):
        one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    assert one.state == WITHDRAWN


def test_after_ten_days_there_is_nothing_to_answer(company, clock):
    """D12."""
    late = THURSDAY + 20 * DAY
    one = propose(company.ada, company.ben, clock.now, late)
    with pytest.raises(one_to_ones.Settled):
        one_to_ones.pick(one, company.ben, late, clock.move(days=10))


def test_either_calls_off_what_was_agreed_and_the_number_grows(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    assert one_to_ones.cancel(one, company.ada, clock.now)
    assert not one_to_ones.cancel(one, company.ben, clock.now)
    assert (one.state, one.version, one.cancelled_by_id, one.starts_at) == (CANCELLED, 1, company.ada.id, THURSDAY)


def test_calling_off_is_no_no(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    one_to_ones.cancel(one, company.ben, clock.now)
    assert propose(company.ada, company.ben, clock.move(days=1)).state == PROPOSED


def test_what_has_begun_is_not_called_off(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    one_to_ones.pick(one, company.ben, THURSDAY, clock.now)
    with pytest.raises(one_to_ones.Settled):
        one_to_ones.cancel(one, company.ben, THURSDAY)


def test_it_is_there_for_the_two_of_them_only(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    assert {one_to_ones.of(person, one.id).id for person in (company.ada, company.ben)} == {one.id}
    for stranger in (company.cleo, company.dev):
        with pytest.raises(NotFound):
            one_to_ones.of(stranger, one.id)


def test_nobody_answers_for_the_other(company, clock):
    one = propose(company.ada, company.ben, clock.now)
    with pytest.raises(NotFound):
        one_to_ones.pick(one, company.ada, THURSDAY, clock.now)
    with pytest.raises(NotFound):
        one_to_ones.decline(one, company.ada, clock.now)
    with pytest.raises(NotFound):
        one_to_ones.withdraw(one, company.ben, clock.now)


def test_an_agreed_one_has_a_time_whoever_writes_it(company, clock, session):
    propose(company.ada, company.ben, clock.now)
    with pytest.raises(IntegrityError):
        session.execute(update(OneToOne).values(state=AGREED, answered_at=clock.now))


def test_one_sees_what_is_coming_what_waits_and_what_was_answered_lately(company, clock, queries):
    ada, ben = company.ada, company.ben
    one, two, three = friends(company, 3, clock)
    agreed = propose(ada, one, clock.now)
    declined = propose(ada, two, clock.now)
    waits = propose(ada, three, clock.now)
    one_to_ones.pick(agreed, one, THURSDAY, clock.now)
    one_to_ones.decline(declined, two, clock.now)
    meet(company, ben, one, clock)
    called_off = propose(ben, ada, clock.now)
    one_to_ones.pick(called_off, ada, TIMES[1], clock.now)
    one_to_ones.cancel(called_off, ben, clock.now)

    def seen(person, now):
        return [row.id for row in one_to_ones.around(person, now, now + 60 * DAY, now)]

    assert seen(ada, clock.now) == [agreed.id, called_off.id, declined.id, waits.id]
    assert seen(one, clock.now) == [agreed.id]
    assert seen(two, clock.now) == seen(three, clock.now) == seen(ben, clock.now) == []
    assert seen(ada, THURSDAY + timedelta(minutes=1)) == [called_off.id, waits.id]
    with queries() as asked:
        seen(ada, clock.now)
    assert asked.count <= 2, asked
