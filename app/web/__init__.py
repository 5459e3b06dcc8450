"""The doors: everything that speaks HTTP."""

from pathlib import Path

from flask import Flask


def open_doors(app: Flask, static: Path) -> None:
    """Register what stands before every door, then the doors themselves."""
    from app.web import (
        access,
        account,
        assets,
        attendance,
        cards,
        cookies,
        drawer,
        events,
        faults,
        forms,
        headers,
        health,
        one_to_ones,
        organisers,
        pages,
        people,
        plans,
        prompts,
        rosters,
        scan,
        slips,
    )

    before = (headers.register, cookies.register, forms.register, access.register, faults.register, pages.register)
    for register in before:
        register(app)
    assets.register(app, static)
    doors = (
        health,
        drawer,
        account,
        cards,
        scan,
        events,
        people,
        prompts,
        one_to_ones,
        slips,
        organisers,
        plans,
        attendance,
        rosters,
    )
    for door in doors:
        app.register_blueprint(door.blueprint)
