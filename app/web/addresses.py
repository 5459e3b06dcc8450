"""Addresses: what the letter to an old address opens, without sign-in: whether the change stands, and one button."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import addresses
from app.web import access, forms, headers

blueprint = Blueprint("addresses", __name__)
headers.keep_unlisted(blueprint)

Page = str | Response


@blueprint.get("/address/<token>")
@access.allows(access.ANYONE)
def show(token: str) -> Page:
    """Tell what was changed; whoever only looks changes nothing."""
    changed = addresses.by_undo(token, clock.now())
    return render_template(
        "account/address.html", changed=changed, token=token, masked=addresses.masked(changed.new_email)
    )


@blueprint.post("/address/<token>")
@access.allows(access.ANYONE)
@forms.takes()
def undo(token: str) -> Page:
    """Put the old address back, and sign every other device out."""
    changed, visitor = addresses.by_undo(token, clock.now()), access.visitor()
    mine = visitor is not None and visitor.id == changed.person_id
    addresses.undo(changed, clock.now(), access.current().id if mine else None)
    session.commit()
    return redirect(url_for(".show", token=token), 303)
