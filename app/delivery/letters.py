"""A prompt, a notice or a code into words. First names, counts, days and places; never a note, a promise or a card."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from babel.lists import format_list
from flask import current_app, url_for
from flask_babel import get_locale

from app.delivery.envelopes import Letter, Mailbox
from app.domain import (
    calendars,
    invitations,
    keepers,
    links,
    newcomers,
    notices,
    one_to_ones,
    people,
    prompts,
    wordings,
)
from app.domain.calendars import Party
from app.domain.intentions import GOALS
from app.domain.mentions import Mentions
from app.domain.notices import ADDRESS_CHANGED, BEFORE, CANCELLED, COMPLAINT, KEPT, MOVED, TRIAL, Notice
from app.domain.one_to_ones import OneToOne
from app.domain.people import Person
from app.domain.prompts import AGREEMENT, FOLLOW_UP, INVITATION, ONE_TO_ONE, Prompt
from app.domain.sessions import CODE_LIFE, SignInCode
from app.words import gettext as _
from app.words import ngettext

NAMED = 4
Words = dict[str, Any]


def of_code(code: SignInCode) -> Letter:
    """Write the letter with a sign-in code; it looks the same whenever it is written."""
    digits = f"{code.digits[:3]} {code.digits[3:]}"
    return _written("sign_in", {}, digits=digits, minutes=int(CODE_LIFE.total_seconds() // 60))


def of_prompt(prompt: Prompt, around: Mentions, now: datetime) -> Letter:
    """Write the letter that points to a prompt, with links that act without sign-in, and one that stops all this."""
    stop = _page("slips.letters", token=links.unsubscribe(prompt.person, now))
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    name, words = _WORDS[prompt.kind](prompt, around, now)
    act, others = _page("slips.prompt", token=links.action(prompt, now)), around.waiting[prompt.id]
    mornings = list(dict.fromkeys(one.event for one in others if one.event and one.event_id != prompt.event_id))
    said: Words = {"more": len(others), "mornings": mornings[:NAMED]}
    return _written(name, headers, person=prompt.person, stop=stop, act=act, **said, **words)


def of_notice(notice: Notice, now: datetime) -> Letter:
    """Write a notice; one that nobody asked for has the link that stops it, in its head too (RFC 8058)."""
    words, headers = _SAID[notice.kind](notice, now), {}
    if notice.kind in notices.UNASKED:
        words["stop"] = stop = _stop(notice, now)
        headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return _written(notice.kind, headers, called=people.called(notice.name), removes=bool(notice.email), **words)


def to(notice: Notice) -> Mailbox:
    """Return where a notice goes."""
    return Mailbox(notice.name, notice.address)


def recipient(person: Person) -> Mailbox:
    """Return where this person's letters go: their confirmed address, under their name."""
    return Mailbox(person.name, person.email or "")


def sender() -> Mailbox:
    """Return whom letters come from, as the settings have it."""
    return Mailbox.of(current_app.config["MAIL_FROM"])


def message_id(what: str) -> str:
    """Return the name of a letter, the same for the same thing on this installation (RFC 5322 §3.6.4)."""
    return f"{what}@{host()}"


def host() -> str:
    """Return the name of this installation's host."""
    return urlsplit(f"//{current_app.config['SERVER_NAME']}").hostname or "localhost"


def _follow_up(prompt: Prompt, around: Mentions, _now: datetime) -> tuple[str, Words]:
    met = around.met_at(prompt)
    return "follow_up", {
        "event": prompt.event,
        "met": len(met),
        "names": _names(met),
        "page": _page("prompts.show", prompt_id=prompt.id),
    }


def _one_to_one(prompt: Prompt, _around: Mentions, _now: datetime) -> tuple[str, Words]:
    fitting = [contact.other.first_name for contact in prompts.fitting(prompt)]
    words = {"number": len(fitting), "names": _names(fitting), "again": prompts.meets_again(prompt)}
    return "one_to_one", {"event": prompt.event, "page": _page("prompts.show", prompt_id=prompt.id), **words}


def _invitation(prompt: Prompt, _around: Mentions, _now: datetime) -> tuple[str, Words]:
    meeting = _of(prompt)
    closes = meeting.created_at + one_to_ones.CLOSES_AFTER
    return "invitation", {"closes": closes, **_meeting(meeting, prompt.person)}


def _agreement(prompt: Prompt, _around: Mentions, now: datetime) -> tuple[str, Words]:
    """What was agreed, or called off, with what puts it into the calendar, or takes it out again."""
    meeting, reader = _of(prompt), prompt.person
    words = _meeting(meeting, reader)
    entry = invitations.entry(meeting, host(), _("1-2-1 with %(name)s", name=words["partner"]), words["page"])
    parties = Party("Marmalade", sender().address), invitations.attendees(meeting, reader)
    if meeting.state != one_to_ones.CANCELLED:
        return "agreement", {**words, "calendar": calendars.request(entry, *parties, now)}
    calendar = {"calendar": calendars.cancellation(entry, *parties, now), "method": calendars.CANCEL}
    return "cancellation", {**words, **calendar, "by_reader": meeting.cancelled_by_id == reader.id}


_WORDS = {FOLLOW_UP: _follow_up, ONE_TO_ONE: _one_to_one, INVITATION: _invitation, AGREEMENT: _agreement}


def _cancelled(notice: Notice, _now: datetime) -> Words:
    return {"event": notice.event, "by": notice.data["by"]}


def _place(notice: Notice, now: datetime) -> Words:
    """Where and when, and the links that say whether they come, and what would make it worth it."""
    if notice.place is None:
        raise ValueError(f"Notice {notice.id} is about no place.")
    token = links.place(notice.place, now)
    return {
        **_cancelled(notice, now),
        "coming": _page("answers.show", token=token),
        "cannot": _page("answers.show", token=token, say="no"),
        "instead": _page("answers.show", token=token, say="instead"),
        "goals": [(_(wordings.GOALS[goal]), _page("answers.show", token=token, goal=goal)) for goal in GOALS],
        "first": newcomers.is_first(notice.place),
    }


def _kept(notice: Notice, now: datetime) -> Words:
    if notice.place is None:
        raise ValueError(f"Notice {notice.id} is about no place.")
    page = _page("slips.kept", token=links.kept(notice, now))
    return {"event": notice.event, "kept": keepers.count(notice.place), "page": page}


def _address_changed(notice: Notice, _now: datetime) -> Words:
    return {"new": notice.data["new"], "undo": urljoin(_page("account.landing"), notice.data["undo"])}


def _complaint(notice: Notice, _now: datetime) -> Words:
    return {"reference": notice.data["reference"]}


def _trial(_notice: Notice, _now: datetime) -> Words:
    return {}


_SAID = {
    BEFORE: _place,
    MOVED: _place,
    CANCELLED: _cancelled,
    KEPT: _kept,
    ADDRESS_CHANGED: _address_changed,
    COMPLAINT: _complaint,
    TRIAL: _trial,
}


def _stop(notice: Notice, now: datetime) -> str:
    """Return the link that stops such letters: to an address for ever, or to an account until it wants them again."""
    if notice.email or notice.person is None:
        return _page("slips.removal", token=links.removal(notice, now))
    return _page("slips.letters", token=links.unsubscribe(notice.person, now))


def _of(prompt: Prompt) -> OneToOne:
    if prompt.one_to_one is None:
        raise ValueError(f"Prompt {prompt.id} is about no 1-2-1.")
    return prompt.one_to_one


def _meeting(meeting: OneToOne, reader: Person) -> Words:
    zones = [reader.time_zone, *({meeting.time_zone} - {reader.time_zone})]
    return {
        "meeting": meeting,
        "partner": meeting.partner(reader).first_name,
        "zones": [(zone, _city(zone)) for zone in zones],
        "page": _page("one_to_ones.show", one_to_one_id=meeting.id),
    }


def _page(endpoint: str, **values: Any) -> str:
    """Return the full address of one of our own pages, from the settings alone: a letter has no request."""
    return url_for(endpoint, _external=True, **values)


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


def _names(first_names: Sequence[str]) -> str:
    """Name the first four, count the others: Gareth, Owen, Siân, Huw and 3 more."""
    names, others = list(first_names[:NAMED]), len(first_names) - NAMED
    if others > 0:
        names.append(ngettext("%(num)s more", "%(num)s more", others))
    return format_list(names, locale=get_locale() or "en_GB")


def _written(
    name: str,
    headers: dict[str, str],
    calendar: bytes | None = None,
    method: str = calendars.REQUEST,
    **words: Any,
) -> Letter:
    subject = " ".join(_rendered(f"{name}/subject.txt", words).split())
    text, html = _rendered(f"{name}/body.txt", words), _rendered(f"{name}/body.html", {**words, "subject": subject})
    return Letter(subject, text, html, headers, calendar, method)


def _rendered(template: str, words: Words) -> str:
    # Without Flask's own render_template: what that offers to pages is about a request, and a letter has none.
    return current_app.jinja_env.get_template(f"letters/{template}").render(words)
