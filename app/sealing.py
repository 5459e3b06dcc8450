"""Seals the words that nobody but their writer may read. Knows neither who wrote them nor where they are kept."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app import keys

NONCE_BYTES = 12


class SealBroken(ValueError):
    """The sealed bytes were changed, or belong to another place."""


def seal(text: str, place: str) -> tuple[str, bytes]:
    """Encrypt a text for one place (table and owner); return the key id and nonce + ciphertext.

    AES-256-GCM, NIST SP 800-38D, with a random 96-bit nonce; the place is authenticated, so that bytes copied
    to another row do not open there.
    """
    return seal_bytes(text.encode(), place)


def seal_bytes(content: bytes, place: str) -> tuple[str, bytes]:
    """Encrypt what is no text, as `seal` does."""
    key_id = keys.current_id()
    nonce = secrets.token_bytes(NONCE_BYTES)
    return key_id, nonce + AESGCM(keys.derive("notes", key_id)).encrypt(nonce, content, place.encode())


def unseal(key_id: str, sealed: bytes, place: str) -> str:
    """Return the text sealed for this place; raise SealBroken if the bytes are not what was sealed here."""
    return unseal_bytes(key_id, sealed, place).decode()


def unseal_bytes(key_id: str, sealed: bytes, place: str) -> bytes:
    """Return the bytes sealed for this place, as `unseal` does."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(keys.derive("notes", key_id)).decrypt(nonce, body, place.encode())
    except InvalidTag as broken:
        raise SealBroken(place) from broken
