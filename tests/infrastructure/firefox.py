"""The other browser: Debian's Firefox, driven through Marionette, which is its own and needs no program between."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.infrastructure import networking

NAMES = ("firefox-esr", "firefox")
PATIENCE_S, LOOKS_EVERY_S = 40.0, 0.05
# It asks nobody but the pages under test: everything else goes to a proxy that is not there.
PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "localhost",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
}


class Refused(RuntimeError):
    """What was asked of Firefox could not be done; the message is its own."""


class Firefox:
    """One browser with one page, spoken to in Marionette's protocol: a length, a colon, and a message in JSON."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._heard, self._asked = connection, b"", 0
        self._hear()  # it introduces itself
        self._ask("WebDriver:NewSession", acceptInsecureCerts=True)
        self._ask("WebDriver:SetTimeouts", pageLoad=30_000, script=30_000)

    def goto(self, url: str) -> None:
        """Open a page, and wait until it has loaded."""
        self._ask("WebDriver:Navigate", url=url)

    def run(self, script: str) -> Any:
        """Run a script in the page, and return what it returns."""
        return self._ask("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def wait_for(self, script: str) -> Any:
        """Run a script until it returns something, on whatever page is there by then; none is an AssertionError."""
        deadline, fault = time.monotonic() + PATIENCE_S, ""
        while time.monotonic() < deadline:
            try:
                if found := self.run(script):
                    return found
            except Refused as refusal:  # between two pages there is nothing to ask
                fault = str(refusal)
            time.sleep(LOOKS_EVERY_S)
        raise AssertionError(f"{script}\n{fault}\n{self.run('return location.href + document.body.innerText')}")

    def read(self, words: str) -> str:
        """Wait until these words stand on the page, and return all that does."""
        found = f"const text = document.body.innerText; return text.includes({json.dumps(words)}) && text;"
        return str(self.wait_for(found))

    def send(self, field: str, typed: str) -> None:
        """Fill in a field of a form, and send the form as its button would."""
        found = f"const field = document.querySelector({json.dumps(field)});"
        self.run(f"{found} field.value = {json.dumps(typed)}; field.form.requestSubmit();")

    def _ask(self, command: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        message = json.dumps([0, self._asked, command, parameters]).encode()
        self._connection.sendall(b"%d:%s" % (len(message), message))
        _kind, _number, fault, answer = self._hear()
        if fault:
            raise Refused(f"{command}: {fault['error']}: {fault['message']}")
        return answer or {}

    def _hear(self) -> Any:
        while b":" not in self._heard:
            self._heard += self._more()
        length, _colon, self._heard = self._heard.partition(b":")
        while len(self._heard) < int(length):
            self._heard += self._more()
        message, self._heard = self._heard[: int(length)], self._heard[int(length) :]
        return json.loads(message)

    def _more(self) -> bytes:
        said = self._connection.recv(65_536)
        if not said:
            raise Refused("Firefox has gone.")
        return said


def find() -> Path | None:
    """Return the browser's program, or None."""
    found = [Path(path) for path in map(shutil.which, NAMES) if path]
    return found[0] if found else None


@contextmanager
def launch(folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a new profile in this folder; whatever it started ends with the block."""
    port, program = networking.free_port(), find()
    assert program is not None
    told = {**PREFERENCES, "marionette.port": port}
    (folder / "user.js").write_text("\n".join(f"user_pref({json.dumps(n)}, {json.dumps(v)});" for n, v in told.items()))
    process = subprocess.Popen(
        [program, "--headless", "--marionette", "--no-remote", "--profile", folder],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
        start_new_session=True,
    )
    try:
        with _connected(port) as connection:
            yield Firefox(connection)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _connected(port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOKS_EVERY_S)
