"""Makes and checks the strings that stand in addresses and cookies. Knows no table and no request."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from app import keys

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("OIL", "011")


def secret() -> str:
    """Return a new URL-safe secret of 256 bits, for cookies."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return the SHA-256 under which a secret is stored and found; the secret itself is never kept."""
    return hashlib.sha256(token.encode()).digest()


def derived(purpose: str, key_id: str, subject: str) -> str:
    """Return the token of a subject: 128 bits of HMAC-SHA256 as 26 lower-case base32 characters (RFC 4648 §6)."""
    mac = hmac.digest(keys.derive(purpose, key_id), subject.encode(), "sha256")[:16]
    return base64.b32encode(mac).decode().rstrip("=").lower()


def digits(purpose: str, key_id: str, subject: str, length: int = 6) -> str:
    """Return the decimal code of a subject, so that it need not be stored (HMAC-SHA256, 64 bits, modulo 10^length)."""
    mac = hmac.digest(keys.derive(purpose, key_id), subject.encode(), "sha256")
    return f"{int.from_bytes(mac[:8]) % 10**length:0{length}d}"


def short_code(length: int = 8) -> str:
    """Return a random code a person can type: Crockford base32, 5 bits a character."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))


def typed(code: str) -> str:
    """Read a typed short code as it was meant: any case, O as 0, I and L as 1, whatever else is in between ignored."""
    return "".join(c for c in code.upper().translate(_LOOKALIKES) if c in CROCKFORD)


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def sign(purpose: str, content: dict[str, Any]) -> str:
    """Return the content as a token that only this installation can make and only this purpose accepts."""
    key_id = keys.current_id()
    body = _pack(json.dumps({**content, "k": key_id}, separators=(",", ":"), sort_keys=True).encode())
    return f"{body}.{_pack(_mac(purpose, key_id, body))}"


def signed(purpose: str, token: str) -> dict[str, Any] | None:
    """Return the content of a token signed for this purpose, or None if it is forged, broken or for another purpose."""
    body, _, mac = token.partition(".")
    try:
        content: dict[str, Any] = json.loads(_unpack(body))
        expected = _mac(purpose, str(content["k"]), body)
        genuine = hmac.compare_digest(_unpack(mac), expected)
    except (ValueError, KeyError, TypeError, keys.UnknownKey):
        return None
    return content if genuine else None


def _mac(purpose: str, key_id: str, body: str) -> bytes:
    return hmac.digest(keys.derive(purpose, key_id), body.encode(), "sha256")[:16]


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
