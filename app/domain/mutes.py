"""Mutes: what somebody doesn't want to hear of, by channel, and by kind or group. Knows no letter and no prompt.

Nothing is muted to begin with. Sign-in codes know no mutes.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint, delete, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, session
from app.domain.groups import Group
from app.domain.people import Person

MAIL, PUSH = CHANNELS = ("mail", "push")
FOLLOW_UPS, ONE_TO_ONES, BEFORE = KINDS = ("follow_ups", "one_to_ones", "before")


class Mute(Base):
    """One thing that one person wants no word of on one channel: a kind, or all of one group."""

    __tablename__ = "mutes"
    __table_args__ = (
        UniqueConstraint("person_id", "channel", "kind"),
        UniqueConstraint("person_id", "channel", "group_id"),
        CheckConstraint(f"channel IN {CHANNELS}", name="channel_known"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint("(kind IS NULL) <> (group_id IS NULL)", name="of_one_thing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str | None] = mapped_column(String(16))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    group: Mapped[Group | None] = relationship()


def of(person: Person, channel: str) -> tuple[set[str], set[int]]:
    """Return the kinds and the groups that this person has muted on a channel."""
    rows = session.execute(
        select(Mute.kind, Mute.group_id).where(Mute.person_id == person.id, Mute.channel == channel)
    ).all()
    return {kind for kind, _group in rows if kind}, {group_id for _kind, group_id in rows if group_id}


def put(person: Person, channel: str, kinds: Collection[str], group_ids: Collection[int]) -> None:
    """Let exactly these kinds and groups be muted on a channel."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())  # two taps take their turns
    session.execute(delete(Mute).where(Mute.person_id == person.id, Mute.channel == channel))
    session.add_all(Mute(person_id=person.id, channel=channel, kind=kind) for kind in set(kinds))
    session.add_all(Mute(person_id=person.id, channel=channel, group_id=group_id) for group_id in set(group_ids))
    session.flush()


def about(channel: str, person_id: Any, kind: Any, group_id: Any) -> ColumnElement[bool]:
    """Return the condition of a query under which a person has muted this kind, or this group, on a channel."""
    named = or_(Mute.kind == kind, Mute.group_id == group_id)
    return exists().where(Mute.person_id == person_id, Mute.channel == channel, named)
