"""The page of one instance: what stands on it, and what a person typed since they read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.errors import Flaw
from kianda.pages import Errors
from processes import listing
from processes.document import Document, Form
from processes.fields.base import FormField, InputField
from processes.forms import (
    Control,
    FormView,
    Typed,
    changed_by_hand,
    control_of,
    editable,
    every,
    form_views,
    missing_in,
    typed_in,
)
from processes.models import Change, DesignVersion, ProcessInstance, Run
from processes.services.history import Meanwhile, can_restore, changed_since
from processes.services.moving import as_in_draft
from processes.services.starting import read_instance
from processes.services.values import read_sent, shown, stored_values
from processes.values import Value
from processes.views.common import target_title
from processes.working import python_of

FEW = 5
FAILED = frozenset({Run.Status.FAILED, Run.Status.INTERRUPTED, Run.Status.REFUSED})


@dataclass
class Sheet:
    """An instance as its page shows it, with what was typed laid over it."""

    instance: ProcessInstance
    version: DesignVersion
    document: Document
    values: Mapping[str, Value]
    user: User
    typed: dict[str, Typed] = field(default_factory=dict)
    errors: Errors = field(default_factory=Errors)
    changes: dict[str, Any] = field(default_factory=dict)
    meanwhile: dict[str, Meanwhile] = field(default_factory=dict)
    conflicts: dict[str, Meanwhile] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()

    @classmethod
    def read(cls, process_id: str, user: User) -> "Sheet":
        """Read an instance that the person may see; raises Missing."""
        instance, document = read_instance(process_id, user)
        stored = stored_values(document, instance)
        version, document, values = as_in_draft(instance, document, stored)
        return cls(instance, version, document, values, user)

    def take(self, post: QueryDict) -> None:
        """Lay over what was posted: what the person changed, and where others did so too."""
        fields = editable(self.document)
        revision = post.get("revision", "")
        seen = int(revision) if revision.isascii() and revision.isdigit() else None
        if seen is not None and seen < self.instance.revision:
            self.meanwhile = changed_since(self.instance, seen)
        typed = typed_in(fields, post)
        self.changes = changed_by_hand(fields, typed, self._as_seen())
        # What only others changed shows their value; what the person changed stays as typed.
        self.typed = {name: typed[name] for name in self.changes if name in typed}
        self._settle(post)

    def _as_seen(self) -> dict[str, Value]:
        before = {name: found.before for name, found in self.meanwhile.items()}
        plain = {name: value for name, value in before.items() if not self._is_secret(name)}
        return {**self.values, **python_of(self.document.fields, plain)}

    def _is_secret(self, name: str) -> bool:
        return name in self.document.fields and self.document.fields[name].slug() == "secret"

    def _settle(self, post: QueryDict) -> None:
        """Drop what the person gave up for theirs; ask about a field that both have changed.

        To keep mine needs no word: the form that asked has the revision in which theirs was seen.
        """
        for name in list(self.changes):
            if post.get(f"take-{name}") == "theirs":
                del self.changes[name]
                self.typed.pop(name, None)
            elif name in self.meanwhile and not self._same(name):
                self.conflicts[name] = self.meanwhile[name]

    def _same(self, name: str) -> bool:
        if self._is_secret(name):
            return False
        field = self.document.fields[name]
        return bool(field.to_json(self.values.get(name)) == self.changes[name])

    def invalid(self) -> list[Flaw]:
        """Return what is wrong with the values that the person has changed."""
        return read_sent(self.document, self.changes, self.values)[1]

    def missing(self) -> list[Flaw]:
        """Return the required fields left blank, on the forms that the person has changed."""
        fields = editable(self.document)
        touched = [
            form for form in self.document.forms
            if any(one.name in self.changes for one in form.all_fields())
        ]  # fmt: skip
        return self._missing_on(touched, fields)

    def missing_on(self, form_name: str) -> list[Flaw]:
        """Return the required fields left blank on one form, which is submitted."""
        forms = [form for form in self.document.forms if form.name == form_name]
        return self._missing_on(forms, editable(self.document))

    def _missing_on(self, forms: list[Form], fields: Mapping[str, InputField]) -> list[Flaw]:
        wanted = [
            fields[one.name] for form in forms for one in form.all_fields() if one.name in fields
        ]  # fmt: skip
        return missing_in(wanted, self.values, self.changes)

    def forms(self) -> list[FormView]:
        """Return the forms with their controls."""
        return form_views(self.document, self._control)

    def _control(self, field: FormField) -> Control:
        made = control_of(field, self.values, self.typed, self.errors)
        return replace(
            made, changed=field.name in self.fresh, conflict=self.conflicts.get(field.name)
        )

    def shown(self) -> dict[str, Any]:
        """Return the values as pages may show them, secrets masked."""
        return shown(self.document, self.values)


def context_of(sheet: Sheet) -> dict[str, Any]:
    """Return what the templates of the page need."""
    instance = sheet.instance
    newest = list(listing.runs_of(instance)[:FEW])
    design = instance.design
    staff = has_role(sheet.user, ADMINISTRATOR, DESIGNER)
    views = sheet.forms()
    return {
        "sheet": sheet, "instance": instance, "design": design, "version": sheet.version,
        "views": views, "open_form": _open_form(views), "errors": sheet.errors,
        "primary": _primary(views),
        "conflicts": [
            (sheet.document.fields[name], found) for name, found in sheet.conflicts.items()
        ],
        "meanwhile": _theirs(sheet),
        "runs": with_titles(newest, sheet.document), "run_count": instance.runs.count(),
        "changes": entries_of(list(listing.changes_of(instance)[:FEW]), sheet),
        "change_count": instance.changes.count(),
        "running": next((run for run in newest if run.status == Run.Status.RUNNING), None),
        "problem": newest[0] if newest and newest[0].status in FAILED else None,
        "unsaved": listing.run_with_unsaved_answer(instance),
        "may_schedule": staff, "may_design": staff,
        "may_delete": staff or instance.created_by_id == sheet.user.pk,
        "newer": _newer(sheet),
    }  # fmt: skip


def _newer(sheet: Sheet) -> DesignVersion | None:
    """Return the published version that a live instance could move to."""
    published = sheet.instance.design.published
    if sheet.instance.mode != ProcessInstance.Mode.LIVE or published is None:
        return None
    return published if published.pk != sheet.instance.version_id else None


def _theirs(sheet: Sheet) -> list[tuple[FormField, Meanwhile]]:
    return [
        (sheet.document.fields[name], found)
        for name, found in sheet.meanwhile.items()
        if name in sheet.document.fields and name not in sheet.conflicts
    ]


def _primary(views: list[FormView]) -> str:
    """Return the field whose button is the main act: the first that can be pressed."""
    for view in views:
        for one in [*view.footer, *every(view.controls)]:
            if one.kind == "button" and one.enabled:
                return one.field.name
    return ""


def _open_form(views: list[FormView]) -> str:
    """Return the form to open first: the first with something wrong, else the first."""
    wrong = next((view for view in views if view.wrong), None)
    chosen = wrong or (views[0] if views else None)
    return chosen.form.name if chosen else ""


def with_titles(runs: list[Run], document: Document | None) -> list[tuple[Run, str]]:
    """Return runs with what their targets are called."""
    return [(run, target_title(document, run.target)) for run in runs]


def entries_of(changes: list[Change], sheet: Sheet) -> list[dict[str, Any]]:
    """Return changes as the history shows them: each field by its title, restorable or not."""
    fields, now = sheet.document.fields, sheet.shown()
    return [
        {
            "change": change,
            "target": target_title(sheet.document, change.run.target) if change.run else "",
            "rows": [
                {
                    **row,
                    "title": fields[row["field"]].title if row["field"] in fields else row["field"],
                    "restorable": can_restore(sheet.instance, fields, row, now),
                }
                for row in change.fields
            ],
        }
        for change in changes
    ]
