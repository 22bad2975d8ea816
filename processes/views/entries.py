"""Lines of runs and of changes, as the pages of an instance show them."""

from collections.abc import Mapping
from typing import Any, Protocol

from processes.document import Document
from processes.fields import Table
from processes.fields.base import FormField
from processes.models import Change, ProcessInstance, Run
from processes.services.history import can_restore
from processes.table_words import table_changes
from processes.views.common import target_title


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
                    "title": fields[row["field"]].title if row["field"] in fields else row["field"],
                    "restorable": can_restore(sheet.instance, fields, row, now),
                    "sentences": _sentences(fields.get(row["field"]), row),
                }
                for row in change.fields
            ],
        }
        for change in changes
    ]


def _sentences(field: FormField | None, row: Mapping[str, Any]) -> list[str]:
    return table_changes(field, row["before"], row["after"]) if isinstance(field, Table) else []
