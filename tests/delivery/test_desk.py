"""The courier from the shell: what would go, what went, and to whom."""

import pytest
from sqlalchemy import func, select

from app.domain.prompts import Prompt


@pytest.fixture
def flask(app, session):
    session.rollback()
    runner = app.test_cli_runner()

    def run(*arguments):
        result = runner.invoke(args=["deliver", *arguments], env={"COLUMNS": "200"})
        session.rollback()
        return result

    return run


DUE = "2026-11-26T08:30"


def test_a_dry_run_in_the_future_says_what_would_go_and_changes_nothing(breakfast, flask, session):
    result = flask("--at", "2026-11-30T08:30", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "5 prompts planned, 3 letters would go." in result.output
    assert session.scalar(select(func.count()).select_from(Prompt)) == 0


def test_the_future_is_refused_where_people_are_real(breakfast, flask):
    """Engineer 14."""
    result = flask("--at", "2026-11-30T08:30")
    assert result.exit_code == 1
    assert "--dry-run" in result.output


def test_each_who_was_there_gets_one_letter_into_the_drawer_and_on_a_second_run_nobody(
    breakfast, flask, clock, instance, app
):
    clock.move(hours=2)
    first = flask("--at", DUE, "--letters")
    assert first.exit_code == 0, first.output
    assert "5 prompts planned, 3 letters sent." in first.output
    for name in ("Ada Bevan", "Ben Okafor", "Cleo Nowak"):
        assert name in first.output
    assert "Dev Singh" not in first.output
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in first.output
    assert "Whom would you like to see again?" in first.output
    assert len(list((instance / "letters").glob("*.eml"))) == 3
    second = flask("--at", DUE)
    assert "0 prompts planned, 0 letters sent." in second.output


@pytest.mark.parametrize("written", ["Thursday", "2026-13-01", ""])
def test_an_instant_that_is_none_is_refused_with_an_example(app, flask, written):
    result = flask("--at", written)
    assert result.exit_code == 2
    assert "2026-11-26T08:30" in result.output
