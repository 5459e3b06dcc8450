"""Style sheets, scripts and pictures, at addresses that change with their content and can be kept for ever."""

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

from app.web import access, headers, linking

FOR_EVER = "public, max-age=31536000, immutable"
TEXT, WASM = (".css", ".js", ".svg", ".json", ".txt"), ".wasm"
DECODER = "js/scanner/decoder.js"
OURS = re.compile(r"js/.+\.js")
COMMENTS = re.compile(rb"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
SHEET, ORDER = "css/marmalade.css", "css/order.txt"


def register(app: Flask, folder: Path) -> None:
    """Read the folder once, join its style sheets in their order, and serve all of it from memory."""
    files = _read(folder)
    version = _version(files)

    # Only what somebody asks for is packed: the large decoder takes its time, and most phones never want it.
    @cache
    def packed(path: str) -> bytes:
        return gzip.compress(files[path], 9, mtime=0)

    prints = {path: _print(body) for path, body in files.items()}
    addresses = {path: f"/static/v/{version}/{path}" for path in files}

    def serve(version: str, path: str) -> Response:
        if path not in files:
            abort(404)
        small = bool(request.accept_encodings["gzip"]) and path.endswith((*TEXT, WASM))
        response = Response(packed(path) if small else files[path], content_type=_content_type(path))
        current = version in {app.config["ASSETS"], prints[path]}
        response.headers["Cache-Control"] = FOR_EVER if current else "no-cache"
        response.set_etag(f"{app.config['ASSETS']}{'-gz' if small else ''}")
        if small:
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        if path == DECODER:
            response.headers.update(headers.DECODING)
        response.make_conditional(request)
        return response

    app.config["ASSETS"], app.config["PRINTS"] = version, prints
    app.extensions["assets"] = files
    app.add_url_rule("/static/v/<version>/<path:path>", "asset", access.allows(access.ANYONE)(serve))
    app.jinja_env.globals["asset"] = addresses.__getitem__
    # A browser would ask for a module only after it has read the one that imports it, four deep on the scanner's page.
    app.jinja_env.globals["brought"] = cache(
        lambda path: [addresses[name] for name in linking.brought(scripts(app), path)]
    )
    app.jinja_env.globals["lasting"] = lasting


def lasting(path: str) -> str:
    """Return an address of one file that stays as long as the file does, whatever happens to the others."""
    return f"/static/v/{current_app.config['PRINTS'][path]}/{path}"


def paths(app: Flask) -> list[str]:
    """Return the path of every file, as it stands in addresses after the version."""
    return sorted(app.extensions["assets"])


def scripts(app: Flask) -> dict[str, str]:
    """Return the text of every script by its path."""
    files: dict[str, bytes] = app.extensions["assets"]
    return {path: body.decode() for path, body in files.items() if path.endswith(".js")}


def _read(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    sheets = files.pop(ORDER).decode().split()
    files[SHEET] = b"\n".join(files[f"css/{name}"] for name in sheets)
    return {path: _lean(body) if OURS.fullmatch(path) else body for path, body in files.items()}


def _lean(script: bytes) -> bytes:
    """Return a script of ours without the lines that are comments alone: they are for readers here, not for phones."""
    return COMMENTS.sub(b"", script)


def _version(files: dict[str, bytes]) -> str:
    tree = hashlib.sha256()
    for path, body in sorted(files.items()):
        tree.update(f"{path}\0{len(body)}\0".encode() + body)
    return tree.hexdigest()[:16]


def _print(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _content_type(path: str) -> str:
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    known = {".js": "text/javascript", WASM: "application/wasm"}
    kind = known.get(Path(path).suffix, kind)
    return f"{kind}; charset=utf-8" if path.endswith(TEXT) else kind
