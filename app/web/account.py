"""Coming in and going out: the landing page, sign-in by code, my sessions and settings."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.database import session
from app.domain import (
    addresses,
    bounces,
    cards,
    consents,
    deliveries,
    devices,
    groups,
    lost_cards,
    mutes,
    notices,
    people,
    prompts,
    quiet_hours,
    quiet_modes,
    sessions,
)
from app.domain.people import Person
from app.domain.refusals import NotFound, Unfit
from app.web import access, cookies, forms

blueprint = Blueprint("account", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
@access.allows(access.ANYONE)
def landing() -> Page:
    """Today for who is signed in; else what this is, and two ways in."""
    if access.visitor():
        return redirect(url_for("prompts.today"))
    return render_template("account/landing.html", may_start_group=current_app.config["GROUPS"] == "open")


@blueprint.get("/sign-in")
@access.allows(access.ANYONE)
def sign_in() -> Page:
    """Ask for the address that a code is sent to."""
    return render_template("account/sign_in.html", email="", next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@access.allows(access.ANYONE)
@forms.takes("email", "next")
def ask_code() -> Page:
    """Send a code; the answer is the same whether anybody has this address."""
    typed = request.form.get("email", "")
    try:
        _send_code(typed, None)
    except (Unfit, sessions.TooManyCodes) as refusal:
        session.rollback()
        page = render_template(
            "account/sign_in.html", email=typed, error=_(refusal.message), next=request.form.get("next", "")
        )
        return page, refusal.status
    return redirect(url_for(".code", next=request.form.get("next") or None), 303)


def _send_code(typed: str, person: Person | None) -> None:
    now = clock.now()
    email = people.normalised_email(typed)
    if groups.is_demonstration() and people.find_by_email(email) is None:
        raise groups.OnlyForShow
    code = sessions.ask_code(email, cookies.browser(), now, person)
    deliveries.carry_code(code, now)
    session.commit()


@blueprint.get("/sign-in/code")
@access.allows(access.ANYONE)
def code() -> Page:
    """Ask for the code, in the browser that asked for it."""
    asked = sessions.asked(cookies.browser(), clock.now())
    if asked is None:
        return redirect(url_for(".sign_in", next=request.args.get("next") or None))
    return render_template("account/code.html", email=asked.email, next=request.args.get("next", ""))


@blueprint.post("/sign-in/code")
@access.allows(access.ANYONE)
@forms.takes("code", "next")
def redeem() -> Page:
    """Let the code's owner in, or say what is wrong with it; a wrong try is counted either way."""
    now, following = clock.now(), request.form.get("next", "")
    asked = sessions.asked(cookies.browser(), now)
    if asked is None:
        return redirect(url_for(".sign_in", next=following or None), 303)
    try:
        used = sessions.redeem(request.form.get("code", ""), asked.email or "", cookies.browser(), now)
    except Unfit as refusal:
        session.commit()
        page = render_template("account/code.html", email=asked.email, error=_(refusal.message), next=following)
        return page, refusal.status
    return _welcome_in(used, following)


def _welcome_in(used: sessions.SignInCode, following: str) -> Response:
    """Go on as the address tells: its person comes in, a guest confirms it, a stranger joins."""
    now, email, me = clock.now(), used.email or "", access.visitor()
    owner, guest = people.find_by_email(email), _guest(used)
    if owner and guest and owner is not guest:
        session.commit()
        return redirect(url_for("merges.show"), 303)
    if me and used.person_id == me.id and not me.is_guest and owner != me and not used.by_operator:
        return _change_address(me, email)
    if guest and not owner:
        people.confirm(guest, email, now)
        consents.note(guest, consents.CODE, now)
    person, lost = owner or guest, None if used.by_operator else lost_cards.typed_for(email)
    if person is None:
        session.commit()
        return redirect(url_for("lost_cards.show" if lost else ".new", next=following or None), 303)
    access.come_in(person)
    return redirect(url_for("lost_cards.show", next=following or None) if lost else access.inside(following), 303)


def _change_address(me: Person, email: str) -> Response:
    try:
        changed = addresses.change(me, email, clock.now())
    except addresses.AddressTaken:
        session.commit()
        return redirect(url_for(".settings", done="taken"), 303)
    if changed:
        data = {
            "new": addresses.masked(email),
            "undo": url_for("addresses.show", token=addresses.undo_token(changed)),
        }
        subject, old = f"address:{changed.id}", changed.old_email
        notices.post(notices.ADDRESS_CHANGED, subject, clock.now(), person=me, email=old, data=data)
    access.come_in(me)
    return redirect(url_for(".settings", done="changed"), 303)


def _guest(used: sessions.SignInCode) -> Person | None:
    """Return the guest whom a used code is about: who asked for it, else who has a card on this browser."""
    about = used.person if not used.by_operator else None
    return next((one for one in (about, access.visitor()) if one and one.is_guest), None)


@blueprint.get("/new")
@access.allows(access.ANYONE)
def new() -> Page:
    """Ask someone with a proved address and no card yet for a name."""
    if sessions.proved(cookies.browser(), clock.now()) is None:
        return redirect(url_for(".sign_in"))
    return render_template("account/new.html", typed={}, next=request.args.get("next", ""))


@blueprint.post("/new")
@access.allows(access.ANYONE)
@forms.takes("name", "what_i_do", "time_zone", "next")
def join() -> Page:
    """Make a card for a proved address."""
    now, typed = clock.now(), request.form
    email = sessions.proved(cookies.browser(), now)
    if email is None or people.find_by_email(email):
        return redirect(url_for(".sign_in"), 303)
    try:
        person = people.join(typed.get("name", ""), _zone(typed.get("time_zone", "")), now)
        cards.issue(person, now, people.line(typed.get("what_i_do", ""), "what_i_do"))
    except Unfit as refusal:
        session.rollback()
        return render_template("account/new.html", typed=typed, refusal=refusal, next=typed.get("next", "")), 422
    people.confirm(person, email, now)
    consents.note(person, consents.CODE, now)
    access.come_in(person)
    return redirect(access.inside(typed.get("next", "")), 303)


def _zone(name: str) -> str:
    return people.known_zone(name, str(current_app.config["TIME_ZONE"]))


@blueprint.post("/sign-out")
@access.allows(access.PERSON)
@forms.takes("others")
def sign_out() -> Page:
    """End this session for good; a copy of its cookie opens nothing from now on.

    `others`: on this phone somebody else's things wait to be sent. It has wiped what was mine itself.
    """
    sessions.end(access.me(), access.current().id)
    session.commit()
    cookies.sign_out(spare_storage="others" in request.form)
    return redirect(url_for(".landing"), 303)


@blueprint.get("/settings")
@access.allows(access.PERSON)
def settings() -> Page:
    """Show my address, my reminders and where I am signed in."""
    return _settings()


def _settings(status: int = 200, **instead: object) -> tuple[str, int]:
    """Show the settings; where something typed was refused, `instead` has it, and why."""
    me, now = access.me(), clock.now()
    shown: dict[str, object] = {
        "mine": sessions.mine(me),
        "here": access.current().id,
        "email": me.email_typed or "",
        "error": "",
        "done": request.args.get("done", ""),
        "groups": [group for group, _how in groups.of(me)],
        "muted": mutes.of(me, mutes.MAIL),
        "told": mutes.of(me, mutes.PUSH),
        "phones": len(devices.mine(me)),
        "quiet_until": quiet_modes.last_day(me, now),
        "quiet_typed": "",
        "quiet_error": "",
        "hours": {"quiet_from": f"{me.quiet_from:%H:%M}", "quiet_to": f"{me.quiet_to:%H:%M}"},
        "hours_error": {},
        "returned": bounces.latest(me, now),
        "stopped": bounces.stopped(me, now),
        "lasts": bounces.LASTS,
        "failure": deliveries.last_failure(me),
        "agreed": consents.of(me),
    }
    return render_template("account/settings.html", **(shown | instead)), status


@blueprint.post("/settings/address")
@access.allows(access.PERSON)
@forms.takes("email")
def confirm_address() -> Page:
    """Send a code to the address that a guest wants to confirm."""
    typed = request.form.get("email", "")
    try:
        _send_code(typed, access.me())
    except (Unfit, sessions.TooManyCodes) as refusal:
        session.rollback()
        return _settings(refusal.status, email=typed, error=_(refusal.message))
    return redirect(url_for(".code"), 303)


@blueprint.post("/settings/reminders")
@access.allows(access.PERSON)
@forms.takes(*mutes.KINDS, "group-*")
def reminders() -> Page:
    """Choose what letters are about, by kind and by group; all of it waits under Today either way."""
    me, wanted = access.me(), request.form
    silent = [group.id for group, _how in groups.of(me) if f"group-{group.id}" not in wanted]
    mutes.put(me, mutes.MAIL, [kind for kind in mutes.KINDS if kind not in wanted], silent)
    consents.note(me, consents.SETTINGS, clock.now())
    session.commit()
    return redirect(url_for(".settings", done="reminders"), 303)


@blueprint.post("/settings/quiet")
@access.allows(access.PERSON)
@forms.takes("quiet", "until")
def quiet() -> Page:
    """Be quiet for two weeks, or until a day; or let letters come again. What comes due waits under Today."""
    me, now, typed = access.me(), clock.now(), request.form.get("until", "")
    if request.form.get("quiet") == "off":
        quiet_modes.end(me, now)
    else:
        try:
            quiet_modes.begin(me, now, quiet_modes.day_of(typed))
        except Unfit as refusal:
            session.rollback()
            return _settings(refusal.status, quiet_typed=typed, quiet_error=_(refusal.message))
    session.commit()
    return redirect(url_for(".settings", done="reminders"), 303)


@blueprint.post("/settings/quiet-hours")
@access.allows(access.PERSON)
@forms.takes("quiet_from", "quiet_to")
def hours() -> Page:
    """Choose between which hours of the day nothing comes."""
    typed = {name: request.form.get(name, "") for name in ("quiet_from", "quiet_to")}
    try:
        quiet_hours.put(access.me(), **typed)
    except Unfit as refusal:
        session.rollback()
        return _settings(refusal.status, hours=typed, hours_error={refusal.field: _(refusal.message)})
    session.commit()
    return redirect(url_for(".settings", done="reminders"), 303)


@blueprint.post("/settings/returned")
@access.allows(access.PERSON)
@forms.takes()
def forgive() -> Page:
    """Try my address again, although letters came back from it."""
    bounces.forgive(access.me())
    session.commit()
    return redirect(url_for(".settings", done="reminders"), 303)


@blueprint.post("/settings/letters")
@access.allows(access.PERSON)
@forms.takes("letters")
def letters() -> Page:
    """Stop every letter with one tap, or let them come again as they were chosen; sign-in codes come in any case."""
    me = access.me()
    (prompts.resubscribe if request.form.get("letters") == "on" else prompts.unsubscribe)(me)
    consents.note(me, consents.SETTINGS, clock.now())
    session.commit()
    return redirect(url_for(".settings", done="reminders"), 303)


@blueprint.post("/settings/reading")
@access.allows(access.PERSON)
@forms.takes("larger_text")
def reading() -> Page:
    """Make the text of every page larger, or as the phone has it."""
    access.me().larger_text = request.form.get("larger_text") == "on"
    session.commit()
    return redirect(url_for(".settings", done="reading"), 303)


@blueprint.post("/sessions/end")
@access.allows(access.PERSON)
@forms.takes()
def end_other_sessions() -> Page:
    """End every session of mine but this one, on whatever devices they are."""
    sessions.end_all(access.me(), but=access.current().id)
    session.commit()
    return redirect(url_for(".settings", done="sessions"), 303)


@blueprint.post("/sessions/<int:session_id>/end")
@access.allows(access.PERSON)
@forms.takes()
def end_session(session_id: int) -> Page:
    """End one of my sessions, on whatever device it is."""
    if not sessions.end(access.me(), session_id):
        raise NotFound
    session.commit()
    return redirect(url_for(".settings", done="session"), 303)
