"""Where letters go on a machine that has no mail server: into a folder, to be read on one page."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final

_KEPT: Final = ".eml"


@dataclass(frozen=True)
class Kept:
    """One letter in the drawer, as the page shows it."""

    name: str
    recipient: str
    subject: str
    date: str
    text: str


class Drawer:
    """A transport that keeps each letter as a file that only this account can read; the same one once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool]) -> bool:
        """Keep one letter; return False if `before_dot` said no and nothing was kept."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not before_dot():
            return False
        kept = self.folder / _name(content)
        draft = kept.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(kept)
        return True

    def close(self) -> None:
        """Nothing is ever open here."""

    def letters(self, most: int = 200) -> list[Kept]:
        """Return what was kept, the latest first."""
        files = sorted(self.folder.glob(f"*{_KEPT}"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        return [_read(file) for file in files[:most]]


def _name(content: bytes) -> str:
    """The file of a letter: named by its Message-ID, so that one handed over twice is kept once."""
    identity = str(_parsed(content)["Message-ID"] or "letter")
    return re.sub(r"[^A-Za-z0-9._-]+", "_", identity).strip("_.")[:120] + _KEPT


def _read(file: Path) -> Kept:
    letter = _parsed(file.read_bytes())
    body = letter.get_body(("plain",))
    return Kept(
        file.stem,
        str(letter["To"] or ""),
        str(letter["Subject"] or ""),
        str(letter["Date"] or ""),
        str(body.get_content()) if body else "",
    )


def _parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=SMTP)
