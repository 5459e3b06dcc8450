"""Breakfasts of the demonstration: who comes, who can't, who sends somebody, whom they meet, and how it ends."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.demo.cast import HELPER, LINES, NOT_SIGNED_UP, ORGANISER, PROMISES, QUESTION, SUBSTITUTES
from app.domain import (
    absences,
    attendance,
    contacts,
    door_helpers,
    encounters,
    endings,
    intentions,
    polls,
    walk_ins,
)
from app.domain.attendance import ORGANISER as BY_THE_ORGANISER
from app.domain.attendance import SELF, Attendance
from app.domain.events import Event
from app.domain.people import Person

LATE_AFTER = timedelta(minutes=10)
A_DAY = timedelta(days=1)
WORTH = (endings.YES, endings.YES, endings.YES, endings.PARTLY, endings.PARTLY, endings.NO)
AIMS = (*intentions.GOALS, "customer", "customer", "company")
SAID = (polls.YES, polls.YES, polls.NOT_SURE, polls.NO)


def hold(event: Event, guests: list[Person], dice: Random, number: int, scans: int = 4) -> None:
    """Let a breakfast happen: a list, arrivals, absences, scans, lines that people write, and its end."""
    polls.ask(event, QUESTION, event.created_at)
    here = [person for place, person in enumerate(guests) if _turns_up(event, person, guests[0], dice, place, number)]
    for person in here[:-2]:
        for other in dice.sample(here, dice.randint(1, scans)):
            if other is not person:
                _meet(event, person, other, dice)
    for person in here:
        if dice.random() < 0.75:
            after = event.ends_at + timedelta(minutes=dice.randint(1, 40))
            endings.settle(person, event, after, dice.choice(WORTH), dice.choice(SAID))


def _turns_up(event: Event, person: Person, organiser: Person, dice: Random, place_in_line: int, number: int) -> bool:
    """Decide whether somebody books and comes, books and stays away, comes unlisted, or does neither."""
    fate = 0.5 if person is organiser else dice.random()
    if fate < 0.07 or not _comes(place_in_line, number):
        return False
    place = _listed(event, person, dice) if fate < 0.93 else None
    if place and fate > 0.8:
        _stay_away(place, organiser, dice)
        return False
    _arrive(event, person, dice)
    return True


def expect(event: Event, guests: list[Person], dice: Random, now: datetime) -> None:
    """Let people book for a breakfast to come; some say what would make it worth it, one can't, one sends somebody."""
    polls.ask(event, QUESTION, now)
    places = [_listed(event, person, dice, now) for person in guests if dice.random() < 0.7 or person is guests[0]]
    for name in NOT_SIGNED_UP:
        attendance.expect(event, name, attendance.INVITED, now)
    absences.excuse(places[-1], now, None, SELF)
    absences.send_instead(places[-2], SUBSTITUTES[0], now, None, SELF)
    helper = next(person for person in guests if person.name == HELPER)
    door_helpers.join(event, helper, event.ends_at, now)


def _comes(place_in_line: int, number: int) -> bool:
    """Whether they come at that time of the story: the club grows, and three of its first stop coming."""
    if place_in_line in (7, 12, 18):
        return number < 4
    return place_in_line < 22 + 3 * number


def _listed(event: Event, person: Person, dice: Random, when: datetime | None = None) -> Attendance:
    when = when or event.created_at
    place = attendance.expect(event, person.name, attendance.GOING, when)
    attendance.hold(place, person, when)
    if dice.random() < 0.8:
        intentions.aim(place, dice.choice(AIMS), when)
    return place


def _stay_away(place: Attendance, organiser: Person, dice: Random) -> None:
    """Half of those who stay away say so, and some of them send somebody, who comes."""
    event, fate = place.event, dice.random()
    if fate < 0.3:
        absences.excuse(place, event.starts_at - A_DAY, None, SELF)
    elif fate < 0.6:
        instead = absences.send_instead(place, dice.choice(SUBSTITUTES), event.starts_at - A_DAY, None, SELF)
        on_time = event.starts_at + timedelta(minutes=dice.randint(-9, 6))
        attendance.check_in(instead, on_time, LATE_AFTER, organiser, BY_THE_ORGANISER)


def _arrive(event: Event, person: Person, dice: Random) -> None:
    when = event.starts_at + timedelta(minutes=dice.choice([-12, -8, -5, -3, 0, 2, 4, 7, 9, 16, 25]))
    place = attendance.arrive(event, person, when, LATE_AFTER)
    walk_ins.vouch(place, when + timedelta(minutes=1))


def _meet(event: Event, person: Person, other: Person, dice: Random) -> None:
    met_at = event.starts_at + timedelta(minutes=dice.randint(26, 115))
    observation = contacts.meet(person, other, op_id(dice), encounters.CARD, event, met_at, met_at)
    contact = contacts.find(person, other)
    if contact is None:
        return
    if dice.random() < 0.6 or person.name == ORGANISER:
        contacts.write(contact, contacts.LINE, dice.choice(LINES), observation.encounter, met_at)
    if dice.random() < 0.4:
        contacts.write(contact, contacts.PROMISE, dice.choice(PROMISES), observation.encounter, met_at)


def op_id(dice: Random) -> UUID:
    """Return the next observation's id: the same ones in every telling."""
    return UUID(int=dice.getrandbits(128), version=4)
