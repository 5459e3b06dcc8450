"""Reports: what the organisers of a group were told about people who come. Nobody reads by whom."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import reports
from app.web import access, forms

blueprint = Blueprint("reports", __name__)

Page = str | Response


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
