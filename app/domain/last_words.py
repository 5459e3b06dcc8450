"""Last words: the conditions, for a delivery whose dot is about to go, under which it is still wanted."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, or_, select, true

from app.database import UtcDateTime, unindexed
from app.domain import notices, prompts, quiet_modes
from app.domain.blocks import Block
from app.domain.deliveries import MAIL, PUSH, Delivery
from app.domain.devices import Device
from app.domain.encounters import Encounter
from app.domain.events import Event
from app.domain.notices import Notice
from app.domain.people import Person
from app.domain.prompts import AGREEMENT, OPEN, Prompt
from app.domain.sessions import SignInCode


def names_whom_a_block_parts() -> ColumnElement[bool]:
    """The condition that a letter whose words are kept may name someone who was blocked, or has blocked, since then."""
    blocker, blocked = Block.blocker_id, Block.blocked_id
    # Asked of each block of theirs, of which there are few, and not of each encounter of the event.
    met_there = (
        select(true())
        .where(
            Encounter.event_id == Prompt.event_id,
            Encounter.low_id == case((blocker < blocked, blocker), else_=blocked),
            Encounter.high_id == case((blocker < blocked, blocked), else_=blocker),
        )
        .correlate(Prompt, Block)
        .scalar_subquery()
    )
    since_then = (Prompt.id == Delivery.prompt_id, Block.created_at >= Delivery.created_at)
    theirs = or_(blocker == Prompt.person_id, blocked == Prompt.person_id)
    return and_(Delivery.frozen.is_not(None), exists().where(*since_then, theirs, met_there))


def _one(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Be true where there is the one row of which all of this is true."""
    return select(true()).where(*where).correlate(Delivery).scalar_subquery()


def _open_prompt(channel: str, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Be true where what the delivery tells of is still open, this time round, and wanted on the channel."""
    return (
        select(true())
        .select_from(Prompt)
        .join(Person, Person.id == Prompt.person_id)
        .outerjoin(Event, Event.id == Prompt.event_id)
        .where(
            Prompt.id == Delivery.prompt_id,
            unindexed(Prompt.state) == OPEN,
            Prompt.round == Delivery.round,
            ~prompts.is_muted(channel),
            Event.cancelled_at.is_(None),
            or_(Prompt.kind == AGREEMENT, quiet_modes.is_off(bindparam("still_at", type_=UtcDateTime))),
            *also,
        )
        .correlate(Delivery)
        .scalar_subquery()
    )


def _reader_of(what: type[Prompt] | type[Notice], number: Any) -> Any:
    return select(what.person_id).where(what.id == number).correlate(Delivery).scalar_subquery()


# Each asks for one row by its number. PostgreSQL would answer EXISTS, and IN, for all there are, for every letter anew.
STILL_WANTED = or_(
    _one(SignInCode.id == Delivery.code_id, SignInCode.used_at.is_(None)),
    notices.wanted()
    .with_only_columns(true())
    .where(Notice.id == Delivery.notice_id, notices.deliverable_to() == Delivery.recipient)
    .correlate(Delivery)
    .scalar_subquery(),
    _open_prompt(MAIL, Person.mail_prompts.is_(True), Person.email == Delivery.recipient) & ~names_whom_a_block_parts(),
)


# A device goes with its session: who has signed out is sent nothing, and neither is whoever had this phone before.
MESSAGE_STILL_WANTED = and_(
    _one(
        Device.id == Delivery.device_id,
        Device.disabled_at.is_(None),
        or_(
            Device.person_id == _reader_of(Prompt, Delivery.prompt_id),
            Device.person_id == _reader_of(Notice, Delivery.notice_id),
        ),
    ),
    or_(Delivery.notice_id.is_not(None), _open_prompt(PUSH)),
    ~names_whom_a_block_parts(),
)
