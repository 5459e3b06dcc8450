"""What every answer carries: the security headers, how long it may be kept, and compression for HTML."""

import gzip
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, request

View = TypeVar("View", bound=Callable[..., Any])

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types marmalade-worker",
    )
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
COMPRESSED = {"text/html", "application/json", "application/manifest+json"}
# A page that scans may use the camera that faces away.
SCANNING = {"Permissions-Policy": ALWAYS["Permissions-Policy"].replace("camera=()", "camera=(self)")}
# The worker that reads pictures: nothing else of ours may compile WebAssembly.
DECODING = {"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"}
WORTH_COMPRESSING = 1024
LEVEL = 1  # 6 takes four times as long for a tenth less on the longest page


def register(app: Flask) -> None:
    """Add the headers to every answer, faults and files included."""
    app.after_request(_add)
    app.after_request(_compress)


def scans(view: View) -> View:
    """Mark a view whose page reads codes with the camera."""
    view.scans = True  # type: ignore[attr-defined] # the mark that _add reads
    return view


def keep_unlisted(door: Blueprint) -> None:
    """Have no search engine list what stands behind a door whose addresses are secrets."""
    door.after_request(_unlisted)


def _unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _add(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "scans", False):
        for name, value in SCANNING.items():
            response.headers.setdefault(name, value)
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    if current_app.config["PREFERRED_URL_SCHEME"] == "https":
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    return response


def _compress(response: Response) -> Response:
    wanted = request.accept_encodings["gzip"] and response.mimetype in COMPRESSED
    if not wanted or response.direct_passthrough or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if len(body) >= WORTH_COMPRESSING:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
