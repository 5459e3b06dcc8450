"""Postmarks: what has gone is known outside the database, in lines that only grow and name nobody."""

from datetime import UTC, datetime

import pytest

from app.delivery import courier, postmarks
from app.domain import deliveries, sessions
from app.domain.deliveries import Delivery
from tests import cast
from tests.delivery.ways import Way

NOVEMBER = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_lines_of_many_writers_are_read_by_month_and_the_torn_one_is_none(tmp_path) -> None:
    postmarks.press("1:abc", NOVEMBER, tmp_path)
    postmarks.press("1:def", NOVEMBER.replace(month=12), tmp_path)
    (tmp_path / "sent-2027-01.log").write_text("2027-01-0")
    assert postmarks.read([tmp_path]) == {"1:abc": NOVEMBER, "1:def": NOVEMBER.replace(month=12)}
    assert (tmp_path / "sent-2026-11.log").stat().st_mode & 0o777 == 0o600


def test_months_that_nobody_goes_back_to_are_thrown_away(tmp_path) -> None:
    for month in (10, 11, 12):
        postmarks.press("1:abc", NOVEMBER.replace(month=month), tmp_path)
    postmarks.forget_older(tmp_path, NOVEMBER)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sent-2026-11.log", "sent-2026-12.log"]


def test_a_disk_that_takes_no_line_stops_no_letter(tmp_path, caplog) -> None:
    postmarks.press("1:abc", NOVEMBER, tmp_path / "missing")
    assert "could not be written down" in caplog.text


def test_a_code_has_none_and_a_line_names_nobody(app, session, clock, instance) -> None:
    world = cast.assemble(clock.now)
    code = sessions.ask_code(world.ada.email, "nonce", clock.now)
    delivery = deliveries.carry_code(code, clock.now)
    session.commit()
    assert postmarks.mark(delivery) == ""
    courier.round(clock.now, Way())
    assert postmarks.read([instance]) == {}


@pytest.mark.parametrize("other", [{"round": 2}, {"channel": "push"}])
def test_another_round_or_way_is_another_one(app, session, clock, other) -> None:
    session.rollback()
    one = Delivery(prompt=_prompt(), channel="mail", round=1)
    assert postmarks.mark(one) == postmarks.mark(Delivery(prompt=_prompt(), channel="mail", round=1))
    assert postmarks.mark(one) != postmarks.mark(
        Delivery(**{"prompt": _prompt(), "channel": "mail", "round": 1} | other)
    )


def _prompt():
    from app.domain.prompts import FOLLOW_UP, Prompt

    return Prompt(kind=FOLLOW_UP, subject="event:12", person_id=7)
