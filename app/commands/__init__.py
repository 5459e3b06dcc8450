"""What can be done from the shell. Each command reads, asks one verb, commits and prints."""

from flask import Flask

from app.commands import bounces, complaints, demonstrations, doctors, houses, keeping, people, reports, rosters
from app.delivery.desk import deliver, worker

ROOMS = (houses, keeping, doctors, people, complaints, bounces, reports, rosters, demonstrations)


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (worker, deliver, *(command for room in ROOMS for command in room.COMMANDS)):
        app.cli.add_command(command)
