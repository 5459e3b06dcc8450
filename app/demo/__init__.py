"""A believable past to look around in: eight breakfasts, forty people, and follow-ups in every state."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from app.database import session
from app.demo.cast import LINES, ORGANISER, PEOPLE, PLACES, PROMISES
from app.domain import (
    attendance,
    cadence,
    cards,
    contacts,
    encounters,
    events,
    follow_ups,
    groups,
    holidays,
    invitations,
    next_steps,
    people,
    planning,
    prompts,
)
from app.domain.events import Event
from app.domain.groups import Group
from app.domain.one_to_ones import Offer
from app.domain.people import Person
from app.domain.prompts import FOLLOW_UP, INVITATION, ONE_TO_ONE, Prompt
from app.domain.refusals import Refusal

GROUP, NAME, PLACE, ZONE = "Bristol Breakfast Club", "Harbour Breakfast", "The Grand, Broad Street", "Europe/London"
WEEKS, BEFORE = 3, 5
LATE_AFTER = timedelta(minutes=10)


class RealPeopleHere(Exception):
    """There are people here who are not part of the demonstration."""


@dataclass
class Story:
    """The demonstration as it unfolds: always the same one, since its dice start from the same number."""

    dice: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - a story, not a secret
    people: list[Person] = field(default_factory=list)
    mornings: list[Event] = field(default_factory=list)

    def op_id(self) -> UUID:
        """Return the next observation's id."""
        return UUID(int=self.dice.getrandbits(128), version=4)


def tell(now: datetime) -> Iterator[datetime]:
    """Tell the story up to now; yield each instant at which the caller commits and sends the courier round.

    Raises RealPeopleHere before anything is written where somebody real is. The last breakfast is the latest working
    day before today, and its follow-ups are still to come.
    """
    if groups.anyone_real() or session.scalar(select(Group.id).limit(1)):
        raise RealPeopleHere
    story = Story()
    last = _latest_morning(now)
    _bring_together(story, last, now)
    yield from _days(story, now)


def _latest_morning(now: datetime) -> date:
    day = cadence.local(now, ZONE).date() - timedelta(days=1)
    while not cadence.is_working_day(day, frozenset()):
        day -= timedelta(days=1)
    return day


def _bring_together(story: Story, last: date, now: datetime) -> None:
    begins = cadence.at(last - timedelta(weeks=BEFORE + WEEKS), time(12), ZONE).utc
    story.people = [_person(story, *who, begins) for who in PEOPLE]
    ada = story.people[0]
    ada.may_start_groups = True
    group = groups.start(ada, GROUP, ZONE, begins)
    group.demo = True
    for person in story.people:
        groups.belong(group.id, person.id, begins)
    holidays.keep_all(group, {**holidays.bank_holidays(last.year), **holidays.bank_holidays(last.year + 1)}, begins)
    for weeks in reversed(range(BEFORE + WEEKS)):
        day = last - timedelta(weeks=weeks)
        days = events.FOLLOW_UP_DAYS
        while cadence.follow_up_due(day, days, ZONE, frozenset()).utc <= now and weeks == 0:
            days += 1
        plan = events.Plan(NAME, PLACE, ZONE, day, time(7), time(9), days, max(events.ONE_TO_ONE_DAYS, days + 2))
        story.mornings.append(events.create(group.id, plan, begins))


def _person(story: Story, name: str, what_i_do: str, company: str, now: datetime) -> Person:
    person = people.join(name, ZONE, now)
    address = people.comparable(name).replace(" ", ".")
    people.confirm(person, f"{address}@example.org", now)
    card = cards.issue(person, now, what_i_do)
    cards.put(card, "company", company)
    if story.dice.random() < 0.7:
        cards.put(card, "email", f"{address}@example.org", cards.MET)
    if story.dice.random() < 0.5:
        cards.put(card, "phone", f"+44 7700 9{story.dice.randrange(100_000):05d}"[:16], cards.MET, "GB")
    return person


def _hold(story: Story, event: Event, scans: int = 4) -> None:
    """Let a breakfast happen: a list, arrivals, scans, and lines that people write."""
    dice, here = story.dice, []
    number = story.mornings.index(event)
    for place_in_line, person in enumerate(story.people):
        fate = dice.random()
        if fate < 0.07 or not _comes(place_in_line, number):
            continue
        if fate < 0.93 or person.name == ORGANISER:
            place = attendance.expect(event, person.name, attendance.GOING, event.created_at)
            attendance.hold(place, person, event.created_at)
        if person.name == ORGANISER or not 0.8 < fate < 0.93:
            minutes = dice.choice([-12, -8, -5, -3, 0, 2, 4, 7, 9, 16, 25])
            attendance.arrive(event, person, event.starts_at + timedelta(minutes=minutes), LATE_AFTER)
            here.append(person)
    for person in here[:-2]:
        for other in dice.sample(here, dice.randint(1, scans)):
            if other is not person:
                _meet(story, event, person, other)


def _comes(place_in_line: int, number: int) -> bool:
    """Whether they come at that time of the story: the club grows, and three of its first stop coming."""
    if place_in_line in (7, 12, 18):
        return number < 4
    return place_in_line < 22 + 3 * number


def _meet(story: Story, event: Event, person: Person, other: Person) -> None:
    dice = story.dice
    met_at = event.starts_at + timedelta(minutes=dice.randint(26, 115))
    observation = contacts.meet(person, other, story.op_id(), encounters.CARD, event, met_at, met_at)
    contact = contacts.find(person, other)
    if contact is None:
        return
    if dice.random() < 0.6:
        contacts.write(contact, contacts.LINE, dice.choice(LINES), observation.encounter, met_at)
    if dice.random() < 0.4:
        contacts.write(contact, contacts.PROMISE, dice.choice(PROMISES), observation.encounter, met_at)


def _days(story: Story, now: datetime) -> Iterator[datetime]:
    """Let the days pass: at nine the courier goes round and some people do something about it; breakfasts are held."""
    for past in story.mornings[:BEFORE]:
        _look_back(story, past)
    mornings = {event.day: event for event in story.mornings[BEFORE:]}
    day = story.mornings[BEFORE].day
    while (moment := cadence.at(day, time(9), ZONE).utc) < now:
        if event := mornings.get(day):
            _hold(story, event)
        yield moment
        for prompt in _open_prompts(moment):
            _answer(story, prompt, moment + timedelta(hours=story.dice.randint(1, 9)))
        day += timedelta(days=1)
    yield now


def _look_back(story: Story, event: Event) -> None:
    """Let a breakfast have happened before anybody looked: its letters have gone, and most people have answered."""
    _hold(story, event, scans=1)
    planning.plan(event.closes_at)
    for prompt in session.scalars(select(Prompt).where(Prompt.event_id == event.id)):
        if prompt.person.name == ORGANISER or story.dice.random() < 0.7:
            prompts.answer(prompt, prompt.due_at + timedelta(hours=story.dice.randint(1, 30)))


def _open_prompts(moment: datetime) -> list[Prompt]:
    due = select(Prompt).where(Prompt.state == prompts.OPEN, Prompt.due_at <= moment).order_by(Prompt.id)
    return list(session.scalars(due))


def _answer(story: Story, prompt: Prompt, when: datetime) -> None:
    # Ada leaves hers, so that there is something to do for whoever looks around as her; what others leave, stays.
    fate, is_fresh = story.dice.random(), when - prompt.due_at < timedelta(days=2)
    if prompt.person.name == ORGANISER or not is_fresh or fate < 0.4:
        return
    if fate < 0.5:
        prompts.snooze(prompt, prompts.later_choices(prompt, when)[0].moment.local_date, when)
    elif prompt.kind == FOLLOW_UP:
        _follow_up(story, prompt, when)
    elif prompt.kind == ONE_TO_ONE:
        _propose(story, prompt, when)
    elif prompt.kind == INVITATION:
        _reply(story, prompt, when)


def _follow_up(story: Story, prompt: Prompt, when: datetime) -> None:
    listed = [met.contact for met in follow_ups.read(prompt).new]
    chosen = story.dice.sample(listed, min(len(listed), story.dice.randint(0, 3)))
    follow_ups.choose(prompt, [contact.id for contact in chosen], when)
    for contact in chosen:
        if story.dice.random() < 0.8:
            said = next_steps.Answer(
                step=story.dice.choice(["mail", "copy", "they_wrote"]), promise="kept", stage=contacts.KEEPING_UP
            )
            next_steps.answer(prompt, contact.id, said, when)


def _propose(story: Story, prompt: Prompt, when: datetime) -> None:
    fitting = prompts.fitting(prompt)
    if not fitting:
        return
    first = cadence.local(when, ZONE).date() + timedelta(days=4)
    times = [
        cadence.at(first + timedelta(days=n), time(*at), ZONE).utc for n, at in enumerate(((8, 30), (12, 30), (16, 0)))
    ]
    offer = Offer(times, ZONE, story.dice.choice(PLACES), "Half an hour on each other's business")
    try:
        invitations.propose(prompt.person, fitting[0], offer, when, prompt)
    except Refusal:
        prompts.answer(prompt, when)


def _reply(story: Story, prompt: Prompt, when: datetime) -> None:
    one_to_one = prompt.one_to_one
    if one_to_one is None:
        return
    to_come = [offered.starts_at for offered in one_to_one.times if offered.starts_at > when]
    if to_come and story.dice.random() < 0.75:
        invitations.pick(one_to_one, prompt.person, to_come[0], when)
    else:
        invitations.decline(one_to_one, prompt.person, when)
