"""Attendee lists, taken in from the shell."""

from dataclasses import replace
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from app import clock
from app.database import begin_write, session
from app.domain import attendee_lists, events, intakes, wordings
from app.domain.attendee_lists import AttendeeList
from app.domain.events import Event
from app.domain.intakes import Answer, Choices, Fate, Line, Plan, Tally
from app.domain.refusals import NotFound, Refusal


class ListRefused(click.ClickException):
    """The file is no attendee list, and the sentence says what to bring instead."""

    exit_code = 2


@click.command()
@click.argument("event")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes-same", is_flag=True, help="Where it is unsure whether two are one person, take them for one.")
@click.option("--turn-names", is_flag=True, help="Write “Stewart, Owen” as Owen Stewart.")
@with_appcontext
def import_roster(event: str, file: Path, yes_same: bool, turn_names: bool) -> None:
    """Take the attendee list FILE in at EVENT, its code or its number. Nobody is written to."""
    try:
        listed = attendee_lists.read(file.read_bytes(), file.name)
    except Refusal as refusal:
        raise ListRefused(str(refusal)) from refusal
    begin_write()
    where, choices = _event(event), Choices(listed.proposed(), turn_all=turn_names)
    plan = _plan(where, listed, choices)
    questions = list(plan.lines_that(Fate.ASK))
    if yes_same:
        plan = _plan(where, listed, replace(choices, answers={line.row.number: Answer.SAME for line in questions}))
    tally = intakes.carry_out(where, plan, None, clock.now())
    session.commit()
    Console().print(_told(tally, f"{where.name}, {where.day:%d %b %Y}: {listed.layout.title}"))
    for line in [] if yes_same else questions:
        _ask(line)


def _event(typed: str) -> Event:
    try:
        return events.by_code(typed)
    except NotFound:
        found = session.get(Event, int(typed)) if typed.isdecimal() and len(typed) < 10 else None
    if found is None:
        raise click.ClickException(f"There is no event {typed}. Its code stands on its poster.")
    return found


def _plan(event: Event, listed: AttendeeList, choices: Choices) -> Plan:
    rows = intakes.rows(listed, choices, intakes.region(event, current_app.config["COUNTRY"]))
    return intakes.plan(event, listed.layout, rows, choices.answers)


def _told(tally: Tally, title: str) -> Table:
    table = Table("", "rows", title=title)
    table.columns[1].justify = "right"
    table.add_row("Created", str(tally.created))
    table.add_row("Matched, on the list already", str(tally.matched))
    table.add_row("  of these filled in", str(tally.filled))
    table.add_row("Skipped", str(tally.skipped.total()))
    for reason, times in tally.skipped.most_common():
        table.add_row(f"  {wordings.REASONS[reason]}", str(times))
    table.add_row("Asked, left out until answered", str(tally.asked))
    return table


def _ask(line: Line) -> None:
    if line.question is not None:
        question = wordings.QUESTIONS[line.question.why] % {"name": line.row.name, "other": line.question.name}
        click.echo(f"Row {line.row.number}: {question} One person? Then --yes-same; or answer on the event's page.")


COMMANDS = (import_roster,)
