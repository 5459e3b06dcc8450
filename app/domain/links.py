"""Links in letters that act without sign-in: done or later for one prompt, and no more letters to somebody."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import tokens
from app.database import session
from app.domain.attendance import Attendance
from app.domain.notices import Notice
from app.domain.people import Person
from app.domain.prompts import Prompt
from app.domain.refusals import NotFound, Refusal
from app.words import N_

ACTION_LIFE, UNSUBSCRIBE_LIFE = timedelta(days=60), timedelta(days=400)


class LinkTooOld(Refusal):
    status = 410
    message = N_("This link has run out. What it was about waits under Today.")


def action(prompt: Prompt, now: datetime) -> str:
    """Return the token of a link that shows this prompt without sign-in, and takes *done* and *later*."""
    return tokens.sign("act", {"p": prompt.id, "w": prompt.person_id, "e": _epoch(now + ACTION_LIFE)})


def by_action(token: str, now: datetime) -> Prompt:
    """Return the prompt of such a link; raise NotFound if it is none of ours, LinkTooOld if it ran out."""
    content = _alive("act", token, now)
    prompt = session.scalar(select(Prompt).where(Prompt.id == content["p"], Prompt.person_id == content["w"]))
    if prompt is None:
        raise NotFound
    return prompt


def unsubscribe(person: Person, now: datetime) -> str:
    """Return the token of a link that stops this person's letters about prompts."""
    return tokens.sign("unsubscribe", {"w": person.id, "e": _epoch(now + UNSUBSCRIBE_LIFE)})


def by_unsubscribe(token: str, now: datetime) -> Person:
    """Return whose letters such a link stops; raise NotFound or LinkTooOld."""
    person = session.get(Person, _alive("unsubscribe", token, now)["w"])
    if person is None:
        raise NotFound
    return person


def removal(notice: Notice, now: datetime) -> str:
    """Return the token of a link that has nobody write to this notice's address again."""
    return tokens.sign("remove", {"n": notice.id, "e": _epoch(now + UNSUBSCRIBE_LIFE)})


def by_removal(token: str, now: datetime) -> Notice:
    """Return the notice whose address such a link removes; raise NotFound or LinkTooOld."""
    return _notice(_alive("remove", token, now))


def place(attendance: Attendance, now: datetime) -> str:
    """Return the token of a link through which the holder of a place says whether they come, without sign-in."""
    return tokens.sign("place", {"a": attendance.id, "e": _epoch(now + ACTION_LIFE)})


def by_place(token: str, now: datetime) -> Attendance:
    """Return the place of such a link with its event; raise NotFound or LinkTooOld."""
    found = session.get(Attendance, _alive("place", token, now)["a"], options=[joinedload(Attendance.event)])
    if found is None:
        raise NotFound
    return found


def kept(notice: Notice, now: datetime) -> str:
    """Return the token of a link that tells how many kept somebody's card; who they are, it tells nobody."""
    return tokens.sign("kept", {"n": notice.id, "e": _epoch(now + UNSUBSCRIBE_LIFE)})


def by_kept(token: str, now: datetime) -> Notice:
    """Return the notice of such a link; raise NotFound or LinkTooOld."""
    return _notice(_alive("kept", token, now))


def _notice(content: dict[str, int]) -> Notice:
    notice = session.get(Notice, content["n"])
    if notice is None:
        raise NotFound
    return notice


def _alive(purpose: str, token: str, now: datetime) -> dict[str, int]:
    content = tokens.signed(purpose, token)
    if content is None:
        raise NotFound
    if content["e"] < _epoch(now):
        raise LinkTooOld
    return content


def _epoch(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp())
