"""Opening the house, bringing its database up to date, and who may enter it where."""

import os

import click
from flask import current_app
from flask.cli import with_appcontext

from app import migrations, serving
from app.database import db
from app.web import access


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
def web() -> None:
    """Migrate, then serve the web alone; workers run elsewhere (flask worker)."""
    migrations.upgrade(db.engine)
    db.engine.dispose()
    command = serving.web(current_app.config)
    os.execv(command[0], [*command])  # noqa: S606 - our own command, and no shell


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database to the shape that this version knows."""
    migrations.upgrade(db.engine)
    click.echo("The database is up to date.")


@click.command()
@with_appcontext
def doors() -> None:
    """Print who may enter where, as the table that stands in docs/access.md."""
    click.echo("# Who may enter where\n")
    click.echo("Written by `flask doors`; a test keeps it true. Another group's things look missing to everyone.\n")
    click.echo("| address | methods | who |\n| --- | --- | --- |")
    for entry in access.matrix(current_app):
        click.echo(f"| `{entry.rule}` | {', '.join(entry.methods)} | {entry.role} |")


COMMANDS = (serve, web, migrate, doors)
