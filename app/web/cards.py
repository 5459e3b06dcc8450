"""Cards: mine to show and change, and whatever card an address leads to."""

from collections.abc import Mapping
from uuid import uuid4

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock, config, database, serving
from app.database import session
from app.domain import attendance, blocks, cards, consents, contacts, encounters, fields, photos, qr, vcards, welcomes
from app.domain.cards import Card
from app.domain.refusals import Refusal, Unfit
from app.web import access, doorways, downloads, forms, headers
from app.words import N_

blueprint = Blueprint("cards", __name__)
headers.keep_unlisted(blueprint)

Page = str | Response | tuple[str, int]
PHOTO_KEPT = "private, max-age=604800, immutable"


class NotForPaper(Refusal):
    message = N_("A printed code has to work for years. It waits until Marmalade has its https address.")


@blueprint.app_template_filter("phone")
def _phone(number: str) -> str:
    return fields.spaced(number)


@blueprint.get("/card")
@access.allows(access.PERSON)
def mine() -> Page:
    """Show my code, as large as the screen allows."""
    return _mine()


def _mine(refusal: Unfit | None = None) -> Page:
    card = cards.of(access.me())
    issued = cards.living(card)
    address = _address(issued.token)
    page = render_template(
        "cards/mine.html",
        card=card,
        line=cards.visible(card, cards.OWNER).get("what_i_do", ""),
        address=address,
        code=issued.short_code,
        picture=Markup(qr.svg(address, _("QR code of my card"))),  # noqa: S704 - our own drawing, its title escaped
        photo=_photo(card, cards.OWNER),
        done=request.args.get("done", ""),
        refusal=refusal,
    )
    return page if refusal is None else (page, refusal.status)


def _address(token: str) -> str:
    return serving.address_of(current_app.config) + url_for("cards.show", token=token)


def _photo(card: Card, onlooker: str) -> str:
    photo = cards.picture(card, onlooker)
    return url_for("cards.photo", address=photo.address) if photo else ""


@blueprint.get("/card/edit")
@access.allows(access.PERSON)
def edit() -> Page:
    """Offer my card for changing."""
    card = cards.of(access.me())
    return _edit(card, _as_typed(card), {})


def _as_typed(card: Card) -> dict[str, str]:
    me, usual = card.person, cards.PRESETS[card.preset]
    levels = {row.name: row.level for row in card.fields} | ({fields.PHOTO: card.photo.level} if card.photo else {})
    return {
        "name": me.name,
        "email": me.email or me.email_typed or "",
        "preset": card.preset,
        **{row.name: row.typed for row in card.fields},
        **{f"level_{name}": level for name, level in levels.items() if level != usual[name]},
    }


def _edit(card: Card, typed: Mapping[str, str], problems: Mapping[str, Unfit]) -> str:
    exceptions = any(typed.get(f"level_{name}") for name in (*cards.FIELDS, fields.PHOTO))
    welcome = typed.getlist("welcome") if isinstance(typed, MultiDict) else welcomes.of(card.person)
    return render_template(
        "cards/edit.html", card=card, typed=typed, problems=problems, exceptions=exceptions, welcome=welcome
    )


@blueprint.post("/card/edit")
@access.allows(access.PERSON)
@forms.takes("name", "preset", *cards.FIELDS, "level_*", "welcome")
def change() -> Page:
    """Change my card, or say everything that is wrong with it and keep what was typed."""
    card, typed, country = cards.of(access.me()), request.form, str(current_app.config["COUNTRY"])
    words = {name: typed.get(name, "") for name in ("name", *cards.FIELDS)}
    problems = fields.problems(words, country)
    if problems:
        return _edit(card, typed, problems), 422
    levels = {name: typed.get(f"level_{name}", "") for name in (*cards.FIELDS, fields.PHOTO)}
    cards.change(card, words["name"], words, typed.get("preset", ""), levels, country)
    welcomes.put(card.person, typed.getlist("welcome"))
    consents.note(access.me(), consents.CARD, clock.now())
    session.commit()
    return redirect(url_for(".mine", done="card"), 303)


@blueprint.get("/card/as/<any(anyone, met):level>")
@access.allows(access.PERSON)
def preview(level: str) -> Page:
    """Show my card as a stranger sees it, or as someone I met."""
    card = cards.of(access.me())
    return render_template(
        "cards/preview.html",
        card=card,
        level=level,
        seen=cards.visible(card, level),
        photo=_photo(card, level),
    )


@blueprint.post("/card/photo")
@access.allows(access.PERSON)
@forms.takes("photo")
def hang() -> Page:
    """Take a picture in, made small and plain; nobody waits for the database meanwhile."""
    sent = request.files.get("photo")
    session.rollback()
    try:
        jpeg = photos.develop(sent.read() if sent else b"")
    except Unfit as refusal:
        return _mine(refusal)
    database.begin_write()
    cards.hang(cards.of(access.me()), jpeg)
    session.commit()
    return redirect(url_for(".mine", done="photo"), 303)


@blueprint.post("/card/photo/remove")
@access.allows(access.PERSON)
@forms.takes()
def take_down() -> Page:
    """Take my photo away."""
    cards.take_down(cards.of(access.me()))
    session.commit()
    return redirect(url_for(".mine", done="photo-gone"), 303)


@blueprint.post("/card/token")
@access.allows(access.PERSON)
@forms.takes()
def renew() -> Page:
    """Withdraw my code and give me a new one."""
    cards.renew(cards.of(access.me()), clock.now())
    session.commit()
    return redirect(url_for(".mine", done="code"), 303)


@blueprint.get("/card/code.<any(svg, png):kind>")
@access.allows(access.PERSON)
def code(kind: str) -> Page:
    """Hand my code over as a file, for a screen or for paper."""
    on_paper = request.args.get("for") == "print"
    if on_paper and not config.ready_for_breakfast(current_app.config):
        raise NotForPaper
    me = access.me()
    address, level = _address(cards.living(cards.of(me)).token), qr.PRINT if on_paper else qr.SCREEN
    name = _("%(name)s, code for paper", name=me.name) if on_paper else _("%(name)s, code", name=me.name)
    if kind == "svg":
        return downloads.attachment(qr.svg(address, me.name, level).encode(), "image/svg+xml", f"{name}.svg")
    return downloads.attachment(qr.png(address, level), "image/png", f"{name}.png")


@blueprint.get("/c/<token>")
@access.allows(access.ANYONE)
def show(token: str) -> Page:
    """Show the card at this address: to its owner, to someone signed in, to a stranger."""
    card, person = _card(token), access.visitor()
    if person is None:
        return render_template("cards/stranger.html", **_shown(card, token, cards.ANYONE))
    if person.id == card.person_id:
        return render_template("cards/owner.html", card=card)
    now, contact = clock.now(), contacts.find(person, card.person)
    here, doorway = attendance.here_now(person, now), doorways.of_card(person, card.person, token, now)
    return render_template(
        "cards/met.html",
        **_shown(card, token, contacts.level_when_shown(contact, card.person)),
        contact=contact if contact and encounters.between(person, card.person) else None,
        op_id=uuid4(),
        arrival=doorway.arrival,
        by_itself=here is not None and not doorway.is_kept and request.headers.get("Sec-Fetch-Site") == "none",
    )


# A code printed in capitals leads here too.
blueprint.add_url_rule("/C/<token>", view_func=show, alias=True)


def _card(token: str) -> Card:
    found, person = cards.read(token), access.visitor()
    if found is None:
        access.walked()
    card = cards.shown(found)
    if person is not None and person.id != card.person_id:
        blocks.must_be_open(person, card.person)
    return card


def _shown(card: Card, token: str, onlooker: str) -> dict[str, object]:
    return {
        "card": card,
        "token": token,
        "address": url_for(".show", token=token),
        "vcard": url_for(".vcard", token=token),
        "seen": cards.visible(card, onlooker),
        "photo": _photo(card, onlooker),
    }


@blueprint.get("/c/<token>.vcf")
@access.allows(access.ANYONE)
def vcard(token: str) -> Page:
    """Hand over what this visitor sees of the card, for their address book."""
    card, person = _card(token), access.visitor()
    contact = contacts.find(person, card.person) if person else None
    level = contacts.level_when_shown(contact, card.person) if person else cards.ANYONE
    written = cards.vcard(card, level)
    return downloads.attachment(written.encode(), vcards.MEDIA_TYPE, f"{card.person.name}.vcf")


@blueprint.get("/photos/<address>.jpg")
@access.allows(access.ANYONE)
def photo(address: str) -> Page:
    """Serve a photo to whoever was given its address; opened by itself it is a picture and nothing else."""
    picture = cards.photo_at(address)
    response = Response(picture.jpeg, content_type="image/jpeg")
    response.headers["Cache-Control"] = PHOTO_KEPT
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.set_etag(address)
    return response.make_conditional(request)
