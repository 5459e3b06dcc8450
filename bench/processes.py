"""What processes cost, with all their children: processor time and memory, as Linux tells it under /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    ticks: int


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the processor time of these processes and everything below them, those that have ended included."""
    return sum(process.ticks for process in _below(roots)) / TICKS_A_SECOND


def memory(roots: Iterable[int]) -> dict[int, float]:
    """Return the proportional set size of each process of these trees in MiB, by its number."""
    return {process.pid: _pss(process.pid) for process in _below(roots)}


def command(pid: int) -> str:
    """Return how a process was started."""
    return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ").strip()


def _below(roots: Iterable[int]) -> list[_Process]:
    children: dict[int, list[_Process]] = {}
    everyone = {process.pid: process for process in map(_read, PROC.glob("[0-9]*/stat")) if process}
    for process in everyone.values():
        children.setdefault(process.parent, []).append(process)
    found, left = [], [everyone[root] for root in roots]
    while left:
        process = left.pop()
        found.append(process)
        left += children.get(process.pid, [])
    return found


def _read(stat: Path) -> _Process | None:
    try:
        told = stat.read_text()
    except OSError:  # it has gone meanwhile
        return None
    # The name may hold anything, blanks and brackets too; what follows its last bracket is numbers (proc(5)).
    numbers = told.rpartition(")")[2].split()
    return _Process(int(told.split(maxsplit=1)[0]), int(numbers[1]), sum(map(int, numbers[11:15])))


def _pss(pid: int) -> float:
    rows = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024
