"""The whole site over https in this process: a real browser can visit it, and a test can move its clock."""

import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

HOST = "localhost"
WORKER = "js/worker/cases.js"


@dataclass(frozen=True)
class Site:
    """The application being served: where, and the thing itself."""

    url: str
    app: Flask


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = True
    is_shut = False

    def serve_over(self, tls: ssl.SSLContext) -> None:
        # The handshake is left to each connection's own thread: one that a browser opens in reserve and
        # leaves alone must not keep the others waiting.
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.ssl_context = tls


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def run_wsgi(self) -> None:
        # A line that a browser kept open outlives the door: on it, too, nobody answers any more.
        if getattr(self.server, "is_shut", False):
            self.close_connection = True
        else:
            super().run_wsgi()

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        logging.getLogger("site").debug(message, *args)

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        logging.getLogger("site").debug("dropped: %s", error)


def be_patient(app: Flask) -> None:
    """Let the worker of every phone wait for a page as long as a busy machine needs to make it.

    A person gets what the phone has kept after three seconds; where a test means that, it takes the signal away.
    """
    files: dict[str, bytes] = app.extensions["assets"]
    impatient, patient = b"PATIENCE_MS = 3_000;", b"PATIENCE_MS = 60_000;"
    assert impatient in files[WORKER]
    app.extensions["assets"] = {**files, WORKER: files[WORKER].replace(impatient, patient)}


@contextmanager
def serve(app: Flask, port: int, tls: ssl.SSLContext) -> Iterator[None]:
    """Serve the application on this port of localhost until the block ends."""
    server = _Server(HOST, port, app, handler=_Handler)
    server.serve_over(tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="site")
    thread.start()
    try:
        yield
    finally:
        server.is_shut = True
        server.shutdown()
        thread.join()
        server.server_close()
