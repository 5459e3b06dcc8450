"""Recurrences: on which days something repeats, as a rule that calendars know (RFC 5545 §3.3.10). Pure.

Only rules that breakfasts have: by week or by month, and never one that no day could meet.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import takewhile
from typing import Final

from dateutil.rrule import rrulestr

from app.domain.refusals import Unfit
from app.words import N_

WEEKLY, FORTNIGHTLY, MONTHLY, LAST, OWN = "weekly", "fortnightly", "monthly", "last", "own"
REPEATS: Final = (WEEKLY, FORTNIGHTLY, MONTHLY, LAST, OWN)
MOST_TIMES: Final = 500
RULE_LENGTH: Final = 200
SHORTEST_MONTH: Final = 28
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_DAY: Final = "(?:MO|TU|WE|TH|FR|SA|SU)"
_PARTS: Final = {
    "FREQ": "WEEKLY|MONTHLY",
    "INTERVAL": "[1-9]|1[0-2]",
    "BYDAY": f"{_DAY}(?:,{_DAY})*|-?[1-5]{_DAY}(?:,-?[1-5]{_DAY})*",
    "BYMONTHDAY": r"(?:[1-9]|[12]\d|3[01]|-1)(?:,(?:[1-9]|[12]\d|3[01]|-1))*",
    "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*",
    "BYSETPOS": "-?[1-4]",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"2[01]\d{6}",
    "WKST": _DAY,
}


class NotARule(Unfit):
    message = N_("We can't read this rule. One that works is FREQ=MONTHLY;BYDAY=1TU, the first Tuesday of each month.")


class NotATime(Unfit):
    message = N_("Please pick between 1 and 500 times.")


class EndsBeforeItBegins(Unfit):
    message = N_("The last day has to come after the first.")


def rule(repeats: str, first: date, until: date | None = None, times: int | None = None, own: str = "") -> str:
    """Return the rule for what an organiser chose, from the first day on. Raises Unfit for what cannot be meant."""
    weekday = WEEKDAYS[first.weekday()]
    nth = (first.day - 1) // 7 + 1
    said = {
        WEEKLY: f"FREQ=WEEKLY;BYDAY={weekday}",
        FORTNIGHTLY: f"FREQ=WEEKLY;INTERVAL=2;BYDAY={weekday}",
        MONTHLY: f"FREQ=MONTHLY;BYDAY={nth if nth < 5 else -1}{weekday}",
        LAST: f"FREQ=MONTHLY;BYDAY=-1{weekday}",
    }.get(repeats)
    parts = read(own) if said is None else read(said)
    if until is not None:
        if until < first:
            raise EndsBeforeItBegins("until")
        parts = {**parts, "UNTIL": f"{until:%Y%m%d}"}
    if times is not None:
        if not 1 <= times <= MOST_TIMES:
            raise NotATime("times")
        parts = {**parts, "COUNT": str(times)}
    if "UNTIL" in parts and "COUNT" in parts:  # RFC 5545 forbids both; the sooner end is found by the days themselves
        last = takewhile(lambda day: f"{day:%Y%m%d}" <= parts["UNTIL"], days(written({**parts, "UNTIL": ""}), first))
        parts = {**parts, "COUNT": str(max(1, len(list(last)))), "UNTIL": ""}
    return written(parts)


def written(parts: dict[str, str]) -> str:
    """Return a rule's parts as RFC 5545 writes them."""
    return ";".join(f"{name}={value}" for name, value in parts.items() if value)


def read(typed: str) -> dict[str, str]:
    """Return the parts of a rule that was typed; raise NotARule for one we do not know or that no day could meet."""
    parts: dict[str, str] = {}
    for part in typed.strip().upper().removeprefix("RRULE:").removesuffix(";").split(";"):
        name, _equals, value = part.strip().partition("=")
        if name in parts or not re.fullmatch(_PARTS.get(name, ""), value) or not value:
            raise NotARule("rule")
        parts[name] = value
    if not _can_be_met(parts) or len(written(parts)) > RULE_LENGTH:
        raise NotARule("rule")
    if not 1 <= int(parts.get("COUNT", "1")) <= MOST_TIMES:
        raise NotATime("times")
    return parts


def _can_be_met(parts: dict[str, str]) -> bool:
    """Whether some day can meet the rule: otherwise the search for the first would go to the end of the calendar."""
    weekdays, month_days = parts.get("BYDAY", ""), parts.get("BYMONTHDAY", "1").split(",")
    counted = ["BYDAY"] if any(character.isdigit() for character in weekdays) else []
    narrow = counted + [name for name in ("BYMONTHDAY", "BYSETPOS") if name in parts]
    whole_months = all(int(day) <= SHORTEST_MONTH for day in month_days) and "5" not in weekdays
    return (
        "FREQ" in parts
        and len(narrow) <= (parts["FREQ"] == "MONTHLY")
        and ("BYSETPOS" not in parts or "BYDAY" in parts)
        and ("BYMONTH" not in parts or ("INTERVAL" not in parts and whole_months))
        and ("UNTIL" not in parts or ("COUNT" not in parts and _is_day(parts["UNTIL"])))
    )


def _is_day(written: str) -> bool:
    try:
        return bool(date.fromisoformat(written))
    except ValueError:
        return False


def days(rule: str, first: date) -> Iterator[date]:
    """Yield the days of a rule from the first one on, in order; the first counts only if the rule says so."""
    return (moment.date() for moment in rrulestr(rule, dtstart=datetime.combine(first, time())))


def between(rule: str, first: date, after: date, until: date) -> list[date]:
    """Return the days of a rule that are later than `after` and no later than `until`."""
    return [day for day in takewhile(lambda day: day <= until, days(rule, first)) if day > after]
