"""People, as whoever runs the installation deals with them."""

import os
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.progress import Progress

from app import clock, connections
from app.database import begin_write, db, session
from app.delivery.drawer import Drawer
from app.domain import cards, erasures, exports, forgotten, people, sessions
from app.domain.people import Person
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


@click.command()
@click.argument("address")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def export_person(address: str, file: Path) -> None:
    """Write everything about the person at ADDRESS, or of that number, into FILE, a new ZIP."""
    person, packed = _person(address), None
    with Progress() as progress:
        task = progress.add_task(f"Packing what is {person.first_name}'s …")
        for packed in exports.pack(person, clock.now()):
            progress.update(task, completed=packed.done, total=packed.of)
    if packed is None:
        raise click.ClickException("There is nothing to pack.")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as there:
        raise click.ClickException(f"{file} is there already. Give a new name.") from there
    with os.fdopen(descriptor, "wb") as archive:
        archive.write(packed.content)
    click.echo(f"{file} holds everything about {person.name}, for them alone.")


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def erase_person(address: str, yes: bool) -> None:
    """Erase the person at ADDRESS, or of that number, for good: every table is walked, letters and files as well."""
    begin_write()
    person = _known(address)
    email = "" if person else _email(address)
    name = person.name if person else email
    if not yes:
        session.rollback()
        click.confirm(f"Erase {name} for good? Nothing brings them back", abort=True)
        begin_write()
        person = _known(address)
    _erase(person, email)
    click.echo(f"{name} is erased. A restored backup forgets them too, where {forgotten.LOG} lies beside it.")


def _erase(person: Person | None, email: str) -> None:
    now, folder = clock.now(), Path(current_app.config["INSTANCE_PATH"])
    log, words = folder / forgotten.LOG, [person.name, person.first_name, person.email or ""] if person else [email]
    for group in erasures.organised_alone(person) if person else ():
        click.echo(f"{group.name} has no organiser now.")
    with Progress() as progress:
        task = progress.add_task("Erasing …", total=3)
        if person:
            erasures.erase(person, now, log)
        else:
            erasures.erase_address(email, now, log)
        session.commit()
        progress.advance(task)
        Drawer(folder / "letters").forget(words)
        progress.advance(task)
        clean = connections.scrub(db.engine)
        progress.advance(task)
    if clean:
        begin_write()
        forgotten.scrubbed(now, clock.now())
        session.commit()


def _person(address: str) -> Person:
    person = _known(address)
    if person is None:
        raise click.ClickException(f"Nobody here has confirmed {address}.")
    return person


def _known(address: str) -> Person | None:
    if not address.isdecimal():
        return people.find_by_email(_email(address))
    person = session.get(Person, int(address)) if len(address) < 10 else None
    if person is None:
        raise click.ClickException(f"There is nobody of number {address}.")
    return person


def _email(address: str) -> str:
    try:
        return people.normalised_email(address)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal


COMMANDS = (organiser, sign_in_code, export_person, erase_person)
