"""Whether this process is up, and whether it can work: for whoever watches the machine."""

import logging
import time

from flask import Blueprint, Response, jsonify

from app import clock, database, migrations
from app.domain import deliveries
from app.web import access

blueprint = Blueprint("health", __name__)


log = logging.getLogger(__name__)
ALERTS_EVERY = 60.0
_alerted = {"at": -ALERTS_EVERY}


@blueprint.get("/healthz")
@access.allows(access.ANYONE)
def healthz() -> Response:
    """Speak for this web process alone."""
    return jsonify(svc="marmalade", status="ok")


@blueprint.get("/readyz")
@access.allows(access.ANYONE)
def readyz() -> tuple[Response, int]:
    """Say whether the database answers and is migrated; the worker's age is told, and alone changes nothing."""
    if not database.answers() or not migrations.is_current(database.session.connection()):
        return jsonify(svc="marmalade", status="not ready"), 503
    age = deliveries.worker_age(clock.now())
    _alert(age)
    return jsonify(svc="marmalade", status="ready", worker_age_seconds=age), 200


def _alert(age: float | None) -> None:
    """Write a line that somebody's alarm can wait for, once a minute, while no worker is seen."""
    if deliveries.is_lost(age) and time.monotonic() - _alerted["at"] >= ALERTS_EVERY:
        _alerted["at"] = time.monotonic()
        seen = "never seen" if age is None else f"not seen for {age:.0f} s"
        log.error("ALERT: the worker is %s, so no letter goes out", seen)
