"""Asks Lighthouse, as a phone, about the pages that matter most: the median of three.

    .venv/bin/python -m audits.lighthouse [--runs 3]

The demonstration is served as anybody would serve it. Ends with 1 where a goal is missed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from audits import demonstrations
from tests.infrastructure import chromium

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "node_modules/lighthouse/cli/index.js"
GOALS = {"performance": 98, "accessibility": 100, "best-practices": 100}
TRIES = 3
BROWSER = "--headless=new --no-sandbox --disable-background-networking --disable-component-update --disable-sync"


@click.command()
@click.option("--runs", default=3, show_default=True, help="How often each page is judged.")
def main(runs: int) -> None:
    """Judge each page; print the medians, and end with 1 if a goal is missed."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        with demonstrations.opened(folder) as shown, _progress() as progress:
            counted = progress.add_task("Judging", total=runs * len(shown.pages))
            scores: dict[str, list[dict[str, float]]] = {name: [] for name in shown.pages}
            for name in list(shown.pages) * runs:
                scores[name].append(_judged(shown.url + shown.pages[name], shown.cookie_for(name), folder))
                progress.advance(counted)
    sys.exit(0 if _print(scores) else 1)


def _judged(url: str, cookie: str, folder: Path) -> dict[str, float]:
    report, headers = folder / "report.json", folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": f"session={cookie}"} if cookie else {}))
    command = [
        "node",
        str(PROGRAM),
        url,
        "--quiet",
        f"--chrome-flags={BROWSER}",
        f"--only-categories={','.join(GOALS)}",
        f"--extra-headers={headers}",
        "--output=json",
        f"--output-path={report}",
    ]
    environment = {**os.environ, "CHROME_PATH": str(chromium.find())}
    for _again in range(TRIES):  # its browser does not always come up
        tried = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            break
    else:
        raise click.ClickException(f"{url} was not judged: {tried.stderr}")
    judged = json.loads(report.read_text())
    if judged["finalDisplayedUrl"] != url:
        raise click.ClickException(f"{url} led to {judged['finalDisplayedUrl']}.")
    for name, audit in _missed(judged):
        click.echo(f"{url}: {name}: {audit['title']}", err=True)
        for item in audit.get("details", {}).get("items", []):
            click.echo(f"    {item.get('node', item).get('snippet', item)}", err=True)
    return {name: 100 * judged["categories"][name]["score"] for name in GOALS}


def _missed(judged: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is wrong where there is nothing to weigh: accessibility and best practices."""
    for category in ("accessibility", "best-practices"):
        for reference in judged["categories"][category]["auditRefs"]:
            audit = judged["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield category, audit


def _print(scores: dict[str, list[dict[str, float]]]) -> bool:
    table = Table("page", *GOALS)
    good = True
    for name, runs in scores.items():
        medians = {goal: statistics.median(run[goal] for run in runs) for goal in GOALS}
        good &= all(medians[goal] >= wanted for goal, wanted in GOALS.items())
        table.add_row(name, *(f"{median:.0f}" for median in medians.values()))
    Console().print(table)
    return good


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


if __name__ == "__main__":
    main()
