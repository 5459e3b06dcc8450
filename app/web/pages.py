"""What every page may say: days and hours as people write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import format_date

from app import config
from app.domain import groups


def register(app: Flask) -> None:
    """Offer the filters and facts to every template."""
    app.jinja_env.filters.update(day=day, hour=hour, code=code, first_name=first_name)
    app.jinja_env.globals["ready_for_breakfast"] = config.ready_for_breakfast(app.config)
    app.jinja_env.globals["organised_groups"] = groups.organised_by


def day(value: date | datetime, zone: str = "UTC") -> str:
    """Write a day as Tue 24 Nov: a date as it is, an instant in the zone it was meant in."""
    local = value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value
    return str(format_date(local, "EEE d MMM", rebase=False))


def hour(value: datetime, zone: str) -> str:
    """Write an instant as 7:05 on the wall clock of its zone."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.hour}:{local.minute:02d}"


def code(value: str) -> str:
    """Write a short code as two groups of four."""
    return f"{value[:4]} {value[4:]}"


def first_name(value: str) -> str:
    """Return the first word of a name."""
    return value.split()[0] if value.split() else value
