"""What every page may say: days and hours as people write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import format_date
from flask_babel import gettext as _

from app import config, words
from app.domain import people
from app.domain.discretion import How, Told
from app.web import access


def register(app: Flask) -> None:
    """Offer the filters and facts to every template."""
    app.jinja_env.filters.update(
        day=day, weekday=weekday, hour=hour, code=code, told=told, first_name=people.called, device=device
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # jinja2.ext.i18n adds it
        lambda word: words.translations().ugettext(word),
        lambda one, many, number: words.translations().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]  # Jinja's own looks that one up for each word
    app.jinja_env.globals["ready_for_breakfast"] = config.ready_for_breakfast(app.config)
    app.jinja_env.globals["organised_groups"] = lambda _person: access.organised()


def day(value: date | datetime, zone: str = "UTC") -> str:
    """Write a day as Tue 24 Nov: a date as it is, an instant in the zone it was meant in."""
    local = value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value
    return str(format_date(local, "EEE d MMM", rebase=False))


def weekday(value: date) -> str:
    """Write a day as its weekday alone: Thursday."""
    return str(format_date(value, "EEEE", rebase=False))


def hour(value: datetime, zone: str) -> str:
    """Write an instant as 7:05 on the wall clock of its zone."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.hour}:{local.minute:02d}"


def code(value: str) -> str:
    """Write a short code as two groups of four."""
    return f"{value[:4]} {value[4:]}"


def told(number: Told) -> str:
    """Write a number as it may be told: 12, fewer than 5, 38 or more."""
    if number.how == How.EXACT:
        return str(number.number)
    words = _("fewer than %(num)d") if number.how == How.FEWER else _("%(num)d or more")
    return str(words % {"num": number.number})


def device(agent: str) -> str:
    """Name a device from what its browser says of itself: enough to know one's own phone again."""
    systems = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"}
    browsers = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    found = [next((word for mark, word in words.items() if mark in agent), "") for words in (systems, browsers)]
    return ", ".join(filter(None, found)) or _("A browser")
