"""A card as every address book reads it, vCard 3.0. Writes what it is handed; knows no person, no level."""

import re
import unicodedata
from collections.abc import Iterable

MEDIA_TYPE = "text/vcard"
FOLD_AT = 75
_NEWLINE = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def write(
    name: str,
    *,
    company: str = "",
    role: str = "",
    email: str = "",
    phone: str = "",
    links: Iterable[str] = (),
    note: str = "",
) -> str:
    """Return one vCard (RFC 2426), lines ended by CRLF and folded at 75 octets; what is empty is left out.

    The name must not be empty. A link is a URI, written as it stands but for what would end or split it.
    """
    family, given = parts(name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_text(family)};{_text(given)};;;", f"FN:{_text(name)}"]
    texts = {"ORG": company, "TITLE": role, "EMAIL;TYPE=INTERNET": email, "TEL": phone, "NOTE": note}
    lines += [f"{label}:{_text(value)}" for label, value in texts.items() if value.strip()]
    lines += [f"URL:{_uri(link)}" for link in links if link.strip()]
    return "".join(_folded(line) for line in [*lines, "END:VCARD"])


def parts(name: str) -> tuple[str, str]:
    """Return the family name and the given names, as far as a name tells."""
    # The last word is the family name, with the words in lower case before it (van der, ap, de la); a single
    # word is a given name.
    words = name.split()
    first = max(len(words) - 1, 1)
    while first > 1 and words[first - 1].islower():
        first -= 1
    return " ".join(words[first:]), " ".join(words[:first])


def _text(value: str) -> str:
    kept = _NEWLINE.sub("\n", value.strip())
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).translate(_ESCAPED)


def _uri(value: str) -> str:
    # Readers disagree on a bare comma, semicolon or backslash in a URI; percent-encoded, all agree.
    return "".join(c if c.isprintable() and c not in " ,;\\" else _encoded(c) for c in value.strip())


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="ignore"))


def _folded(line: str) -> str:
    """Break a line so that none is longer than 75 octets, never inside a character (RFC 2425 §5.8.1)."""
    pieces, room, piece = [], FOLD_AT, ""
    for character in line:
        width = len(character.encode())
        if width > room:
            pieces.append(piece)
            piece, room = "", FOLD_AT - 1
        piece += character
        room -= width
    return "\r\n ".join([*pieces, piece]) + "\r\n"
