"""Address books: one's own people as a table and as vCards, what one may see and what one wrote. Knows no file."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select

from app.database import session
from app.domain import cards, contacts, occasions, searches, spreadsheets, vcards
from app.domain.contacts import LINE, PROMISE, Words
from app.domain.occasions import Meeting
from app.domain.people import Person
from app.domain.prompts import Pick, Prompt

CSV: Final = "text/csv"
BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel reads Siân as SiÃ¢n
HEADINGS: Final = (
    "First name", "Last name", "E-mail", "Company", "Role", "Met on", "Event", "Note", "Promise", "Stage", "Next step",
)  # fmt: skip
STAGES: Final = {contacts.NEW: "New", contacts.KEEPING_UP: "Keeping up", contacts.WIDE_CIRCLE: "Wide circle"}


def table(owner: Person) -> str:
    """Return the people the owner met as CSV (RFC 4180), a row a meeting, the newest first: as many queries for many.

    What was noted about no meeting in particular stands in the newest one's row. A cell that a spreadsheet would take
    for a formula begins with '.
    """
    text = io.StringIO(newline="")
    written = csv.writer(text, lineterminator="\r\n")
    written.writerow(HEADINGS)
    met = [meeting for occasion in occasions.of(owner) for meeting in occasion.meetings]
    words, steps = contacts.notes_of([meeting.contact for meeting in met]), _next_steps(owner)
    told: set[int] = set()
    for meeting in met:
        contact_id, about = meeting.contact.id, {meeting.encounter.id}
        of_it = [w for w in words[contact_id] if (w.encounter.id in about if w.encounter else contact_id not in told)]
        told.add(contact_id)
        written.writerow(spreadsheets.guarded(cell) for cell in _cells(meeting, of_it, steps.get(contact_id, "")))
    return BYTE_ORDER_MARK + text.getvalue()


def _cells(meeting: Meeting, words: Sequence[Words], step: str) -> Iterator[str]:
    contact, encounter = meeting.contact, meeting.encounter
    seen = contacts.shown(contact)
    family, given = vcards.parts(contact.other.name)
    yield from (given, family, seen.get("email", ""), seen.get("company", ""), seen.get("role", ""))
    yield from (encounter.day.isoformat(), encounter.event.name if encounter.event else "")
    yield from ("\n".join(word.text for word in words if word.kind == kind) for kind in (LINE, PROMISE))
    yield from (STAGES[contact.stage], step)


def _next_steps(owner: Person) -> dict[int, str]:
    rows = session.execute(
        select(Pick.contact_id, Pick.step)
        .join(Prompt, Prompt.id == Pick.prompt_id)
        .where(Prompt.person_id == owner.id, Pick.step != "")
        .order_by(Pick.id)
    )
    return {contact_id: step.replace("_", " ") for contact_id, step in rows}


def vcf(owner: Person) -> str:
    """Return everyone the owner met as vCards 3.0 in one file, each as far as it is open; nothing the owner wrote."""
    met = [found.meeting.contact for found in searches.everyone(occasions.of(owner))]
    return "".join(cards.vcard(contact.card, contacts.level(contact)) for contact in met if contact.card)
