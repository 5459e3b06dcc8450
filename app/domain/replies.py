"""Replies: how the cells read in which lists say who comes, who paid and who brings somebody. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Standing(StrEnum):
    GOING = "going"
    INVITED = "invited"
    OUT = "out"


class Flag(StrEnum):
    """What the organiser should know of a row that is taken all the same."""

    PENDING = "pending"
    UNPAID = "unpaid"
    STATUS_UNKNOWN = "status_unknown"
    EMAIL_UNREAD = "email_unread"
    EMAIL_ONE_OF_SEVERAL = "email_one_of_several"
    PHONE_UNREAD = "phone_unread"
    GUESTS_UNREAD = "guests_unread"


# What a later word of theirs settles.
OPEN = frozenset({Flag.PENDING, Flag.UNPAID, Flag.STATUS_UNKNOWN})


class Reason(StrEnum):
    """Why a row is left out, or told as part of another."""

    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    DECLINED = "declined"
    WAITLIST = "waitlist"
    NOT_ATTENDING = "not_attending"
    NO_NAME = "no_name"
    NAME_TOO_LONG = "name_too_long"
    TOO_MANY_CELLS = "too_many_cells"
    HEADINGS_AGAIN = "headings_again"
    TOTALS = "totals"
    REMARK = "remark"
    DUPLICATE = "duplicate"
    SECOND_TICKET = "second_ticket"
    LEFT_OUT = "left_out"
    HERE_ALREADY = "here_already"


@dataclass(frozen=True)
class Reading:
    """How one status reads."""

    standing: Standing
    flag: Flag | None = None
    reason: Reason | None = None


_GOING = Reading(Standing.GOING)
_PENDING = Reading(Standing.INVITED, Flag.PENDING)
_UNPAID = Reading(Standing.INVITED, Flag.UNPAID)
_UNKNOWN = Reading(Standing.INVITED, Flag.STATUS_UNKNOWN)


def _out(reason: Reason) -> Reading:
    return Reading(Standing.OUT, reason=reason)


# In the order of the platforms: Eventbrite, Luma, Meetup, Hi.Events, then what people write by hand.
STATUSES: Mapping[str, Reading] = {
    **dict.fromkeys(("attending", "checked in"), _GOING),
    **dict.fromkeys(("not attending", "will not attend"), _out(Reason.NOT_ATTENDING)),
    **dict.fromkeys(("cancelled", "canceled", "deleted", "transferred", "void"), _out(Reason.CANCELLED)),
    **dict.fromkeys(("refunded", "partially refunded", "charged back"), _out(Reason.REFUNDED)),
    **dict.fromkeys(("approved",), _GOING),
    **dict.fromkeys(("declined", "rejected"), _out(Reason.DECLINED)),
    **dict.fromkeys(("pending approval", "pending", "invited"), _PENDING),
    **dict.fromkeys(("waitlist", "waitlisted", "waiting list", "on waiting list"), _out(Reason.WAITLIST)),
    **dict.fromkeys(("yes", "y"), _GOING),
    **dict.fromkeys(("no", "n"), _out(Reason.NOT_ATTENDING)),
    **dict.fromkeys(("waiting",), _out(Reason.WAITLIST)),
    **dict.fromkeys(("active", "completed"), _GOING),
    **dict.fromkeys(("awaiting payment", "awaiting offline payment", "reserved"), _UNPAID),
    **dict.fromkeys(("going", "coming", "confirmed", "accepted", "booked"), _GOING),
    **dict.fromkeys(("paid", "ok", "true", "1", "x", "✓", "✔"), _GOING),
    **dict.fromkeys(("maybe", "tentative", "tbc", "provisional", "not sure", "?"), _PENDING),
    **dict.fromkeys(("unpaid", "not paid", "owes"), _UNPAID),
    **dict.fromkeys(("not coming", "not going", "cannot come", "false", "0"), _out(Reason.NOT_ATTENDING)),
    **dict.fromkeys(("can't come", "can't make it", "apologies", "sorry", "regrets"), _out(Reason.DECLINED)),
}
_UNPAID_WORDS = frozenset({"no", "n", "false", "0", "unpaid", "not paid", "pending", "awaiting payment", "owes", "due"})
_ISO_DAY, _TIME = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{1,2}:\d\d")
_YES_WORDS = frozenset({"yes", "y", "true", "1", "x", "✓", "✔", "present", "here", "checked in", "attended", "came"})


def read(typed: str, unsaid: Standing) -> Reading:
    """Read a status as a platform or a hand wrote it; one we don't know is an invitation with a flag."""
    if not typed:
        return Reading(unsaid)
    return STATUSES.get(" ".join(typed.casefold().replace("_", " ").replace("’", "'").split()), _UNKNOWN)


def unpaid(typed: str) -> bool:
    """Say whether a cell of the column "Paid" says no."""
    return typed.casefold() in _UNPAID_WORDS


def came(typed: str, day: date) -> bool:
    """Say whether a cell that another door wrote says that the person was there that day: a yes, or a time.

    A check-in of another day (Hi.Events lists them all) is none of this one.
    """
    word = typed.casefold()
    days = _ISO_DAY.findall(word)
    return day.isoformat() in days if days else word in _YES_WORDS or bool(_TIME.search(word))


def guests(typed: str) -> int | None:
    """Return how many this cell says they bring: a count, never a person; None where it says no number."""
    word = typed.casefold().strip("+ ")
    if word in ("", "no", "none", "n", "-", "0"):
        return 0
    if word in ("yes", "y"):
        return 1
    number = re.match(r"(\d{1,2})(\.0+)?(\s*(guests?|people|persons?))?$", word)
    return int(number[1]) if number else None
