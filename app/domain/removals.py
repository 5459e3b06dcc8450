"""Removals: addresses that asked never to be written to again, kept for ever as keyed hashes and nothing else."""

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from app import keys, tokens
from app.database import Base, UtcDateTime, session


class RemovedAddress(Base):
    """One address that is not written to; which one it was, nobody can read here."""

    __tablename__ = "removed_addresses"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(26), primary_key=True)
    removed_at: Mapped[datetime] = mapped_column(UtcDateTime)


def remove(email: str, now: datetime) -> None:
    """Write to this address never again, for whomever; twice is once."""
    if not is_removed(email):
        key_id = keys.current_id()
        session.add(RemovedAddress(key_id=key_id, digest=digest(email, key_id), removed_at=now))
        session.flush()


def is_removed(email: str) -> bool:
    """Say whether this address asked not to be written to."""
    return bool(among([email]))


def among(emails: list[str]) -> set[str]:
    """Return which of these addresses asked not to be written to: two queries, however many they are."""
    known = session.scalars(select(RemovedAddress.key_id).distinct()).all()
    under = {(key_id, digest(email, key_id)): email for key_id in known for email in emails}
    if not under:
        return set()
    named = RemovedAddress.digest.in_([digest for _key_id, digest in under])
    rows = session.execute(select(RemovedAddress.key_id, RemovedAddress.digest).where(named))
    return {under[row.key_id, row.digest] for row in rows if (row.key_id, row.digest) in under}


def digest(email: str, key_id: str) -> str:
    """Return a (normalised) address as 26 characters that only this installation can make (HMAC-SHA256, 128 bits)."""
    return tokens.derived("removal", key_id, email.lower())
