"""The keyring: one master secret per key id, and a key for each purpose derived from it. Knows no table."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32

_masters: dict[str, bytes] = {}
_derived: dict[tuple[str, str], bytes] = {}


class UnknownKey(LookupError):
    """A row names a key that this installation does not hold."""


def load(masters: dict[str, bytes]) -> None:
    """Take the masters by key id, oldest first; the last one seals and signs, the others still open."""
    if not masters or any(len(master) < MASTER_BYTES for master in masters.values()):
        raise ValueError("Every key needs at least 32 bytes.")
    _masters.clear()
    _masters.update(masters)
    _derived.clear()


def current_id() -> str:
    """Return the id of the key that seals and signs today."""
    return next(reversed(_masters))


def ids() -> list[str]:
    """Return the id of every key that this installation holds, oldest first."""
    return list(_masters)


def derive(purpose: str, key_id: str) -> bytes:
    """Return the 32-byte key of one purpose under one master (HKDF-SHA256, RFC 5869)."""
    if key_id not in _masters:
        raise UnknownKey(key_id)
    place = (purpose, key_id)
    if place not in _derived:
        hkdf = HKDF(SHA256(), length=32, salt=None, info=b"marmalade/" + purpose.encode())
        _derived[place] = hkdf.derive(_masters[key_id])
    return _derived[place]
