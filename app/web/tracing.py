"""Gives each request a name that its log lines, and the letters that it has sent, carry too."""

import logging
import time

from flask import Flask, Response, g, request

from app import traces

log = logging.getLogger(__name__)
HEADER = "X-Request-ID"


def register(app: Flask) -> None:
    """Name each request as the front did, or anew; tell the log, where it is kept in JSON, what came of it."""
    if app.config["LOGS"] == "json":
        traces.write_lines()
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.begun = time.monotonic()
    traces.begin(request.headers.get(HEADER, ""))


def _end(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else ""  # the door, and no secret that stands in an address
    took = round((time.monotonic() - g.get("begun", time.monotonic())) * 1000, 1)
    about = {"path": rule, "method": request.method, "status": response.status_code, "ms": took}
    log.info("answered", extra=about)
    return response
