"""Who sends: the signed header by which a push service knows this installation (RFC 8292). Knows no table."""

import base64
import json
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app import keys

# A day is the most that services take: at half of it, a clock that is wrong by eleven hours either way still passes.
LIFE: Final = timedelta(hours=12)
KEPT: Final = timedelta(hours=1)


def public_key(key_id: str) -> str:
    """Return the public key that browsers subscribe with, as they take it: base64url of its 65 bytes."""
    point = keys.pair("push", key_id).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _text(point)


class Badge:
    """Makes the header, once an hour for each service and key; `contact` is who answers for what is sent."""

    def __init__(self, contact: str) -> None:
        self._contact = contact
        self._made: dict[tuple[str, str], tuple[datetime, str]] = {}

    def header(self, origin: str, key_id: str, now: datetime) -> str:
        """Return the Authorization header for one service, with claims of its own."""
        place = (origin, key_id)
        since, made = self._made.get(place, (None, ""))
        if since is None or not since <= now < since + KEPT:
            made = self._make(origin, key_id, now)
            self._made[place] = now, made
        return made

    def forget(self, origin: str) -> None:
        """Make it anew next time: the service did not like it."""
        self._made = {place: made for place, made in self._made.items() if place[0] != origin}

    def _make(self, origin: str, key_id: str, now: datetime) -> str:
        claims = {"aud": origin, "exp": int((now + LIFE).timestamp()), "sub": self._contact}
        signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
        r, s = decode_dss_signature(keys.pair("push", key_id).sign(signed.encode(), ECDSA(SHA256())))
        return f"vapid t={signed}.{_text(r.to_bytes(32) + s.to_bytes(32))}, k={public_key(key_id)}"


def contact(email: str, public_url: str) -> str:
    """Return the `sub` claim: an address somebody reads, else the installation's own; services refuse a local one."""
    host = email.rpartition("@")[2]
    if email.isascii() and "." in host and not any(sign in email for sign in ' <>",;:'):
        return f"mailto:{email}"
    return public_url


def _json(content: dict[str, object]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
