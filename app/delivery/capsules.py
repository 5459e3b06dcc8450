"""Seals a message for one browser, so that the push service carries what it cannot read (RFC 8291, RFC 8188)."""

import hmac
import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD: Final = 4096
LARGEST: Final = 3993  # so that header, padding mark and tag make one record that every service takes (RFC 8291 §4)
_LAST_RECORD: Final = b"\x02"


class TooLong(ValueError):
    """The message does not fit into one record."""


def seal(message: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """Return the body of a request: `aes128gcm`, with a key pair and a salt of its own each time.

    `p256dh` is the browser's public point (65 bytes), `auth` its secret (16 bytes). Raises TooLong.
    """
    if len(message) > LARGEST:
        raise TooLong(len(message))
    browser = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), p256dh)
    ours, salt = generate_private_key(SECP256R1()), os.urandom(16)
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = _expanded(ours.exchange(ECDH(), browser), auth, b"WebPush: info\0" + p256dh + point, 32)
    key = _expanded(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expanded(shared, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4) + len(point).to_bytes(1) + point
    return header + AESGCM(key).encrypt(nonce, message + _LAST_RECORD, None)


def _expanded(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) for at most 32 bytes, which are one block: the library's takes three times as long."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")[:length]
