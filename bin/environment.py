"""Makes .venv and brings it to what a lock file says, every package checked against its hash.

Knows only Python's own library, for it runs before anything else is there.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(kind: str) -> None:
    """Install what requirements/KIND.lock names; do nothing where that has been done."""
    lock = ROOT / "requirements" / f"{kind}.lock"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two starts side by side: the second waits, and finds it done
        if not _is_done(lock):
            _install(kind, lock)


def _is_done(lock: Path) -> bool:
    stamp = VENV / lock.name
    return PYTHON.exists() and stamp.exists() and stamp.read_bytes() == lock.read_bytes()


def _install(kind: str, lock: Path) -> None:
    begun = time.monotonic()
    if not _works(PYTHON):
        _say(f"Making .venv with Python {sys.version.split()[0]}.")
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], _cannot_make())
    count = sum("==" in line for line in lock.read_text().splitlines())
    _say(f"Installing {count} packages from {lock.relative_to(ROOT)}.")
    stamps = list(VENV.glob("*.lock")) if kind == "dev" else [VENV / lock.name]
    for stamp in stamps:  # what is exactly `dev` is nothing else any more, until it is asked for
        stamp.unlink(missing_ok=True)
    if not _by_uv(kind, lock):
        pip = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--requirement", str(lock)]
        _run(
            [*pip, "--disable-pip-version-check"], "The packages could not be installed: see above. Is there a network?"
        )
    shutil.copyfile(lock, VENV / lock.name)
    if kind == "dev":  # which holds all of `app`
        shutil.copyfile(lock.with_name("app.lock"), VENV / "app.lock")
    _say(f"Ready after {time.monotonic() - begun:.0f} s.")


def _works(python: Path) -> bool:
    return python.exists() and not subprocess.run([python, "-c", ""], check=False).returncode


def _by_uv(kind: str, lock: Path) -> bool:
    uv = shutil.which("uv") or _own_uv()
    if uv is None:
        return False
    verb = ["sync"] if kind == "dev" else ["install", "--requirement"]
    # Compiled now, once: else each process of the first start compiles for itself.
    options = ["--require-hashes", "--compile-bytecode", "--python", str(PYTHON)]
    return _succeeds([uv, "pip", *verb, str(lock), *options])


def _own_uv() -> str | None:
    uv = VENV / "bin" / "uv"
    lock = ROOT / "requirements" / "uv.lock"
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if uv.exists() or _succeeds([*pip, "--only-binary", ":all:", "--requirement", str(lock)]):
        return str(uv)
    _say("uv cannot be had here; pip does the same, more slowly.")
    return None


def _cannot_make() -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return f"Python {version} cannot make a virtual environment. On Debian: apt-get install python{version}-venv"


def _succeeds(command: list[str]) -> bool:
    return not subprocess.run(command, cwd=ROOT, env=_surroundings(), check=False).returncode


def _run(command: list[str], otherwise: str) -> None:
    if not _succeeds(command):
        sys.exit(otherwise)


def _surroundings() -> dict[str, str]:
    # Whatever environment was active in the caller's shell is not the one meant.
    return {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")
    }


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
