"""Keeping the house: back it up while it is open, restore it on another machine, and say when letters may go again."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app import backups, clock, config, connections, keys, migrations
from app.database import begin_write, db, session
from app.delivery import postmarks
from app.domain import erasures, forgotten, holds, planning
from app.domain.forgotten import LOG, Line
from app.domain.holds import Hold

console = Console(highlight=False, soft_wrap=True)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write one archive, FILE, of database, photos, keys and settings, while the house is open. Keep it safe."""
    session.rollback()
    try:
        with Progress() as progress:
            task = progress.add_task("Copying the database …", total=None)
            made = backups.make(
                file.absolute(),
                current_app.config,
                db.engine,
                clock.now(),
                lambda done, of: progress.update(task, completed=done, total=of),
            )
    except backups.WontDo as reason:
        raise click.ClickException(str(reason)) from reason
    beside = file.absolute().with_name(LOG)
    forgotten.write({*forgotten.lines(beside), *forgotten.lines(_folder() / LOG)}, beside)
    click.echo(f"{file}: {made.kind}, {file.stat().st_size / 1e6:.1f} MB. Whoever has it can open all of it.")
    click.echo(f"{beside} says who is to be forgotten when it is restored. Leave it beside the backups.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--erasures",
    "log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Who was erased since: the newest {LOG}. The one beside FILE is read anyway.",
)
@click.option(
    "--sent",
    "folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help=f"The old instance folder: its {postmarks.FILES} say what has gone since. Those beside FILE are read anyway.",
)
@with_appcontext
def restore(file: Path, log: Path | None, folders: Sequence[Path]) -> None:
    """Open the backup FILE here, in an empty folder. Letters are held until `flask release`."""
    given = {*forgotten.lines(file.absolute().with_name(LOG)), *(forgotten.lines(log) if log else ())}
    with console.status("Restoring …"):
        try:
            made_at, known = _put_back(file.absolute(), given)
        except backups.WontDo as reason:
            raise click.ClickException(str(reason)) from reason
        postmarks.carry(postmarks.read({file.absolute().parent, *folders} - {_folder()}), _folder())
        again, gone, held = _settle(known, made_at)
    console.print(_told(made_at, len(known), again, gone, held))
    if not known:
        console.print(f"No {LOG} was found beside it: whoever was erased since the backup is back. Erase them again.")
    console.print("No letter goes out until you say so:  flask release --send  or  flask release --leave")


def _folder() -> Path:
    folder: Path = current_app.config["INSTANCE_PATH"]
    return folder


def _put_back(file: Path, given: set[Line]) -> tuple[datetime, set[Line]]:
    settings, engine = current_app.config, db.engine
    backups.must_be_empty(settings, engine)
    with tempfile.TemporaryDirectory(dir=_folder(), prefix=".restore-") as folder:
        parts = Path(folder)
        manifest = backups.unpack(file, parts)
        known = {*given, *forgotten.lines(parts / backups.ERASED), *forgotten.lines(_folder() / LOG)}
        backups.put_back(parts, manifest, settings, engine)
    forgotten.write(known, _folder() / LOG)
    return datetime.fromisoformat(manifest.made_at), known


def _settle(known: Iterable[Line], made_at: datetime) -> tuple[int, int, int]:
    """Bring the database up to date, forget whom it has to forget, know what has gone, and hold what is due."""
    keys.load(config.furnish(current_app.config))
    migrations.upgrade(db.engine)
    if not backups.is_whole(db.engine):
        raise backups.WontDo("The database in this backup is damaged. Take another one.")
    begin_write()
    now = clock.now()
    again = erasures.erase_again(known, now)
    gone = postmarks.settle(postmarks.read([_folder()]))
    hold = holds.put_on(made_at, now)
    waiting = holds.waiting(hold).letters
    session.commit()
    if connections.scrub(db.engine):
        begin_write()
        forgotten.scrubbed(now, now)
        session.commit()
    return again, gone, waiting


def _told(made_at: datetime, known: int, again: int, gone: int, held: int) -> Table:
    table = Table("", "", title=f"Restored as it was on {made_at:%a %d %b %Y, %H:%M} UTC", title_justify="left")
    table.add_row("Database", "whole, and up to date")
    table.add_row("Erasures known", str(known))
    table.add_row("  forgotten again", str(again))
    table.add_row("Letters gone since, by the log", str(gone))
    table.add_row("Letters that were waiting", f"{held}, held")
    return table


@click.command()
@click.option("--send/--leave", default=None, help="Send what was due when the backup was made, or leave it unsent.")
@with_appcontext
def release(send: bool | None) -> None:
    """Let letters go again after a restore. What was due may have gone out since the backup: then --leave it."""
    begin_write()
    hold = holds.current()
    if hold is None:
        raise click.ClickException("Nothing is held.")
    if send is None:
        raise click.ClickException(_choice(hold))
    now = clock.now()
    planning.plan(hold.since)
    postmarks.settle(postmarks.read([_folder()]))
    number = holds.release(hold, now, send)
    session.commit()
    click.echo(
        f"{number} letters {'go out now' if send else 'stay unsent; they wait in the app'}. New ones go as usual."
    )


def _choice(hold: Hold) -> str:
    waiting = holds.waiting(hold)
    session.rollback()
    return (
        f"{waiting.letters} letters were due when the backup was made, {hold.made_at:%a %d %b, %H:%M} UTC. "
        "Some may have gone out since.\n"
        "  flask release --leave   leaves them unsent: they wait in the app, nobody gets one twice\n"
        "  flask release --send    sends them all: whoever had one already, and the log does not say so, gets it again"
    )


COMMANDS = (backup, restore, release)
