"""The nouns and their rules. No Flask, no mail, no commit, no clock."""

from importlib import import_module
from pkgutil import iter_modules


def all_tables() -> None:
    """Import every noun, so that its table is known to migrations."""
    for noun in iter_modules(__path__):
        import_module(f"{__name__}.{noun.name}")
