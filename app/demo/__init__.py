"""A believable past to look around in: eight breakfasts, forty people, and follow-ups in every state."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from app.database import session
from app.demo import answers, breakfasts, portraits
from app.demo.cast import CARDS, HOSTS, ORGANISER, PEOPLE, PORTRAITS
from app.domain import (
    cadence,
    cards,
    events,
    fields,
    groups,
    holidays,
    people,
    planning,
    prompts,
    recurrences,
    series,
    welcomes,
)
from app.domain.events import Event
from app.domain.groups import Group
from app.domain.people import Person
from app.domain.prompts import FOLLOW_UP, INVITATION, Prompt

GROUP, NAME, PLACE, ZONE = "Bristol Breakfast Club", "Harbour Breakfast", "The Grand, Broad Street", "Europe/London"
WEEKS, BEFORE = 3, 5


class RealPeopleHere(Exception):
    """There are people here who are not part of the demonstration."""


@dataclass
class Story:
    """The demonstration as it unfolds: always the same one, since its dice start from the same number."""

    dice: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - a story, not a secret
    people: list[Person] = field(default_factory=list)
    mornings: list[Event] = field(default_factory=list)


def tell(now: datetime) -> Iterator[datetime]:
    """Tell the story up to now; yield each instant at which the caller commits and sends the courier round.

    Raises RealPeopleHere before anything is written where somebody real is. The last breakfast is the latest working
    day before today, and its follow-ups are still to come; the next one is a week later, and its list has begun.
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
    groups.name_contact(group, ORGANISER, ada.email or "")
    for person in story.people:
        groups.belong(group.id, person.id, begins)
    for membership in groups.belonging(group):
        groups.host(membership, membership.person.name in HOSTS)
    holidays.keep_all(group, {**holidays.bank_holidays(last.year), **holidays.bank_holidays(last.year + 1)}, begins)
    for weeks in reversed(range(BEFORE + WEEKS)):
        day = last - timedelta(weeks=weeks)
        days = events.FOLLOW_UP_DAYS
        while cadence.follow_up_due(day, days, ZONE, frozenset()).utc <= now and weeks == 0:
            days += 1
        story.mornings.append(events.create(group.id, _plan(day, days), begins))
    first = _plan(story.mornings[0].day)
    series.start(group, first, recurrences.rule(recurrences.WEEKLY, first.day), begins)


def _plan(day: date, days: int = events.FOLLOW_UP_DAYS) -> events.Plan:
    return events.Plan(NAME, PLACE, ZONE, day, time(7), time(9), days, max(events.ONE_TO_ONE_DAYS, days + 2))


def _person(story: Story, name: str, what_i_do: str, company: str, now: datetime) -> Person:
    dice, person = story.dice, people.join(name, ZONE, now)
    address = f"{people.comparable(name).replace(' ', '.')}@example.org"
    people.confirm(person, address, now)
    card = cards.issue(person, now)
    card.preset = fields.USUAL if name in CARDS or dice.random() < 0.5 else fields.RESERVED
    said = {"what_i_do": what_i_do, "company": company, **CARDS.get(name, {})}
    for kind, words in said.items():
        cards.put(card, kind, words)
    if dice.random() < 0.7 or name in CARDS:
        cards.put(card, "email", address, cards.MET)
    if dice.random() < 0.5:
        cards.put(card, "phone", f"+44 7700 9{dice.randrange(100_000):05d}"[:16], cards.MET, "GB")
    if coat := PORTRAITS.get(name):
        cards.hang(card, portraits.draw(coat))
    if dice.random() < 0.6:
        welcomes.put(person, dice.sample(welcomes.KINDS, dice.randint(1, 2)))
    return person


def _days(story: Story, now: datetime) -> Iterator[datetime]:
    """Let the days pass: at nine the courier goes round and some people do something about it; breakfasts are held."""
    for past in story.mornings[:BEFORE]:
        _look_back(story, past)
    mornings = {event.day: event for event in story.mornings[BEFORE:]}
    day = story.mornings[BEFORE].day
    while (moment := cadence.at(day, time(9), ZONE).utc) < now:
        if event := mornings.get(day):
            breakfasts.hold(event, story.people, story.dice, story.mornings.index(event))
        yield moment
        for prompt in answers.open_at(moment):
            _answer(story, prompt, moment + timedelta(hours=story.dice.randint(1, 9)))
        day += timedelta(days=1)
    _leave_for_today(story, now)
    yield now


def _look_back(story: Story, event: Event) -> None:
    """Let a breakfast have happened before anybody looked: its letters have gone, and most people have answered."""
    breakfasts.hold(event, story.people, story.dice, story.mornings.index(event), scans=1)
    planning.plan(event.closes_at)
    for prompt in session.scalars(select(Prompt).where(Prompt.event_id == event.id)):
        if prompt.person.name == ORGANISER or story.dice.random() < 0.7:
            prompts.answer(prompt, prompt.due_at + timedelta(hours=story.dice.randint(1, 30)))


def _answer(story: Story, prompt: Prompt, when: datetime) -> None:
    """Let people answer. Ada leaves hers since the last breakfast but one, so that there is something for her to do."""
    if prompt.person is not story.people[0]:
        answers.give(prompt, story.dice, when)
    elif prompt.kind == INVITATION:
        answers.reply(prompt, story.dice, when)
    elif prompt.event is not None and prompt.event.day < story.mornings[-2].day:
        if prompt.kind == FOLLOW_UP:
            answers.follow_up(prompt, story.dice, when, least=3)
        else:
            prompts.answer(prompt, when)


def _leave_for_today(story: Story, now: datetime) -> None:
    last = story.mornings[-1]
    answers.leave_something(story.people[0], story.people, last, story.dice, now)
    if following := answers.coming(last, now):
        breakfasts.expect(following, story.people, story.dice, now - timedelta(hours=6))
