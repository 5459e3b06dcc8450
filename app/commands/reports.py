"""Reports, as whoever runs the house reads those that no organiser can."""

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from app import clock
from app.database import begin_write, session
from app.domain import reports
from app.domain.refusals import NotFound


@click.command("reports")
@click.option("--all", "everything", is_flag=True, help="Those that organisers can read as well.")
@with_appcontext
def listing(everything: bool) -> None:
    """Print what people told about others whom they met, never who told it, the oldest first."""
    table = Table("Number", "Since", "About", "Reason", "What", "Seen", title="Reports", title_justify="left")
    for one in reports.for_operator(everything):
        seen = f"{one.seen_at:%a %d %b %Y}" if one.seen_at else ""
        table.add_row(one.reference, f"{one.told_at:%a %d %b %Y}", one.reported.name, one.reason, one.words, seen)
    Console(highlight=False, markup=False).print(table)


@click.command()
@click.argument("number")
@with_appcontext
def see_report(number: str) -> None:
    """Mark the report NUMBER as seen."""
    begin_write()
    try:
        report = reports.numbered(number)
    except NotFound as refusal:
        raise click.ClickException(f"There is no report {number}.") from refusal
    reports.see(report, clock.now())
    session.commit()
    click.echo(f"{report.reference} is seen.")


COMMANDS = (listing, see_report)
