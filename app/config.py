"""Every setting in one table: name, kind, default and one line of help. A bad or missing one stops the start."""

import base64
import binascii
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dotenv import dotenv_values


class BadSetting(ValueError):
    """A setting that cannot be used; the message names it and says what it should look like."""


@dataclass(frozen=True)
class Setting:
    """One line of the table: how a setting is called, read, defaulted and explained."""

    name: str
    read: Callable[[str], Any]
    default: str
    help: str


def _text(value: str) -> str:
    return value


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise ValueError("a whole number")
    return int(value)


def _port(value: str) -> int:
    number = _number(value)
    if not 0 < number < 65536:
        raise ValueError("a port from 1 to 65535")
    return number


def _folder(value: str) -> Path:
    return Path(value).expanduser().resolve()


def _header(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value):
        raise ValueError("the name of a header, such as Idempotency-Key")
    return value


def _address(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]+", value):
        raise ValueError("an address that takes mail to bounces+anything@ too, such as bounces@example.org")
    return value


class PushHost(NamedTuple):
    """A push service that a setting adds; as text, as it is set."""

    host: str
    port: int
    address: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}={self.address}" if self.address else self.host


def _push_hosts(value: str) -> tuple[PushHost, ...]:
    """Read services as host, port and address: `push.example.org, *.push.example.org, push.lan:8443=10.0.0.5`."""
    return tuple(_push_host(written.strip()) for written in value.split(",") if written.strip())


def _push_host(written: str) -> PushHost:
    found = re.fullmatch(
        r"((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4})=([0-9a-f.:]+))?", written, re.ASCII
    )
    try:
        if found is None:
            raise ValueError(written)
        host, port, address = found.groups()
        return PushHost(host, int(port), str(ip_address(address))) if address else PushHost(host, 443, "")
    except ValueError as wrong:
        raise ValueError("hosts such as push.example.org, or push.lan:8443=10.0.0.5 for one of your own") from wrong


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return value

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in schemes or not (parts.hostname or parts.path)):
            raise ValueError("an address that begins with " + " or ".join(f"{s}://" for s in schemes))
        return value.rstrip("/")

    return read


SETTINGS = (
    Setting("PORT", _port, "8000", "Port the web server listens on."),
    Setting("HOST", _text, "0.0.0.0", "Address the web server listens on."),  # noqa: S104 - phones on the same wifi
    Setting("INSTANCE_PATH", _folder, "instance", "Folder for the database, the keys and letters not sent."),
    Setting("PUBLIC_URL", _url("https", "http"), "", "The address people type. Needed, with https, for a breakfast."),
    Setting("DATABASE_URL", _url("postgresql+psycopg", "sqlite"), "", "Empty: SQLite in the instance folder."),
    Setting(
        "BROKER_URL", _url("redis", "rediss", "amqp", "amqps"), "", "Where Celery's messages wait, for many machines."
    ),
    Setting("SMTP_URL", _url("smtp", "smtps", "smtp+starttls"), "", "Mail server. Empty: letters are kept on a page."),
    Setting("MAIL_FROM", _text, "Marmalade <marmalade@localhost>", "Who letters come from."),
    Setting(
        "IDEMPOTENCY_HEADER", _header, "", "Header in which the mail server wants the same key for the same letter."
    ),
    Setting("RETURN_PATH", _address, "", "Where letters come back to: this address, with a mark after a plus."),
    Setting("MAILGUN_KEY", _text, "", "Mailgun's key for signing webhooks, if it sends the letters."),
    Setting("MAILS_A_MINUTE", _number, "0", "How many letters may leave in a minute, codes aside. 0: as many as go."),
    Setting(
        "PUSH_HOSTS", _push_hosts, "", "More push services: push.example.org, or push.lan:8443=10.0.0.5 for one's own."
    ),
    Setting("CONTACT", _text, "", "E-mail address of who runs this installation: on /privacy and in security.txt."),
    Setting("GROUPS", _choice("invited", "open"), "invited", "Who may start a group: invited organisers, or anyone."),
    Setting("KEYS", _text, "", "Secrets as id:base64, comma-separated. Empty: made in the instance folder."),
    Setting("LETTERS_KEY", _text, "", "Last part of the address where letters not sent are read. Empty: made anew."),
    Setting("METRICS_TOKEN", _text, "", "Who asks for /metrics must bring it. Empty: only this machine may ask."),
    Setting("LOGS", _choice("words", "json"), "words", "How logs are written: in words, or a line of JSON each."),
    Setting("PROXIES", _number, "0", "How many proxies in front may be believed about the visitor's address."),
    Setting("WEB_WORKERS", _number, "2", "Web processes."),
    Setting("LATE_AFTER_MINUTES", _number, "10", "Minutes after the start from which an arrival counts as late."),
    Setting("OFFLINE", _choice("on", "off"), "on", "Keep pages and scans on phones; off: let go of the worker."),
    Setting("TIME_ZONE", _text, "Europe/London", "Zone of days without an event, and of new groups."),
    Setting("COUNTRY", _text, "GB", "Country of telephone numbers written without a prefix."),
)

KEYS_FILE = "keys.json"


def read(overrides: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return every setting by name: overrides first, then the environment, then the instance folder's .env.

    Raises BadSetting with a sentence for the first setting that cannot be used.
    """
    given = {**os.environ, **(overrides or {})}
    folder = _folder(given.get("INSTANCE_PATH") or "instance")
    given = {**{k: v for k, v in dotenv_values(folder / ".env").items() if v is not None}, **given}
    given["INSTANCE_PATH"] = str(folder)
    return {setting.name: _read_one(setting, given.get(setting.name) or setting.default) for setting in SETTINGS}


def written(value: Any) -> str:
    """Return a setting's value as text, from which `read` makes the same value."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _read_one(setting: Setting, value: str) -> Any:
    try:
        return setting.read(value)
    except ValueError as wrong:
        raise BadSetting(f"{setting.name} is “{value}”, but should be {wrong}.") from wrong


def furnish(settings: Mapping[str, Any]) -> dict[str, bytes]:
    """Make the instance folder (mode 700) if it is missing, and return the master keys by id.

    The keys come from the KEYS setting, else from the folder, where they are made once (mode 600).
    """
    os.umask(0o077)  # whatever this process writes is for this account alone: database, letters, keys
    folder: Path = settings["INSTANCE_PATH"]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings["KEYS"]:
        return _parse_keys(encoded_keys(settings), "KEYS")
    file = folder / KEYS_FILE
    if not file.exists():
        _write_private(file, json.dumps({"1": base64.b64encode(secrets.token_bytes(32)).decode()}))
    return _parse_keys(json.loads(file.read_text()), str(file))


def encoded_keys(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the master keys by id as they are written down, for a backup."""
    if settings["KEYS"]:
        return dict(pair.partition(":")[::2] for pair in settings["KEYS"].split(","))
    kept: dict[str, str] = json.loads((settings["INSTANCE_PATH"] / KEYS_FILE).read_text())
    return kept


def _parse_keys(encoded: Mapping[str, str], source: str) -> dict[str, bytes]:
    try:
        masters = {key_id: base64.b64decode(key, validate=True) for key_id, key in encoded.items()}
    except binascii.Error as wrong:
        raise BadSetting(f"{source} holds a key that is not base64.") from wrong
    if not masters or any(len(master) < 32 or not key_id for key_id, master in masters.items()):
        raise BadSetting(f"{source} needs at least one key of 32 bytes or more, each with an id.")
    return masters


def _write_private(file: Path, content: str) -> None:
    # Two processes may start at once: the file appears whole or not at all, and the first one to link wins.
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def database_url(settings: Mapping[str, Any]) -> str:
    """Return the database's address: the one that was set, else SQLite in the instance folder."""
    return settings["DATABASE_URL"] or f"sqlite:///{settings['INSTANCE_PATH'] / 'marmalade.sqlite3'}"


def ready_for_breakfast(settings: Mapping[str, Any]) -> bool:
    """Say whether phones can rely on this installation: a public https address is set."""
    return str(settings["PUBLIC_URL"]).startswith("https://")
