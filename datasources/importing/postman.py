"""Postman collections 2.0 and 2.1: folders of requests with values in double braces."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from datasources.importing.base import (
    MOST_OPERATIONS,
    ApiDescription,
    AuthChoice,
    ImportFormat,
    MethodNames,
    Operation,
    OperationNotTaken,
    base_address,
    title_of,
)
from datasources.importing.documents import DocumentFiles, DocumentNode, DocumentSpot
from datasources.importing.notes import ImportNotes
from datasources.importing.parameters import MethodDraft
from datasources.importing.postman_auth import auth_settings
from datasources.importing.request_parts import RequestParts, put_request
from datasources.importing.schema_shapes import scalar_text
from datasources.rest.answer_schema import (
    made_smaller,
    schema_of_sample,
    without_examples,
)
from datasources.rest.response import keepable, parsed_json
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped, ngettext

VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
MOST_FOLDERS = 40
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


class PostmanFormat(ImportFormat):
    """A collection of requests, exported from Postman."""

    slug: ClassVar[str] = "postman"
    label: ClassVar[str] = gettext_noop("Postman collection")

    def knows(self, value: Any) -> bool:
        """Tell it by its schema, or by its items."""
        if isinstance(value, dict) and isinstance(value.get("collection"), dict):
            value = value["collection"]
        if not isinstance(value, dict) or not isinstance(value.get("item"), list):
            return False
        return isinstance(value.get("info"), dict)

    def read(self, values: Mapping[str, Any], *, main: str, address: str = "") -> ApiDescription:
        """Return what a collection says of an API."""
        value = values[main]
        if "item" not in value:
            values = {**values, main: value["collection"]}
        return _Collection(DocumentFiles(main, values))


class _Collection(ApiDescription):
    """An API as the requests of a collection show it."""

    label = "Postman"

    def __init__(self, files: DocumentFiles) -> None:
        super().__init__()
        self._root = DocumentNode(
            files, self.notes, DocumentSpot(files.main, ""), files.values[files.main]
        )
        info = self._root.get("info")
        self.title = title_of(info.text("name"))
        version = re.search(r"v(2\.\d)", info.text("schema"))
        self.label = f"Postman {version[1]}" if version else "Postman"
        self._variables = dict(self._filled())
        self._items: dict[str, DocumentNode] = {}
        self.operations = self._listed()
        self.servers = self._hosts()
        if self._root.held("event"):
            self.notes.leave("/event", _("Scripts of a collection are not run."))

    def _filled(self) -> Iterator[tuple[str, str]]:
        for variable in self._root.get("variable").items():
            value = scalar_text(variable.held("value"))
            name = variable.text("key") or variable.text("id")
            if name and value:
                yield name, keepable(value)

    def _listed(self) -> list[Operation]:
        names, taken = MethodNames(), Counter[str]()
        found: list[Operation] = []
        for folders, item in self._requests(self._root, ()):
            if len(found) == MOST_OPERATIONS:
                words = _("The collection has more than %(most)s requests.")
                self.notes.leave("/item", words % {"most": grouped(MOST_OPERATIONS)})
                break
            request = item.get("request")
            verb = (request.text("method") or "GET").upper()
            title = title_of(item.text("name"), verb)
            path = self._path(self._url(request))
            key = " / ".join((*folders, title))
            taken[key] += 1
            made = Operation(
                id=key if taken[key] == 1 else f"{key} ({taken[key]})",
                name=names.of(title, f"{verb} {path}"),
                title=title,
                http_method=verb if verb in VERBS else "GET",
                url_path=path,
                group=" / ".join(folders)[:100] or self.title or "/",
                place=item.place,
            )
            self._items[made.id] = item
            found.append(made)
        return found

    def _requests(
        self, holder: DocumentNode, folders: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], DocumentNode]]:
        for item in holder.get("item").items():
            if isinstance(item.held("item"), list):
                if len(folders) < MOST_FOLDERS:
                    yield from self._requests(item, (*folders, title_of(item.text("name"), "-")))
                else:
                    self.notes.leave(item.place, _("The folders are nested too deeply."))
            elif item.held("request"):
                yield folders, item

    def _hosts(self) -> list[str]:
        """Return the addresses that the requests go to, the one of most of them first."""
        votes = Counter(self._host(item.get("request")) for item in self._items.values())
        found = [
            base_address(host, self.notes, place="") for host, _n in votes.most_common() if host
        ]
        if not votes or "" in votes:
            words = ngettext(
                "%(n)s request has no known URL. Enter the base URL.",
                "%(n)s requests have no known URL. Enter the base URL.",
                votes[""],
            )
            self.notes.leave("/variable", words % {"n": votes[""]})
        return list(filter(None, found))

    def _host(self, request: DocumentNode) -> str:
        parts = urlsplit(self._url(request))
        known = parts.scheme in ("http", "https") and "{" not in parts.netloc
        return f"{parts.scheme}://{parts.netloc}" if known and parts.netloc else ""

    def _url(self, request: DocumentNode) -> str:
        """Return the address of a request with the variables of the collection filled in."""
        if isinstance(request.value, str):
            url = keepable(request.value)
        else:
            written = request.held("url")
            url = keepable(written) if isinstance(written, str) else _raw_url(request.get("url"))
        for _turn in range(5):
            filled = _VARIABLE.sub(lambda found: self._variables.get(found[1], found[0]), url)
            if filled == url:
                break
            url = filled[:8000]
        return url if "://" in url or url.startswith("{{") else f"https://{url}"

    def _path(self, url: str) -> str:
        """Return the path of an address, its variables in single braces."""
        rest = url.partition("://")[2] if "://" in url else url
        path = "/" + rest.partition("?")[0].partition("#")[0].partition("/")[2]
        path = _VARIABLE.sub(lambda found: f"{{{found[1]}}}", path)
        return "/".join(
            f"{{{part[1:]}}}" if len(part) > 1 and part.startswith(":") else part
            for part in path.split("/")
        )

    def method(self, operation: Operation, notes: ImportNotes) -> dict[str, Any]:
        """Return a request as a REST method."""
        item = self._items[operation.id].noting(notes)
        request = item.get("request")
        verb = (request.text("method") or "GET").upper()
        if verb not in VERBS:
            raise OperationNotTaken(
                _("%(verb)s is not an HTTP method of REST methods.") % {"verb": verb}
            )
        host = self._host(request)
        if host and self.servers and host != self.servers[0]:
            raise OperationNotTaken(
                _("It uses another base URL, %(address)s. Create a data source for it.")
                % {"address": host}
            )
        draft = MethodDraft(notes, place=operation.place)
        draft.set(name=operation.name, title=operation.title, http_method=verb)
        draft.path(operation.url_path)
        put_request(draft, self._parts(request), place=request.place)
        if item.get("event").value:
            notes.leave(f"{item.place}/event", _("Scripts of a request are not run."))
        for sample in item.get("response").items():
            if schema := _answer_of(sample.text("body")):
                draft.set(answer_schema=made_smaller(schema, self.most_places))
                break
        return draft.made()

    def auth(self, chosen: Sequence[Operation], notes: ImportNotes) -> AuthChoice:
        """Return how the collection signs in; without that, how its first request does."""
        root = self._root.noting(notes)
        held = [root.get("auth")]
        held += [self._items[one.id].noting(notes).get("request", "auth") for one in chosen]
        found = next((one for one in held if isinstance(one.value, dict)), None)
        return auth_settings(found, self._variables) if found is not None else AuthChoice()

    def _parts(self, request: DocumentNode) -> RequestParts:
        parts = RequestParts(query=list(_query(request, self._url(request))))
        headers = request.get("header")
        parts.headers = list(_pairs(headers)) or list(_header_lines(headers.value))
        body = request.get("body")
        mode = body.text("mode")
        if mode == "urlencoded":
            parts.kind, parts.fields = "form", list(_pairs(body.get("urlencoded")))
        elif mode == "formdata":
            form = body.get("formdata")
            parts.kind, parts.fields = "multipart", list(_pairs(form, files=False))
            parts.files = [name for name, _value in _pairs(form, files=True)]
        elif mode == "raw":
            parts.text = body.text("raw")
            if body.get("options", "raw").text("language") == "json":
                parts.kind = "json"
        elif mode == "graphql":
            graph = body.get("graphql")
            parts.kind, parts.text = "json", json.dumps({
                "query": graph.text("query"), "variables": graph.text("variables"),
            })  # fmt: skip
        elif mode == "file":
            parts.is_file = True
            words = _("The file of the collection was not read: map a file to the body.")
            body.notes.change(body.place, words)
        parts.filled(self._variables)
        return parts


def _raw_url(url: DocumentNode) -> str:
    raw = url.text("raw")
    if raw:
        return raw
    host, path = (
        separator.join(str(one) for one in held) if isinstance(held, list) else str(held or "")
        for separator, held in (
            (".", url.held("host")),
            ("/", url.held("path")),
        )
    )
    return f"{url.text('protocol') or 'https'}://{keepable(host)}/{keepable(path).lstrip('/')}"


def _query(request: DocumentNode, url: str) -> Iterator[tuple[str, str | None]]:
    listed = list(_pairs(request.get("url", "query")))
    if listed:
        yield from listed
        return
    for pair in filter(None, url.partition("?")[2].partition("#")[0].split("&")):
        name, _equals, value = pair.partition("=")
        yield name, value


def _pairs(holder: DocumentNode, *, files: bool | None = None) -> Iterator[tuple[str, str | None]]:
    """Yield name and value of what is listed and not switched off: files, or what is none."""
    for one in holder.items():
        if one.flag("disabled") or not one.text("key"):
            continue
        is_file = one.text("type") == "file"
        if files is not None and is_file is not files:
            continue
        if is_file and files:
            words = _("The file of the collection was not read: map a file to %(name)s.")
            one.notes.change(one.place, words % {"name": one.text("key")})
            yield one.text("key"), None
            continue
        yield one.text("key"), scalar_text(one.held("value")) or None


def _header_lines(written: Any) -> Iterator[tuple[str, str | None]]:
    for line in keepable(written).splitlines() if isinstance(written, str) else ():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _answer_of(body: str) -> dict[str, Any]:
    """Return what an example of an answer holds; nothing when that is no JSON."""
    try:
        sample = parsed_json(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(sample, (dict, list)):
        return {}
    # Its values are those of whoever called, tokens among them.
    return without_examples(schema_of_sample(sample)).model_dump(mode="json")
