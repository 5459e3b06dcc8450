"""Marks sentences for translation where no request is at hand to translate them."""


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Return the message as it is, so that it is collected now and translated where it is shown."""
    return message
