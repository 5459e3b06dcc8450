"""Words for people: marked to be translated where they are shown, and put into the language that is read there."""

from typing import Any

from flask import g
from flask_babel import get_translations


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Return the message as it is, so that it is collected now and translated where it is shown."""
    return message


def translations() -> Any:
    """Return the translations into the language that is read here.

    Flask-Babel asks anew for each word which language that is; here it is asked once a request, or round.
    """
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


def gettext(message: str, **values: object) -> str:
    """Return the message translated, with these values in their places."""
    translated: str = translations().ugettext(message)
    return translated % values if values else translated


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return what is said of so many, translated, with the number and these values in their places."""
    translated: str = translations().ungettext(one, many, num)
    return translated % {"num": num, **values}
