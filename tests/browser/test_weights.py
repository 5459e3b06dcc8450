"""How heavy the first load is, on a phone that has kept nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app import database
from tests import cast
from tests.infrastructure import weights
from tests.infrastructure.phones import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

NewPhone = Callable[..., "Page"]


def test_the_first_load_of_the_pages_that_count_is_light_and_so_is_what_the_worker_keeps(
    new_phone: NewPhone, site, clock
) -> None:
    """T12: script at most 35 kB, all at most 60 kB, what is kept at most 200 kB, compressed."""
    with site.app.app_context():
        people = cast.assemble(clock.now)
        cast.arrive(people.event, people.ada, people.ben)
        database.session.commit()
    for path in ("/", "/card", "/scan", "/today", f"/e/{people.event.code}"):
        phone = new_phone(service_workers="block")
        weight = weights.first_load(phone if path == "/" else signed_in(phone, site, people.ada), path)
        assert weight.requests > 3, path
        assert 1_000 < weight.scripts <= weights.SCRIPTS, (path, weight)
        assert 5_000 < weight.everything <= weights.EVERYTHING, (path, weight)
        assert path != "/card" or weight.page <= weights.CARD, weight
    assert 20_000 < weights.precache(phone).everything <= weights.PRECACHE
