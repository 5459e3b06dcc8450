"""What came of a round, for whoever looks on: the worker's log, and the person at the terminal."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

SENT: Final = "sent"
LATER: Final = "later"
SUPPRESSED: Final = "suppressed"
FAILED: Final = "failed"
UNCERTAIN: Final = "uncertain"
LOST: Final = "lost"
WOULD_GO: Final = "would go"


@dataclass
class Note:
    """What came of one letter, and why."""

    kind: str
    name: str
    address: str
    due_at: datetime
    outcome: str = WOULD_GO
    detail: str = ""
    content: bytes = b""
    channel: str = "mail"


@dataclass
class Tally:
    """How many prompts a round planned and how many seconds that took, how many letters it held, what came of each."""

    planned: int = 0
    planned_for: float = 0.0
    held: int = 0
    notes: list[Note] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """Return how many letters came to this."""
        return sum(note.outcome == outcome for note in self.notes)
