"""What the shell may ask of the courier: to work on and on, or to go round once at a chosen instant."""

import logging
import signal
from datetime import datetime
from email import message_from_bytes
from email.policy import SMTP
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from app import clock, traces
from app.delivery import courier, phones, tallies
from app.delivery.tallies import Note, Tally
from app.delivery.workers import Worker
from app.domain import cadence, groups

KINDS = {
    "follow_up": "Follow-up",
    "one_to_one": "1-2-1 prompt",
    "invitation": "Invitation to a 1-2-1",
    "agreement": "1-2-1 agreed, or called off",
    "before": "The afternoon before",
    "moved": "Moved event",
    "cancelled": "Event called off",
    "kept": "Your card was kept",
    "address_changed": "Address changed",
    "complaint": "Complaint received",
    "trial": "Trial of somebody's own channels",
    "sign_in": "Sign-in code",
}


@click.command()
@with_appcontext
def worker() -> None:
    """Plan and deliver, until stopped: what is in flight is finished, nothing is lost."""
    if current_app.config["LOGS"] == "json":
        traces.write_lines(logging.DEBUG)
    else:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    app = current_app._get_current_object()  # type: ignore[attr-defined] # the worker outlives this context
    worker = Worker(app, courier.transport(), phones.messenger())
    worker.obey(signal.SIGTERM, signal.SIGINT)
    worker.work()


@click.command()
@click.option("--at", "instant", required=True, help="When: 2026-11-26T08:30, on this installation's clock, or with Z.")
@click.option("--dry-run", is_flag=True, help="Only say what would go; nothing is sent and nothing is changed.")
@click.option("--letters", is_flag=True, help="Print each letter: its headers and both bodies.")
@with_appcontext
def deliver(instant: str, dry_run: bool, letters: bool) -> None:
    """Go round once as if it were the given instant, and say what went to whom."""
    at = _instant(instant)
    if not dry_run and at > clock.now() and groups.anyone_real():
        raise click.ClickException("That is still to come, and people here are real: try it with --dry-run.")
    with clock.fixed(at):
        tally = courier.preview(at) if dry_run else _rounds(at)
    console = Console(highlight=False)
    console.print(_told(tally, at))
    sent = sum(note.outcome in {tallies.SENT, tallies.WOULD_GO} for note in tally.notes)
    console.print(f"{tally.planned} prompts planned, {sent} letters {'would go' if dry_run else 'sent'}.")
    for note in tally.notes if letters else ():
        _print_letter(console, note)


def _instant(written: str) -> datetime:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError as wrong:
        raise click.BadParameter("Write it like 2026-11-26T08:30.", param_hint="--at") from wrong
    return instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(current_app.config["TIME_ZONE"]))


def _rounds(at: datetime) -> Tally:
    """Go round until nothing is left to do."""
    way, messenger, whole = courier.transport(), phones.messenger(), Tally()
    try:
        while (tally := courier.round(at, way, messenger=messenger)).held or tally.planned:
            whole.planned += tally.planned
            whole.held += tally.held
            whole.notes += tally.notes
    finally:
        way.close()
        if messenger:
            messenger.close()
    return whole


def _told(tally: Tally, at: datetime) -> Table:
    zone = current_app.config["TIME_ZONE"]
    table = Table(title=f"At {cadence.local(at, zone):%a %d %b %Y, %H:%M}", title_justify="left")
    for heading in ("What", "To whom", "Address", "Due", "What came of it"):
        table.add_column(heading, overflow="fold")
    for note in sorted(tally.notes, key=lambda note: (note.due_at, note.kind, note.name)):
        due = f"{cadence.local(note.due_at, zone):%a %d %b, %H:%M}"
        outcome = f"{note.outcome}: {note.detail}" if note.detail else note.outcome
        table.add_row(KINDS.get(note.kind, note.kind), note.name, note.address, due, outcome)
    return table


def _print_letter(console: Console, note: Note) -> None:
    if not note.content:
        return
    letter = message_from_bytes(note.content, policy=SMTP)
    console.rule(f"{KINDS.get(note.kind, note.kind)} to {note.name or note.address}", align="left")
    for name, value in letter.items():
        console.print(f"{name}: {value}", markup=False, soft_wrap=True)
    for kind in ("plain", "html"):
        if body := letter.get_body((kind,)):
            console.print(f"\n[text/{kind}]", markup=False)
            console.print(body.get_content(), markup=False, soft_wrap=True)
