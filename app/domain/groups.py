"""Groups: who organises what, and who belongs. No group learns of another."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, String, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, session
from app.domain import cadence
from app.domain.people import EMAIL_LENGTH, NAME_LENGTH, Person, UnknownZone, line, normalised_email
from app.domain.refusals import NotFound, Refusal, Unfit
from app.words import N_

ORGANISER, MEMBER = "organiser", "member"


class Group(Base):
    """A networking group."""

    __tablename__ = "groups"
    __table_args__ = (CheckConstraint("name <> ''", name="named"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    time_zone: Mapped[str] = mapped_column(String(64))
    demo: Mapped[bool] = mapped_column(default=False)
    badge_names: Mapped[bool] = mapped_column(default=True)  # a scanned badge that nobody has claimed shows its name
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")  # whom to ask about what the group keeps
    contact_email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Base):
    """One person's belonging to one group, and as what."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('organiser', 'member')", name="role_known"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    host: Mapped[bool] = mapped_column(default=False)  # glad to introduce whoever is new
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_came_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # to a morning that has lost its names since


class MayNotStart(Refusal):
    status = 403
    message = N_("Starting a group here needs an invitation. Ask whoever runs this Marmalade.")


class OnlyForShow(Refusal):
    status = 403
    message = N_("This is a demonstration: only its own people come in, by flask sign-in-code.")


class NoGroupName(Unfit):
    message = N_("Please give the group a name.")


def start(person: Person, name: str, time_zone: str, now: datetime, open_to_all: bool = False) -> Group:
    """Start a group with this person as its organiser, if they were invited to or everyone may."""
    if not (open_to_all or person.may_start_groups):
        raise MayNotStart
    named = line(name, "name", NAME_LENGTH)
    if not named:
        raise NoGroupName("name")
    if not cadence.is_zone(time_zone):
        raise UnknownZone("time_zone")
    group = Group(name=named, time_zone=time_zone, created_at=now)
    session.add(group)
    session.flush()
    session.add(Membership(group_id=group.id, person_id=person.id, role=ORGANISER, joined_at=now))
    session.flush()
    return group


def name_contact(group: Group, name: str, email: str) -> None:
    """Say whom people may ask about what the group keeps of them; nothing typed takes it off."""
    named, address = line(name, "contact_name", NAME_LENGTH), email.strip()
    group.contact_email = normalised_email(address, "contact_email") if address else ""
    group.contact_name = named
    session.flush()


def belong(group_id: int, person_id: int, now: datetime) -> None:
    """Make this person a member of the group; whoever belongs already stays what they are."""
    if session.get(Membership, (group_id, person_id)) is None:
        # Two of their taps at once: the second finds that they belong already.
        with suppress(IntegrityError), session.begin_nested():
            session.add(Membership(group_id=group_id, person_id=person_id, role=MEMBER, joined_at=now))


def host(membership: Membership, glad: bool) -> None:
    """Note whether this member is glad to introduce newcomers."""
    membership.host = glad
    session.flush()


def of(person: Person) -> list[tuple[Group, Membership]]:
    """Return the groups this person belongs to, by name, each with how."""
    mine = select(Group, Membership).join(Membership, Membership.group_id == Group.id)
    rows = session.execute(mine.where(Membership.person_id == person.id).order_by(Group.name, Group.id))
    return [(group, membership) for group, membership in rows]


def organised_one(person: Person, group_id: int) -> Group:
    """Return the group if this person organises it; to everyone else it is not there."""
    group = session.scalar(_organised(person).where(Group.id == group_id))
    if group is None:
        raise NotFound
    return group


def organised_by(person: Person) -> list[Group]:
    """Return the groups this person organises, by name."""
    return list(session.scalars(_organised(person).order_by(Group.name, Group.id)))


def _organised(person: Person) -> Select[Group]:
    return (
        select(Group)
        .join(Membership, Membership.group_id == Group.id)
        .where(Membership.person_id == person.id, Membership.role == ORGANISER)
    )


def is_demonstration() -> bool:
    """Say whether this installation holds the demonstration: then no letter leaves it and nobody real comes in."""
    return session.scalar(select(exists().where(Group.demo))) or False


def anyone_real() -> bool:
    """Say whether there is a person here who was not made by the demo."""
    in_demo = exists().where(Membership.person_id == Person.id, Membership.group_id == Group.id, Group.demo)
    return session.scalar(select(exists().where(~in_demo, Person.id.is_not(None)))) or False
