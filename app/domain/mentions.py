"""Mentions: what letters and messages say of what else their readers have, asked once for all worded together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import select

from app.database import Prepared, among, unindexed
from app.domain import acquaintances, prompts
from app.domain.deliveries import CLAIMED, PUSH, WAITING, Delivery
from app.domain.prompts import ABOUT_EVENTS, FOLLOW_UP, OPEN, Prompt


class Mentions(NamedTuple):
    """Of some prompts: what those are called whom somebody met at an event, which others wait for the same person, and
    how many about breakfasts are still to be told to that person by message.
    """

    met: Mapping[tuple[int, int], Sequence[str]]
    waiting: Mapping[int, Sequence[Prompt]]
    untold: Mapping[int, int]

    @classmethod
    def of(cls, asked: Sequence[Prompt], now: datetime, messages: Sequence[Prompt] = ()) -> Self:
        """Ask for what is said of these; `messages` are those of them that are told by message."""
        if not asked:
            return cls({}, {}, {})
        met = [(one.person_id, one.event_id) for one in asked if one.kind == FOLLOW_UP and one.event_id]
        names = acquaintances.first_names_among(met) if met else {}
        return cls(names, prompts.waiting_besides(asked, now), _untold(messages))

    def met_at(self, prompt: Prompt) -> Sequence[str]:
        """Return what those are called whom the prompt's person met at its event."""
        return self.met.get((prompt.person_id, prompt.event_id or 0), ())


def _untold(asked: Sequence[Prompt]) -> dict[int, int]:
    """Return, by their numbers, how many other prompts about breakfasts wait to be told to the same person so."""
    told_of = {prompt.id: prompt.person_id for prompt in asked if prompt.kind in ABOUT_EVENTS}
    waiting: dict[int, set[int]] = {person: set() for person in told_of.values()}
    for row in _UNTOLD({"people": list(waiting)}) if waiting else ():
        waiting[row.person_id].add(row.id)
    return {number: len(waiting[person] - {number}) for number, person in told_of.items()}


# By the person, and then by the prompt: all else is true of very many where it is true of these.
_UNTOLD = Prepared(
    select(Prompt.person_id, Prompt.id)
    .join(Delivery, Delivery.prompt_id == Prompt.id)
    .where(
        among(Prompt.person_id, "people"),
        unindexed(Prompt.state) == OPEN,
        unindexed(Prompt.kind).in_(ABOUT_EVENTS),
        Prompt.round == Delivery.round,
        unindexed(Delivery.channel) == PUSH,
        unindexed(Delivery.state).in_((WAITING, CLAIMED)),
    )
)
