"""Asks the Nu HTML checker about every page there is.

    .venv/bin/python -m audits.markup

Every address of the access matrix is opened as whoever may, and as a stranger where anyone may. Ends with 1 if the
checker finds an error.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from rich.console import Console
from rich.table import Table

from app import clock, create_app, database, migrations
from app.domain.people import Person
from app.web import access
from tests.conftest import BREAKFAST
from tests.infrastructure.visitors import Visitor
from tests.web.doors import Scene, assembled

ROOT = Path(__file__).parent.parent
CHECKER = ROOT / "node_modules/vnu-jar/build/dist/vnu.jar"


def main() -> int:
    """Check every page; print what is wrong with which, and return 1 if anything is."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder, console.status("Fetching every page …"), clock.fixed(BREAKFAST):
        pages = dict(_written(Path(folder)))
        errors = _errors([*pages])
    table = Table("page", "line", "what is wrong")
    for error in errors:
        table.add_row(pages[Path(error["url"].removeprefix("file:"))], str(error.get("lastLine", "")), error["message"])
    if errors:
        console.print(table)
    console.print(f"{len(pages)} pages, {len(errors)} errors.")
    return 1 if errors else 0


def _written(folder: Path) -> Iterator[tuple[Path, str]]:
    """Write every page into the folder; yield its file and its address."""
    app = create_app({"INSTANCE_PATH": str(folder / "instance"), "DATABASE_URL": "", "PUBLIC_URL": "https://localhost"})
    app.test_client_class = Visitor
    with app.app_context():
        migrations.upgrade(database.db.engine)
        scene = assembled(app)
        database.session.commit()
        for number, (path, page) in enumerate(_pages(app, scene)):
            file = folder / f"{number}.html"
            file.write_text(page)
            yield file, path


def _pages(app: Flask, scene: Scene) -> Iterator[tuple[str, str]]:
    people: dict[str, Person] = {access.ORGANISER: scene.people.cleo}
    cleo = app.test_client().sign_in(scene.people.cleo)
    yield from ((path, cleo.get(path).text) for path in scene.looks_back)
    for entry in access.matrix(app):
        if "GET" not in entry.methods:
            continue
        visitors = [app.test_client().sign_in(people.get(entry.role, scene.people.ada))]
        if entry.role == access.ANYONE:
            visitors.append(app.test_client())
        for visitor in visitors:
            path = scene.path(app, entry)
            answer = visitor.get(path)
            if answer.mimetype == "text/html" and answer.status_code not in {302, 303}:
                yield path, answer.text


def _errors(files: list[Path]) -> list[dict[str, str]]:
    judged = subprocess.run(
        ["java", "-jar", str(CHECKER), "--format", "json", "--exit-zero-always", *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, str]] = json.loads(judged.stderr)["messages"]
    return [message for message in found if message["type"] == "error" or message.get("subType") == "warning"]


if __name__ == "__main__":
    sys.exit(main())
