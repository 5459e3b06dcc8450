"""Whether this process is up, and whether it can work: for whoever watches the machine."""

from flask import Blueprint, Response, jsonify

from app import clock, database, migrations
from app.domain import deliveries
from app.web import access

blueprint = Blueprint("health", __name__)


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
    return jsonify(svc="marmalade", status="ready", worker_age_seconds=age), 200
