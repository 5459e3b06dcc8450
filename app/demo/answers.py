"""Answers of the demonstration: what people do about what waits for them, and what is left for Ada."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from app.database import session
from app.demo.breakfasts import op_id
from app.demo.cast import PLACES
from app.domain import (
    cadence,
    contacts,
    encounters,
    events,
    fits,
    follow_ups,
    holders,
    invitations,
    next_steps,
    one_to_ones,
    prompts,
)
from app.domain.contacts import Contact
from app.domain.events import Event
from app.domain.one_to_ones import Offer, OneToOne
from app.domain.people import Person
from app.domain.prompts import FOLLOW_UP, INVITATION, ONE_TO_ONE, Prompt
from app.domain.refusals import Refusal

WHY = "Half an hour on each other's business"


def open_at(moment: datetime) -> list[Prompt]:
    """Return the prompts that wait for anybody at this moment."""
    due = select(Prompt).where(Prompt.state == prompts.OPEN, Prompt.due_at <= moment).order_by(Prompt.id)
    return list(session.scalars(due))


def give(prompt: Prompt, dice: Random, when: datetime) -> None:
    """Let somebody do something about a prompt, put it off or leave it; what is not fresh stays where it is."""
    fate, is_fresh = dice.random(), when - prompt.due_at < timedelta(days=2)
    if not is_fresh or fate < 0.4:
        return
    if fate < 0.5:
        prompts.snooze(prompt, prompts.later_choices(prompt, when)[0].moment.local_date, when)
    elif prompt.kind == FOLLOW_UP:
        follow_up(prompt, dice, when)
    elif prompt.kind == ONE_TO_ONE:
        _propose(prompt, dice, when)
    elif prompt.kind == INVITATION:
        reply(prompt, dice, when)


def follow_up(prompt: Prompt, dice: Random, when: datetime, least: int = 0) -> None:
    """Let somebody choose from whom they met, up to three, and take the next step with most of them."""
    listed = [met.contact for met in follow_ups.read(prompt).new]
    chosen = dice.sample(listed, min(len(listed), dice.randint(least, follow_ups.MOST_PICKS)))
    follow_ups.choose(prompt, [contact.id for contact in chosen], when)
    for contact in chosen:
        if least or dice.random() < 0.8:
            step = dice.choice(["mail", "copy", "they_wrote"])
            said = next_steps.Answer(step=step, promise=next_steps.KEPT, stage=contacts.KEEPING_UP)
            next_steps.answer(prompt, contact.id, said, when)
            fits.say(contact, dice.choice(fits.FITS), "", when)


def _propose(prompt: Prompt, dice: Random, when: datetime) -> None:
    fitting = prompts.fitting(prompt)
    if fitting:
        with suppress(Refusal):
            invitations.propose(prompt.person, fitting[0], _offer(when, dice.choice(PLACES)), when, prompt)


def _offer(when: datetime, place: str) -> Offer:
    """Three times on the first three working days from four days on."""
    days: list[date] = []
    day = cadence.local(when, "Europe/London").date() + timedelta(days=3)
    while len(days) < one_to_ones.OFFERED_TIMES:
        day += timedelta(days=1)
        if cadence.is_working_day(day, frozenset()):
            days.append(day)
    hours = (time(8, 30), time(12, 30), time(16))
    times = [cadence.at(day, hour, "Europe/London").utc for day, hour in zip(days, hours, strict=True)]
    return Offer(times, "Europe/London", place, WHY)


def reply(prompt: Prompt, dice: Random, when: datetime) -> None:
    """Let somebody pick the first time that is offered to them, mostly, or say that none will do."""
    one_to_one = prompt.one_to_one
    if one_to_one is None:
        return
    to_come = [offered.starts_at for offered in one_to_one.times if offered.starts_at > when]
    if to_come and dice.random() < 0.75:
        invitations.pick(one_to_one, prompt.person, to_come[0], when)
    else:
        invitations.decline(one_to_one, prompt.person, when)


def leave_something(organiser: Person, guests: list[Person], last: Event, dice: Random, now: datetime) -> None:
    """Leave for whoever looks around as the organiser what no weekday would bring by itself.

    One 1-2-1 to answer, one agreed and to come, a question for their details, and news of who has their card.
    """
    known = session.scalars(select(Contact).where(Contact.owner_id == organiser.id).order_by(Contact.id)).all()
    theirs = [contact for one in known if (contact := contacts.find(one.other, organiser))]
    yesterday, earlier = now - timedelta(hours=22), now - timedelta(days=2)
    agreed = _first(known, lambda one: invitations.propose(organiser, one, _offer(now, PLACES[0]), earlier))
    if agreed:
        invitations.pick(agreed, agreed.other, agreed.times[0].starts_at, yesterday)
    asked = [one for one in theirs if not agreed or one.owner_id != agreed.other_id]
    _first(asked, lambda one: invitations.propose(one.owner, one, _offer(now, PLACES[2]), yesterday))
    met = {contact.other_id for contact in known} | {organiser.id}
    stranger = next((person for person in reversed(guests) if person.id not in met), None)
    if stranger:
        when = last.ends_at - timedelta(minutes=9)
        contacts.meet(stranger, organiser, op_id(dice), encounters.BADGE, last, when, when)
    _rest(guests, last)


def _first(known: Iterable[Contact], propose: Callable[[Contact], OneToOne]) -> OneToOne | None:
    """Return the first proposal that the rules allow."""
    for contact in known:
        with suppress(Refusal):
            return propose(contact)
    return None


def _rest(guests: list[Person], last: Event) -> None:
    """Let people have been told who has their card, but for the latest of the last breakfast."""
    since = last.ends_at - timedelta(minutes=45)
    for person in guests:
        for holder in holders.news(person):
            if holder.since < since:
                holders.rest(holder.contact, since)


def coming(event: Event, now: datetime) -> Event | None:
    """Return the group's next breakfast after this one, if it is still to come."""
    following = events.next_after(event.group_id, event.day)
    return following if following and following.starts_at > now else None
