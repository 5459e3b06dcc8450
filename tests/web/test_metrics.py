"""Whoever watches the machine sees what waits and what came of letters; nobody else sees that there is such a page."""

import json
import logging

import pytest

from app import traces
from app.delivery import courier
from app.domain import counters, deliveries, sessions
from app.domain.counters import Key
from app.domain.deliveries import Delivery
from app.web import health


def test_figures_are_told_to_this_machine(session, clock, client):
    code = sessions.ask_code("ada@example.org", "nonce", clock.now)
    deliveries.carry_code(code, clock.now)
    counters.add({Key("mail", "sent"): 3, Key("mail", "suppressed", "merged"): 1})
    counters.add({Key("mail", "sent"): 2})
    deliveries.beat("one", clock.now)
    session.commit()
    clock.move(seconds=7)
    text = client.get("/metrics").text
    assert 'marmalade_deliveries_due{channel="mail"} 1\n' in text
    assert 'marmalade_delivery_lag_seconds{channel="mail"} 7\n' in text
    assert 'marmalade_deliveries_total{channel="mail",outcome="sent",reason=""} 5\n' in text
    assert 'marmalade_deliveries_total{channel="mail",outcome="suppressed",reason="merged"} 1\n' in text
    assert "marmalade_worker_age_seconds 7.0\n" in text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}, 404),
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, 404),
        ({}, 200),
    ],
)
def test_to_everybody_else_there_is_no_such_page(client, given, status):
    assert client.get("/metrics", **given).status_code == status


def test_with_a_token_it_alone_opens_the_page_from_anywhere(client, app):
    app.config["METRICS_TOKEN"] = "let me see"
    asked = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer guess"}, **asked).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer let me see"}, **asked).status_code == 200


def test_a_worker_that_is_not_seen_for_two_minutes_is_told_of_once_a_minute(
    session, clock, client, caplog, monkeypatch
):
    """R22: health stays well, as the web works; the log has a line for somebody's alarm."""
    monkeypatch.setitem(health._alerted, "at", -health.ALERTS_EVERY)
    deliveries.beat("one", clock.now)
    session.commit()
    clock.move(seconds=119)
    assert client.get("/readyz").json["worker_age_seconds"] == 119
    assert caplog.records == []
    clock.move(seconds=2)
    assert [client.get("/readyz").status_code for _time in range(3)] == [200] * 3
    assert [record.message for record in caplog.records] == [
        "ALERT: the worker is not seen for 121 s, so no letter goes out"
    ]
    assert client.get("/healthz").status_code == 200


def test_a_request_and_the_letter_it_asks_for_carry_one_id(session, clock, client, caplog):
    client.post("/sign-in", data={"email": "ada@example.org", "next": ""}, headers={"X-Request-ID": "front-7"})
    session.rollback()
    assert [one.trace for one in session.query(Delivery)] == ["front-7"]
    client.post("/sign-in", data={"email": "ben@example.org", "next": ""}, headers={"X-Request-ID": "no\tid"})
    session.rollback()
    assert session.query(Delivery).order_by(Delivery.id.desc()).first().trace not in ("", "front-7", "no\tid")


def test_a_line_of_the_log_is_json_and_names_nobody(session, clock, go_round, caplog):
    caplog.set_level(logging.DEBUG, logger="app")
    go_round()
    written = [json.loads(traces.Lines().format(record)) for record in caplog.records]
    [sent] = [one for one in written if one["message"] == "letter sent"]
    assert (sent["kind"], sent["channel"], sent["level"]) == ("sign_in", "mail", "debug")
    assert not [line for line in written if "ada@" in json.dumps(line)]


@pytest.fixture
def go_round(session, clock, app, tmp_path):
    from app.delivery.drawer import Drawer

    code = sessions.ask_code("ada@example.org", "nonce", clock.now)
    deliveries.carry_code(code, clock.now)
    session.commit()
    return lambda: courier.round(clock.now, Drawer(tmp_path / "letters"))
