"""Complaints, as whoever runs the house reads and settles them."""

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from app import clock
from app.database import begin_write, session
from app.domain import complaints
from app.domain.refusals import Refusal


@click.command("complaints")
@click.option("--all", "everything", is_flag=True, help="Those that were settled as well, with what came of them.")
@with_appcontext
def listing(everything: bool) -> None:
    """Print what people complained or asked about, the oldest first."""
    table = Table("Number", "Since", "From", "What", "Outcome", title="Complaints", title_justify="left")
    for one in complaints.everything() if everything else complaints.unsettled():
        table.add_row(one.reference, f"{one.received_at:%a %d %b %Y}", one.email, one.text, one.outcome)
    Console(highlight=False, markup=False).print(table)


@click.command()
@click.argument("number")
@click.argument("outcome")
@with_appcontext
def settle_complaint(number: str, outcome: str) -> None:
    """Note in one line what was done about the complaint NUMBER."""
    begin_write()
    try:
        settled = complaints.settle(number, outcome, clock.now())
    except Refusal as refusal:
        raise click.ClickException(f"There is no complaint {number}, or the line can't be kept. {refusal}") from refusal
    session.commit()
    click.echo(f"{settled.reference} is settled.")


COMMANDS = (listing, settle_complaint)
