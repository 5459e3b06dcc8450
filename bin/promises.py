"""Print which test proves which line of docs/promises.md, and fail where a line has neither test nor exception."""

import ast
import re
import sys
from collections.abc import Iterator
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
# What runs the tests of scripts, each by its name.
BY_NODE = "tests/test_scripts.py::test_what_node_can_prove_of_the_scripts_holds"


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
        for name, docstring in _tests(ast.parse(path.read_text())):
            for line in named(docstring):
                found.setdefault(line, []).append(f"{path.relative_to(folder)}::{name}")
    return found


def _tests(room: ast.Module | ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield the tests of a file, or of a class in it, as pytest names them, with their docstrings."""
    for node in room.body:
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}::{name}", docstring) for name, docstring in _tests(node))
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def named(docstring: str) -> list[str]:
    """Return the lines that a docstring begins with."""
    beginning = BEGINNING.match(docstring)
    return NAMED.findall(beginning.group()) if beginning else []


def selected(letter: str) -> list[str]:
    """Return the tests that prove lines of this letter, as pytest takes them; a script's are run by one of them."""
    tests = proving(ROOT / "tests")
    names = {test for line in tests if line[0] == letter for test in tests[line]}
    return sorted({BY_NODE if name.startswith("js/") else f"tests/{name}" for name in names})


def show(found: list[Proof]) -> None:
    """Print the table: the first test of each line and how many more there are, or the exception's reason."""
    table = Table("line", "what holds", "proved by", show_lines=True)
    for proof in found:
        more = f" and {len(proof.tests) - 1} more" if len(proof.tests) > 1 else ""
        by = f"{proof.tests[0]}{more}" if proof.tests else proof.exception or "[bold red]nothing[/]"
        table.add_row(proof.line, proof.holds, by)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def main() -> int:
    """Print the table, and return 1 if a line is proved by nothing; given a letter, print its tests instead."""
    if len(sys.argv) > 1:
        print(*selected(sys.argv[1]), sep="\n")
        return 0
    found = proofs()
    show(found)
    bare = [proof.line for proof in found if not proof.tests and not proof.exception]
    tested, excepted = sum(1 for proof in found if proof.tests), sum(1 for proof in found if not proof.tests)
    print(f"{len(found)} lines: {tested} proved by tests, {excepted - len(bare)} excepted, {len(bare)} by nothing.")
    print(*bare)
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main())
