"""A prompt into what a lock screen shows: first names and verbs, never a note, an address or a surname.

The JSON is declarative (Push API, "declarative push message"): where no script of ours runs it shows the same.
"""

import base64
import hashlib
import json
from typing import Any, Final, NamedTuple

from flask import url_for
from flask_babel import get_locale

from app.domain import one_to_ones, people, prompts
from app.domain.mentions import Mentions
from app.domain.notices import Notice
from app.domain.people import Person
from app.domain.prompts import ABOUT_EVENTS, AGREEMENT, FOLLOW_UP, INVITATION, ONE_TO_ONE, Prompt
from app.words import gettext as _
from app.words import ngettext

MARK: Final = 8030
LONGEST_NAME: Final = 40
TOPIC_LENGTH: Final = 22
Words = tuple[str, str]


class Notification(NamedTuple):
    """What is shown, as JSON in ASCII, and the topic under which a later one takes its place (RFC 8030 §5.4)."""

    content: bytes
    topic: str


def of_prompt(prompt: Prompt, around: Mentions, *, briefly: bool = False) -> Notification:
    """Say what waits, and lead to it; `briefly` without names, for a service that takes only short messages."""
    merged = around.untold.get(prompt.id, 0)
    title, body = _briefly() if briefly else _several(merged + 1) if merged else _WORDS[prompt.kind](prompt, around)
    data = {"prompt": prompt.id, "round": prompt.round, "me": people.phone_key(prompt.person)}
    if prompt.kind in ABOUT_EVENTS:
        data |= {"done": _("Done"), "later": _("Later")}
    page = url_for("openings.show", prompt_id=prompt.id, _external=True)
    said = _said(title, body, f"prompt-{prompt.id}", page, data)
    badge = len(around.waiting[prompt.id]) + 1
    subject = f"{prompt.kind}:{prompt.subject}:{prompt.person_id}"
    return Notification(_packed(said | {"app_badge": badge}), topic(subject))


def of_trial(notice: Notice, person: Person) -> Notification:
    """Say that messages arrive, to somebody who tries whether they do."""
    page = url_for("account.settings", _external=True)
    data = {"me": people.phone_key(person)}
    said = _said(_("Reminders reach this phone"), _("You asked us to try."), f"trial-{notice.id}", page, data)
    return Notification(_packed(said), topic(f"trial:{notice.subject}"))


def topic(subject: str) -> str:
    """Return 22 characters that are the same for the same subject, and tell nothing of it."""
    digest = hashlib.sha256(subject.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:TOPIC_LENGTH]


def _several(number: int) -> Words:
    return ngettext("%(num)s follow-up waits", "%(num)s follow-ups wait", number), _("Start with the oldest.")


def _briefly() -> Words:
    return _("A follow-up waits"), _("It's under Today.")


def _follow_up(prompt: Prompt, around: Mentions) -> Words:
    met = around.met_at(prompt)
    if not met:
        return _("Who did you talk to?"), _("A minute, and it's kept.")
    if len(met) == 1:
        return _("Write to %(name)s?", name=_short(met[0])), _("Whom would you like to see again?")
    others, first = len(met) - 1, _short(met[0])
    said = ngettext("Write to %(name)s or %(num)s other?", "Write to %(name)s or %(num)s others?", others, name=first)
    return said, _("Whom would you like to see again?")


def _one_to_one(prompt: Prompt, _around: Mentions) -> Words:
    fitting = [contact.other.first_name for contact in prompts.fitting(prompt)]
    body = _("You'll both be there soon.") if prompts.meets_again(prompt) else _("Half an hour makes the difference.")
    return (_("Ask %(name)s for half an hour?", name=_short(fitting[0])) if fitting else _("Half an hour?")), body


def _invitation(prompt: Prompt, _around: Mentions) -> Words:
    return _("%(name)s asks for half an hour", name=_partner(prompt)), _("Pick a time, or say no.")


def _agreement(prompt: Prompt, _around: Mentions) -> Words:
    if prompt.one_to_one and prompt.one_to_one.state == one_to_ones.CANCELLED:
        return _("Half an hour with %(name)s is called off", name=_partner(prompt)), _("See what was said.")
    return _("Half an hour with %(name)s is agreed", name=_partner(prompt)), _("See when and where.")


_WORDS = {FOLLOW_UP: _follow_up, ONE_TO_ONE: _one_to_one, INVITATION: _invitation, AGREEMENT: _agreement}


def _partner(prompt: Prompt) -> str:
    if prompt.one_to_one is None:
        raise ValueError(f"Prompt {prompt.id} is about no 1-2-1.")
    return _short(prompt.one_to_one.partner(prompt.person).first_name)


def _short(name: str) -> str:
    """Cut a name that would leave no room for anything else."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def _said(title: str, body: str, tag: str, page: str, data: dict[str, Any]) -> dict[str, Any]:
    lang = str(get_locale() or "en-GB").replace("_", "-")
    shown = {"title": title, "body": body, "lang": lang, "dir": "auto", "tag": tag, "navigate": page, "data": data}
    return {"web_push": MARK, "notification": shown}


def _packed(said: dict[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode("ascii")
