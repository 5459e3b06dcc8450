"""The fields of a card: what may be typed in each, the form it is kept in, who sees it. Knows no table."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import phonenumbers

from app.domain.people import NotPlainText, line, named, normalised_email
from app.domain.refusals import Unfit
from app.words import N_

NAMES = (
    "role", "company", "what_i_do", "who_for", "looking_for", "can_offer", "ask_me_about", "not_for_me",
    "email", "phone", "link",
)  # fmt: skip
PHOTO = "photo"
LINK_LENGTH = 400

ANYONE, MET, NOBODY = LEVELS = ("anyone", "met", "nobody")
RESERVED, USUAL, OPEN = "reserved", "usual", "open"
# Who sees each field, unless its owner says otherwise for that field. A card begins reserved.
PRESETS: dict[str, dict[str, str]] = {
    RESERVED: dict.fromkeys((*NAMES, PHOTO), MET) | {"what_i_do": ANYONE, "email": NOBODY, "phone": NOBODY},
    USUAL: dict.fromkeys((*NAMES, PHOTO), ANYONE) | {"email": MET, "phone": MET},
    OPEN: dict.fromkeys((*NAMES, PHOTO), ANYONE),
}

_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):", re.IGNORECASE)  # without dots: those make a host, example.org:8080


class NotAPhone(Unfit):
    message = N_("That doesn't look like a phone number. Try it with the country in front, like +44 7700 900123.")


class NotALink(Unfit):
    message = N_("That link won't work. It should read like example.org or https://example.org/me.")


def fit(name: str, typed: str, country: str) -> str:
    """Return what was typed in the field of this name, or as "name", in the form it is kept in.

    Nothing typed is nothing kept, but for the name, which must be there. `country` (ISO 3166, "GB") is where
    telephone numbers without a prefix belong. Raises Unfit, which names the field.
    """
    if name == "name":
        return _name(typed)
    if not typed.strip():
        return ""
    if name in _KINDS:
        return _KINDS[name](typed, country)
    return line(typed, name)


def problems(typed: Mapping[str, str], country: str) -> dict[str, Unfit]:
    """Return what is wrong with what was typed, by field; empty if all of it can be kept."""
    found: dict[str, Unfit] = {}
    for name, words in typed.items():
        try:
            fit(name, words, country)
        except Unfit as unfit:
            found[name] = unfit
    return found


def _name(typed: str) -> str:
    return named(typed)


def phone(typed: str, country: str, field: str = "phone") -> str:
    """Return a telephone number as E.164, +447700900123; raise NotAPhone if no phone could have it."""
    try:
        number = phonenumbers.parse(line(typed, field), country)
    except phonenumbers.NumberParseException as wrong:
        raise NotAPhone(field) from wrong
    if not phonenumbers.is_possible_number(number):
        raise NotAPhone(field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def spaced(number: str) -> str:
    """Return an E.164 number as people read it: +44 7700 900123."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def link(typed: str, country: str) -> str:
    """Return a link that is safe to follow: http, https, mailto or tel, with https where no scheme was typed.

    A browser drops control characters before it reads a scheme: none may be there, not even in front.
    """
    if any(unicodedata.category(c) == "Cc" for c in typed):
        raise NotPlainText("link", length=LINK_LENGTH)
    text = line(typed, "link", LINK_LENGTH)
    scheme = _SCHEME.match(text)
    kind = scheme[1].lower() if scheme else ""
    if kind == "mailto":
        return "mailto:" + normalised_email(text[len("mailto:") :], "link")
    if kind == "tel":
        return "tel:" + phone(text[len("tel:") :], country, "link")
    if kind not in {"", "http", "https"}:
        raise NotALink("link")
    return _address(text if kind else f"https://{text}")


def _address(text: str) -> str:
    # A backslash is a slash to browsers, and a name before the host is only ever there to mislead.
    try:
        parts = urlsplit(text)
        sound = parts.hostname and "." in parts.hostname.strip(".") and (parts.port or True)
    except ValueError as wrong:
        raise NotALink("link") from wrong
    if not sound or "@" in parts.netloc or re.search(r"[\s\\<>\"^`{|}]", text):
        raise NotALink("link")
    return text


_KINDS: dict[str, Callable[[str, str], str]] = {
    "email": lambda typed, _country: normalised_email(typed),
    "phone": phone,
    "link": link,
}
