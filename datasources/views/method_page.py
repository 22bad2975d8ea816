"""What the editor of a REST method shows: built in one place for every way that leads to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from datasources import method_forms, ports
from datasources.method_settings.paging import PagingControls
from datasources.method_settings.repeating import RetryControls
from datasources.method_settings.success import SuccessConditions
from datasources.models import Datasource
from datasources.ports import Sample
from datasources.rest.answer_schema import AnswerSchema, all_places
from datasources.rest.document import TARGETS, RestDatasource, RestMethod
from datasources.selectors import rest_document_of
from datasources.services.datasources import KIND
from datasources.services.methods import masked_method, method_of
from datasources.views.access import may_change
from datasources.views.answer_samples import AnswerNode, described_nodes
from datasources.views.answers import ShownAnswer
from kianda.lib.secret_names import MASK
from kianda.web.edit_conflict import EditConflict, edit_conflict, revision_context, revision_of
from kianda.web.pages import Errors

LABELS = {
    "title": _("Display name"), "http_method": _("HTTP method"), "url_path": _("URL path"),
    "answer": _("Read the response as"), "answer_schema": _("Response structure"),
    "success_when": _("Success when"),
    "paging": _("Paging"), "retry": _("When a call fails"),
    "idempotency_header": _("Idempotency key header"),
    "content_type": _("Content type"), "media_type": _("Media type"),
    "timeout_s": _("Timeout"), "follow_redirects": _("Follow redirects"),
    "max_answer_bytes": _("Maximum response size"),
    **{key: words[0] for key, words in method_forms.WORDS.items()},
}  # fmt: skip
REDIRECT_WORDS = {None: "", True: "yes", False: "no"}
NEW = {"title": "", "name": "", "http_method": "GET", "url_path": "/", "content_type": "json"}


@dataclass(frozen=True)
class TrialInput:
    """One parameter of the trial: what was typed, or what the instance gives."""

    target: str
    secret: bool
    typed: str
    sample: Sample | None
    fixed: str
    takes_file: bool = False

    @property
    def pointer(self) -> str:
        """Return the place of its control."""
        return f"{method_forms.SAMPLE}{self.target}"

    @property
    def place(self) -> str:
        """Return where it goes: path, query, header, body."""
        return self.target.partition(".")[0]

    @property
    def name(self) -> str:
        """Return the name of the parameter."""
        return self.target.partition(".")[2] or self.target


@dataclass
class MethodEditor:
    """The editor as one request sees it."""

    request: HttpRequest
    row: Datasource
    stored: RestMethod | None
    body: dict[str, Any]
    errors: Errors | None = None
    sending: bool = False
    conflict: EditConflict | None = None
    answer: ShownAnswer | None = None
    process_id: str = ""
    samples: Mapping[str, Sample] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    # A pasted answer, and its places once they were asked for.
    sample: str = ""
    places: Sequence[AnswerNode] = ()
    # Whether mappings are to offer the places of the sample; whether they offer none any more.
    keeps_sample: bool = False
    forgets: bool = False

    @classmethod
    def opened(
        cls, request: HttpRequest, row: Datasource, stored: RestMethod | None
    ) -> "MethodEditor":
        """Return the editor as it is opened: with what is stored."""
        document = rest_document_of(row)
        body = masked_method(document, stored.name) if stored else dict(NEW)
        return cls(request, row, stored, body)

    @property
    def document(self) -> RestDatasource:
        """Return the datasource."""
        return rest_document_of(self.row)

    @cached_property
    def inputs(self) -> list[TrialInput]:
        """Return the parameters that a trial may be given."""
        fixed, files = self._fixed(), method_forms.file_targets(self.body)
        return [
            TrialInput(
                target,
                secret,
                "" if secret else self.typed.get(target, ""),
                self.samples.get(target),
                fixed.get(target, ""),
                target in files,
            )
            for target, secret in method_forms.targets_of(self.body)
        ]

    @cached_property
    def described(self) -> list[AnswerNode]:
        """Return the places of the answer that the method describes."""
        return described_nodes(self.body)

    def _fixed(self) -> dict[str, str]:
        return {
            f"{prefix}.{row['name']}": str(row["value"])
            for prefix, key in TARGETS.items()
            for row in self.body.get(key, [])
            if row.get("value")
        }

    def context(self) -> dict[str, Any]:
        """Return what the templates show."""
        name = self.stored.name if self.stored else ""
        return {
            "editor": self,
            "row": self.row,
            "document": self.document,
            "stored": self.stored,
            "method_name": name or "new",
            "body": self.body,
            "errors": self.errors,
            "request_sections": method_forms.sections(self.body, method_forms.REQUEST),
            "response_sections": method_forms.sections(self.body, method_forms.RESPONSE),
            "verbs": [(verb, verb) for verb in method_forms.VERBS],
            "content_types": method_forms.CONTENT_TYPES,
            "secret_choices": method_forms.SECRET_CHOICES,
            "answers": method_forms.ANSWERS,
            "paging": PagingControls(self.body.get("paging")),
            "retry": RetryControls(self.body.get("retry")),
            "success": SuccessConditions(self.body.get("success_when"), self.errors),
            "types": method_forms.TYPES,
            "redirects": method_forms.REDIRECTS,
            "redirect": REDIRECT_WORDS[self.body.get("follow_redirects")],
            "may_change": may_change(self.request, self.row),
            "answer": self.answer,
            "process_ids": ports.process_ids_for(
                self.request.user, datasource=self.row.name, method=name
            ),
            **revision_context(self.request, self.revision, self.conflict),
        }

    @property
    def revision(self) -> str:
        """Return the revision of the method: others may change the rest of the datasource."""
        return revision_of(self.stored.model_dump(mode="json")) if self.stored else ""

    def compare(self, row: Datasource) -> None:
        """Take what somebody else has made of it, to be shown beside what was typed."""
        self.row, theirs = row, self.body
        if self.stored:
            self.stored = method_of(self.document, self.stored.name)
            theirs = masked_method(self.document, self.stored.name)
        self.conflict = edit_conflict(
            KIND, row.name, titles=LABELS, theirs=_in_words(theirs), mine=_in_words(self.body)
        )


def _in_words(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: [_row_in_words(row) for row in value] if isinstance(value, list) else value
        for key, value in {
            **body,
            "success_when": _success_in_words(body),
            "answer_schema": _schema_in_words(body),
        }.items()
    }


def _schema_in_words(body: Mapping[str, Any]) -> str:
    raw = body.get("answer_schema")
    if not raw:
        return ""
    n = sum(1 for _place in all_places(AnswerSchema.model_validate(raw)))
    return ngettext("%(n)s field", "%(n)s fields", n) % {"n": n}


def _success_in_words(body: Mapping[str, Any]) -> str:
    raw = body.get("success_when")
    if not raw:
        return ""
    found = SuccessConditions(raw)
    return found.kept or ", ".join(f"{one.left} {one.operator} {one.right}" for one in found.rows)


def _row_in_words(row: Mapping[str, Any]) -> str:
    rest = row.get("value") or row.get("path")
    rest = MASK if rest and row.get("secret") else rest
    return f"{row['name']} = {rest}" if rest else str(row["name"])
