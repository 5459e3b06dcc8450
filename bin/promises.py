"""Print which test proves which line of docs/promises.md, and fail where a line has neither test nor exception."""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"[A-Z]\d+")
SCRIPTED = re.compile(r'^test\("((?:[^"\\]|\\.)+)"', re.MULTILINE)
# The lines a docstring begins with: "A70.", "S57, S58: what of them", "D1, D15."
BEGINNING = re.compile(r"[A-Z]\d+(?:[,;] [A-Z]\d+)*")


class Proof(NamedTuple):
    """A line with the tests that name it and the reason why it has none."""

    line: str
    holds: str
    tests: list[str]
    exception: str


def proofs() -> list[Proof]:
    """Return every line with its tests and its exception, in the order of docs/promises.md."""
    tests = proving(ROOT / "tests")
    excepted = dict(ROW.findall((ROOT / "docs/exceptions.md").read_text()))
    promised = ROW.findall((ROOT / "docs/promises.md").read_text())
    return [Proof(line, holds, tests.get(line, []), excepted.get(line, "")) for line, holds in promised]


def proving(folder: Path) -> dict[str, list[str]]:
    """Return the tests under this folder by the lines that their docstrings, or a script's tests' names, begin with."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("js/*.test.js")):
        for sentence in SCRIPTED.findall(path.read_text()):
            for line in named(sentence):
                found.setdefault(line, []).append(f"{path.relative_to(folder)}::{sentence}")
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for line in named(ast.get_docstring(node) or ""):
                    found.setdefault(line, []).append(f"{path.relative_to(folder)}::{node.name}")
    return found


def named(docstring: str) -> list[str]:
    """Return the lines that a docstring begins with."""
    beginning = BEGINNING.match(docstring)
    return NAMED.findall(beginning.group()) if beginning else []


def show(found: list[Proof]) -> None:
    """Print the table: the first test of each line and how many more there are, or the exception's reason."""
    table = Table("line", "what holds", "proved by", show_lines=True)
    for proof in found:
        more = f" and {len(proof.tests) - 1} more" if len(proof.tests) > 1 else ""
        by = f"{proof.tests[0]}{more}" if proof.tests else proof.exception or "[bold red]nothing[/]"
        table.add_row(proof.line, proof.holds, by)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def main() -> int:
    """Print the table; return 1 if a line is proved by nothing."""
    found = proofs()
    show(found)
    bare = [proof.line for proof in found if not proof.tests and not proof.exception]
    tested, excepted = sum(1 for proof in found if proof.tests), sum(1 for proof in found if not proof.tests)
    print(f"{len(found)} lines: {tested} proved by tests, {excepted - len(bare)} excepted, {len(bare)} by nothing.")
    print(*bare)
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main())
