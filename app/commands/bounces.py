"""Letters that come back, as a mail server hands them over."""

import sys

import click
from flask.cli import with_appcontext

from app import clock
from app.database import begin_write, session
from app.delivery import returns
from app.domain import bounces


@click.command()
@click.argument("recipient")
@with_appcontext
def bounce(recipient: str) -> None:
    """Take in, from standard input, a mail that came to RECIPIENT, the return address of one of our letters."""
    mail = sys.stdin.buffer.read()
    begin_write()
    delivery, returned = bounces.by_mark(returns.mark_of(recipient)), returns.read(mail)
    if delivery is None or returned is None:
        session.rollback()
        click.echo("That is no report about a letter of ours.")
        return
    news = returns.note(delivery, returned, returns.key_of(mail), clock.now())
    session.commit()
    click.echo(f"{returned.kind}: {'noted' if news else 'known already'}.")


COMMANDS = (bounce,)
