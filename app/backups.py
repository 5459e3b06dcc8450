"""Backups: one archive of database, keys, settings and the log of erasures; and the way back into an empty folder.

Knows files and databases, no table's meaning. The archive is a plain tar with its parts side by side, mode 600.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, inspect, make_url

from app import config, connections

MANIFEST, DUMP, KEYS, SETTINGS, ERASED = "manifest.json", "database", "keys.json", "settings.env", "erasures.log"
FORMAT: Final = 1
PAGES_AT_ONCE: Final = 2000
# What belongs to the machine stays there: a restored house must not open the old one's database.
OF_THE_MACHINE: Final = {"INSTANCE_PATH", "DATABASE_URL", "KEYS", "LETTERS_KEY", "HOST", "PORT"}

Progress = Callable[[int, int], None]


class WontDo(RuntimeError):
    """A backup or restore that cannot be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself; `sums` are the SHA-256 of its parts."""

    format: int
    made_at: str
    kind: str
    sums: dict[str, str] = field(default_factory=dict)


def make(file: Path, settings: Mapping[str, Any], engine: Engine, now: datetime, progress: Progress) -> Manifest:
    """Write a backup while the house is open: as the database is at one instant, acknowledged writes and all.

    Raises WontDo where the file is there already, or PostgreSQL's own programs are missing.
    """
    if file.exists():
        raise WontDo(f"{file} is there already, and a backup overwrites nothing. Give a new name.")
    kind = engine.dialect.name
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        dump = Path(folder) / DUMP
        _copy(engine, dump, progress) if kind == "sqlite" else _dump(engine, dump)
        parts: dict[str, bytes | Path] = {
            DUMP: dump,
            KEYS: json.dumps(config.encoded_keys(settings)).encode(),
            SETTINGS: _settings(settings).encode(),
        }
        log = Path(settings["INSTANCE_PATH"]) / ERASED
        if log.exists():
            parts[ERASED] = log.read_bytes()
        manifest = Manifest(FORMAT, now.isoformat(), kind, {name: _sum(part) for name, part in parts.items()})
        _archive(file, Path(folder) / "whole", manifest, parts)
    return manifest


def _copy(engine: Engine, target: Path, progress: Progress) -> None:
    """Copy a SQLite database within one reading transaction: writers go on, and the copy is of one piece."""
    with engine.connect() as connection:
        line: Any = connection.connection.dbapi_connection
        line.execute("BEGIN")
        line.execute("SELECT count(*) FROM sqlite_master").fetchone()
        copy = connections.opened(str(target))
        try:
            line.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _s, left, total: progress(total - left, total))
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()
            line.execute("ROLLBACK")


def _dump(engine: Engine, target: Path) -> None:
    command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _run([*command, _address(engine)])


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise WontDo(f"{name} isn't on this machine. Install PostgreSQL's client programs, of the server's version.")
    return found


def _address(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own programs
    if done.returncode:
        raise WontDo(f"{Path(command[0]).name} said: {done.stderr.strip()}")


def _settings(settings: Mapping[str, Any]) -> str:
    given = [(s, config.written(settings[s.name])) for s in config.SETTINGS if s.name not in OF_THE_MACHINE]
    return "".join(f"{s.name}={json.dumps(value)}\n" for s, value in given if value != s.default)


def _sum(part: bytes | Path) -> str:
    if isinstance(part, bytes):
        return hashlib.sha256(part).hexdigest()
    with part.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _archive(file: Path, draft: Path, manifest: Manifest, parts: Mapping[str, bytes | Path]) -> None:
    """Write the tar beside its place and link it there whole: what a crash leaves is no archive."""
    with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as stream:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for name, part in {MANIFEST: json.dumps(asdict(manifest), indent=2).encode(), **parts}.items():
                entry = tarfile.TarInfo(name)
                entry.mode, entry.size = 0o600, len(part) if isinstance(part, bytes) else part.stat().st_size
                with io.BytesIO(part) if isinstance(part, bytes) else part.open("rb") as content:
                    tar.addfile(entry, content)
        stream.flush()
        os.fsync(stream.fileno())
    os.link(draft, file)


def unpack(file: Path, folder: Path) -> Manifest:
    """Take an archive's parts out into a folder, and check that each is what was put in. Raises WontDo if not."""
    try:
        with tarfile.open(file) as tar:
            tar.extractall(folder, filter="data")
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError) as broken:
        raise WontDo(f"{file} is no backup of Marmalade's, or it is broken.") from broken
    if manifest.format != FORMAT:
        raise WontDo(f"{file} was made by a newer Marmalade. Restore it with that one.")
    for name, kept in manifest.sums.items():
        if name not in {DUMP, KEYS, SETTINGS, ERASED} or _sum(folder / name) != kept:
            raise WontDo(f"{file} is broken: its {name} isn't what was put in. Take another backup.")
    return manifest


def must_be_empty(settings: Mapping[str, Any], engine: Engine) -> None:
    """Refuse to restore over anything that is there: nothing is ever overwritten."""
    if engine.dialect.name == "sqlite":
        file = make_url(config.database_url(settings)).database
        if file and Path(file).exists():
            raise WontDo(f"There is a database already: {file}. Restore into an empty folder: INSTANCE_PATH=…")
    elif inspect(engine).get_table_names():
        raise WontDo("There is something in that database already. Restore into a new, empty one: DATABASE_URL=…")


def put_back(parts: Path, manifest: Manifest, settings: Mapping[str, Any], engine: Engine) -> None:
    """Put an archive's parts in their places: the database, the keys, and the settings where there are none."""
    if manifest.kind != engine.dialect.name:
        raise WontDo(f"This is a backup of {manifest.kind}; DATABASE_URL leads to {engine.dialect.name}.")
    folder = Path(settings["INSTANCE_PATH"])
    _put_back_keys(parts / KEYS, folder, settings)
    if not (folder / ".env").exists():
        _place(parts / SETTINGS, folder / ".env")
    if manifest.kind == "sqlite":
        engine.dispose()
        _place(parts / DUMP, Path(make_url(config.database_url(settings)).database or ""))
    else:
        _run([_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
              f"--dbname={_address(engine)}", str(parts / DUMP)])  # fmt: skip


def _put_back_keys(kept: Path, folder: Path, settings: Mapping[str, Any]) -> None:
    """Put the keys back; the ones made for the empty folder are set aside, never thrown away."""
    archived = json.loads(kept.read_text())
    if settings["KEYS"]:
        if not archived.items() <= config.encoded_keys(settings).items():
            raise WontDo("KEYS lacks the backup's keys: no card and no note would open. Leave it empty, or set them.")
        return
    there = folder / config.KEYS_FILE
    if there.exists():
        there.replace(there.with_name(f"{there.name}.before-restore"))
    _place(kept, there)


def _place(part: Path, place: Path) -> None:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target, part.open("rb") as source:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def is_whole(engine: Engine) -> bool:
    """Say whether the database itself finds nothing wrong with its file."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            return bool(connection.exec_driver_sql("SELECT 1").scalar())
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        return connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok" and broken is None
