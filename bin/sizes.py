"""Prints how long functions and files are, and fails where a fence is crossed.

A function's length is its lines without decorators and docstring. Migrations are history, written once: not counted.
"""

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEDIAN, P90, FILE = 8, 25, 400
LONGEST = 5
KINDS = {
    "app": ("app", "*.py"),
    "templates": ("templates", "*.html"),
    "letters": ("templates", "*.txt"),
    "scripts": ("static", "*.js"),
    "style sheets": ("static", "*.css"),
    "tests": ("tests", "*.py"),
}
FENCED = ("app", "templates", "letters", "scripts", "style sheets")


@dataclass(frozen=True, order=True)
class Sized:
    """Something with a length in lines, and where it is."""

    lines: int
    where: str


def main() -> int:
    """Print the sizes and return how many fences are crossed."""
    functions = sorted(one for file in _files("app", "*.py") for one in _functions(file))
    crossed = _report_functions(functions)
    for kind, (folder, pattern) in KINDS.items():
        files = sorted(Sized(len(file.read_text().splitlines()), _name(file)) for file in _files(folder, pattern))
        crossed += _report_files(kind, files)
    for sentence in crossed:
        print(f"Over the fence: {sentence}", file=sys.stderr)
    return len(crossed)


def _files(folder: str, pattern: str) -> Iterator[Path]:
    return (file for file in (ROOT / folder).rglob(pattern) if "versions" not in file.parts)


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _functions(file: Path) -> Iterator[Sized]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Sized(_length(node), f"{_name(file)}:{node.lineno} {node.name}")


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    return _lines(node) - (_lines(docstring) if docstring else 0)


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _report_functions(functions: list[Sized]) -> list[str]:
    if not functions:
        return []
    median, p90 = _median(functions), _ninetieth(functions)
    print(f"{len(functions)} functions in app/: median {median:g} lines, p90 {p90}, longest {functions[-1].lines}")
    _print_longest(functions)
    fences = ((median, MEDIAN, "median"), (p90, P90, "p90"))
    return [f"functions, {name} {value:g} > {fence}" for value, fence, name in fences if value > fence]


def _report_files(kind: str, files: list[Sized]) -> list[str]:
    if not files:
        return []
    total = sum(file.lines for file in files)
    print(f"{len(files)} {kind}, {total} lines: median {_median(files):g}, longest {files[-1].lines}")
    _print_longest(files)
    return [f"{file.where}, {file.lines} > {FILE}" for file in files if kind in FENCED and file.lines > FILE]


def _print_longest(sized: list[Sized]) -> None:
    for one in reversed(sized[-LONGEST:]):
        print(f"{one.lines:7}  {one.where}")


def _median(sized: list[Sized]) -> float:
    return statistics.median(one.lines for one in sized)


def _ninetieth(sized: list[Sized]) -> int:
    return sized[-(-len(sized) * 9 // 10) - 1].lines


if __name__ == "__main__":
    sys.exit(bool(main()))
