"""Devices: the browsers that somebody lets us send messages to, each bound to the session it was said in.

Whichever way that session ends, its device goes with it: who is signed out is sent nothing.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, and_, bindparam, delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import tokens
from app.database import Base, Prepared, UtcDateTime, among, session
from app.domain import endpoints, sessions
from app.domain.endpoints import Service
from app.domain.people import Person
from app.domain.refusals import Unfit
from app.domain.sessions import Session
from app.words import N_

POINT_BYTES: Final = 65
AUTH_BYTES: Final = 16
REFUSALS: Final = 3


class Subscription(NamedTuple):
    """What a browser hands out when it subscribes, read and found fit."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Device(Base):
    """One browser's subscription (RFC 8030, RFC 8291): where its messages go and the keys they are sealed with.

    `key_id` names the pair of ours that it believes (RFC 8292). `failures` in a row of the kind that no later try
    mends; after three it is switched off, until the browser subscribes anew.
    """

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(endpoints.LENGTH), unique=True)
    p256dh: Mapped[bytes] = mapped_column(LargeBinary(POINT_BYTES))
    auth: Mapped[bytes] = mapped_column(LargeBinary(AUTH_BYTES))
    key_id: Mapped[str] = mapped_column(String(16))
    hint: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_reason: Mapped[str] = mapped_column(String(200), default="")
    person: Mapped[Person] = relationship()
    session: Mapped[Session] = relationship()

    @property
    def subscription(self) -> Subscription:
        """Return what its messages are sent with."""
        return Subscription(self.endpoint, self.p256dh, self.auth)


class NotASubscription(Unfit):
    message = N_("This browser's answer didn't arrive whole. Reload the page and try once more.")


def read(endpoint: str, p256dh: str, auth: str, more: Iterable[Service] = ()) -> Subscription:
    """Read what a browser posted; raise NotAnEndpoint or NotASubscription where it could never be sent to."""
    endpoints.read(endpoint, more)
    point = _bytes(p256dh, POINT_BYTES, "p256dh")
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError as wrong:
        raise NotASubscription("p256dh") from wrong
    return Subscription(endpoint, point, _bytes(auth, AUTH_BYTES, "auth"))


def _bytes(written: str, length: int, field: str) -> bytes:
    try:
        found = base64.b64decode(written.rstrip("=") + "=" * (-len(written.rstrip("=")) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error) as wrong:
        raise NotASubscription(field) from wrong
    if len(found) != length:
        raise NotASubscription(field)
    return found


def keep(given: Subscription, holder: Session, key_id: str, hint: str, now: datetime) -> Device:
    """Keep a browser's subscription for whoever is signed in there; the same endpoint is one device.

    On a shared phone it moves to who posted it last, as new. Posted again by the same person it only says that it is
    still there, and is switched on again where the browser's keys are other ones.
    """
    device = find(given.endpoint)
    if device is None:
        device = _add(given, holder, key_id, hint, now)
    news = (given.p256dh, given.auth, key_id) != (device.p256dh, device.auth, device.key_id)
    if device.person_id != holder.person_id:
        device.person_id, device.created_at, news = holder.person_id, now, True
    if news:
        device.failures, device.disabled_at, device.disabled_reason = 0, None, ""
    device.session_id, device.seen_at, device.hint = holder.id, now, hint[:120]
    device.p256dh, device.auth, device.key_id = given.p256dh, given.auth, key_id
    session.flush()
    return device


def _add(given: Subscription, holder: Session, key_id: str, hint: str, now: datetime) -> Device:
    new = Device(
        person_id=holder.person_id,
        session_id=holder.id,
        endpoint=given.endpoint,
        p256dh=given.p256dh,
        auth=given.auth,
        key_id=key_id,
        hint=hint[:120],
        created_at=now,
        seen_at=now,
        failures=0,
        disabled_reason="",
    )
    try:
        with session.begin_nested():
            session.add(new)
    except IntegrityError:  # two tabs at once
        return session.scalars(select(Device).where(Device.endpoint == given.endpoint)).one()
    return new


def find(endpoint: str) -> Device | None:
    """Return the device with this endpoint, whoever's it is."""
    return session.scalar(select(Device).where(Device.endpoint == endpoint))


def forget(person: Person, endpoint: str) -> bool:
    """Send this person nothing more at this endpoint; say whether it was one of theirs."""
    if not (endpoint.isascii() and endpoint.isprintable()):  # no address of any push service, and no database's text
        return False
    gone = session.execute(delete(Device).where(Device.endpoint == endpoint, Device.person_id == person.id))
    return bool(gone.rowcount)  # type: ignore[attr-defined] # a DELETE always gives a CursorResult


def follow(cookie: str, after: Session) -> None:
    """Let the device of the session with this cookie go on under the one that replaces it, if it is the same person."""
    before = select(Session.id).where(Session.token_hash == tokens.digest(cookie))
    mine = (Device.session_id.in_(before), Device.person_id == after.person_id)
    session.execute(update(Device).where(*mine).values(session_id=after.id))


def mine(person: Person) -> list[Device]:
    """Return this person's devices, the latest first."""
    return list(session.scalars(select(Device).where(Device.person_id == person.id).order_by(Device.seen_at.desc())))


def living(now: datetime) -> ColumnElement[bool]:
    """The condition under which a device is sent messages: not switched off, and its session lasts."""
    signed_in = exists().where(Session.id == Device.session_id, sessions.lasts(now))
    return and_(Device.disabled_at.is_(None), signed_in)


def is_living(device: Device, now: datetime) -> bool:
    """Say whether this device is sent messages."""
    return device.id in living_among([device.id], now)


def living_among(device_ids: Sequence[int], now: datetime) -> set[int]:
    """Return which of these devices are sent messages."""
    asked = select(Device.id).where(among(Device.id, "these"), living(now))
    return set(session.scalars(asked, {"these": device_ids}))


def took(device_ids: Sequence[int], now: datetime) -> None:
    """Note that these devices' services took a message each. That says nothing of whether anybody saw it."""
    _TOOK({"these": device_ids, "took_at": now})


_TOOK = Prepared(
    update(Device).where(among(Device.id, "these")).values(ok_at=bindparam("took_at", type_=UtcDateTime), failures=0)
)


def gone(device_id: int) -> None:
    """Forget a device of which its service says that it is no more."""
    session.execute(delete(Device).where(Device.id == device_id))


def refused(device_id: int, reason: str, now: datetime) -> bool:
    """Count a refusal that no later try mends; switch the device off after three in a row, and say whether it was."""
    counted = update(Device).where(Device.id == device_id).values(failures=Device.failures + 1)
    session.execute(counted)
    off = update(Device).where(Device.id == device_id, Device.failures >= REFUSALS, Device.disabled_at.is_(None))
    switched = session.execute(off.values(disabled_at=now, disabled_reason=reason[:200]))
    return bool(switched.rowcount)  # type: ignore[attr-defined] # an UPDATE always gives a CursorResult
