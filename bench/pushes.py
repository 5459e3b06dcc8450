"""Messages a second: a breakfast's follow-ups to phones through a real worker, and the bare sealing and sending.

Every phone believes the same push service, as most do: one connection over TLS. The worker's clock is held at the
Thursday after.
"""

import http.client
import signal
import ssl
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app import clock, create_app, keys
from app.database import db, session
from app.delivery import capsules, courier, messages, wires
from app.delivery.messages import Messenger
from app.delivery.push import Post as Push
from app.delivery.vapid import Badge
from app.delivery.workers import Worker
from app.domain.devices import Device
from app.domain.sessions import Session
from bench import letters, sinks, towns
from bench.letters import THURSDAY, TUESDAY, Post, Reading
from tests.infrastructure import certificate

CONTACT, SECRET = "mailto:bench@example.org", b"sixteen bytes..."
POINT = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@click.group()
def main() -> None:
    """Run one side of the measurement as a process of its own."""


@main.command()
@click.argument("authority")
def work(authority: str) -> None:
    """Be the worker, on the Thursday after."""
    app = create_app()
    with clock.fixed(THURSDAY), app.app_context():
        services = messages.services(app.config["PUSH_HOSTS"])
        messenger = Messenger(Push(CONTACT, wires.trust(authority)), services)
        worker = Worker(app, courier.transport(), messenger)
        worker.obey(signal.SIGTERM)
        worker.work()


@main.command()
@click.argument("port", type=int)
@click.argument("number", type=int)
@click.argument("authority")
@click.argument("octets", type=int)
def send(port: int, number: int, authority: str, octets: int) -> None:
    """Be the floor: seal so many messages for one browser, sign them once, and post them on one connection."""
    keys.load({"k": bytes(32)})
    header = Badge(CONTACT).header(f"https://localhost:{port}", "k", THURSDAY)
    line = http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(cafile=authority))
    for _time in range(number):
        body = capsules.seal(bytes(octets), POINT, SECRET)
        line.request("POST", "/1", body, {"TTL": "60", "Content-Encoding": "aes128gcm", "Authorization": header})
        line.getresponse().read()


def measure(folder: Path, number: int, database_url: str = "") -> tuple[Post, Post]:
    """Tell so many phones of one breakfast through one worker; return what it took, and the bare sending of as much."""
    settings = letters.place(folder, database_url)
    people = letters.breakfast(settings, number)
    tls = certificate.make(folder)
    here, authority = [sys.executable, "-m", "bench.pushes"], str(tls.authority)
    with sinks.serve(number, reading := Reading(database_url), tls.server_context()) as sink:
        given = {**settings, "PUSH_HOSTS": f"localhost:{sink.port}=127.0.0.1", "SMTP_URL": ""}
        _subscribe(given, people, sink.port)
        ours = letters.sent(sink, reading, [[*here, "work", authority]], given)
    octets = str(ours.octets - len(capsules.seal(b"", POINT, SECRET)))
    with sinks.serve(number, reading := Reading(), tls.server_context()) as sink:
        floor = letters.sent(sink, reading, [[*here, "send", str(sink.port), str(number), authority, octets]], {})
    return ours, floor


def _subscribe(settings: dict[str, str], people: Sequence[int], port: int) -> None:
    """Let each have one phone, since before the breakfast."""
    app, now = create_app(settings), datetime.combine(TUESDAY, time(6), UTC)
    with app.app_context():
        since = {"created_at": now, "last_seen_at": datetime.combine(TUESDAY, time(8), UTC)}
        rows = [{"token_hash": b"%032d" % one, "person_id": one, "device": "A phone", **since} for one in people]
        signed_in = towns.add(Session, rows)
        known = {"p256dh": POINT, "auth": SECRET, "key_id": keys.current_id(), "created_at": now, "seen_at": now}
        towns.add(
            Device,
            [
                {"person_id": one, "session_id": row, "endpoint": f"https://localhost:{port}/{one}", **known}
                for one, row in zip(people, signed_in, strict=True)
            ],
        )
        session.commit()
        db.engine.dispose()


if __name__ == "__main__":
    main()
