"""Hosting: a member says in which groups they are glad to introduce newcomers."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.database import session
from app.domain import groups
from app.web import access, forms

blueprint = Blueprint("hosting", __name__)


@blueprint.get("/hosting")
@access.allows(access.PERSON)
def show() -> str:
    """Show my groups, and in which of them I am a host."""
    return render_template("hosting/show.html", groups=groups.of(access.me()), done="done" in request.args)


@blueprint.post("/hosting")
@access.allows(access.PERSON)
@forms.takes("group")
def save() -> Response:
    """Be a host in the groups that are ticked, and in no other."""
    ticked = set(request.form.getlist("group", forms.number))
    for group, membership in groups.of(access.me()):
        groups.host(membership, group.id in ticked)
    session.commit()
    return redirect(url_for(".show", done=1), 303)
