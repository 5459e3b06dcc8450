"""The doors: everything that speaks HTTP."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from app.database import LARGEST_NUMBER


class RowNumber(IntegerConverter):
    """A row's number in an address: what no database could hold is no address of ours, so it is not found."""

    def __init__(self, map: Map, *args: Any, **given: Any) -> None:  # noqa: A002 - werkzeug's name
        super().__init__(map, *args, **{"max": LARGEST_NUMBER, **given})


def open_doors(app: Flask, static: Path) -> None:
    """Register what stands before every door, then every door: each room here that has a blueprint."""
    from app.web import access, assets, cookies, faults, forms, headers, pages, tracing

    app.url_map.converters["int"] = RowNumber
    for before in (tracing, headers, cookies, forms, access, faults, pages):
        before.register(app)
    assets.register(app, static)
    for room in iter_modules(__path__):
        door = import_module(f"{__name__}.{room.name}")
        if hasattr(door, "blueprint"):
            app.register_blueprint(door.blueprint)
    forms.must_be_declared(app)
