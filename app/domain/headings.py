"""Headings: what people write over the columns of a list, and which columns are better not kept. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Field(StrEnum):
    """What a column of an attendee list can tell. The order is that in which columns are guessed."""

    ID = "id"  # the number under which the platform knows this booking or member
    FIRST = "first"
    LAST = "last"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    COMPANY = "company"
    WHAT_I_DO = "what_i_do"
    TICKET = "ticket"
    STATUS = "status"
    PAID = "paid"
    GUESTS = "guests"  # how many they bring
    QUANTITY = "quantity"  # how many places they booked, their own among them
    CAME = "came"  # never guessed: what another door noted counts only if the organiser says so


class Delicate(StrEnum):
    """Why a column is better not kept."""

    CREDENTIAL = "credential"
    PAYMENT = "payment"
    ADDRESS = "address"
    HEALTH = "health"


def _words(said: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in said.split(","))


# How people head their columns, the surest word first, each as `heading` returns it.
ALIASES: Mapping[Field, tuple[str, ...]] = {
    Field.FIRST: _words("first name, firstname, forename, given name, christian name, first"),
    Field.LAST: _words("last name, lastname, surname, family name, last"),
    Field.NAME: _words(
        "full name, name, attendee name, attendee, guest name, member name, participant name, participant,"
        "delegate name, delegate, contact name, person, member, guest, who, contact"
    ),
    Field.EMAIL: _words("email, email address, mail, attendee email, contact email, email 1, work email"),
    Field.PHONE: _words(
        "mobile, mobile number, mobile phone, phone, phone number, telephone, telephone number, tel, tel no,"
        "phone no, mobile no, cell, cell phone, mob, contact number, work phone"
    ),
    Field.COMPANY: _words(
        "company, company name, business, business name, organisation, organization, firm, organisation name,"
        "organization name, employer, company/organisation, company/organization"
    ),
    Field.WHAT_I_DO: _words(
        "what do you do, what i do, what you do, profession, occupation, trade, job title, job, role,"
        "position, business category, classification, speciality, category, industry, sector"
    ),
    Field.TICKET: _words("ticket type, ticket name, ticket, product name, product"),
    Field.STATUS: _words("attendee status, status, rsvp, response, reply, attending, coming, going"),
    Field.PAID: _words("paid, payment status"),
    Field.GUESTS: _words("guests, +1, plus one, plus ones, number of guests, extra guests, bringing"),
    Field.QUANTITY: _words("quantity, number of tickets, tickets, places, seats"),
}

# The order is the order of asking: an "eth address" is a credential before it is an address.
_DELICATE = (
    (
        Delicate.CREDENTIAL,
        r"secret|token|password|passcode|qr|barcode|(eth|solana) address|short id|ip address",
    ),
    (
        Delicate.PAYMENT,
        r"price|paid|fees?|amount|tax|currency|payment|coupon|voucher|discount|cost|card|iban",
    ),
    (
        Delicate.ADDRESS,
        r"address( line)?( \d)?|street|city|town|county|state|zip|postcode|postal( code)?|country",
    ),
    (Delicate.HEALTH, r"diet\w*|allerg\w*|food|meals?|vegan|vegetarian|coeliac|special|access\w*|medical"),
    (Delicate.HEALTH, r"comments?|notes?|remarks?"),  # where diets end up
)


def heading(cell: str) -> str:
    """Return a heading as headings are compared: "E-mail_Address (required)*" is "email address"."""
    plain = unicodedata.normalize("NFKC", cell).casefold()
    plain = re.sub(r"\([^()]*\)|[_:*?.\s-]+", " ", re.sub(r"\be-?mail", "email", plain.replace("e mail", "email")))
    return " ".join(plain.split())


def delicate(title: str) -> Delicate | None:
    """Return why a column with this (normalised) heading is better not kept, or None."""
    return next((why for why, words in _DELICATE if re.search(rf"\b({words})\b", title)), None)
