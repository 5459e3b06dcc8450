"""What is asked, of whom, and how often: floors and ours in turns, so that whatever else the machine does hits both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median

from bench import loads
from bench.loads import Load
from bench.servers import Server

Asking = Callable[[], Iterator[bytes]]
EIGHT, ALL = (8,), (1, 8, 32)


@dataclass(frozen=True)
class Aim:
    """What a path is to reach: processor time an answer, and for so many clients a rate and a 95th percentile."""

    cpu_ms: float = 0.0
    clients: int = 0
    rate: float = 0.0
    p95_ms: float = 0.0
    of_floor: float = 0.0


@dataclass(frozen=True)
class Path:
    """One thing to ask for. `requests` never come twice where asking changes something."""

    name: str
    server: Server
    requests: Iterator[bytes]
    status: int = 200
    clients: Sequence[int] = EIGHT
    floor: str = ""
    aims: Sequence[Aim] = ()


@dataclass(frozen=True)
class Sample:
    """One path, pressed once."""

    load: Load
    cpu_ms: float
    wrong: int


@dataclass
class Cell:
    """One path with so many clients: a sample of each round."""

    path: Path
    clients: int
    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return answers a second, the median of the rounds."""
        return median(sample.load.rate for sample in self.samples)

    @property
    def cpu_ms(self) -> float:
        """Return processor milliseconds an answer, of the whole process tree, the median of the rounds."""
        return median(sample.cpu_ms for sample in self.samples)

    @property
    def wrong(self) -> int:
        """Return how many answers had another status than they should."""
        return sum(sample.wrong for sample in self.samples)

    @property
    def octets(self) -> float:
        """Return how long an answer is, headers included, as it travels."""
        return median(sample.load.octets / sample.load.answers for sample in self.samples)

    def percentile(self, share: int) -> float:
        """Return within how many milliseconds this share of the answers came, the median of the rounds."""
        return median(sample.load.percentile(share) for sample in self.samples)

    def ratio(self, floor: "Cell") -> float:
        """Return how many times the floor's processor time an answer takes, taken within each round."""
        pairs = zip(self.samples, floor.samples, strict=True)
        return median(ours.cpu_ms / bare.cpu_ms for ours, bare in pairs)


def always(request: bytes) -> Iterator[bytes]:
    """Ask the same for ever."""
    return cycle([request])


def cells(paths: Sequence[Path]) -> list[Cell]:
    """Return a cell for each path and number of clients, the same numbers beside each other, floors first."""
    every = [Cell(path, clients) for path in paths for clients in path.clients]
    return sorted(every, key=lambda cell: cell.clients)


def measure(cells: Sequence[Cell], rounds: int, seconds: float, said: Callable[[str], None]) -> None:
    """Press every cell once a round, for so long each; a short one before warms it up."""
    for cell in cells:
        _press(cell, 0.3)
    for number in range(rounds):
        for cell in cells:
            said(f"round {number + 1}: {cell.path.name}, {cell.clients} at once")
            cell.samples.append(_press(cell, seconds))


def _press(cell: Cell, seconds: float) -> Sample:
    server = cell.path.server
    before = server.cpu_seconds()
    load = loads.press(server.port, cell.path.requests, cell.clients, seconds)
    spent = server.cpu_seconds() - before
    return Sample(load, spent * 1000 / load.answers, load.answers - load.statuses[cell.path.status])


def floor_of(cell: Cell, cells: Sequence[Cell]) -> Cell | None:
    """Return the floor that a cell stands on: with as many clients, else as it was pressed."""
    there = [other for other in cells if other.path.name == cell.path.floor]
    return next((other for other in there if other.clients == cell.clients), there[0] if there else None)
