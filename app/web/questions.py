"""Questions: asking somebody I met for more than their card shows me."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import contacts, questions
from app.domain.refusals import NotFound
from app.web import access, forms

blueprint = Blueprint("questions", __name__)


@blueprint.post("/people/<int:contact_id>/questions")
@access.allows(access.PERSON)
@forms.takes("kind")
def ask(contact_id: int) -> Response:
    """Ask for e-mail and phone, or whether I may tell them what I sell."""
    kind = request.form.get("kind", "")
    contact = contacts.of(access.me(), contact_id)
    if kind not in questions.KINDS:
        raise NotFound
    questions.ask(access.me(), contact.other, kind, clock.now())
    session.commit()
    return redirect(url_for("people.show", contact_id=contact_id), 303)
