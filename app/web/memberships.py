"""Memberships: who runs a group, and how somebody leaves one."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import departures, groups
from app.domain.groups import ORGANISER, Group
from app.web import access, forms

blueprint = Blueprint("memberships", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/groups/<int:group_id>/leave")
@access.allows(access.PERSON)
def leaving(group_id: int) -> Page:
    """Say what leaving this group means; its only organiser is asked whom to hand it to."""
    return _leaving(groups.one_of(access.me(), group_id))


def _leaving(group: Group, refusal: groups.LastOrganiser | None = None) -> Page:
    me, everyone = access.me(), groups.belonging(group)
    organisers = {one.person_id for one in everyone if one.role == ORGANISER}
    page = render_template(
        "memberships/leave.html",
        group=group,
        last=organisers == {me.id},
        others=[(one.person_id, one.person.name) for one in everyone if one.person_id != me.id],
        places=departures.coming(me, group, clock.now()),
        refusal=refusal,
    )
    return page if refusal is None else (page, refusal.status)


@blueprint.post("/groups/<int:group_id>/leave")
@access.allows(access.PERSON)
@forms.takes("to")
def leave(group_id: int) -> Page:
    """Leave the group, and hand it to somebody first where nobody else runs it."""
    me, to = access.me(), request.form.get("to", type=forms.number)
    group = groups.one_of(me, group_id)
    if to is not None and group in access.organised():
        groups.appoint(group, to, me)
    try:
        departures.leave(me, group, clock.now())
    except groups.LastOrganiser as refusal:
        session.rollback()
        return _leaving(groups.one_of(me, group_id), refusal)
    session.commit()
    return redirect(url_for("account.settings", done="left"), 303)


@blueprint.get("/groups/<int:group_id>/organisers")
@access.allows(access.ORGANISER)
def organisers(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Show who runs the group, and who could."""
    return _organisers()


def _organisers(refusal: groups.LastOrganiser | None = None) -> Page:
    everyone = groups.belonging(access.group())
    page = render_template(
        "memberships/organisers.html",
        group=access.group(),
        organisers=[one.person for one in everyone if one.role == ORGANISER],
        members=[(one.person_id, one.person.name) for one in everyone if one.role != ORGANISER],
        refusal=refusal,
    )
    return page if refusal is None else (page, refusal.status)


@blueprint.post("/groups/<int:group_id>/organisers")
@access.allows(access.ORGANISER)
@forms.takes("person")
def appoint(group_id: int) -> Page:
    """Make a member an organiser."""
    groups.appoint(access.group(), request.form.get("person", 0, forms.number), access.me())
    session.commit()
    return redirect(url_for(".organisers", group_id=group_id), 303)


@blueprint.post("/groups/<int:group_id>/organisers/<int:person_id>/dismiss")
@access.allows(access.ORGANISER)
@forms.takes()
def dismiss(group_id: int, person_id: int) -> Page:
    """Let an organiser be a member again, unless they are the last."""
    try:
        groups.dismiss(access.group(), person_id)
    except groups.LastOrganiser as refusal:
        session.rollback()
        return _organisers(refusal)
    session.commit()
    if person_id == access.me().id:
        return redirect(url_for("account.settings"), 303)
    return redirect(url_for(".organisers", group_id=group_id), 303)


@blueprint.post("/groups/<int:group_id>/heard")
@access.allows(access.PERSON)
@forms.takes()
def heard(group_id: int) -> Page:
    """Note that I have read that I organise this group now."""
    groups.heard(access.me(), groups.one_of(access.me(), group_id).id)
    session.commit()
    return redirect(url_for("prompts.today"), 303)
