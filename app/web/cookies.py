"""Our two cookies: the session's, and a nonce that tells one browser from another before anyone signs in."""

from datetime import timedelta

from flask import Flask, Response, current_app, g, request

from app import tokens
from app.domain import sessions

NONCE_LIFE = timedelta(days=30)


def register(app: Flask) -> None:
    """Send the cookies that a request asked for with its answer."""
    app.after_request(_send)


def _name(kind: str) -> str:
    # Without https a browser refuses the __Host- prefix; then it is a trial at home.
    return f"__Host-{kind}" if _secure() else kind


def _secure() -> bool:
    return bool(current_app.config["PREFERRED_URL_SCHEME"] == "https")


def session() -> str:
    """Return the visitor's session cookie, or nothing."""
    return request.cookies.get(_name("session"), "")


def browser() -> str:
    """Return this browser's nonce, made now if it has none yet."""
    nonce = g.get("browser", "") or request.cookies.get(_name("browser"), "")
    if not nonce:
        nonce = g.browser = tokens.secret()
    return nonce


def sign_in(cookie: str) -> None:
    """Let the answer carry a new session's cookie; whatever session there was is left behind."""
    g.session_cookie = cookie


def sign_out(spare_storage: bool = False) -> None:
    """Let the answer take the session's cookie away, and all that the browser kept of us unless its store is spared."""
    g.session_cookie = ""
    g.forget = '"cache"' if spare_storage else '"cache", "storage"'
    g.browser = tokens.secret()


def _send(response: Response) -> Response:
    if "browser" in g:
        _set(response, "browser", g.browser, NONCE_LIFE)
    if "session_cookie" not in g:
        return response
    if g.session_cookie:
        _set(response, "session", g.session_cookie, sessions.LIFE)
    else:
        response.delete_cookie(_name("session"), secure=_secure(), httponly=True, samesite="Lax")
        response.headers["Clear-Site-Data"] = g.forget
    return response


def _set(response: Response, kind: str, value: str, life: timedelta) -> None:
    response.set_cookie(_name(kind), value, max_age=life, secure=_secure(), httponly=True, samesite="Lax", path="/")
