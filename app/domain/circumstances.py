"""Circumstances: what has to be known of deliveries before they go, asked once for all that are looked at together."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import select

from app.database import Prepared, among
from app.domain import attendance, bounces, devices, last_words, rations
from app.domain.deliveries import PUSH, Delivery
from app.domain.mentions import Mentions
from app.domain.rations import Lately


class Circumstances(NamedTuple):
    """Of some deliveries, by their numbers: which event has seen whom, whose letters are stopped at which address, what
    people were told of this week, which devices are living, whose kept words name whom a block parts, and what those
    say that are not worded yet.
    """

    there: set[tuple[int, int]]
    stopped: set[tuple[int, str | None]]
    lately: Lately
    living: set[int]
    parted: set[int]
    mentions: Mentions

    @classmethod
    def of(cls, deliveries: Sequence[Delivery], now: datetime) -> Self:
        """Ask for what these need; what none of them needs is not asked for."""
        asked = [delivery for delivery in deliveries if delivery.prompt is not None]
        people = list({delivery.prompt.person_id for delivery in asked if delivery.prompt})
        events = list({delivery.prompt.event_id for delivery in asked if delivery.prompt and delivery.prompt.event_id})
        phones = [delivery.device_id for delivery in deliveries if delivery.device_id]
        frozen = [delivery.id for delivery in asked if delivery.frozen is not None]
        unworded = [one.prompt for one in asked if one.prompt and one.frozen is None]
        writes = any(delivery.channel != PUSH for delivery in asked)
        return cls(
            attendance.there_among(events, people) if events else set(),
            bounces.stopped_among(people, now) if writes else set(),
            rations.lately(people, now) if people else {},
            devices.living_among(phones, now) if phones else set(),
            set(_PARTED({"these": frozen}).scalars()) if frozen else set(),
            Mentions.of(unworded, now),
        )


_PARTED = Prepared(select(Delivery.id).where(among(Delivery.id, "these"), last_words.names_whom_a_block_parts()))
