"""Where a message leads, whatever has become of its prompt meanwhile; and where the app says that it was opened."""

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from app import clock
from app.database import session
from app.domain import prompts
from app.domain.prompts import ABOUT_EVENTS, OPEN
from app.domain.refusals import NotFound
from app.web import access, forms

blueprint = Blueprint("openings", __name__)

Page = str | Answer | tuple[str, int]


@blueprint.get("/n/<int:prompt_id>")
@access.allows(access.PERSON)
def show(prompt_id: int) -> Page:
    """Lead on to an open prompt; say of any other what has become of it, and of somebody else's nothing at all."""
    try:
        prompt = prompts.of(access.me(), prompt_id)
    except NotFound:
        return render_template("openings/elsewhere.html", prompt_id=prompt_id), NotFound.status
    if prompt.kind not in ABOUT_EVENTS:
        return redirect(url_for("one_to_ones.show", one_to_one_id=prompt.one_to_one_id))
    if prompt.state == OPEN:
        return redirect(url_for("prompts.show", prompt_id=prompt.id))
    return render_template("openings/show.html", prompt=prompt)


@blueprint.post("/n/<int:prompt_id>")
@access.allows(access.PERSON)
@forms.takes()
def opened(prompt_id: int) -> Response:
    """Note that my prompt stands on my screen, so that no letter says again what a message said."""
    prompts.opened(prompts.of(access.me(), prompt_id), clock.now())
    session.commit()
    return Response(status=204)
