"""Badges that were scanned: the card of whoever wears one, as far as anyone may see it; a name; or nothing."""

from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import attendance, badges, blocks, cards, contacts, encounters, sightings, vcards
from app.domain.badges import Badge
from app.domain.cards import Card, UnknownCard
from app.domain.contacts import Contact
from app.domain.people import Person
from app.web import access, doorways, downloads, forms, headers

blueprint = Blueprint("badges", __name__)
headers.keep_unlisted(blueprint)

Page = str | Response


@blueprint.get("/b/<token>")
@access.allows(access.ANYONE)
def show(token: str) -> Page:
    """Show who wears this badge: the card that anyone may see, or the name of someone without a card yet."""
    badge, visitor = _worn(token), access.visitor()
    wearer = badge.place.person
    if wearer is None:
        return _unclaimed(badge, token)
    card = cards.of(wearer)
    if visitor and visitor.id == wearer.id:
        return render_template("cards/owner.html", card=card)
    contact = _contact(wearer)
    shown = {
        "card": card,
        "address": url_for(".show", token=token),
        "vcard": url_for(".vcard", token=token),
        "seen": cards.visible(card, _onlooker(contact)),
        "photo": _photo(card, _onlooker(contact)),
    }
    if visitor is None:
        return render_template("cards/stranger.html", **shown)
    now = clock.now()
    here, doorway = attendance.here_now(visitor, now), doorways.of_badge(visitor, badge.place, now)
    return render_template(
        "cards/met.html",
        **shown,
        contact=contact,
        op_id=uuid4(),
        noted=url_for(".met", token=token),
        arrival=doorway.arrival,
        by_itself=here is not None and not doorway.is_kept and _from_outside(),
    )


# A code printed in capitals leads here too.
blueprint.add_url_rule("/B/<token>", view_func=show, alias=True)


def _worn(token: str) -> Badge:
    found = badges.find(token)
    if found is None:
        access.walked()
    badge, visitor = badges.worn(found), access.visitor()
    if visitor and badge.place.person and visitor.id != badge.place.person.id:
        blocks.must_be_open(visitor, badge.place.person)
    return badge


def _contact(wearer: Person) -> Contact | None:
    visitor = access.visitor()
    return contacts.find(visitor, wearer) if visitor and encounters.between(visitor, wearer) else None


def _onlooker(contact: Contact | None) -> str:
    return contacts.level(contact) if contact else cards.ANYONE


def _photo(card: Card, onlooker: str) -> str:
    photo = cards.picture(card, onlooker)
    return url_for("cards.photo", address=photo.address) if photo else ""


def _from_outside() -> bool:
    return request.headers.get("Sec-Fetch-Site") == "none"


def _unclaimed(badge: Badge, token: str) -> str:
    now, visitor = clock.now(), access.visitor()
    doorway = doorways.of_badge(visitor, badge.place, now) if visitor else None
    here_too = visitor is not None and sightings.is_here_too(visitor, badge.place, now)
    return render_template(
        "badges/unclaimed.html",
        name=sightings.name_on(badge.place),
        event=badge.place.event,
        is_on=badge.place.event.is_on(now),
        here_too=here_too,
        noted=url_for(".met", token=token),
        op_id=uuid4(),
        arrival=doorway and doorway.arrival,
        by_itself=here_too and not (doorway and doorway.is_kept) and _from_outside(),
    )


@blueprint.post("/b/<token>")
@access.allows(access.PERSON)
@forms.takes("id")
def met(token: str) -> Page:
    """Note that I met whoever wears this badge."""
    badge, me, now, op_id = _worn(token), access.me(), clock.now(), forms.op_id()
    where = attendance.occasion(me, now, ZoneInfo(current_app.config["TIME_ZONE"]))
    sightings.see(me, badge.place, op_id, where, now, now)
    session.commit()
    return redirect(url_for("scan.saved", op_id=op_id), 303)


@blueprint.get("/b/<token>.vcf")
@access.allows(access.ANYONE)
def vcard(token: str) -> Page:
    """Hand over the wearer's card, as far as it is open to this visitor, for their address book."""
    wearer = _worn(token).place.person
    if wearer is None:
        raise UnknownCard
    written = cards.vcard(cards.of(wearer), _onlooker(_contact(wearer)))
    return downloads.attachment(written.encode(), vcards.MEDIA_TYPE, f"{wearer.name}.vcf")
