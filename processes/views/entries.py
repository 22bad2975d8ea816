"""Lines of runs and of changes, as the pages of an instance show them."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.translation import gettext, gettext_noop

from processes.document import Document
from processes.fields import Table
from processes.fields.base import FormField
from processes.models import Change, ProcessInstance, Run
from processes.services.history import can_restore
from processes.table_words import table_changes
from processes.views.common import target_title

_STATES = {
    "current": gettext_noop("open"),
    "completed": gettext_noop("completed"),
    "not_started": gettext_noop("not started"),
}


class Shown(Protocol):
    """What a history is told against: the instance, its definition, its values as shown."""

    instance: ProcessInstance
    document: Document

    def shown(self) -> dict[str, Any]:
        """Return the values as pages may show them, secrets masked."""


def with_titles(runs: list[Run], document: Document | None) -> list[tuple[Run, str]]:
    """Return runs with what their targets are called."""
    return [(run, target_title(document, run.target)) for run in runs]


def entries_of(changes: list[Change], sheet: Shown) -> list[dict[str, Any]]:
    """Return changes as the history shows them: each field by its title, restorable or not."""
    fields, now = sheet.document.fields, sheet.shown()
    return [
        {
            "change": change,
            "target": target_title(sheet.document, change.run.target) if change.run else "",
            "rows": [
                {
                    **row,
                    **_words(row, sheet.document),
                    "restorable": can_restore(sheet.instance, fields, row, now),
                    "sentences": _sentences(fields.get(row["field"]), row),
                }
                for row in change.fields
            ],
        }
        for change in changes
    ]


def _words(row: Mapping[str, Any], document: Document) -> dict[str, str]:
    """Return what has changed by its title; of a form, its states in words too."""
    name = str(row["field"])
    if name == "process.status":
        return {"title": gettext("Status")}
    if not name.startswith("form:"):
        return {"title": document.fields[name].title if name in document.fields else name}
    titles = {f"form:{form.name}": form.title for form in document.forms}
    said = {part: _STATES.get(str(row[part]), row[part]) for part in ("before", "after")}
    return {
        "title": gettext("Form %(title)s") % {"title": titles.get(name, name)},
        **{part: gettext(words) for part, words in said.items()},
    }


def _sentences(field: FormField | None, row: Mapping[str, Any]) -> list[str]:
    return table_changes(field, row["before"], row["after"]) if isinstance(field, Table) else []
