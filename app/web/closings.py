"""The end of a group: its only organiser closes it, with everything that it kept."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import erasures, forgotten, retentions
from app.domain.refusals import Refusal, Unfit
from app.web import access, forms
from app.words import N_

blueprint = Blueprint("closings", __name__)

Page = str | Response | tuple[str, int]


class NotAlone(Refusal):
    message = N_("Others organise this group too. Whoever is the last one may close it.")


class AnotherGroupsName(Unfit):
    message = N_("That isn't the group's name. Type it as it stands above.")


@blueprint.get("/groups/<int:group_id>/close")
@access.allows(access.ORGANISER)
def ask(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Say what goes with a group and what stays, before it goes."""
    return _page()


def _page(refusal: Refusal | None = None, typed: str = "") -> Page:
    page = render_template("closings/ask.html", group=access.group(), alone=_is_alone(), refusal=refusal, typed=typed)
    return (page, refusal.status) if refusal else page


def _is_alone() -> bool:
    return access.group() in erasures.organised_alone(access.me())


@blueprint.post("/groups/<int:group_id>/close")
@access.allows(access.ORGANISER)
@forms.takes("name")
def close(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Close it: mornings, lists and figures are deleted; whom people met stays theirs."""
    group, typed = access.group(), request.form.get("name", "")
    if not _is_alone():
        return _page(NotAlone())
    if " ".join(typed.split()).casefold() != group.name.casefold():
        return _page(AnotherGroupsName("name"), typed)
    retentions.close(group)
    forgotten.scrub_soon(clock.now())
    session.commit()
    return redirect(url_for("organisers.index"), 303)
