"""Weighs the first load of the pages that matter most, as a phone that has kept nothing.

    .venv/bin/python -m audits.weights

Ends with 1 where one is too heavy. What is too heavy stands in tests/infrastructure/weights.py.
"""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from audits import demonstrations
from audits.demonstrations import Demonstration
from tests.infrastructure import chromium, weights
from tests.infrastructure.weights import Weight

if TYPE_CHECKING:
    from playwright.sync_api import Page


def main() -> int:
    """Weigh each page and what the worker keeps; print the table, and return 1 if anything is too heavy."""
    with (
        tempfile.TemporaryDirectory() as folder,
        demonstrations.opened(Path(folder)) as demonstration,
        chromium.launch() as browser,
        chromium.phones(browser, demonstration.url) as new,
    ):
        weighed = {}
        for name, path in demonstration.pages.items():
            phone = _signed_in(new(service_workers="block"), demonstration, name)
            weighed[name] = weights.first_load(phone, path)
        kept = weights.precache(phone)
    return 0 if _print(weighed, kept) else 1


def _signed_in(phone: "Page", demonstration: Demonstration, name: str) -> "Page":
    if cookie := demonstration.cookie_for(name):
        phone.context.add_cookies([{"name": "session", "value": cookie, "url": demonstration.url}])
    return phone


def _print(weighed: dict[str, Weight], kept: Weight) -> bool:
    table = Table("kB, compressed", "page", "scripts", "all", "all at most", "requests")
    for name, weight in weighed.items():
        table.add_row(name, *_row(weight, weights.EVERYTHING))
    table.add_row("kept by the worker", *_row(kept, weights.PRECACHE))
    console = Console()
    console.print(table)
    console.print(
        f"Scripts at most {weights.SCRIPTS / 1000:.0f} kB, the card's page at most {weights.CARD / 1000:.0f}."
    )
    light = all(one.scripts <= weights.SCRIPTS and one.everything <= weights.EVERYTHING for one in weighed.values())
    return light and kept.everything <= weights.PRECACHE and weighed["card"].page <= weights.CARD


def _row(weight: Weight, most: int) -> tuple[str, ...]:
    kilobytes = (f"{one / 1000:.1f}" for one in (weight.page, weight.scripts, weight.everything))
    return (*kilobytes, f"{most / 1000:.0f}", str(weight.requests))


if __name__ == "__main__":
    sys.exit(main())
