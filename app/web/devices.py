"""Where a browser says that it may be sent messages, and where it takes that back. Only our own script speaks here."""

import json

from flask import Blueprint, Response, current_app, request

from app import clock, keys
from app.database import session
from app.delivery import messages, vapid
from app.domain import devices, groups, people
from app.domain.refusals import Refusal
from app.web import access, forms
from app.words import N_

blueprint = Blueprint("devices", __name__, url_prefix="/api/v1")


@blueprint.app_template_global()
def push_key() -> str:
    """Return the key with which browsers subscribe now."""
    return vapid.public_key(keys.current_id())


class AnotherPersonsPage(Refusal):
    reason = "somebody_else"
    message = N_("Somebody else is signed in here now. Reload the page.")


@blueprint.post("/devices")
@access.allows(access.PERSON)
@forms.takes_json("me", "key", "endpoint", "p256dh", "auth")
def keep() -> Response:
    """Keep this browser's subscription; say whether it is to subscribe anew, to another key or because it is dead."""
    given, me = forms.body(), access.me()
    if groups.is_demonstration():
        raise groups.OnlyForShow
    if given.get("me") != people.phone_key(me):
        raise AnotherPersonsPage
    endpoint, p256dh, auth, key = (str(given.get(name, "")) for name in ("endpoint", "p256dh", "auth", "key"))
    fit = devices.read(endpoint, p256dh, auth, messages.services(current_app.config["PUSH_HOSTS"]))
    known = {vapid.public_key(key_id): key_id for key_id in keys.ids()}
    if key not in known:
        return _said(True)
    device = devices.keep(fit, access.current(), known[key], request.user_agent.string, clock.now())
    renew = device.disabled_at is not None or device.key_id != keys.current_id()
    session.commit()
    return _said(renew)


@blueprint.delete("/devices")
@access.allows(access.PERSON)
@forms.takes_json("endpoint")
def forget() -> Response:
    """Send nothing more to this browser; twice is once."""
    devices.forget(access.me(), str(forms.body().get("endpoint", "")))
    session.commit()
    return _said(False)


def _said(renew: bool) -> Response:
    body = {"svc": "marmalade", "key": vapid.public_key(keys.current_id()), "renew": renew}
    return Response(json.dumps(body), content_type="application/json")
