"""What can be done from the shell. Each command reads, asks one verb, commits and prints."""

from flask import Flask

from app.commands import demonstrations, houses, people, rosters
from app.delivery.desk import deliver, worker


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (worker, deliver, *houses.COMMANDS, *people.COMMANDS, *rosters.COMMANDS, *demonstrations.COMMANDS):
        app.cli.add_command(command)
