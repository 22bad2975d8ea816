"""A pasted cURL command, read and never run: what it would send becomes a REST method."""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from datasources.importing.base import (
    ApiDescription,
    AuthChoice,
    ImportFormat,
    MethodNames,
    Operation,
    OperationNotTaken,
    base_address,
    keys_in_headers,
)
from datasources.importing.curl_options import DATA, SILENT, options_of
from datasources.importing.notes import ImportNotes
from datasources.importing.parameters import MethodDraft
from datasources.importing.request_parts import VARIABLE, RequestParts, put_request
from datasources.importing.shell_words import commands_of
from datasources.rest.response import keepable
from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.secret_names import is_secret_name

MOST_TEXT = 1_000_000
VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class CurlFormat(ImportFormat):
    """One or more cURL commands, as documentation and browsers give them."""

    slug: ClassVar[str] = "curl"
    label: ClassVar[str] = gettext_noop("cURL command")
    structured: ClassVar[bool] = False

    def knows(self, value: Any) -> bool:
        """Tell it by its first word."""
        return isinstance(value, str) and bool(re.match(r"\s*(\$\s+)?curl(\.exe)?\s", value))

    def read(self, values: Mapping[str, Any], *, main: str, address: str = "") -> ApiDescription:
        """Return what the commands would send."""
        text = str(values[main])
        if len(text) > MOST_TEXT:
            raise Invalid.at("", _("A command has at most a million characters."))
        return _CurlCommands(re.sub(r"(?m)^\s*\$\s+(?=curl)", "", text))


@dataclass
class _Command:
    """What one command says."""

    notes: ImportNotes = field(default_factory=ImportNotes)
    url: str = ""
    verb: str = ""
    parts: RequestParts = field(default_factory=RequestParts)
    data: list[str] = field(default_factory=list)
    auth: dict[str, Any] = field(default_factory=dict)
    follow: bool = False
    in_query: bool = False
    place: str = ""

    def read(self, words: Sequence[str]) -> "_Command":
        """Take the words behind `curl`."""
        for name, value in options_of(words):
            if name == "url":
                if self.url:
                    self._leave(value, _("Only the first URL of a command is imported."))
                self.url = self.url or value
            elif act := _ACTS.get(name):
                act(self, value)
            elif name in DATA:
                self._data(name, value)
            elif name not in SILENT:
                self._leave(f"--{name}", _("This cURL option is not supported."))
        self._close()
        return self

    def _leave(self, what: str, why: str) -> None:
        self.notes.leave(f"{self.place} {what}"[:200].strip(), why)

    def insecure(self, _value: str) -> None:
        self._leave(
            "--insecure",
            _("Certificates are always checked. Trust the certificate of the service instead."),
        )

    def user(self, value: str) -> None:
        name, _colon, password = value.partition(":")
        if VARIABLE.search(value):
            self._leave("--user", _("The password is a variable. Enter it in the data source."))
            name, password = (VARIABLE.sub("", one) for one in (name, password))
        self.auth = {"scheme": "basic", "username": name, "password": password}

    def bearer(self, value: str) -> None:
        token = "" if VARIABLE.search(value) else value.strip()
        self.auth = {"scheme": "bearer", "token": token}

    def header(self, value: str) -> None:
        if value.startswith("@"):
            self._leave(f"--header {value}", _("The file was not read."))
            return
        name, colon, held = value.partition(":")
        name, held = name.strip(), held.strip()
        if not colon or not held:
            return  # `Name:` takes a header of cURL's own away.
        if name.lower() == "authorization" and self._authorization(held):
            return
        text = None if VARIABLE.search(held) else held
        self.parts.headers.append((name, text))

    def _authorization(self, value: str) -> bool:
        how, _blank, rest = value.partition(" ")
        if how.lower() == "bearer":
            self.bearer(rest)
            return True
        if how.lower() == "basic":
            return self._basic(rest)
        self.parts.headers.append(("Authorization", None if VARIABLE.search(value) else value))
        return True

    def _basic(self, coded: str) -> bool:
        try:
            pair = base64.b64decode(coded.strip(), validate=True).decode()
        except ValueError:
            self.auth = {"scheme": "basic"}
            self._leave("Authorization", _("The user name and password cannot be read."))
            return True
        self.user(pair)
        return True

    def cookie(self, value: str) -> None:
        if "=" in value:
            self.parts.headers.append(("Cookie", None if VARIABLE.search(value) else value))
        else:
            self._leave("--cookie", _("The file was not read."))

    def form(self, value: str) -> None:
        name, _equals, text = value.partition("=")
        if text.startswith(("@", "<")):
            self._leave(
                f"--form {name}", _("A file was not read: %(name)s.") % {"name": text[1:200]}
            )
            return
        self.form_string(f"{name}={text.partition(';type=')[0]}")

    def form_string(self, value: str) -> None:
        name, _equals, text = value.partition("=")
        self.parts.kind = "multipart"
        self.parts.fields.append((name, None if VARIABLE.search(text) else text))

    def url_query(self, value: str) -> None:
        name, _equals, text = value.partition("=")
        self.parts.query.append((name, None if VARIABLE.search(text) else text))

    def upload(self, value: str) -> None:
        self.verb = self.verb or "PUT"
        self._leave("--upload-file", _("A file was not read: %(name)s.") % {"name": value[:200]})

    def _data(self, option: str, value: str) -> None:
        if option == "json":
            self.parts.headers.append(("Content-Type", "application/json"))
        read = value.startswith("@") and option != "data-raw"
        if option == "data-urlencode":
            name, equals, text = value.partition("=")
            read = "@" in name
            value = f"{name}={quote(text)}" if equals else quote(value)
            value = value.removeprefix("=")
            value = re.sub(r"%7B%7B(\w+)%7D%7D", r"{{\1}}", value)
        if read:
            self._leave(f"--{option}", _("A file was not read: %(name)s.") % {"name": value[:200]})
            value = ""
        self.data.append(value)

    def _close(self) -> None:
        """Put together what several options say."""
        joint = "" if self.parts.header("content-type").startswith("application/json") else "&"
        text = joint.join(filter(None, self.data)) if self.data else ""
        if self.in_query and text:
            for pair in text.split("&"):
                name, _equals, value = pair.partition("=")
                self.parts.query.append((name, None if VARIABLE.search(value) else value))
        elif self.data:
            self.parts.text = text
            if not self.parts.header("content-type") and text.lstrip()[:1] not in ("{", "["):
                self.parts.kind = "form"
        sends = bool(self.data and not self.in_query) or bool(self.parts.fields)
        self.verb = (self.verb or ("POST" if sends else "GET")).upper()
        self._split_url()

    def _split_url(self) -> None:
        if not self.url:
            raise Invalid.at("", _("The command has no URL."))
        url = self.url if "://" in self.url.partition("?")[0] else f"https://{self.url}"
        bare, _mark, query = url.partition("#")[0].partition("?")
        found = urlsplit(bare)
        if found.username is not None:
            self.user(f"{found.username}:{found.password or ''}")
            bare = bare.replace(found.netloc, found.netloc.rpartition("@")[2], 1)
        self.url = bare
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        self.parts.query[:0] = [
            (name, None if VARIABLE.search(value) else value) for name, _equals, value in pairs
        ]

    @property
    def host(self) -> str:
        """Scheme and host of the address."""
        scheme, _mark, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def path(self) -> str:
        """The path of the address, variables in braces."""
        path = "/" + self.url.partition("://")[2].partition("/")[2]
        return VARIABLE.sub(lambda found: f"{{{found[1]}}}", path)


_ACTS: dict[str, Callable[[_Command, str], object]] = {
    "request": lambda command, value: setattr(command, "verb", value),
    "head": lambda command, value: setattr(command, "verb", "HEAD"),
    "get": lambda command, value: setattr(command, "in_query", True),
    "location": lambda command, value: setattr(command, "follow", True),
    "user-agent": lambda command, value: command.header(f"User-Agent: {value}"),
    "referer": lambda command, value: command.header(f"Referer: {value}"),
    "header": _Command.header,
    "user": _Command.user,
    "oauth2-bearer": _Command.bearer,
    "cookie": _Command.cookie,
    "form": _Command.form,
    "form-string": _Command.form_string,
    "url-query": _Command.url_query,
    "insecure": _Command.insecure,
    "upload-file": _Command.upload,
}


class _CurlCommands(ApiDescription):
    """The API that commands speak to."""

    label = "cURL"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._commands: dict[str, _Command] = {}
        names, found = MethodNames(), []
        for number, command in enumerate(self._read(keepable(text)), start=1):
            self.notes.take(command.notes)
            made = _operation(number, command, names)
            self._commands[made.id] = command
            found.append(made)
        if not found:
            raise Invalid.at("", _("No cURL command found. A command starts with curl."))
        self.operations = found
        self._auth = self._signed_in()
        votes = Counter(command.host for command in self._commands.values())
        bases = (base_address(host, self.notes, place="") for host, _n in votes.most_common())
        self.servers = list(filter(None, bases))
        self.title = urlsplit(self.servers[0]).hostname or "" if self.servers else ""

    def _read(self, text: str) -> Iterator[_Command]:
        passed = False
        for words, end in commands_of(text):
            if passed:
                pass  # What the command's answer went to was told with the sign before it.
            elif words and words[0].removesuffix(".exe") == "curl":
                place = f"curl {len(self._commands) + 1}"
                yield _Command(place=place).read(words[1:])
            elif words:
                self.notes.leave(
                    " ".join(words)[:60], _("This is not a cURL command. It was not run.")
                )
            passed = end in ("|", "<", ">")
            if passed:
                words_for = _("The part after %(sign)s is not imported.")
                self.notes.leave(end, words_for % {"sign": end})

    def method(self, operation: Operation, notes: ImportNotes) -> dict[str, Any]:
        """Return a command as a REST method."""
        command = self._commands[operation.id]
        if command.verb not in VERBS:
            raise OperationNotTaken(
                _("%(verb)s is not an HTTP method of REST methods.") % {"verb": command.verb[:50]}
            )
        if self.servers and command.host.rstrip("/") != self.servers[0]:
            raise OperationNotTaken(
                _("It uses another base URL, %(address)s. Create a data source for it.")
                % {"address": command.host}
            )
        draft = MethodDraft(notes, place=operation.place)
        draft.set(name=operation.name, title=operation.title, http_method=command.verb)
        if command.follow:
            draft.set(follow_redirects=True)
        draft.path(command.path)
        put_request(draft, command.parts, place=operation.place)
        return draft.made()

    def auth(self, chosen: Sequence[Operation], notes: ImportNotes) -> AuthChoice:
        """Return how the commands sign in."""
        return self._auth

    def _signed_in(self) -> AuthChoice:
        """Return the credentials of the first command that has some.

        A header that is a key becomes the sign-in of the data source, and leaves the methods.
        """
        for command in self._commands.values():
            if command.auth:
                return AuthChoice(command.auth, _("The credentials of the command."))
        return self._keys()

    def _keys(self) -> AuthChoice:
        found: dict[str, tuple[str, str]] = {}
        for command in self._commands.values():
            for name, value in command.parts.headers:
                if is_secret_name(name) and name.lower() != "cookie":
                    found.setdefault(name.lower(), (name, value or ""))
        for command in self._commands.values():
            held = command.parts.headers
            command.parts.headers = [one for one in held if one[0].lower() not in found]
        return keys_in_headers(list(found.values()), _("The key of the command."))


def _operation(number: int, command: _Command, names: MethodNames) -> Operation:
    parts = [part for part in command.path.split("/") if part and "{" not in part]
    title = f"{command.verb} {command.path}"[:200]
    return Operation(
        id=str(number),
        name=names.of(title),
        title=title,
        http_method=command.verb if command.verb in VERBS else "GET",
        url_path=command.path,
        group=parts[0][:100] if parts else "/",
        place=command.place,
    )
