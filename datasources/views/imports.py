"""The pages of an import: which document, then which of its operations become REST methods."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datasources import forms
from datasources.importing import AUTO, ImportSource
from datasources.importing.base import ApiDescription, Operation
from datasources.importing.drafts import DraftWishes, ImportDraft
from datasources.importing.notes import ImportNote
from datasources.importing.texts import check_size
from datasources.models import Datasource
from datasources.selectors import get_datasource, rest_document_of
from datasources.services import imports
from datasources.views.access import CHANGERS, must_change
from kianda.lib.errors import Invalid, Stale, TooLarge
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_page, toast

# So many are ticked at first; of more a person chooses.
TICKED = 30
# So many are shown at once, their groups open.
OPEN = 200
LARGE = 5_000_000
SHOWN_PLACES = 3
SOURCES = [
    ("file", gettext_lazy("OpenAPI file")),
    ("url", gettext_lazy("OpenAPI URL")),
    ("postman", gettext_lazy("Postman collection")),
    ("curl", gettext_lazy("cURL command")),
]


@page(roles=CHANGERS, methods=("GET", "POST"))
def start(request: HttpRequest) -> HttpResponseBase:
    """Take a document from a file, an address or a text, and go on to what it holds."""
    into = _into(request)
    asked = request.POST.get("source") or request.GET.get("source", "file")
    context: dict[str, Any] = {
        "sources": SOURCES,
        "source": asked if asked in dict(SOURCES) else "file",
        "into": into,
        "typed": {name: request.POST.get(name, "") for name in ("url", "text")},
    }
    partials = {"import-start": "datasources/_import_start.html"}
    if request.method == "GET":
        return render_page(request, "datasources/import.html", context, partials=partials)
    try:
        source = _given(request, context["source"])
        if not source.api().operations:
            raise Invalid.at("", _("The document describes no operation."))
    except (Invalid, TooLarge) as error:
        refusal = error if isinstance(error, Invalid) else Invalid.at("", error.detail)
        context["errors"] = Errors(refusal)
        return render_page(
            request, "datasources/import.html", context, partials=partials, status=422
        )
    url = reverse("datasource-import-choose", args=[imports.hold(source, user=request.user)])
    return go(request, f"{url}?into={into.name}" if into else url)


def _into(request: HttpRequest) -> Datasource | None:
    """Return the data source that is to get the methods; None for a new one."""
    name = request.POST.get("into") or request.GET.get("into", "")
    if not name:
        return None
    row = get_datasource(name)
    must_change(request, row)
    rest_document_of(row)
    return row


def _given(request: HttpRequest, asked: str) -> ImportSource:
    """Return what was given in the part of the page that is in sight."""
    if asked == "url":
        return imports.read_address(forms.line_of(request.POST, "url"), user=request.user)
    files = request.FILES.getlist("file") if asked != "curl" else []
    if files:
        check_size(sum(file.size or 0 for file in files))
        return imports.read_files([(file.name or "", file.read()) for file in files])
    text = request.POST.get("text", "")
    if not text.strip():
        sentence = _("Paste a command.") if asked == "curl" else _("Choose a file or paste text.")
        raise Invalid.at("/text" if asked == "curl" else "/file", sentence)
    data = text.encode("utf-8", "replace")
    return imports.read_files([(_("pasted"), data)], format="curl" if asked == "curl" else AUTO)


@page(roles=CHANGERS, methods=("GET", "POST"))
def choose(request: HttpRequest, token: str) -> HttpResponseBase:
    """List the operations of a document; store those that are chosen as REST methods."""
    into = _into(request)
    source = imports.held(token, user=request.user)
    api = source.api()
    if request.method == "GET":
        few = len(api.operations) <= TICKED
        shown = _Choosing(source, api, into, api.operations if few else ())
        return shown.page(request)
    shown = _Choosing(source, api, into, _chosen(request, api), _wishes(request))
    if request.POST.get("act") == "check":
        return shown.page(request)
    return _save(request, shown)


@once
def _save(request: HttpRequest, shown: "_Choosing") -> HttpResponseBase:
    try:
        row = imports.save_import(
            shown.api,
            user=request.user,
            operations=[operation.id for operation in shown.chosen],
            wishes=shown.wishes,
            into=shown.into.name if shown.into else "",
            revision=forms.revision_of(request.POST),
        )
    except Stale as stale:
        return shown.page(request, errors=Errors(Invalid(stale.detail)), status=409)
    except TooLarge as large:
        return shown.page(request, errors=Errors(Invalid(large.detail)), status=422)
    except Invalid as invalid:
        return shown.page(request, errors=Errors(invalid), status=422)
    n = len(shown.chosen)
    words = ngettext("%(n)s operation imported.", "%(n)s operations imported.", n)
    toast(request, words % {"n": n})
    return go(request, "datasource", name=row.name)


def _chosen(request: HttpRequest, api: ApiDescription) -> list[Operation]:
    """Return the operations whose numbers were sent, in the order of the document."""
    sent = set(request.POST.getlist("op"))
    return [operation for at, operation in enumerate(api.operations) if str(at) in sent]


def _wishes(request: HttpRequest) -> DraftWishes:
    return DraftWishes(
        title=forms.line_of(request.POST, "/title")[:200],
        base_url=forms.line_of(request.POST, "/base_url"),
    )


class _Choosing:
    """The page on which operations are chosen, and what is known of it."""

    def __init__(
        self,
        source: ImportSource,
        api: ApiDescription,
        into: Datasource | None,
        chosen: Sequence[Operation],
        wishes: DraftWishes | None = None,
    ) -> None:
        self.source, self.api, self.into, self.chosen = source, api, into, chosen
        server = next(iter(api.servers), "")
        self.wishes = wishes or DraftWishes(title=api.title, base_url=server)

    def page(
        self, request: HttpRequest, *, errors: Errors | None = None, status: int = 200
    ) -> HttpResponse:
        """Render it, or what stands beside the list."""
        draft = None
        try:
            draft = self._draft(request.user)
        except (Invalid, TooLarge) as error:
            refusal = error if isinstance(error, Invalid) else Invalid(error.detail)
            errors = errors or Errors(refusal)
        context = {
            "api": self.api,
            "source": self.source,
            "into": self.into,
            "wishes": self.wishes,
            "draft": draft,
            "left_out": _grouped(draft.notes.left_out) if draft else [],
            "changed": _grouped(draft.notes.changed) if draft else [],
            "errors": errors,
            "groups": _Groups(self.api.operations, self.chosen),
            "open": len(self.api.operations) <= OPEN,
            "chosen": len(self.chosen),
            # What takes long to read is read when nothing has been ticked for a while.
            "patience": 600 if self.source.size < LARGE else 2500,
            "oob": is_htmx(request),
        }
        partials = {"result": "datasources/_import_result.html"}
        return render_page(
            request, "datasources/import_choose.html", context, partials=partials, status=status
        )

    def _draft(self, user: Any) -> ImportDraft:
        return imports.import_draft(
            self.api,
            user=user,
            operations=[operation.id for operation in self.chosen],
            wishes=self.wishes,
            into=self.into.name if self.into else "",
        )


def _grouped(notes: Sequence[ImportNote]) -> list[tuple[str, list[str], int]]:
    """Return each sentence once, with the first of its places and how many more there are."""
    places: dict[str, list[str]] = {}
    for note in notes:
        places.setdefault(note.why, []).extend([note.where] if note.where else [])
    return [
        (why, found[:SHOWN_PLACES], len(found) - SHOWN_PLACES if len(found) > SHOWN_PLACES else 0)
        for why, found in places.items()
    ]


class _Groups:
    """The operations by their groups, only put together where the whole list is drawn."""

    def __init__(self, operations: Sequence[Operation], chosen: Iterable[Operation]) -> None:
        self._operations, self._chosen = operations, {operation.id for operation in chosen}

    def __iter__(self) -> Any:
        found: dict[str, list[tuple[int, Operation, bool]]] = {}
        for at, operation in enumerate(self._operations):
            ticked = operation.id in self._chosen
            found.setdefault(operation.group, []).append((at, operation, ticked))
        return iter(found.items())

    def __len__(self) -> int:
        return len({operation.group for operation in self._operations})
