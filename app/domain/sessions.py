"""Sessions and sign-in codes: who is at the other end of a cookie. There are no passwords."""

from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    Select,
    String,
    and_,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app import keys, tokens
from app.database import Base, UtcDateTime, session
from app.domain import limits
from app.domain.people import EMAIL_LENGTH, Person
from app.domain.refusals import Refusal, Unfit
from app.words import N_

# How long a session lasts without a visit, and how long however often it is used.
IDLE, LIFE = timedelta(days=180), timedelta(days=400)
GUESSES_A_DAY = 10
SEEN_EVERY = timedelta(days=1)
CODE_LIFE = timedelta(minutes=10)
CODES_AN_HOUR = 3
TRIES = 5


class Session(Base):
    """One signed-in browser, keyed by the SHA-256 of its cookie."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()


class SignInCode(Base):
    """A six-digit code on its way: recomputed from this row and a key outside the database, never stored.

    It works only in the browser whose nonce cookie asked for it. `person` is the guest who confirms an address.
    `by_operator`: made in the shell, single use, no letter.
    """

    __tablename__ = "sign_in_codes"
    __table_args__ = (
        CheckConstraint("email IS NOT NULL OR person_id IS NOT NULL", name="for_someone"),
        CheckConstraint(f"tries BETWEEN 0 AND {TRIES}", name="few_tries"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str] = mapped_column(String(43))
    key_id: Mapped[str] = mapped_column(String(16))
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    nonce_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    by_operator: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person: Mapped[Person | None] = relationship()

    @property
    def digits(self) -> str:
        """Return the six digits, from the row and the key."""
        return tokens.digits("sign-in", self.key_id, f"{self.id}|{self.salt}")


class TooManyCodes(Refusal):
    status = 429
    message = N_(
        "We've sent three codes to this address within the hour. The last one still works, or try again later."
    )


class WrongCode(Unfit):
    message = N_("That isn't the code we sent here. Check the newest letter, or ask for a new code.")


class CodeGone(Unfit):
    message = N_("That code has run out. Ask for a new one; it takes a few seconds.")


def start(person: Person, device: str, now: datetime) -> tuple[Session, str]:
    """Begin a session for this person; return its row and the cookie, which is kept nowhere."""
    cookie = tokens.secret()
    row = Session(
        token_hash=tokens.digest(cookie), person=person, device=device[:120], created_at=now, last_seen_at=now
    )
    session.add(row)
    session.flush()
    return row, cookie


def find(cookie: str, now: datetime) -> Session | None:
    """Return the living session of this cookie with its person, in one query; None if it ended or ran out.

    It runs out after 180 days without a visit, and after 400 days however often it was used (ASVS 7.3.1, 7.3.2).
    """
    row = session.scalar(_WITH_PERSON, {"cookie_hash": tokens.digest(cookie)})
    return row if row and row.last_seen_at + IDLE > now and row.created_at + LIFE > now else None


# Every request of somebody signed in asks this: it is put together once.
_WITH_PERSON = select(Session).options(joinedload(Session.person)).where(Session.token_hash == bindparam("cookie_hash"))


def seen(row: Session, now: datetime) -> bool:
    """Note the visit, at most once a day; say whether there was anything to note."""
    if row.last_seen_at + SEEN_EVERY > now:
        return False
    session.execute(update(Session).where(Session.id == row.id).values(last_seen_at=now))
    return True


def lasts(now: datetime) -> ColumnElement[bool]:
    """The condition under which a session has neither run out nor grown too old, as `find` has it."""
    return and_(Session.last_seen_at > now - IDLE, Session.created_at > now - LIFE)


def seen_since(instant: datetime) -> Select[int]:
    """Return, for a query, the people who were seen in some browser since this instant."""
    return select(Session.person_id).where(Session.last_seen_at >= instant)


def mine(person: Person) -> list[Session]:
    """Return this person's sessions, the latest first."""
    return list(
        session.scalars(select(Session).where(Session.person_id == person.id).order_by(Session.last_seen_at.desc()))
    )


def end(person: Person, session_id: int) -> bool:
    """End one of this person's own sessions at once; say whether there was one."""
    ended = session.execute(delete(Session).where(Session.id == session_id, Session.person_id == person.id))
    return bool(ended.rowcount)  # type: ignore[attr-defined] # a DELETE always gives a CursorResult


def leave(cookie: str) -> None:
    """End the session of this cookie, if there is one."""
    session.execute(delete(Session).where(Session.token_hash == tokens.digest(cookie)))


def end_all(person: Person, but: int | None = None) -> int:
    """End this person's sessions at once, all but the one with this id, and their open codes; return how many ended."""
    session.execute(delete(SignInCode).where(SignInCode.person_id == person.id, SignInCode.used_at.is_(None)))
    ended = session.execute(delete(Session).where(Session.person_id == person.id, Session.id != (but or 0)))
    return int(ended.rowcount)  # type: ignore[attr-defined] # a DELETE always gives a CursorResult


def ask_code(email: str, nonce: str, now: datetime, person: Person | None = None) -> SignInCode:
    """Make a code for a (normalised) address, good in the browser with this nonce; at most three an hour an address.

    An older code asked for from the same browser stops working.
    """
    recent = session.scalar(
        select(func.count()).where(SignInCode.email == email, SignInCode.created_at > now - timedelta(hours=1))
    )
    if recent is not None and recent >= CODES_AN_HOUR:
        raise TooManyCodes
    nonce_hash = tokens.digest(nonce)
    session.execute(
        update(SignInCode).where(SignInCode.nonce_hash == nonce_hash, SignInCode.used_at.is_(None)).values(tries=TRIES)
    )
    return _add(SignInCode(email=email, person_id=person and person.id, nonce_hash=nonce_hash, created_at=now))


def shell_code(person: Person, now: datetime) -> SignInCode:
    """Make a code for whom the operator lets in: typed with the address in any browser, once, for ten minutes."""
    return _add(SignInCode(email=person.email, person_id=person.id, by_operator=True, created_at=now))


def _add(code: SignInCode) -> SignInCode:
    code.salt, code.key_id = tokens.secret(), keys.current_id()
    session.add(code)
    session.flush()
    return code


def redeem(typed: str, email: str, nonce: str, now: datetime) -> SignInCode:
    """Use up the code typed for this address in the browser with this nonce, and return its row.

    Every wrong try counts against the newest code; after five it is dead. After many wrong tries a day at one address
    each further one ends its codes: with three codes an hour that makes fewer than 100 guesses in a million a day.
    Raises WrongCode or CodeGone; the caller commits in both cases, so that the try is counted.
    """
    usable = (
        SignInCode.email == email,
        (SignInCode.nonce_hash == tokens.digest(nonce)) | SignInCode.by_operator,
        SignInCode.used_at.is_(None),
        SignInCode.tries < TRIES,
        SignInCode.created_at > now - CODE_LIFE,
    )
    codes = session.scalars(select(SignInCode).where(*usable).order_by(SignInCode.id.desc())).all()
    if not codes:
        raise CodeGone("code")
    digits = "".join(str(int(c)) for c in typed if c.isdecimal())
    for code in codes:
        # Counting and using are one conditional UPDATE each, so that two at once cannot both win.
        right = tokens.same(code.digits, digits)
        change = {"used_at": now} if right else {"tries": SignInCode.tries + 1}
        won = session.execute(update(SignInCode).where(SignInCode.id == code.id, *usable).values(change))
        if right and won.rowcount:  # type: ignore[attr-defined] # an UPDATE always gives a CursorResult
            return code
    if not limits.use(f"guess/{tokens.digest(email).hex()}", GUESSES_A_DAY, timedelta(days=1), now):
        session.execute(update(SignInCode).where(*usable).values(tries=TRIES))
    raise WrongCode("code")


def asked(nonce: str, now: datetime) -> SignInCode | None:
    """Return the latest code that the browser with this nonce asked for and did not use yet."""
    return _latest(nonce, SignInCode.used_at.is_(None), SignInCode.created_at > now - CODE_LIFE)


def proved(nonce: str, now: datetime) -> str | None:
    """Return the address that this browser proved with a code in the last ten minutes."""
    code = _latest(nonce, SignInCode.used_at > now - CODE_LIFE)
    return code.email if code else None


def _latest(nonce: str, *conditions: ColumnElement[bool]) -> SignInCode | None:
    mine = select(SignInCode).where(SignInCode.nonce_hash == tokens.digest(nonce), *conditions)
    return session.scalar(mine.order_by(SignInCode.id.desc()).limit(1))


def forget_codes(before: datetime) -> None:
    """Drop the codes made before this instant."""
    session.execute(delete(SignInCode).where(SignInCode.created_at < before))
