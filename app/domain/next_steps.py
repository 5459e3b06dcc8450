"""Next steps: what one does about somebody chosen in a follow-up, in one's own mail or in person.

Nothing is sent from here, and nothing is asked twice.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from app.database import session
from app.domain import contacts, follow_ups
from app.domain.contacts import LINE, PROMISE, Note, Words
from app.domain.prompts import Pick, Prompt
from app.domain.refusals import NotFound, Unfit
from app.words import N_

KEPT, WILL_DO, NOT_NEEDED = PROMISE_ANSWERS = ("kept", "will_do", "not_needed")
WAYS = ("mail", "sms", "whatsapp", "linkedin", "copy")
THEY_WROTE, ASK, NOTHING = "they_wrote", "ask", "nothing"
IN_TOUCH = (*WAYS, THEY_WROTE)
STEPS = (*IN_TOUCH, ASK, NOTHING)


class NoSuchAnswer(Unfit):
    message = N_("Please use one of the buttons.")


@dataclass(frozen=True)
class Answer:
    """What was said about one of the chosen: the promise, where they belong, and the next step and whether it is done.

    `step` is one of STEPS; without `done` it is still to do ("Not yet").
    """

    step: str
    done: bool = True
    promise: str = ""
    stage: str = ""


def answer(prompt: Prompt, contact_id: int, said: Answer, now: datetime) -> None:
    """Note what was said about one of the chosen; said again, the last word counts. All done, the prompt is done.

    What went out, or came in, resets the contact's clock.
    """
    if said.step not in STEPS or said.promise not in ("", *PROMISE_ANSWERS):
        raise NoSuchAnswer
    follow_ups.hold(prompt)
    pick = next((pick for pick in follow_ups.picks(prompt) if pick.contact_id == contact_id), None)
    if pick is None:
        raise NotFound
    if said.stage:
        contacts.move(pick.contact, said.stage)
    if said.promise and said.promise != pick.promise:
        _note_promise(pick, said.promise, now)
    went = said.done and said.step in WAYS
    pick.step, pick.done_at, pick.went_at = said.step, now if said.done else None, now if went else None
    if said.done and said.step in IN_TOUCH:
        contacts.touched(pick.contact, now)
    follow_ups.settle(prompt, now)


def _note_promise(pick: Pick, promise: str, now: datetime) -> None:
    about = (Note.contact_id == pick.contact_id, Note.kind == PROMISE)
    if promise == KEPT:
        session.execute(update(Note).where(*about, Note.kept_at.is_(None)).values(kept_at=now))
    elif pick.promise == KEPT:
        session.execute(update(Note).where(*about, Note.kept_at >= pick.prompt.created_at).values(kept_at=None))
    pick.promise = promise


@dataclass(frozen=True)
class Recall:
    """The owner's own words about one of the chosen: their lines, and the promises that are not kept yet."""

    lines: list[Words]
    promises: list[Words]
    may_ask: bool


def recall(pick: Pick) -> Recall:
    """Return the owner's own words, the newest first, and whether to offer to ask for an address (once for ever)."""
    others = select(Pick).where(Pick.contact_id == pick.contact_id, Pick.id != pick.id)
    earlier = session.scalars(others).all()
    settled = max((one.done_at for one in earlier if one.done_at and one.promise == NOT_NEEDED), default=None)
    words = contacts.notes(pick.contact)
    lines = [note for note in words if note.kind == LINE]
    promises = [note for note in words if note.kind == PROMISE and _is_open(note, pick, settled)]
    return Recall(lines, promises, may_ask=all(one.step != ASK for one in earlier))


def _is_open(note: Words, pick: Pick, settled: datetime | None) -> bool:
    if settled and note.written_at <= settled:
        return False
    return note.kept_at is None or (pick.promise == KEPT and note.kept_at >= pick.prompt.created_at)
