"""The doors: everything that speaks HTTP."""

from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from app.database import LARGEST_NUMBER


class RowNumber(IntegerConverter):
    """A row's number in an address: what no database could hold is no address of ours, so it is not found."""

    def __init__(self, map: Map, *args: Any, **given: Any) -> None:  # noqa: A002 - werkzeug's name
        super().__init__(map, *args, **{"max": LARGEST_NUMBER, **given})


def open_doors(app: Flask, static: Path) -> None:
    """Register what stands before every door, then the doors themselves."""
    from app.web import (
        absences,
        access,
        account,
        addresses,
        answers,
        assets,
        attendance,
        badges,
        belongings,
        cards,
        closings,
        complaints,
        cookies,
        door,
        door_helpers,
        drawer,
        endings,
        events,
        farewells,
        faults,
        forms,
        headers,
        health,
        holders,
        holidays,
        hosting,
        lost_cards,
        mailings,
        memberships,
        merges,
        mornings,
        one_to_ones,
        organisers,
        pages,
        paper_lists,
        partings,
        people,
        plans,
        privacy,
        prompts,
        questions,
        reports,
        rosters,
        scan,
        series,
        sheets,
        slips,
    )

    app.url_map.converters["int"] = RowNumber
    before = (headers.register, cookies.register, forms.register, access.register, faults.register, pages.register)
    for register in before:
        register(app)
    assets.register(app, static)
    doors = (
        health,
        drawer,
        account,
        belongings,
        addresses,
        merges,
        lost_cards,
        memberships,
        farewells,
        cards,
        scan,
        badges,
        events,
        endings,
        people,
        holders,
        questions,
        partings,
        reports,
        prompts,
        one_to_ones,
        slips,
        answers,
        mailings,
        hosting,
        organisers,
        plans,
        mornings,
        holidays,
        series,
        attendance,
        absences,
        sheets,
        door,
        door_helpers,
        paper_lists,
        rosters,
        closings,
        complaints,
        privacy,
    )
    for opened in doors:
        app.register_blueprint(opened.blueprint)
    forms.must_be_declared(app)
