"""What needs no camera, in the other browser: signing in, reading and keeping, with the server really stopped."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app import database
from app.delivery import courier
from app.domain import cards, contacts, encounters, events
from tests import cast
from tests.conftest import KEYS, Clock, Site
from tests.infrastructure import applications, firefox, networking, sites
from tests.infrastructure.firefox import Firefox
from tests.infrastructure.smtp import Sink
from tests.infrastructure.walks import code_in

pytestmark = pytest.mark.skipif(
    firefox.find() is None, reason="Firefox is not here: `make test` as root on Debian installs it"
)
# Counts what is kept in a store; asked again, it says what it found.
COUNT = """
const open = indexedDB.open("marmalade");
open.onsuccess = () => {
    const all = open.result.transaction("%(store)s").objectStore("%(store)s").count();
    all.onsuccess = () => { window.%(store)s = all.result; open.result.close(); };
};
return window.%(store)s %(wanted)s;
"""
AT_WORK = "navigator.serviceWorker.ready.then(() => { window.isReady = true; }); return window.isReady;"
READY = "return Boolean(navigator.serviceWorker.controller);"


@pytest.fixture
def doors(database_settings, clock: Clock, smtp: Sink, tls) -> Iterator[Callable[[], Site]]:
    """Opens the site; called again it shuts it, so that nobody listens there. The clock is the browser's own."""
    clock.set(datetime.now(UTC))
    port = networking.free_port()
    url = f"https://{sites.HOST}:{port}"
    settings = {"PUBLIC_URL": url, "PORT": str(port), "KEYS": KEYS, "SMTP_URL": smtp.url, **database_settings}
    with applications.opened(settings) as app, ExitStack() as served:
        sites.be_patient(app)

        def turn() -> Site:
            if turn.is_open:
                served.close()
            else:
                served.enter_context(sites.serve(app, port, tls.server_context()))
            turn.is_open = not turn.is_open
            return Site(url, app)

        turn.is_open = False
        yield turn


def at_yesterdays_breakfast(clock: Clock) -> str:
    """Let Ada meet Ben yesterday; return the short code of Dev, whom she is about to meet."""
    people = cast.assemble(clock.now - timedelta(days=7))
    day = (clock.now - timedelta(days=1)).date()
    event = events.create(people.group.id, replace(cast.TUESDAY, day=day), clock.now - timedelta(days=7))
    cast.arrive(event, people.ada, people.ben)
    met_at = event.starts_at
    contacts.meet(people.ada, people.ben, uuid4(), encounters.CARD, event, met_at, met_at)
    database.session.commit()
    return cards.living(cards.of(people.dev)).short_code


def sign_in(fox: Firefox, site: Site, smtp: Sink, clock: Clock) -> None:
    """Type Ada's address, take the six digits from the letter, type them."""
    fox.goto(f"{site.url}/sign-in")
    fox.send("[name=email]", "ada@example.org")
    fox.read("Six digits")
    with site.app.app_context():
        way = courier.transport()
        courier.round(clock.now, way)
        way.close()
    fox.send("[name=code]", code_in(smtp.wait_for(1)[-1]))
    fox.wait_for("return location.pathname === '/today'")


def test_one_signs_in_and_reads_card_people_and_today_when_nobody_listens_any_more(
    doors, clock: Clock, smtp: Sink, tmp_path
) -> None:
    """T13: and what is typed then is kept, and goes by itself when the server is back."""
    site = doors()
    with site.app.app_context():
        code = at_yesterdays_breakfast(clock)
    with firefox.launch(tmp_path) as fox:
        sign_in(fox, site, smtp, clock)
        fox.wait_for(AT_WORK)
        fox.goto(f"{site.url}/today")  # the page that was loading when the worker began may not be its own yet
        fox.wait_for(READY)
        fox.wait_for(COUNT % {"store": "copies", "wanted": ">= 5"})
        doors()
        fox.goto(f"{site.url}/card")
        assert "I keep the books for cafés" in fox.read("As of")
        assert fox.run("return document.querySelector('.qr-tile path[stroke]').getAttribute('d').length") > 500
        fox.goto(f"{site.url}/people")
        assert "Ben Okafor" in fox.read("As of")
        fox.goto(f"{site.url}/?src=pwa")
        fox.read("As of")
        assert fox.run("return document.querySelector('h1').textContent") == "Today"
        outbox = f"import('/static/v/{site.app.config['ASSETS']}/js/offline/outbox.js')"
        fox.run(f"{outbox}.then((outbox) => outbox.keep('scan', {{ code: '{code}', event: null }}))")
        fox.read("not sent yet")
        doors()
        fox.goto(f"{site.url}/people")
        fox.wait_for(COUNT % {"store": "outbox", "wanted": "=== 0"})
        fox.goto(f"{site.url}/people")
        fox.read("Dev")
