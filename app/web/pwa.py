"""Without signal: the worker that keeps the shell, the shell itself, and the answer to a form that a script sent."""

import hashlib
import json
import re

from flask import Blueprint, Flask, Response, current_app, render_template, request, url_for
from flask_babel import gettext as _

from app import keys
from app.delivery import vapid
from app.web import access, assets, headers, linking

blueprint = Blueprint("pwa", __name__)

SERVICE = "marmalade"

# In the order in which they are read; a module comes after those it imports.
WORKER = (
    "js/offline/store.js",
    "js/offline/uuid.js",
    "js/offline/me.js",
    "js/offline/news.js",
    "js/offline/outbox.js",
    "js/offline/wire.js",
    "js/offline/answers.js",
    "js/offline/pause.js",
    "js/offline/receipts.js",
    "js/offline/flush.js",
    "js/offline/leaving.js",
    "js/device.js",
    "js/worker/shown.js",
    "js/worker/push.js",
    "js/worker/shelf.js",
    "js/worker/cases.js",
)
# The kill-switch: it lets go of what was kept and of itself, and never touches what waits to be sent.
FAREWELL = ("js/worker/farewell.js",)
PAGES = "js/offline/pages/"
ASSET = re.compile(r"/static/v/\w+/([\w/.-]+)")
BEHAVIOUR = re.compile(r'data-behaviour="([a-z -]+)"')


@blueprint.get("/sw.js")
@access.allows(access.ANYONE)
def worker() -> Response:
    """Serve the worker, of one piece; a phone asks for it anew each time."""
    kept: dict[str, str] = current_app.extensions.setdefault("worker", {})
    if "script" not in kept:
        kept["script"] = _script(current_app)
    response = Response(kept["script"], content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    response.add_etag()
    return response


def _script(app: Flask) -> str:
    if app.config["OFFLINE"] == "off":
        return linking.link(assets.scripts(app), FAREWELL)
    facts = json.dumps(_facts(app, shell()), separators=(",", ":"))
    return f"const MARMALADE = {facts};\n{linking.link(assets.scripts(app), WORKER)}"


def _facts(app: Flask, page: str) -> dict[str, object]:
    """Return what the worker may keep: all our files, and which of them the shell needs."""
    scripts, prefix = assets.scripts(app), f"/static/v/{app.config['ASSETS']}/"
    behaviours = {f"js/behaviours/{name}.js" for names in BEHAVIOUR.findall(page) for name in names.split()}
    begin = [*ASSET.findall(page), *behaviours, *(path for path in scripts if path.startswith(PAGES))]
    needed = {*begin, *linking.needed(scripts, begin)} & set(assets.paths(app))
    frame = url_for("pwa.shell")
    return {
        "version": f"{app.config['ASSETS']}-{hashlib.sha256(page.encode()).hexdigest()[:8]}",
        "frame": frame,
        "shell": [frame, *(prefix + path for path in sorted(needed))],
        "files": [prefix + path for path in assets.paths(app)],
        "push": {"key": vapid.public_key(keys.current_id()), "words": _words()},
    }


def _words() -> dict[str, str]:
    """Return what the worker says by itself: of a message that it can't read, and of what it could not send yet."""
    return {
        "title": _("Something waits for you"),
        "body": _("It's under Today."),
        "kept": _("Kept on this phone. It'll go when there's signal."),
    }


@blueprint.get("/shell")
@access.allows(access.ANYONE)
@headers.scans
def shell() -> str:
    """Show the frame of every page with nobody in it: what stands there without signal is drawn on the phone."""
    return render_template("shell/index.html", me=None)


@blueprint.get("/waiting")
@access.allows(access.ANYONE)
def waiting() -> str:
    """Show what is on this phone and not on the server yet; the phone itself draws it."""
    return render_template("shell/index.html")


@blueprint.after_app_request
def next_page(response: Response) -> Response:
    """Tell a script that sent a form which page comes next, in words that no hotel's own page has.

    A redirect followed by a script shows nobody where it led, and a portal's page looks like any other.
    """
    if request.headers.get("X-Answer") != "next":
        return response
    following = response.headers.pop("Location", None)
    if following is not None:
        response.status_code = 200
    response.set_data(json.dumps({"svc": SERVICE, "next": following}))
    response.content_type = "application/json"
    return response
