"""Drafts: a few warm words to begin with, and links that open them in one's own Mail, SMS or WhatsApp.

Pure. Nothing here sends anything, and no private note ever gets into a draft.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

import phonenumbers
from phonenumbers import PhoneNumberType

from app.words import N_

MAIL, SMS, WHATSAPP, LINKEDIN, COPY = "mail", "sms", "whatsapp", "linkedin", "copy"

_NO_TEXTS: Final = {PhoneNumberType.FIXED_LINE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE}


@dataclass(frozen=True)
class Draft:
    """A subject and paragraphs, marked for translation; the door fills in names, the event and the card's words."""

    subject: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """One way to send a draft: where it leads, and `before`: its address up to the text, "" if it takes none."""

    name: str
    href: str
    before: str = ""


def follow_up(first_time: bool, promised: bool, looking_for: str, can_offer: str) -> Draft:
    """Return a short letter after a breakfast: what they look for comes first, what they offer next, never a pitch."""
    paragraphs = [N_("Hi %(name)s,")]
    if first_time:
        subject = N_("Good to meet you at %(event)s")
        paragraphs.append(N_("It was good to meet you at %(event)s."))
    else:
        subject = N_("Good to see you at %(event)s")
        paragraphs.append(N_("It was good to see you again at %(event)s."))
    if promised:
        paragraphs.append(N_("I haven't forgotten what I promised you."))
    paragraphs.append(_offer(looking_for, can_offer))
    return Draft(subject, (*paragraphs, N_("Best wishes,\n%(me)s")))


def _offer(looking_for: str, can_offer: str) -> str:
    if looking_for:
        return N_(
            "Your card says what you're looking for: “%(looking_for)s”. Tell me a little more and I may know someone."
        )
    if can_offer:
        return N_(
            "Your card says what you can offer: “%(can_offer)s”. Tell me a little more and I may know who needs it."
        )
    return N_("Tell me a little more about what you do: whom would you like to be introduced to?")


def ways(email: str, phone: str, link: str, subject: str, body: str) -> list[Way]:
    """Return the ways to send this draft that the other's open fields allow, the plainest first. `phone` is E.164."""
    number = phone if takes_texts(phone) else ""
    found = [mail(email, subject, body)] if email else []
    found += [sms(number, body), whatsapp(number, body)] if number else []
    return found + ([Way(LINKEDIN, link)] if is_linkedin(link) else [])


def mail(address: str, subject: str, body: str) -> Way:
    """Return the link that opens the draft in Mail (RFC 6068: percent-encoded, lines ended by CRLF)."""
    before = f"mailto:{quote(address, safe='@')}?subject={_encoded(subject)}&body="
    return Way(MAIL, before + _encoded(body.replace("\r\n", "\n").replace("\n", "\r\n")), before)


def sms(number: str, body: str) -> Way:
    """Return the link that opens the draft as a text message (RFC 5724 §2.2). `number` is E.164."""
    before = f"sms:{number}?body="
    return Way(SMS, before + _encoded(body), before)


def whatsapp(number: str, body: str) -> Way:
    """Return the link that opens the draft in WhatsApp. `number` is E.164."""
    before = f"https://wa.me/{number.removeprefix('+')}?text="
    return Way(WHATSAPP, before + _encoded(body), before)


def _encoded(text: str) -> str:
    return quote(text, safe="")


def takes_texts(number: str) -> bool:
    """Say whether this E.164 number can take a text message, as far as its numbering plan tells."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) and phonenumbers.number_type(parsed) not in _NO_TEXTS


def is_linkedin(link: str) -> bool:
    """Say whether this is the web address of a page on LinkedIn, and nothing that only looks like one."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and (host == "linkedin.com" or host.endswith(".linkedin.com"))
