"""What the page of an instance shows of a sheet: its forms, and what stands around them."""

from typing import Any

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.web.page_extensions import extensions_of
from processes import listing
from processes.fields.base import FormField
from processes.forms.table_input import TypedTable
from processes.forms.value_words import table_changes, words_of
from processes.instances.history import ForeignChange
from processes.models import DesignVersion, ProcessInstance, Run
from processes.views.instances.carried_values import sealed
from processes.views.instances.form_page import FormPage
from processes.views.instances.form_steps import load_targets, open_form, primary
from processes.views.instances.log_rows import changed_by, entries_of, with_titles

FEW = 5
FAILED = frozenset({Run.Status.FAILED, Run.Status.INTERRUPTED, Run.Status.REFUSED})


def context_of(sheet: FormPage) -> dict[str, Any]:
    """Return what the templates of the page need."""
    instance = sheet.instance
    staff = has_role(sheet.user, ADMINISTRATOR, DESIGNER)
    views = sheet.forms()
    return {
        "sheet": sheet, "instance": instance, "design": instance.design, "version": sheet.version,
        "views": [(view, sheet.steps[view.form.name]) for view in views],
        "open_form": open_form(sheet.steps, views, str(sheet.next_page.get("form", ""))),
        "errors": sheet.errors,
        "primary": primary(sheet.steps, views),
        "read_only": sheet.next_page.get("mode") == "read" and sheet.next_page.get("form"),
        "left": sealed(sheet.carried(), about=sheet.about, user=sheet.user),
        "has_open": any(step.is_open for step in sheet.steps.values()),
        "unsaved_fields": [sheet.document.fields[name].title for name in sheet.unsaved],
        "change_targets": [name for name, found in sheet.editable().items() if found.rules],
        "load": bool(load_targets(sheet.document, sheet.steps)),
        "conflicts": [
            (sheet.document.fields[name], found, _mine(sheet, name, found))
            for name, found in sheet.conflicts.items()
        ],
        "meanwhile": _theirs(sheet),
        "unsaved": listing.run_with_unsaved_answer(instance),
        "may_schedule": staff, "may_design": staff,
        "may_delete": staff or instance.created_by_id == sheet.user.pk,
        "newer": _newer(sheet),
        "asides": extensions_of("instance", instance, user=sheet.user),
        **_history(sheet),
    }  # fmt: skip


def _history(sheet: FormPage) -> dict[str, Any]:
    """Return what happened to the instance of late."""
    instance = sheet.instance
    newest = list(listing.runs_of(instance)[:FEW])
    changes = list(listing.changes_of(instance)[:FEW])
    return {
        "runs": with_titles(newest, sheet.document), "run_count": instance.runs.count(),
        "changes": entries_of(changes, sheet), "changed_by": changed_by(instance, changes),
        "change_count": instance.changes.count(),
        "running": next((run for run in newest if run.status == Run.Status.RUNNING), None),
        "problem": None if sheet.errors else _failed(newest[:1]),
    }  # fmt: skip


def _failed(newest: list[Run]) -> Run | None:
    """Return the last run if it failed; what it refused stands beside the fields instead."""
    return next((run for run in newest if run.status in FAILED), None)


def _newer(sheet: FormPage) -> DesignVersion | None:
    """Return the published version that a live instance could move to."""
    published = sheet.instance.design.published
    if sheet.instance.mode != ProcessInstance.Mode.LIVE or published is None:
        return None
    return published if published.pk != sheet.instance.version_id else None


def _mine(sheet: FormPage, name: str, found: ForeignChange) -> Any:
    """Return what the person has made of a field: of a table only what differs."""
    typed = sheet.typed.get(name)
    if not isinstance(typed, TypedTable):
        return words_of(sheet.document.fields[name], sheet.changes[name])
    return "; ".join(table_changes(typed.grid.field, found.before, sheet.changes[name]))


def _theirs(sheet: FormPage) -> list[tuple[FormField, ForeignChange]]:
    return [
        (sheet.document.fields[name], found)
        for name, found in sheet.meanwhile.items()
        if name in sheet.document.fields and name not in sheet.conflicts
    ]
