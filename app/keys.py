"""The keyring: one master secret per key id, and a key for each purpose derived from it. Knows no table."""

from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, §2.4.2

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
    pair.cache_clear()


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


@cache
def pair(purpose: str, key_id: str) -> EllipticCurvePrivateKey:
    """Return the P-256 key pair of one purpose under one master, the same as long as that master is kept.

    Made with the master at the first start, and in its backup: nothing else is written down. 384 bits modulo the order
    are uniform to 2^-128 (FIPS 186-5 §A.2.1).
    """
    seed = derive(f"{purpose}/high", key_id) + derive(f"{purpose}/low", key_id)[:16]
    return derive_private_key(int.from_bytes(seed) % (_P256_ORDER - 1) + 1, SECP256R1())
