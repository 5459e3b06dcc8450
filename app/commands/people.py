"""People, as whoever runs the installation deals with them."""

import click
from flask import current_app
from flask.cli import with_appcontext

from app import clock
from app.database import begin_write, session
from app.domain import cards, people, sessions
from app.domain.refusals import Refusal


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


COMMANDS = (organiser, sign_in_code)
