"""The product's settings as the environment gives them: known names, defaults, generated keys."""

import difflib
import hashlib
import json
import math
import os
import secrets
import shlex
import sys
import tempfile
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from kianda import data_directory

BASE_DIR = Path(__file__).resolve().parent.parent

SOCKET_PATH_BYTES = 100
SMTP_PORTS = {"smtp": 587, "smtps": 465}

# Every KIANDA_ setting there is, with what it means; the reference page is made from this table.
KNOWN: dict[str, str] = {
    "KIANDA_MODE": "`embedded` or `production`; `production` when `DATABASE_URL` is set.",
    "KIANDA_DATA_DIR": "Folder of the embedded database, broker, keys. `var/` beside manage.py.",
    "KIANDA_STATIC_DIR": "Folder of `collectstatic`. If not set, the packages serve the files.",
    "KIANDA_HOST": "The address the web server listens on. `127.0.0.1`.",
    "KIANDA_PORT": "Its port. `8000`.",
    "KIANDA_PUBLIC_URL": "The address people use. If not set, host and port.",
    "KIANDA_ALLOWED_HOSTS": "Host names served, with commas. If not set, that of the public URL.",
    "KIANDA_TRUSTED_PROXIES": "Addresses of proxies whose X-Forwarded headers are trusted. None.",
    "KIANDA_SECRET_KEY": "Django's key. Generated in embedded mode, required in production.",
    "KIANDA_SECRET_KEYS": "The key ring for secrets at rest, newest first, with commas.",
    "KIANDA_EGRESS_ALLOW": "Private hosts, host:ports and networks that data sources may reach.",
    "KIANDA_EGRESS_PROXY": "A proxy for all calls: `http://user:password@host:3128`. None.",
    "KIANDA_DEMO": "`1` or `0`: whether the demo workspace and its sandbox run. On when embedded.",
    "KIANDA_TIME_ZONE": "The workspace's time zone. `UTC`.",
    "KIANDA_LANGUAGE": "The default language, also of the API: `en` or `de`. `en`.",
    "KIANDA_LOG_LEVEL": "`debug`, `info`, `warning` or `error`. `info`.",
    "KIANDA_BUSY_WAIT_S": "How long to wait for another run of the same instance, seconds. `5`.",
    "KIANDA_RETENTION_DAYS": "Days to store traces, occurrences and history: `30`, at most 36500.",
    "KIANDA_BULK_PRESS_MOST": "Most records of one bulk action. `1000`.",
    "KIANDA_MAX_FILE_MB": "How large one uploaded file can be, in millions of bytes. `100`.",
    "KIANDA_FILES_DIR": "The folder of uploaded files, for all parts. `files` beside the data.",
    "KIANDA_SCAN_COMMAND": "Checks each file: a program, its path is added. Exit 0: clean. None.",
    "KIANDA_FILE_STORAGE": "A storage of Django for whole files, as JSON. KIANDA_FILES_DIR.",
    "KIANDA_SMTP_URL": "Mail server: `smtp://user:password@host:587?from=address`. None.",
}
# Switches for the developers of the product, of no use elsewhere; CONTRIBUTING.md explains them.
DEVELOPERS = frozenset({"KIANDA_PLAIN_ORM"})


def refuse_unknown(environ: Mapping[str, str]) -> None:
    """Stop at a misspelt KIANDA_ name and say which one is meant."""
    known = [*KNOWN, *DEVELOPERS]
    for name in sorted(environ):
        if name.startswith("KIANDA_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise ImproperlyConfigured(f"Unknown setting {name}. Did you mean {near}?")


def text(name: str, default: str = "") -> str:
    """Return a setting as text; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """Return a setting as yes or no."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}. Enter 1 or 0.")


def number(name: str, default: float, *, least: float, most: float = math.inf) -> float:
    """Return a setting as a number from `least` to `most`."""
    value = text(name, str(default))
    try:
        found = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}. Enter a number.") from error
    if not math.isfinite(found):
        raise ImproperlyConfigured(f"{name} is {value!r}. Enter a number.")
    if found < least:
        raise ImproperlyConfigured(f"{name} is {value}. The minimum is {least:g}.")
    if found > most:
        raise ImproperlyConfigured(f"{name} is {value}. The maximum is {most:g}.")
    return found


def words(name: str) -> list[str]:
    """Return a setting as a list, split at commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return a setting that is one of a few words."""
    value = text(name, default).lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}. Choose one of {', '.join(allowed)}.")
    return value


def storage(name: str, default: dict[str, Any]) -> dict[str, Any]:
    """Return a storage as Django's STORAGES has it; no sentence repeats what it holds."""
    value = text(name)
    if not value:
        return default
    sentence = (
        f'{name} is not a storage. Enter {{"BACKEND": "a.dotted.Class", "OPTIONS": {{...}}}}.'
    )
    try:
        found = json.loads(value)
    except ValueError as error:
        raise ImproperlyConfigured(sentence) from error
    if not isinstance(found, dict) or not isinstance(found.get("BACKEND"), str):
        raise ImproperlyConfigured(sentence)
    if found.keys() - {"BACKEND", "OPTIONS"}:
        raise ImproperlyConfigured(sentence)
    return found


def command(name: str) -> list[str]:
    """Return a command as its words; an empty list without it."""
    try:
        return shlex.split(text(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a command: {error}.") from error


def http_proxy(name: str) -> str:
    """Return the address of a proxy, an empty one without it; no sentence repeats a password."""
    value = text(name)
    sentence = f"{name} is not a proxy. Enter http://host:3128 or http://user:password@host:3128."
    try:
        url = urlsplit(value)
        wrong = url.scheme != "http" or not url.hostname or url.port == 0
    except ValueError:
        raise ImproperlyConfigured(sentence) from None
    if value and (wrong or url.path not in ("", "/") or url.query or url.fragment):
        raise ImproperlyConfigured(sentence)
    return value


def smtp_account(name: str) -> dict[str, Any] | None:
    """Return the mail account that a URL says, None without one; no sentence repeats a password."""
    value = text(name)
    if not value:
        return None
    shape = "smtp://user:password@host:587?security=starttls&from=kianda@example.org"
    try:
        url = urlsplit(value)
        port, options = url.port, dict(parse_qsl(url.query, strict_parsing=bool(url.query)))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a mail server. Enter {shape}.") from None
    if url.scheme not in SMTP_PORTS or not url.hostname or url.path not in ("", "/"):
        raise ImproperlyConfigured(f"{name} is not a mail server. Enter {shape}.")
    security = options.pop("security", "tls" if url.scheme == "smtps" else "starttls")
    account = {
        "host": url.hostname,
        "port": port or SMTP_PORTS[url.scheme],
        "security": security,
        "username": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "sender": options.pop("from", ""),
        "reply_to": options.pop("reply_to", ""),
        "per_minute": _per_minute(name, options.pop("rate", "")),
    }
    if options:
        known = "security, from, reply_to and rate"
        raise ImproperlyConfigured(f"{name} has {min(options)}. Use {known}.")
    if security not in ("starttls", "tls", "none"):
        raise ImproperlyConfigured(f"{name}: security must be starttls, tls or none.")
    if security == "none" and account["password"]:
        raise ImproperlyConfigured(f"{name}: a password needs security=starttls or security=tls.")
    try:
        validate_email(parseaddr(str(account["sender"]))[1])
    except ValidationError:
        sentence = f"{name} has no sender. Add from=address."
        raise ImproperlyConfigured(sentence) from None
    return account


def _per_minute(name: str, rate: str) -> int | None:
    if rate and not (rate.isdecimal() and 1 <= int(rate) <= 10_000):
        raise ImproperlyConfigured(f"{name}: rate must be 1 to 10000 messages per minute.")
    return int(rate) if rate else None


def broker_socket(data_dir: Path) -> Path:
    """Return where the embedded broker listens: beside its files, or in a short folder.

    The path of a socket may have about 100 bytes; a deep checkout has more.
    """
    beside = data_dir / "broker" / "broker.sock"
    if len(os.fsencode(beside)) <= SOCKET_PATH_BYTES:
        return beside
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kianda-{os.getuid()}-{mark}" / "broker.sock"


def kept_key(name: str, *, data_dir: Path, embedded: bool) -> str:
    """Return a key from the environment, else from its file, made on the first embedded start.

    A missing file beside an existing database is refused: what was encrypted could not be read.
    """
    value = text(name)
    if value:
        return value
    if not embedded:
        raise ImproperlyConfigured(f"{name} is required in production. Set it.")
    file = data_dir / name.lower()
    try:
        data_directory.refuse_open_key(file)
        return file.read_text().strip()
    except FileNotFoundError:
        return _make_key(name, file)
    except OSError as error:
        raise ImproperlyConfigured(f"{file} cannot be read: {error.strerror}.") from error


def _make_key(name: str, file: Path) -> str:
    made = Fernet.generate_key().decode() if name.endswith("KEYS") else secrets.token_urlsafe(50)
    command = data_directory.command_of(sys.argv)
    discards = command == data_directory.DISCARD
    if command in data_directory.WITHOUT_DATA or (discards and data_directory.YES not in sys.argv):
        # Nothing is encrypted: the key ends with the process.
        return made
    empty = data_directory.is_empty(file.parent / data_directory.DATABASE)
    if name == "KIANDA_SECRET_KEYS" and not empty and not discards:
        raise ImproperlyConfigured(
            f"The database in {file.parent} exists, but its key ring {file.name} is missing. "
            "Without it, the stored secrets cannot be read. Put the file back, or set "
            "KIANDA_SECRET_KEYS. If the keys are lost permanently, run python manage.py "
            f"{data_directory.DISCARD}."
        )
    if empty and command not in data_directory.BEGINNING:
        raise ImproperlyConfigured(
            f"{file.name} is missing in the data directory {file.parent}. Set KIANDA_DATA_DIR to "
            f"the data directory of the server, or set {name}."
        )
    try:
        return _keep(made, file)
    except OSError as error:
        raise ImproperlyConfigured(data_directory.unusable(file.parent, error)) from error


def _keep(made: str, file: Path) -> str:
    data_directory.make(file.parent)
    fresh = file.with_suffix(f".{secrets.token_hex(4)}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_text(made + "\n")
        # A hard link fails when another process was first: its key holds then.
        os.link(fresh, file)
    except FileExistsError:
        made = file.read_text().strip()
    finally:
        fresh.unlink(missing_ok=True)
    return made
