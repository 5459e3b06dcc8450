"""Reminders on one's phones: what they are about, and a trial of every way by which they come."""

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import groups, limits, mutes, notices
from app.web import access, forms

blueprint = Blueprint("reminders", __name__)

TRIALS, WHILE = 5, timedelta(hours=1)


@blueprint.post("/settings/phones")
@access.allows(access.PERSON)
@forms.takes(mutes.FOLLOW_UPS, mutes.ONE_TO_ONES, "group-*")
def choose() -> Response:
    """Choose what my phones remind me of, by kind and by group; what letters are about is another choice."""
    me, wanted = access.me(), request.form
    silent = [kind for kind in (mutes.FOLLOW_UPS, mutes.ONE_TO_ONES) if kind not in wanted]
    unheard = [group.id for group, _how in groups.of(me) if f"group-{group.id}" not in wanted]
    mutes.put(me, mutes.PUSH, silent, unheard)
    session.commit()
    return redirect(url_for("account.settings", done="reminders"), 303)


@blueprint.post("/settings/trial")
@access.allows(access.PERSON)
@forms.takes()
def try_out() -> Response:
    """Send me something by every way that reminders come to me."""
    me, now = access.me(), clock.now()
    if not limits.use(f"trial:{me.id}", TRIALS, WHILE, now):
        session.commit()
        raise TooManyRequests(retry_after=3600)
    notices.post(notices.TRIAL, f"trial:{me.id}:{int(now.timestamp())}", now, person=me)
    session.commit()
    return redirect(url_for("account.settings", done="trial"), 303)
