"""Figures for whoever watches the machine, in Prometheus' text format. To everybody else there is no such page."""

import ipaddress
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, request

from app import clock, tokens
from app.domain import counters, deliveries
from app.domain.refusals import NotFound
from app.web import access

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@access.allows(access.ANYONE)
def show() -> Response:
    """Show what waits, what came of letters and the worker's age, to whoever has the token, or is on this machine."""
    if not _may_look():
        raise NotFound
    return Response("".join(_lines()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_look() -> bool:
    token = str(current_app.config["METRICS_TOKEN"])
    if token:
        return tokens.same(request.headers.get("Authorization", ""), f"Bearer {token}")
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
    try:
        return not forwarded and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _lines() -> Iterator[str]:
    now = clock.now()
    waiting, totals, age = counters.waiting(now), counters.totals(), deliveries.worker_age(now)
    yield from _gauge("deliveries_due", "What could go now.", {one.channel: one.due for one in waiting})
    yield from _gauge("deliveries_claimed", "What a worker has hold of.", {one.channel: one.claimed for one in waiting})
    yield from _gauge(
        "deliveries_uncertain",
        "What was past its dot without an answer.",
        {one.channel: one.uncertain for one in waiting},
    )
    lag = {one.channel: max(0.0, (now - one.oldest).total_seconds()) if one.oldest else 0.0 for one in waiting}
    yield from _gauge("delivery_lag_seconds", "For how long the oldest could have gone.", lag)
    yield "# HELP marmalade_deliveries_total What came of deliveries.\n# TYPE marmalade_deliveries_total counter\n"
    for one in totals:
        named = f'channel="{one.channel}",outcome="{one.outcome}",reason="{_told(one.reason)}"'
        yield f"marmalade_deliveries_total{{{named}}} {one.number}\n"
    yield "# HELP marmalade_worker_age_seconds For how long no worker was seen.\n"
    yield "# TYPE marmalade_worker_age_seconds gauge\n"
    yield f"marmalade_worker_age_seconds {'NaN' if age is None else f'{age:.1f}'}\n"


def _gauge(name: str, words: str, by_channel: dict[str, float]) -> Iterator[str]:
    yield f"# HELP marmalade_{name} {words}\n# TYPE marmalade_{name} gauge\n"
    for channel in sorted({"mail", "push"} | by_channel.keys()):
        yield f'marmalade_{name}{{channel="{channel}"}} {by_channel.get(channel, 0):g}\n'


def _told(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
