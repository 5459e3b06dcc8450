"""How much a phone has to fetch: the first load of a page, and what the worker keeps, in compressed bytes."""

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from tests.infrastructure.chromium import awake

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

SCRIPTS, EVERYTHING, PRECACHE = 35_000, 60_000, 200_000
CARD_AIM, CARD = 15_000, 30_000  # the card's page itself
FACTS = re.compile(r"^const MARMALADE = (\{.*\});$", re.MULTILINE)


class Weight(NamedTuple):
    """The bodies of a first load in bytes: the page, its scripts, and all there is; and in how many requests."""

    page: int
    scripts: int
    everything: int
    requests: int


def first_load(phone: "Page", path: str) -> Weight:
    """Open a page on a phone that has kept nothing, wait until it asks for no more, and weigh what came.

    The phone is one whose context blocks service workers: what a worker fetches for later is `precache`.
    """
    came: list[Request] = []

    def note(request: "Request") -> None:
        came.append(request)

    phone.context.on("requestfinished", note)
    phone.goto(path)
    awake(phone)
    phone.wait_for_load_state("networkidle")
    phone.context.remove_listener("requestfinished", note)
    sizes = {request: request.sizes()["responseBodySize"] for request in came}
    scripts = sum(size for request, size in sizes.items() if ".js" in request.url)
    page = sum(size for request, size in sizes.items() if request.is_navigation_request())
    return Weight(page, scripts, sum(sizes.values()), len(came))


def precache(phone: "Page") -> Weight:
    """Weigh what the worker fetches when it is installed: the shell and all it needs."""
    facts = FACTS.search(phone.evaluate("async () => (await fetch('/sw.js')).text()"))
    assert facts
    sizes = {path: _size(phone, path) for path in json.loads(facts[1])["shell"]}
    scripts = sum(size for path, size in sizes.items() if path.endswith(".js"))
    return Weight(sizes["/shell"], scripts, sum(sizes.values()) + _size(phone, "/sw.js"), len(sizes) + 1)


def _size(phone: "Page", path: str) -> int:
    asked = "async (path) => (await fetch(path, { cache: 'no-store' })).headers.get('content-length')"
    return int(phone.evaluate(asked, path))
