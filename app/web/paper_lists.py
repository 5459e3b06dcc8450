"""Paper lists: the morning put right afterwards, a tick by every name, and a look at what changes before it does."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import paper_lists
from app.domain.paper_lists import Changes
from app.web import access, forms

blueprint = Blueprint("paper_lists", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/events/<int:event_id>/corrections")
@access.allows(access.ORGANISER)
def index(event_id: int) -> Page:  # noqa: ARG001 - access finds the event by it
    """Show every name with a tick at who was there."""
    event = access.event()
    paper_lists.must_be_over(event, clock.now())
    return _show()


def _show(ticked: set[int] | None = None, shown: set[int] | None = None, nothing: bool = False) -> str:
    places = paper_lists.names(access.event())
    here = {place.id for place in places if place.is_here}
    return render_template(
        "paper_lists/index.html",
        event=access.event(),
        places=places,
        ticked=here if ticked is None else ticked,
        shown=here if shown is None else shown,
        nothing=nothing,
        saved=request.args.get("saved", ""),
    )


@blueprint.post("/events/<int:event_id>/corrections")
@access.allows(access.ORGANISER)
@forms.takes("here", "shown", "version", "sure")
def correct(event_id: int) -> Page:
    """Show what the ticks change; and change it, if that was seen and nobody has changed the list since."""
    event, now, sure = access.event(), clock.now(), request.form.get("sure")
    paper_lists.must_be_over(event, now)
    ticked, shown = _ids(request.form.getlist("here")), _ids(request.form.get("shown", "").split(","))
    wanted = paper_lists.changes(event, shown, ticked)
    if sure == "no" or not any(wanted):
        return _show(ticked, shown, nothing=sure != "no")
    seen = request.form.get("version", type=forms.number)
    if sure != "yes" or seen != event.version:
        return _preview(wanted, ticked, shown, is_other=sure == "yes")
    paper_lists.save(event, wanted, now, access.me())
    session.commit()
    return redirect(url_for(".index", event_id=event_id, saved="yes"), 303)


def _preview(wanted: Changes, ticked: set[int], shown: set[int], is_other: bool) -> str:
    return render_template(
        "paper_lists/preview.html",
        event=access.event(),
        wanted=wanted,
        ticked=sorted(ticked),
        shown=sorted(shown),
        is_other=is_other,
    )


def _ids(typed: list[str]) -> set[int]:
    """Return the ids among what a form brought; what is none names nobody."""
    return {forms.number(one) for one in typed if one.isdecimal() and len(one) < 10}
