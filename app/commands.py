"""What can be done from the shell. Each command reads, asks one verb, commits and prints."""

from dataclasses import replace
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn
from rich.table import Table

from app import clock, demo, migrations, serving
from app.database import begin_write, db, session
from app.delivery import courier
from app.delivery.desk import deliver, worker
from app.domain import attendee_lists, cards, events, intakes, people, sessions, wordings
from app.domain.attendee_lists import AttendeeList
from app.domain.events import Event
from app.domain.intakes import Answer, Choices, Fate, Line, Plan, Tally
from app.domain.refusals import NotFound, Refusal
from app.web import access


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (serve, worker, deliver, migrate, organiser, sign_in_code, import_roster, demonstration, doors):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def serve() -> None:
    """Open the house on this machine: migrate, start web and worker, and close both on Ctrl-C."""
    migrations.upgrade(db.engine)
    db.engine.dispose()
    try:
        raise SystemExit(serving.serve(current_app.config))
    except serving.WillNotStart as reason:
        raise click.ClickException(str(reason)) from reason


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database to the shape that this version knows."""
    migrations.upgrade(db.engine)
    click.echo("The database is up to date.")


@click.command()
@click.argument("address")
@click.option("--name", help="Their name, as it should stand on their card; else the part before the @.")
@with_appcontext
def organiser(address: str, name: str | None) -> None:
    """Let the person at ADDRESS start groups; whoever is not here yet gets a card."""
    begin_write()
    email, now = _email(address), clock.now()
    person = people.find_by_email(email)
    if person is None:
        person = people.join(name or email.partition("@")[0], current_app.config["TIME_ZONE"], now)
        people.confirm(person, email, now)
        cards.issue(person, now)
    person.may_start_groups = True
    session.commit()
    click.echo(f"{person.name} may start groups now. They sign in with {email}; or let them in from here:")
    click.echo(f"  flask sign-in-code {email}")


@click.command()
@click.argument("address")
@with_appcontext
def sign_in_code(address: str) -> None:
    """Print a code that signs ADDRESS in: typed on the sign-in page in any browser, once, within ten minutes."""
    begin_write()
    person = people.find_by_email(_email(address))
    if person is None:
        raise click.ClickException(
            f"Nobody here has confirmed {address}. The first organiser: flask organiser {address}"
        )
    code = sessions.shell_code(person, clock.now())
    session.commit()
    click.echo(f"{code.digits[:3]} {code.digits[3:]}")


def _email(address: str) -> str:
    try:
        return people.normalised_email(address)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal


@click.command()
@with_appcontext
def doors() -> None:
    """Print who may enter where, as the table that stands in docs/access.md."""
    click.echo("# Who may enter where\n")
    click.echo("Written by `flask doors`; a test keeps it true. Another group's things look missing to everyone.\n")
    click.echo("| address | methods | who |\n| --- | --- | --- |")
    for entry in access.matrix(current_app):
        click.echo(f"| `{entry.rule}` | {', '.join(entry.methods)} | {entry.role} |")


@click.command("demo")
@with_appcontext
def demonstration() -> None:
    """Fill an empty installation with a believable past: three breakfasts, forty people, follow-ups in every state."""
    if current_app.config["SMTP_URL"]:
        raise click.ClickException("A demonstration writes to nobody: leave SMTP_URL empty here.")
    migrations.upgrade(db.engine)
    now, way = clock.now(), courier.transport()
    with Progress(SpinnerColumn(), "Telling the story … {task.fields[day]}", TimeElapsedColumn()) as progress:
        task = progress.add_task("story", day="")
        begin_write()
        try:
            for moment in demo.tell(now):
                session.commit()
                progress.update(task, day=f"{moment:%a %d %b}")
                while courier.round(moment, way).held:
                    pass
                begin_write()
        except demo.RealPeopleHere:
            session.rollback()
            raise click.ClickException(
                "There are people here already. The demo needs an installation of its own."
            ) from None
        session.commit()
    click.echo("Forty people and three breakfasts are in. Look around as Ada, who organises them:")
    click.echo("  .venv/bin/flask sign-in-code ada.bevan@example.org")


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
