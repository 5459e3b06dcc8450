"""Where letters go on a machine that has no mail server: into a folder, to be read on one page."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
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

    def forget(self, words: Iterable[str]) -> int:
        """Throw away every letter in which one of these words stands, to whomever it went; return how many."""
        wanted = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words if word), re.IGNORECASE)
        gone = 0
        for file in self.folder.glob(f"*{_KEPT}"):
            kept, written = _read(file), _parsed(file.read_bytes())
            everything = "\n".join((kept.recipient, kept.subject, kept.text, written.as_string()))
            if wanted.search(everything):
                file.unlink(missing_ok=True)
                gone += 1
        return gone

    def forget_older(self, before: datetime) -> int:
        """Throw away the letters that were kept before this instant; return how many."""
        old = [file for file in self.folder.glob(f"*{_KEPT}") if file.stat().st_mtime < before.timestamp()]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)


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
