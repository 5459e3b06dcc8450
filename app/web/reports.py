"""Reports: telling the organisers about somebody I met, and what the organisers of a group read of it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import contacts, partings, reports
from app.domain.refusals import Unfit
from app.web import access, forms
from app.web import partings as between_us

blueprint = Blueprint("reports", __name__)

Page = str | Response | tuple[str, int]


@blueprint.post("/people/<int:contact_id>/report")
@access.allows(access.PERSON)
@forms.takes("reason", "words", "block")
def tell(contact_id: int) -> Page:
    """Tell the organisers about them, and block them too if I say so."""
    me, now = access.me(), clock.now()
    contact = contacts.of(me, contact_id)
    try:
        reports.tell(me, contact.other, request.form.get("reason", ""), forms.words("words"), now)
    except Unfit as refusal:
        session.rollback()
        return between_us.page(contacts.of(access.me(), contact_id), refusal), refusal.status
    blocks = request.form.get("block") == "on"
    if blocks:
        partings.block(me, contact.other, now)
    session.commit()
    where = url_for("partings.blocked") if blocks else url_for("partings.show", contact_id=contact_id)
    return redirect(f"{where}?done=reported", 303)


@blueprint.get("/groups/<int:group_id>/reports")
@access.allows(access.ORGANISER)
def index(group_id: int) -> Page:  # noqa: ARG001 - access finds the group by it
    """Show what was told about people who come, never by whom."""
    found = reports.of_group(access.group(), access.me())
    return render_template("reports/index.html", group=access.group(), reports=found, done=request.args.get("done", ""))


@blueprint.post("/groups/<int:group_id>/reports/<int:report_id>/seen")
@access.allows(access.ORGANISER)
@forms.takes()
def see(group_id: int, report_id: int) -> Page:
    """Mark a report as seen."""
    reports.see(reports.find(access.group(), access.me(), report_id), clock.now())
    session.commit()
    return redirect(url_for(".index", group_id=group_id, done="seen"), 303)
