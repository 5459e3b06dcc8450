"""What was measured, as a table on the terminal and in docs/benchmarks.md. Knows figures, not how they came about."""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from rich.table import Table

from bench import floors

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Ledger:
    """One table: a title, headings, and rows of words. The first columns are words, the rest are figures."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1

    def drawn(self) -> Table:
        """Return the table for a terminal."""
        table = Table(title=self.title, title_justify="left")
        for number, heading in enumerate(self.headings):
            table.add_column(heading, justify="left" if number < self.words else "right")
        for row in self.rows:
            table.add_row(*row)
        return table

    def written(self) -> str:
        """Return the table in Markdown."""
        rules = ["---" if number < self.words else "--:" for number in range(len(self.headings))]
        lines = ["| " + " | ".join(row) + " |" for row in (self.headings, rules, *self.rows)]
        return "\n".join((f"### {self.title}", "", *lines, ""))


@dataclass(frozen=True)
class Machine:
    """What figures depend on, as far as it can be told without naming anybody's computer."""

    cores: int
    system: str
    python: str
    sqlite: str
    postgresql: str

    @classmethod
    def here(cls, postgresql: str = "") -> Self:
        """Describe this one."""
        kernel = ".".join(platform.release().split(".")[:2])
        system = f"{platform.system()} {kernel}"
        cores = len(os.sched_getaffinity(0))
        return cls(cores, system, platform.python_version(), str(floors.driver().sqlite_version), postgresql)

    def __str__(self) -> str:
        databases = f"SQLite {self.sqlite}" + (f", PostgreSQL {self.postgresql}" if self.postgresql else "")
        return f"{self.cores} cores, {self.system}, Python {self.python}, {databases}"


def write(mark: str, now: datetime, about: Sequence[str], ledgers: Sequence[Ledger]) -> None:
    """Put the tables into docs/benchmarks.md, in the place with this mark, in place of what stood there."""
    page = PAGE.read_text()
    words = "\n".join((f"Measured on {now:%d %B %Y}. {' '.join(about)}", "", *(ledger.written() for ledger in ledgers)))
    place = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    if not place.search(page):
        raise LookupError(f"docs/benchmarks.md has no place called {mark}.")
    PAGE.write_text(place.sub(lambda found: f"{found[1]}\n{words}\n{found[2]}", page))


def figure(number: float) -> str:
    """Write a number with three digits that count: 1,234, 56.7, 8.90, 0.123."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number >= 10 else f"{number:.2f}"
