"""What mail providers tell by themselves: that a letter came back. Nothing is believed that they have not signed."""

from typing import Any

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import Forbidden

from app import clock
from app.database import session
from app.delivery import returns
from app.domain import bounces
from app.domain.refusals import NotFound
from app.web import access, forms

blueprint = Blueprint("hooks", __name__)


@blueprint.post("/api/v1/hooks/mailgun")
@access.allows(access.ANYONE)
@forms.takes_json("signature", "event-data", and_others=True)
@forms.from_anywhere
def mailgun() -> Response:
    """Note what Mailgun tells of a letter; the same again changes nothing."""
    key, told, now = str(current_app.config["MAILGUN_KEY"]), forms.body(), clock.now()
    if not key:
        raise NotFound
    if not returns.is_mailguns(_part(told, "signature"), key, now):
        raise Forbidden
    event = _part(told, "event-data")
    headers = _part(_part(event, "message"), "headers")
    returned, delivery = returns.of_mailgun(event), bounces.by_message_id(str(headers.get("message-id", "")))
    if returned and delivery:
        returns.note(delivery, returned, f"mailgun:{event.get('id', '')}", now)
        session.commit()
    return Response(status=200, content_type="text/plain; charset=utf-8")


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}
