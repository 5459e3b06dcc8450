"""Locked rosters: an event's names for a phone without a network, each opened by its owner's code and by nothing else.

Pure: who is on it stands in `nameplates`. docs/locked-roster.md is the specification; its vectors are in
tests/vectors/locked-roster.json.
"""

import base64
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app import keys, tokens

FORMAT = 1
SALT = b"marmalade locked roster 1"
FIND_BYTES, KEY_BYTES, TAG_BYTES, ID_BYTES = 6, 16, 12, 5
NONCE = bytes(12)
FIRM_AND_NAME = 44  # bytes: a firm has what its name leaves of them, so that three hundred people fit into 30 kB
LONGEST_NAME = 400


class Plate(NamedTuple):
    """What a code shows of one person: name, firm, public id. `also` are other codes that lead to the same."""

    token: str
    name: str
    firm: str
    public_id: bytes
    also: tuple[str, ...] = ()


class Sealed(NamedTuple):
    """A roster as it is sent: its version, the sealed plates, and the other codes' ways to them; the latter base64."""

    version: str
    plates: str
    ways: str


class Opening(NamedTuple):
    """What one code is good for in one version: where its plate is found, and the key that opens it."""

    find: bytes
    key: bytes


def version(event_code: str, plates: Sequence[Plate]) -> str:
    """Name this content: the same again for the same, another for any change, so that no key ever seals two texts."""
    rows = ["\0".join((plate.token, *plate.also, text(plate).hex())) for plate in sorted(plates)]
    return tokens.derived("roster", keys.current_id(), "\n".join((event_code, *rows)))


def seal(event_code: str, plates: Sequence[Plate], named: str | None = None) -> Sealed:
    """Seal every plate under its own code; `named` is the version where it is known already."""
    named = named or version(event_code, plates)
    opened = sorted((opening(plate.token, event_code, named), plate) for plate in plates)
    ways = []
    for number, (own, plate) in enumerate(opened):
        for other in plate.also:
            way = opening(other, event_code, named)
            masked = bytes(a ^ b for a, b in zip(way.key, own.key, strict=True))
            ways.append(way.find + masked + number.to_bytes(2))
    return Sealed(named, _packed(_plate(own, plate) for own, plate in opened), _packed(sorted(ways)))


def opening(token: str, event_code: str, version: str) -> Opening:
    """Derive where a token's plate is found and its key (HKDF-SHA256, RFC 5869), for one event and version only."""
    size = FIND_BYTES + KEY_BYTES
    hkdf = HKDF(SHA256(), length=size, salt=SALT, info=f"{event_code}|{version}".encode())
    made = hkdf.derive(token.lower().encode())
    return Opening(made[:FIND_BYTES], made[FIND_BYTES:])


def _plate(own: Opening, plate: Plate) -> bytes:
    # AES-128-GCM, NIST SP 800-38D, its tag cut to 96 bits (§5.2.1.2). The nonce never changes: the key seals once.
    sealing = Cipher(AES(own.key), GCM(NONCE)).encryptor()
    body = sealing.update(text(plate)) + sealing.finalize() + sealing.tag[:TAG_BYTES]
    return own.find + len(body).to_bytes(2) + body


def text(plate: Plate) -> bytes:
    """Return what is sealed: the id, the name, a line end, and as much of the firm as there is room for."""
    name = _cut(plate.name, LONGEST_NAME)
    return plate.public_id + name + b"\n" + _cut(plate.firm, max(FIRM_AND_NAME - len(name), 0))


def _cut(words: str, most: int) -> bytes:
    """Return the words as UTF-8, with … for what is beyond `most` bytes; nothing where not even a word has room."""
    whole = " ".join(words.split()).encode()
    if len(whole) <= most:
        return whole
    kept = whole[: max(most - len("…".encode()), 0)].decode(errors="ignore").rstrip()
    return f"{kept}…".encode() if len(kept) > 2 else b""


def _packed(records: Iterable[bytes]) -> str:
    return base64.b64encode(b"".join(records)).decode()
