"""What is kept and who answers for it: the notice of this installation, of a group, and where holes are reported."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from app import clock
from app.database import session
from app.domain import complaints, events, groups, retentions
from app.domain.refusals import NotFound, Unfit
from app.web import access, forms

blueprint = Blueprint("privacy", __name__)

Page = str | Answer | tuple[str, int]
STANDS_FOR = timedelta(days=365)


@blueprint.get("/privacy")
@access.allows(access.ANYONE)
def notice() -> str:
    """Say in plain words what this installation keeps, how long, and whom to ask."""
    return _notice()


@blueprint.get("/e/<code>/privacy")
@access.allows(access.ANYONE)
def of_event(code: str) -> str:
    """Say the same for the group of an event, with whom it names."""
    try:
        return _notice(events.by_code(code).group)
    except NotFound:
        access.walked()
        raise


def _notice(group: groups.Group | None = None) -> str:
    return render_template(
        "privacy/notice.html",
        group=group,
        contact=current_app.config["CONTACT"],
        months=round(retentions.VISITORS_LAST.days / 30.4),
        years=retentions.NAMES_LAST.days // 365,
        complaint_years=complaints.LASTS.days // 365,
    )


@blueprint.get("/.well-known/security.txt")
@access.allows(access.ANYONE)
def security() -> Response:
    """Say where a hole is reported (RFC 9116), where the operator has named an address."""
    contact = current_app.config["CONTACT"]
    if not contact:
        raise NotFound
    expires = (clock.now() + STANDS_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (f"Contact: mailto:{contact}", f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/groups/<int:group_id>/privacy")
@access.allows(access.ORGANISER)
def ask_contact(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Ask whom people may write to about what the group keeps."""
    group = access.group()
    return _contact_form({"contact_name": group.contact_name, "contact_email": group.contact_email})


@blueprint.post("/groups/<int:group_id>/privacy")
@access.allows(access.ORGANISER)
@forms.takes("contact_name", "contact_email")
def name_contact(group_id: int) -> Page:
    """Name whom people may write to."""
    try:
        groups.name_contact(access.group(), request.form.get("contact_name", ""), request.form.get("contact_email", ""))
    except Unfit as refusal:
        session.rollback()
        return _contact_form(request.form.to_dict(), refusal), refusal.status
    session.commit()
    return redirect(url_for(".ask_contact", group_id=group_id, done=1), 303)


def _contact_form(typed: dict[str, str], refusal: Unfit | None = None) -> str:
    done = "done" in request.args
    return render_template("privacy/contact.html", group=access.group(), typed=typed, refusal=refusal, done=done)
