"""Mentions: what letters and messages say of what else their readers have, asked once for all worded together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import joinedload

from app.database import Prepared, among, is_one_of, is_there, session, unindexed
from app.domain import acquaintances, prompts
from app.domain.deliveries import CLAIMED, PUSH, WAITING, Delivery
from app.domain.prompts import ABOUT_EVENTS, FOLLOW_UP, OPEN, Prompt


class Mentions(NamedTuple):
    """Of some prompts: what those are called whom somebody met at an event; and by the number of each, which others
    wait for its person, the latest first, and how many of those about breakfasts are still to be told by message.
    """

    met: Mapping[tuple[int, int], Sequence[str]]
    waiting: Mapping[int, Sequence[Prompt]]
    untold: Mapping[int, int]

    @classmethod
    def of(cls, asked: Sequence[Prompt], now: datetime) -> Self:
        """Ask for what is said of these."""
        if not asked:
            return cls({}, {}, {})
        met = [(one.person_id, one.event_id) for one in asked if one.kind == FOLLOW_UP and one.event_id]
        names = acquaintances.first_names_among(met) if met else {}
        due = _due_besides(asked, now)
        untold = {one.id: sum(due[one.id].values()) for one in asked if one.kind in ABOUT_EVENTS}
        return cls(names, _waiting(due, now), untold)

    def met_at(self, prompt: Prompt) -> Sequence[str]:
        """Return what those are called whom the prompt's person met at its event."""
        return self.met.get((prompt.person_id, prompt.event_id or 0), ())


Due = Mapping[int, Mapping[int, bool]]


def _due_besides(asked: Sequence[Prompt], now: datetime) -> Due:
    """Return, by their numbers, the other prompts due to the same person, and whether a message still tells of them."""
    due: dict[int, dict[int, bool]] = {prompt.person_id: {} for prompt in asked}
    for row in _DUE({"people": list(due), "now": now}).all():
        due[row.person_id][row.id] = bool(row.untold)
    return {
        prompt.id: {number: untold for number, untold in due[prompt.person_id].items() if number != prompt.id}
        for prompt in asked
    }


_UNTOLD = is_there(
    Delivery.prompt_id == Prompt.id,
    Delivery.round == Prompt.round,
    unindexed(Delivery.channel) == PUSH,
    unindexed(Delivery.state).in_((WAITING, CLAIMED)),
)
_DUE = Prepared(
    select(Prompt.person_id, Prompt.id, and_(is_one_of(Prompt.kind, *ABOUT_EVENTS), _UNTOLD).label("untold")).where(
        among(Prompt.person_id, "people"), Prompt.state == OPEN, Prompt.due_at <= bindparam("now")
    )
)


def _waiting(due: Due, now: datetime) -> dict[int, list[Prompt]]:
    others = {number for theirs in due.values() for number in theirs}
    if not others:  # mostly there are none, and then it need not be asked whether a 1-2-1 fits anybody
        return {number: [] for number in due}
    known = select(Prompt).options(joinedload(Prompt.event)).where(among(Prompt.id, "others"), prompts.is_waiting(now))
    waiting = session.scalars(known.order_by(Prompt.due_at.desc(), Prompt.id), {"others": list(others)}).all()
    return {number: [other for other in waiting if other.id in theirs] for number, theirs in due.items()}
