"""The definition of a design in an editor."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.accounts.roles import DESIGNER
from kianda.lib.api.strict_json import parse_json
from kianda.lib.errors import Flaw, Invalid, PreconditionFailed, TooLarge
from kianda.web.form_once import once
from kianda.web.pages import go, page, render_page, toast
from processes import listing, selectors
from processes.definition.diff import describe_changes
from processes.definition.document import parse_document
from processes.definition.serialization import definition_text
from processes.definition.source_map import line_map, line_of
from processes.designer.copy_store import unsaved
from processes.designs import lifecycle as services
from processes.document_cache import document_of
from processes.models import DesignVersion, ProcessDesign
from processes.views.common import person

STARTER = """{
  "name": "my-process",
  "title": "My process",
  "description": "",
  "forms": [
    {
      "name": "main",
      "title": "Main",
      "fields": [
        {"type": "text", "name": "subject", "title": "Subject", "required": true}
      ]
    }
  ]
}
"""


@dataclass(frozen=True)
class LineMark:
    """A sentence about a line of the text."""

    line: int
    sentence: str
    pointer: str
    excerpt: str


@dataclass
class DefinitionEditor:
    """The text of a definition, what is wrong with it, and what happened to it meanwhile."""

    text: str
    errors: list[LineMark] = field(default_factory=list)
    warnings: list[LineMark] = field(default_factory=list)
    version: str = ""
    theirs: DesignVersion | None = None
    their_changes: list[str] = field(default_factory=list)
    my_changes: list[str] = field(default_factory=list)

    def refuse(self, refusal: Invalid | TooLarge) -> None:
        """Mark what is wrong, each at its line."""
        cause = refusal.__cause__
        if isinstance(cause, json.JSONDecodeError):
            sentence = _("%(flaw)s (column %(column)s)") % {
                "flaw": _no_json(cause.msg),
                "column": cause.colno,
            }
            self.errors = [self._mark(cause.lineno, sentence, "")]
        elif isinstance(refusal, TooLarge) or not refusal.errors:
            self.errors = [self._mark(1, refusal.detail, "")]
        else:
            self.errors = self._marks(refusal.errors)

    def warn(self, flaws: list[Flaw]) -> None:
        """Mark what does not hold outside the definition, or is risky."""
        self.warnings = self._marks(flaws)

    def _marks(self, flaws: list[Flaw]) -> list[LineMark]:
        lines = line_map(self.text) if flaws else {}
        made = [self._mark(line_of(f.pointer, lines), f.detail, f.pointer) for f in flaws]
        return sorted(made, key=lambda mark: mark.line)

    def _mark(self, line: int, sentence: str, pointer: str) -> LineMark:
        rows = self.text.split("\n")
        excerpt = rows[line - 1].strip()[:120] if line <= len(rows) else ""
        return LineMark(line, sentence, pointer, excerpt)


_HINTS = {
    "Expecting ',' delimiter": gettext_noop(
        "A comma is missing before this place, or a quote too many"
    ),
    "Expecting property name enclosed in double quotes": gettext_noop(
        "A name in double quotes is expected here. Remove a comma before a closing bracket"
    ),
    "Expecting ':' delimiter": gettext_noop("A colon is missing after the name"),
    "Expecting value": gettext_noop(
        "A value is missing here. Enter one, or remove a comma too many"
    ),
    "Extra data": gettext_noop("The definition has ended before this. Remove what follows"),
    "Unterminated string starting at": gettext_noop(
        "The text that begins here has no closing quote"
    ),
    "Invalid control character at": gettext_noop(
        "A line break or tab inside a text: write \\n or \\t"
    ),
    "Invalid \\escape": gettext_noop("A backslash inside a text: write \\\\"),
}


def _no_json(message: str) -> str:
    return _(_HINTS[message]) if message in _HINTS else message


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def new_definition(request: HttpRequest) -> HttpResponseBase:
    """Take a definition and make a process of it."""
    editor = DefinitionEditor(STARTER)
    if request.method == "POST":
        editor = DefinitionEditor(_posted(request))
        try:
            made = services.create_design(raw=_read(editor.text), user=person(request))
        except (Invalid, TooLarge) as refusal:
            editor.refuse(refusal)
        else:
            toast(request, _("%(title)s created as draft 0.1.") % {"title": made.title})
            return go(request, "design", name=made.name)
    status = 422 if editor.errors else 200
    return render_page(request, "library/new_design.html", {"editor": editor}, status=status)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def design(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the newest definition of a process in the editor; a POST saves it as a draft."""
    found = selectors.get_design(name)
    if request.method == "POST":
        editor = DefinitionEditor(_posted(request), version=request.POST.get("version", ""))
        try:
            return _save(request, found, editor)
        except (Invalid, TooLarge) as refusal:
            editor.refuse(refusal)
        except PreconditionFailed:
            _compare(found, editor)
        return _render(request, found, editor, status=422)
    draft = _draft(found)
    document = document_of(draft)
    editor = DefinitionEditor(definition_text(document), version=str(draft))
    editor.warn(services.warnings_of(document))
    return _render(request, found, editor)


def _posted(request: HttpRequest) -> str:
    return request.POST.get("definition", "").replace("\r\n", "\n")


def _read(text: str) -> object:
    if not text.strip():
        raise Invalid.at("", _("The definition is empty. Write one, or paste one."))
    if len(text) > 1_200_000:
        raise TooLarge(
            _("A definition can have at most 1 MB (1,000,000 bytes). This one is larger.")
        )
    return parse_json(text.encode("utf-8", "surrogatepass"))


def _save(request: HttpRequest, found: ProcessDesign, editor: DefinitionEditor) -> HttpResponseBase:
    raw = _read(editor.text)
    draft = _draft(found)
    mine = parse_document(raw)
    seen = _version_or_none(found, editor.version)
    if draft.document != mine.normalised() or mine.name != found.name:
        services.save_design(name=found.name, raw=raw, user=person(request), expected=seen)
    now = selectors.get_design(found.name).draft
    if now is None or now.pk == draft.pk:
        toast(request, _("Nothing was changed, so version %(v)s stays.") % {"v": draft})
    else:
        toast(request, _("Saved as draft %(v)s.") % {"v": now})
    return go(request, "design", name=found.name)


def _draft(found: ProcessDesign) -> DesignVersion:
    assert found.draft is not None  # a design is made with its first version
    return found.draft


def _version_or_none(found: ProcessDesign, number: str) -> DesignVersion | None:
    return selectors.get_version(found, number) if number else None


def _compare(found: ProcessDesign, editor: DefinitionEditor) -> None:
    """Put side by side what the other person saved and what this one would save."""
    theirs = _draft(selectors.get_design(found.name))
    base = _version_or_none(found, editor.version)
    mine = parse_document(_read(editor.text))
    editor.theirs = theirs
    editor.their_changes = describe_changes(document_of(base or theirs), document_of(theirs))
    editor.my_changes = describe_changes(document_of(theirs), mine)
    # Saving once more keeps mine: by then the other version has been seen.
    editor.version = str(theirs)


def _render(
    request: HttpRequest, found: ProcessDesign, editor: DefinitionEditor, *, status: int = 200
) -> HttpResponseBase:
    context: dict[str, Any] = {"design": found, "editor": editor, **facts_of(found)}
    return render_page(request, "library/design.html", context, status=status)


def facts_of(found: ProcessDesign) -> dict[str, Any]:
    """Return what the head of every page of a design shows."""
    draft, published = _draft(found), found.published
    unpublished = published is None or draft.pk != published.pk
    return {
        "draft": draft, "published": published, "unpublished": unpublished,
        "next_version": f"{draft.major + 1}.0" if unpublished else "",
        "version_count": found.versions.count(),
        "instance_count": listing.instance_counts([found]).get(found.pk, 0),
        "unsaved": unsaved(found),
    }  # fmt: skip
