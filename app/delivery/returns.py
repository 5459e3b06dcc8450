"""What comes back: the return address of each letter, signed, and what a bounce says (RFC 3464, RFC 5965).

A return address that we did not give, a holiday answer and anything else that is no report are nothing.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP
from typing import Any, Final, NamedTuple

from app.domain import bounces, prompts
from app.domain.bounces import COMPLAINT, HARD, SOFT
from app.domain.deliveries import Delivery

_NO_SUCH_MAILBOX: Final = re.compile(r"^55\d[ -]5\.1\.")
_STATUS: Final = re.compile(r"^([245])\.\d+\.\d+")
FRESH_FOR: Final = timedelta(minutes=15)


class Returned(NamedTuple):
    """What a report says: how bad it is, and why."""

    kind: str
    reason: str


def address(return_path: str, delivery: Delivery) -> str:
    """Return the address that a letter comes back to: the house's own, with the letter's mark in it."""
    local, _, host = return_path.partition("@")
    return f"{local}+{bounces.mark(delivery)}@{host}"


def mark_of(recipient: str) -> str:
    """Return the mark in a return address, or ""."""
    return recipient.partition("@")[0].partition("+")[2]


def read(mail: bytes) -> Returned | None:
    """Say what a mail to a return address reports, or None if it is no report."""
    message = message_from_bytes(mail, policy=SMTP)
    kind = message.get_param("report-type", "", "content-type")
    if message.get_content_type() != "multipart/report":
        return None
    if str(kind).lower() == "feedback-report":
        return Returned(COMPLAINT, "called spam")
    return _of_status(_parts(message)) if str(kind).lower() == "delivery-status" else None


def _parts(message: Message) -> dict[str, str]:
    """Return the fields of the report's own part, the last of each name."""
    fields: dict[str, str] = {}
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload() if isinstance(part.get_payload(), list) else ():
                fields |= {name.lower(): str(value) for name, value in block.items()}  # type: ignore[union-attr] # a list of messages
    return fields


def _of_status(fields: dict[str, str]) -> Returned | None:
    found = _STATUS.match(fields.get("status", "").strip())
    if found is None or found.group(1) == "2":
        return None
    reason = fields.get("diagnostic-code", "") or fields.get("status", "")
    return Returned(HARD if found.group(1) == "5" else SOFT, reason)


def note(delivery: Delivery, returned: Returned, key: str, now: datetime) -> bool:
    """Note what came back; who called a letter spam gets no more of them. Say whether it is news."""
    news = bounces.note(delivery, returned.kind, key, returned.reason, now)
    if news and returned.kind == COMPLAINT and delivery.prompt:
        prompts.unsubscribe(delivery.prompt.person)
    return news


def key_of(mail: bytes) -> str:
    """Tell one report from another."""
    return hashlib.sha256(mail).hexdigest()


def says_no_such_mailbox(reply: str) -> bool:
    """Say whether a mail server's own refusal means that the mailbox is not there (RFC 3463 §3.2)."""
    return bool(_NO_SUCH_MAILBOX.match(reply))


def is_mailguns(signature: dict[str, Any], key: str, now: datetime) -> bool:
    """Say whether Mailgun has signed this, with our key, a moment ago."""
    said = [signature.get(name) for name in ("timestamp", "token", "signature")]
    if not all(isinstance(one, str) for one in said):
        return False
    stamp, token, mac = map(str, said)
    expected = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), mac.encode()):
        return False
    return stamp.isdigit() and len(stamp) < 12 and abs(now.timestamp() - int(stamp)) <= FRESH_FOR.total_seconds()


def of_mailgun(event: dict[str, Any]) -> Returned | None:
    """Read what Mailgun tells of one letter; None if it is not that it came back."""
    told, severity = event.get("event"), event.get("severity")
    if told == "complained":
        return Returned(COMPLAINT, "called spam")
    if told != "failed":
        return None
    status = event.get("delivery-status")
    reason = str(status.get("message", "") or status.get("description", "")) if isinstance(status, dict) else ""
    return Returned(HARD if severity == "permanent" else SOFT, reason)
