"""Where phones say what happened while they were away from us: every item is done once, and answered by itself."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, url_for
from sqlalchemy.exc import OperationalError

from app import clock
from app.database import session
from app.domain import deeds, dispatches, encounters, receipts, scans
from app.domain.deeds import REFUSED, Batch, Outcome, UnknownCode
from app.domain.dispatches import Item
from app.domain.receipts import Receipt
from app.domain.refusals import Refusal, Unfit
from app.web import access, faults, forms
from app.words import N_

blueprint = Blueprint("sync", __name__)
log = logging.getLogger("marmalade")

VERSION, MOST = 1, 500
PASSES = {409, 429, 503}  # what may go another time: not remembered


class SomebodyElse(Refusal):
    message = N_("Somebody else is signed in here now. What you kept waits on this phone until you sign in again.")


class TooMany(Unfit):
    status = 413
    message = N_("That's too much at once. It goes in smaller parts.")


class Broken(Refusal):
    status = 503
    message = N_("Something broke on our side. It stays on your phone and goes again.")


@blueprint.get("/api/v1/me")
@access.allows(access.PERSON)
def me() -> Response:
    """Say who is signed in, with a fresh token for what this phone sends."""
    return _json(
        svc="marmalade",
        me=access.phone_key(access.me()),
        name=access.me().name,
        csrf=forms.token(),
        assets=current_app.config["ASSETS"],
        now=clock.now().isoformat(),
    )


def _json(**said: Any) -> Response:
    return Response(json.dumps(said), content_type="application/json")


@blueprint.post("/api/v1/sync")
@access.allows(access.PERSON)
@forms.takes_json("v", "me", "client_now", "items", and_others=True)
def take() -> Response:
    """Take what a phone kept, up to 500 items, each whole or not at all, and answer each in its place."""
    sent, now = forms.body(), clock.now()
    items = sent.get("items")
    if type(sent.get("v")) is not int or not isinstance(items, list):
        raise dispatches.Malformed
    if sent.get("me") != access.phone_key(access.me()):
        raise SomebodyElse
    if len(items) > MOST:
        raise TooMany
    answers = _answers(items, dispatches.offset(sent.get("client_now"), now), now)
    session.commit()
    return Response(
        f'{{"svc":"marmalade","v":{VERSION},"now":{json.dumps(now.isoformat())},"answers":[{",".join(answers)}]}}',
        content_type="application/json",
    )


def _answers(sent: list[Any], offset: timedelta, now: datetime) -> list[str]:
    """Do what can be done of it, and keep the answers with what was done; return them, written, in order."""
    person, read = access.me(), [_read(one, offset) for one in sent]
    items = [one for one in read if isinstance(one, Item)]
    desk = scans.desk(person, dispatches.scanned(items), ZoneInfo(current_app.config["TIME_ZONE"]), now)
    encounters.hold({person.id, *scans.seen(desk)})
    batch = Batch(person, desk, now, abs(offset) > dispatches.SKEW, access.late_after())
    known, new = receipts.of(person, [item.id for item in items]), dict[UUID, Receipt]()
    answers = []
    for name, one in zip((_name(one) for one in sent), read, strict=True):
        if isinstance(one, Refusal):
            answers.append(_refused(name, one))
        elif receipt := known.get(one.id) or new.get(one.id):
            answers.append(receipt.text() if receipt.is_for(one.sent) else _refused(name, receipts.SentForAnother()))
        else:
            answers.append(_answer(name, one, batch, new))
    session.add_all(new.values())
    return answers


def _read(sent: object, offset: timedelta) -> Item | Refusal:
    try:
        return dispatches.read(sent, offset)
    except Unfit as refusal:
        return refusal


def _name(sent: object) -> str | None:
    """Return what the phone calls it, for the answer: as it was sent, if that is a name at all."""
    try:
        dispatches.named(sent)
    except Unfit:
        return None
    return str(sent["id"]) if isinstance(sent, dict) else None


def _answer(name: str | None, item: Item, batch: Batch, new: dict[UUID, Receipt]) -> str:
    """Do one thing, whole or not at all, and answer; the answer is remembered unless it may go another time."""
    about = None
    try:
        with session.begin_nested():
            outcome = deeds.do(item, batch)
        told, about = _told(name, outcome), outcome.about
    except OperationalError:  # the database itself: all of it another time
        raise
    except Exception as broke:  # noqa: BLE001 - what breaks us must not stand in the way of the rest
        refusal = _refusal(item, broke)
        told = _told(name, Outcome(REFUSED), refusal)
        if refusal.status in PASSES:
            return receipts.written(told, None)
    receipt = new[item.id] = receipts.write(batch.sender, item.id, item.sent, told, about, batch.now)
    return receipt.text()


def _refusal(item: Item, broke: Exception) -> Refusal:
    if isinstance(broke, UnknownCode):
        access.walked()
    if isinstance(broke, Refusal):
        return broke
    log.error("sync: %s broke", item.kind, exc_info=broke)
    return Broken()


def _refused(name: str | None, refusal: Refusal) -> str:
    return receipts.written(_told(name, Outcome(REFUSED), refusal), None)


def _told(name: str | None, outcome: Outcome, refusal: Refusal | None = None) -> dict[str, Any]:
    return {
        "id": name,
        "result": outcome.result,
        "reason": refusal.reason if refusal else None,
        "message": faults.sentence(refusal) if refusal else None,
        "name": outcome.name,
        "first_name": None,
        "sheet": url_for("scan.saved", op_id=outcome.sheet) if outcome.sheet else None,
        "contact": outcome.contact,
        "flags": outcome.flags,
    }
