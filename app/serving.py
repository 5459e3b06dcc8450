"""Runs the house on one machine: web and worker under one command that takes both down again."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import qrcode
from rich.console import Console

from app import config, connections, tethers

ROOT = Path(__file__).parent.parent
STARTS_WITHIN, STOPS_WITHIN, LOOKS_EVERY = 60.0, 30.0, 0.05
ENDS_WITHIN = 5  # seconds for the requests at hand; one told to stop while it starts would else never end

console = Console(highlight=False, soft_wrap=True)


class WillNotStart(RuntimeError):
    """The house cannot be opened; the message says why and what to do."""


def serve(settings: Mapping[str, Any]) -> int:
    """Start web and worker, say where they are, and wait; return the exit code when either ends or a signal comes."""
    _port_must_be_free(settings)
    environment = _environment(settings)
    children: list[subprocess.Popen[bytes]] = []
    stopping = _Stop()
    try:
        children.append(_start(web(settings), environment))
        with console.status("Opening the doors …"):
            _await_answer(settings, children, stopping)
        if not stopping.asked:
            children.append(_start(_worker(), environment))
            _announce(settings, environment["LETTERS_KEY"])
        while not stopping.asked and all(child.poll() is None for child in children):
            time.sleep(LOOKS_EVERY)  # there are several to wait for, and whoever asks to stop: all are looked at
        return 0 if stopping.asked else 1
    finally:
        _take_down(children)


class _Stop:
    """Notes that somebody asked to stop: Ctrl-C, or a TERM."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def web(settings: Mapping[str, Any], application: str = "wsgi:app") -> Sequence[str]:
    """Return the command that serves an application, ours or one to compare it with, as these settings say."""
    host, port, workers = str(settings["HOST"]), str(settings["PORT"]), str(settings["WEB_WORKERS"])
    options = ["--interface", "wsgi", "--host", host, "--port", port, "--workers", workers, "--blocking-threads", "1"]
    ending = ["--workers-kill-timeout", str(ENDS_WITHIN)]
    return [sys.executable, "-m", "granian", *options, *ending, "--no-ws", "--log-level", "warning", application]


def _worker() -> Sequence[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]


def _environment(settings: Mapping[str, Any]) -> dict[str, str]:
    given = {setting.name: config.written(settings[setting.name]) for setting in config.SETTINGS}
    return {**os.environ, **given, "LETTERS_KEY": given["LETTERS_KEY"] or secrets.token_urlsafe(12)}


def _start(command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process alone, and it takes the others down in order.
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, preexec_fn=tethers.tie)  # noqa: S603, PLW1509 - our own command; no thread runs yet


def _port_must_be_free(settings: Mapping[str, Any]) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings["HOST"], settings["PORT"]))
        except OSError as taken:
            raise WillNotStart(f"Port {settings['PORT']} is taken. Try: PORT=8001 make serve") from taken


def _await_answer(settings: Mapping[str, Any], children: Sequence[subprocess.Popen[bytes]], stopping: _Stop) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not stopping.asked:
        if any(child.poll() is not None for child in children):
            raise WillNotStart("Web or worker stopped while starting. The lines above say why.")
        if _answers(settings):
            return
        if time.monotonic() > deadline:
            raise WillNotStart(f"No answer from the web server within {STARTS_WITHIN:.0f} seconds.")
        time.sleep(LOOKS_EVERY)  # a server tells nobody that it answers now


def _answers(settings: Mapping[str, Any]) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings['PORT']}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _take_down(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOPS_WITHIN
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()


def _announce(settings: Mapping[str, Any], letters_key: str) -> None:
    address = address_of(settings)
    code = qrcode.QRCode(border=2)
    code.add_data(address)
    code.print_ascii(out=console.file, invert=True)
    ready = config.ready_for_breakfast(settings)
    console.print(f"[bold]Marmalade is open at {address}[/bold]")
    console.print("Ready for a breakfast." if ready else TRIAL)
    console.print(
        f"To become organiser:  INSTANCE_PATH={settings['INSTANCE_PATH']} .venv/bin/flask organiser you@example.org"
    )
    console.print(f"Letters: {_letters(settings, address, letters_key)}")
    if not connections.wal_is_sound():
        console.print("This SQLite has the WAL-reset defect, so the slower DELETE journal is used. See the README.")
    console.print("Ctrl-C closes it again.")


TRIAL = (
    "For trying at home: phones on the same wifi can open it. A breakfast needs an https address (PUBLIC_URL), "
    "and posters wait for it."
)


def _letters(settings: Mapping[str, Any], address: str, key: str) -> str:
    if settings["SMTP_URL"]:
        return f"sent through {settings['SMTP_URL'].rpartition('@')[2]}"
    if settings["PROXIES"] or config.ready_for_breakfast(settings):
        return "kept in the instance folder. Set SMTP_URL to have them sent."
    return f"none leave the house; read them at {address}/letters/{key}"


def address_of(settings: Mapping[str, Any]) -> str:
    """Return the address to type: the public one, else this machine's on its own network."""
    return settings["PUBLIC_URL"] or f"http://{_own_address()}:{settings['PORT']}"


def _own_address() -> str:
    # Connecting a datagram socket sends nothing; it only asks which of our addresses would be used.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "localhost"
