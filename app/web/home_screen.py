"""Marmalade on a Home Screen: the manifest that phones read, and the guide that people do."""

import hashlib
import json
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.web import access, assets

blueprint = Blueprint("home_screen", __name__)

PAPER = "#FFF9F0"  # as in static/css/tokens.css
ICONS = (("icon", "any"), ("maskable", "maskable"), ("monochrome", "monochrome"))
SIDES = (192, 512)


@blueprint.get("/manifest.webmanifest")
@access.allows(access.ANYONE)
def manifest() -> Response:
    """Say what Marmalade is to a phone that keeps it (W3C Web Application Manifest).

    A picture's address changes with the picture alone: with every other change of it, phones would ask their owners
    whether the icon may be another.
    """
    body = json.dumps(_manifest(), ensure_ascii=False)
    response = Response(body, content_type="application/manifest+json; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:22], weak=True)
    response.make_conditional(request)
    return response


def _manifest() -> dict[str, object]:
    return {
        "id": "/",
        "scope": "/",
        "start_url": "/?src=pwa",
        "name": "Marmalade",
        "short_name": "Marmalade",
        "lang": "en-GB",
        "dir": "ltr",
        "description": _("Cards scanned over breakfast, and who you met brought back days later."),
        "categories": ["business", "productivity", "social"],
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [*_icons()],
        "shortcuts": [*_shortcuts()],
        "screenshots": [*_screenshots()],
    }


def _icons() -> Iterator[dict[str, str]]:
    for name, purpose in ICONS:
        for side in SIDES:
            yield _picture(f"home/{name}-{side}.png", side, side) | {"purpose": purpose}


def _shortcuts() -> Iterator[dict[str, object]]:
    for name, words, endpoint in (
        ("scan", _("Scan"), "scan.index"),
        ("card", _("My card"), "cards.mine"),
        ("today", _("Follow-ups"), "prompts.today"),
    ):
        yield {"name": words, "url": url_for(endpoint), "icons": [_picture(f"home/shortcut-{name}.png", 96, 96)]}


def _screenshots() -> Iterator[dict[str, str]]:
    for name, words, size, form in (
        ("card", _("My card: others scan it"), (780, 1688), "narrow"),
        ("follow-up", _("Days later: who you met, and what you noted"), (780, 1688), "narrow"),
        ("room", _("The organiser's screen while people arrive"), (1280, 800), "wide"),
    ):
        yield _picture(f"screens/{name}.png", *size) | {"form_factor": form, "label": words}


def _picture(name: str, width: int, height: int) -> dict[str, str]:
    return {"src": assets.lasting(f"img/{name}"), "sizes": f"{width}x{height}", "type": "image/png"}


@blueprint.get("/install")
@access.allows(access.ANYONE)
def guide() -> str:
    """Show how it is done on this device, and below it how on others."""
    return render_template("home_screen/guide.html", system=_system(request.user_agent.string))


def _system(agent: str) -> str:
    # An iPad calls itself a Mac; the page's script knows better.
    marks = {"iPhone": "ios", "iPad": "ios", "Android": "android"}
    return next((system for mark, system in marks.items() if mark in agent), "computer")
