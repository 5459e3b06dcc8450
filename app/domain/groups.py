"""Groups: who organises what, and who belongs. No group learns of another."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, String, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.database import Base, UtcDateTime, session
from app.domain import cadence
from app.domain.people import EMAIL_LENGTH, NAME_LENGTH, Person, UnknownZone, comparable, line, normalised_email
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
    """One person's belonging to one group, and as what. `made_by` made them an organiser, until they were told."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('organiser', 'member')", name="role_known"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    host: Mapped[bool] = mapped_column(default=False)  # glad to introduce whoever is new
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_came_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # to a morning that has lost its names since
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    group: Mapped[Group] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    made_by: Mapped[Person | None] = relationship(foreign_keys=made_by_id)


class MayNotStart(Refusal):
    status = 403
    message = N_("Starting a group here needs an invitation. Ask whoever runs this Marmalade.")


class OnlyForShow(Refusal):
    status = 403
    message = N_("This is a demonstration: only its own people come in, by flask sign-in-code.")


class LastOrganiser(Refusal):
    message = N_("Somebody has to run the group. Hand it to someone first.")


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


def join(gone: Membership, kept: Membership) -> None:
    """Let one of two belongings of one person to one group be as much as both are; the caller drops the other."""
    if gone.role == ORGANISER != kept.role:
        kept.role, kept.made_by_id = ORGANISER, gone.made_by_id
    kept.host = kept.host or gone.host
    kept.joined_at = min(kept.joined_at, gone.joined_at)
    kept.first_came_at = min(filter(None, (kept.first_came_at, gone.first_came_at)), default=None)
    session.flush()


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


def one_of(person: Person, group_id: int) -> Group:
    """Return a group that this person belongs to; to everyone else it is not there."""
    group = next((group for group, _how in of(person) if group.id == group_id), None)
    if group is None:
        raise NotFound
    return group


def belonging(group: Group) -> list[Membership]:
    """Return who belongs to the group, by name: one query, however many."""
    everyone = select(Membership).options(joinedload(Membership.person)).where(Membership.group_id == group.id)
    return sorted(session.scalars(everyone), key=lambda one: (comparable(one.person.name), one.person_id))


def appoint(group: Group, person_id: int, by: Person) -> None:
    """Make a member an organiser at once; they are told who did. Whoever is one already stays so."""
    membership = session.get(Membership, (group.id, person_id))
    if membership is None:
        raise NotFound
    if membership.role != ORGANISER:
        membership.role, membership.made_by_id = ORGANISER, by.id
        session.flush()


def dismiss(group: Group, person_id: int) -> None:
    """Let an organiser be a member like any other. Raises LastOrganiser for the only one left."""
    membership = session.get(Membership, (group.id, person_id))
    if membership is None or membership.role != ORGANISER:
        raise NotFound
    _must_leave_another(group, person_id)
    membership.role, membership.made_by_id = MEMBER, None
    session.flush()


def end(group: Group, person: Person) -> None:
    """End a membership. Raises LastOrganiser if nobody else organises the group."""
    membership = session.get(Membership, (group.id, person.id))
    if membership is None:
        raise NotFound
    if membership.role == ORGANISER:
        _must_leave_another(group, person.id)
    session.delete(membership)
    session.flush()


def _must_leave_another(group: Group, person_id: int) -> None:
    # The group's row is held to the end: of two organisers who go at once, the second finds that they are the last.
    session.execute(select(Group.id).where(Group.id == group.id).with_for_update())
    others = (Membership.group_id == group.id, Membership.role == ORGANISER, Membership.person_id != person_id)
    if not session.scalar(select(exists().where(*others))):
        raise LastOrganiser


def news(person: Person) -> list[Membership]:
    """Return the memberships in which somebody made this person an organiser and they haven't been told yet."""
    untold = (Membership.person_id == person.id, Membership.made_by_id.is_not(None))
    with_all = (joinedload(Membership.group), joinedload(Membership.made_by))
    return list(session.scalars(select(Membership).options(*with_all).where(*untold).order_by(Membership.group_id)))


def heard(person: Person, group_id: int) -> None:
    """Note that this person has read that they were made an organiser; twice is once."""
    mine = (Membership.person_id == person.id, Membership.group_id == group_id)
    session.execute(update(Membership).where(*mine).values(made_by_id=None))


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
