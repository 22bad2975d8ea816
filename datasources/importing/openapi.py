"""OpenAPI 2.0 (Swagger), 3.0 and 3.1, read tolerantly: real documents keep to no schema."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

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
    title_of_id,
)
from datasources.importing.documents import DocumentFiles, DocumentNode, DocumentSpot
from datasources.importing.notes import ImportNotes
from datasources.importing.openapi_answers import put_answer
from datasources.importing.openapi_auth import auth_of
from datasources.importing.openapi_requests import put_body, put_parameters
from datasources.importing.parameters import MethodDraft
from datasources.importing.schema_shapes import scalar_text
from datasources.rest.response import keepable
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped, ngettext

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")


class OpenApiFormat(ImportFormat):
    """A description of an API after the OpenAPI Specification."""

    slug: ClassVar[str] = "openapi"
    label: ClassVar[str] = gettext_noop("OpenAPI (Swagger)")

    def knows(self, value: Any) -> bool:
        """Tell it by its version, or by its paths."""
        if not isinstance(value, dict):
            return False
        return "openapi" in value or "swagger" in value or isinstance(value.get("paths"), dict)

    def read(self, values: Mapping[str, Any], *, main: str, address: str = "") -> ApiDescription:
        """Return what a document says of an API."""
        return _OpenApi(DocumentFiles(main, values), address)


class _OpenApi(ApiDescription):
    """An API as an OpenAPI document describes it."""

    def __init__(self, files: DocumentFiles, address: str) -> None:
        super().__init__()
        self._root = DocumentNode(
            files, self.notes, DocumentSpot(files.main, ""), files.values[files.main]
        )
        self._old = "swagger" in self._root.value
        info = self._root.get("info")
        self.title = title_of(info.text("title"))
        self.version = (scalar_text(info.held("version")) or "")[:50]
        named = self._root.held("swagger" if self._old else "openapi")
        self.label = f"OpenAPI {'.'.join(str(named or '3').split('.')[:2])}"[:30]
        self._address = address
        self.servers = list(dict.fromkeys(filter(None, self._servers(self._root))))
        self._where: dict[str, tuple[str, str]] = {}
        self.operations = self._listed()
        hooks = len(list(self._root.get("webhooks").entries()))
        if hooks:
            words = ngettext(
                "%(n)s webhook is not imported: the service would call Kianda.",
                "%(n)s webhooks are not imported: the service would call Kianda.",
                hooks,
            )
            self.notes.leave("/webhooks", words % {"n": hooks})

    def method(self, operation: Operation, notes: ImportNotes) -> dict[str, Any]:
        """Return an operation as a REST method."""
        path, verb = self._where[operation.id]
        item = self._root.noting(notes).get("paths", path)
        found = item.get(verb)
        draft = MethodDraft(notes, place=operation.place)
        draft.set(name=operation.name, title=operation.title, http_method=operation.http_method)
        draft.path(self._prefix(item, found, operation.place) + path)
        put_parameters(draft, item, found)
        put_body(draft, self._root.noting(notes), item, found, old=self._old)
        put_answer(
            draft, self._root, found, old=self._old, place=operation.place, most=self.most_places
        )
        return draft.made()

    def auth(self, chosen: Sequence[Operation], notes: ImportNotes) -> AuthChoice:
        """Return how the chosen operations sign in."""
        root = self._root.noting(notes)
        asked = [(operation, root.get("paths", *self._where[operation.id])) for operation in chosen]
        base = next(iter(self.servers), "")
        return auth_of(root, asked, old=self._old, base=base)

    def _listed(self) -> list[Operation]:
        names = MethodNames()
        found: list[Operation] = []
        for path, verb, node in self._verbs():
            if len(found) == MOST_OPERATIONS:
                words = _("The document describes more than %(most)s operations.")
                self.notes.leave("/paths", words % {"most": grouped(MOST_OPERATIONS)})
                break
            made = _operation(path, verb, node, names)
            self._where[made.id] = (path, verb)
            found.append(made)
        return found

    def _verbs(self) -> Iterator[tuple[str, str, DocumentNode]]:
        for path, item in self._root.get("paths").entries():
            if path.startswith("x-") or not isinstance(item.value, dict):
                continue
            for verb in VERBS:
                if isinstance(item.value.get(verb), dict):
                    yield path, verb, item.get(verb)
            if "trace" in item.value:
                self.notes.leave(item.place, _("TRACE is not an HTTP method of REST methods."))

    # --- servers ----------------------------------------------------------------------------------

    def _servers(self, holder: DocumentNode) -> Iterator[str]:
        """Yield the addresses that a document, a path or an operation names."""
        if self._old:
            yield from self._old_servers()
            return
        servers = list(holder.get("servers").items())
        for server in servers:
            yield self._server(server.text("url"), server)
        if not servers and holder is self._root:
            if self._address:
                yield self._server("/", holder)
            else:
                words = _("The document has no server. Enter the base URL of the service.")
                self.notes.leave("/servers", words)

    def _old_servers(self) -> Iterator[str]:
        root, asked = self._root, urlsplit(self._address)
        host = root.text("host") or asked.netloc
        if not host:
            words = _("The document has no host. Enter the base URL of the service.")
            self.notes.leave("/host", words)
            return
        written = root.held("schemes")
        schemes = [one for one in ("https", "http") if isinstance(written, list) and one in written]
        for scheme in schemes or [asked.scheme or "https"]:
            url = f"{scheme}://{host}/{root.text('basePath').strip('/')}"
            yield base_address(url, self.notes, place="/host")

    def _server(self, url: str, server: DocumentNode) -> str:
        url = keepable(url)
        for name, variable in server.get("variables").entries():
            value = scalar_text(variable.held("default")) or ""
            if f"{{{name}}}" in url and value:
                words = _("{%(name)s} in the URL was replaced with %(value)s.")
                server.notes.change(variable.place, words % {"name": name, "value": value})
                url = url.replace(f"{{{name}}}", value)
        if "{" in url:
            words = _("%(address)s has a variable without a value. Enter the base URL.")
            server.notes.leave(server.place, words % {"address": url[:200]})
            return ""
        if "://" not in url and not self._address:
            words = _("The URL %(address)s has no host. Enter the base URL of the service.")
            server.notes.leave(server.place, words % {"address": url[:200] or "/"})
            return ""
        whole = urljoin(self._address, url) if "://" not in url else url
        return base_address(whole, server.notes, place=server.place)

    def _prefix(self, item: DocumentNode, found: DocumentNode, place: str) -> str:
        """Return what an address of its own puts before the path of an operation."""
        if self._old:
            return ""
        own = [one for holder in (found, item) for one in self._servers(holder) if one]
        if not own or own[0] in self.servers:
            return ""
        for server in self.servers:
            if own[0].startswith(f"{server}/"):
                return own[0].removeprefix(server)
        raise OperationNotTaken(
            _("It uses another base URL, %(address)s. Create a data source for it.")
            % {"address": own[0]}
        )


def _operation(path: str, verb: str, node: DocumentNode, names: MethodNames) -> Operation:
    written = node.text("operationId")
    tags = node.held("tags")
    tag = next((one for one in tags if isinstance(one, str)), "") if isinstance(tags, list) else ""
    # The tag or, without one, the first part of the path that is no parameter.
    parts = [part for part in path.split("/") if part and "{" not in part]
    return Operation(
        id=keepable(f"{verb.upper()} {path}"),
        name=names.of(written, node.text("summary"), f"{verb} {path}"),
        title=title_of(
            node.text("summary"), title_of_id(written), f"{verb.upper()} {keepable(path)}"
        ),
        http_method=verb.upper(),
        url_path=keepable(path),
        group=" ".join(keepable(tag).split())[:100] or (parts[0][:100] if parts else "/"),
        place=node.place,
    )
