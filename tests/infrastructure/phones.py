"""Phones in a real browser on which somebody is signed in, without a letter."""

from typing import TYPE_CHECKING

from app import clock, database
from app.domain import sessions
from app.domain.people import Person

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.infrastructure.sites import Site


def signed_in(phone: "Page", site: "Site", person: Person) -> "Page":
    """Sign this person in on the phone, as the site keeps its sessions; return the phone."""
    with site.app.app_context():
        _row, cookie = sessions.start(database.session.merge(person), "A phone", clock.now())
        database.session.commit()
    phone.context.add_cookies([{"name": "__Host-session", "value": cookie, "url": site.url, "secure": True}])
    return phone
