"""The demonstration: an empty installation is given a believable past."""

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

from app import clock, demo, migrations
from app.database import begin_write, db, session
from app.delivery import courier


@click.command("demo")
@with_appcontext
def demonstration() -> None:
    """Fill an empty installation with a believable past: eight breakfasts, forty people, follow-ups in every state."""
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
    click.echo("Forty people and eight breakfasts are in. Look around as Ada, who organises them:")
    click.echo("  .venv/bin/flask sign-in-code ada.bevan@example.org")


COMMANDS = (demonstration,)
