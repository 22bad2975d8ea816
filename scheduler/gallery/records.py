"""How templates for an office name the records of their process, and list them."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from processes.definition.records import LONGEST_NAME
from scheduler.gallery.base import Answers, question


def many_records(initial: str) -> Any:
    """Return the question what many records are called; no answer: as one of them."""
    return question(
        gettext_noop("Title of the list"),
        gettext_noop("Name for more than one, such as Leave requests."),
        default="",
        initial=initial,
        max_length=LONGEST_NAME,
    )


def record_named(answers: Answers, **more: Any) -> dict[str, Any]:
    """Return what a record is called after the answers `service` and `records`, and `more`."""
    return {"one": answers["service"][:LONGEST_NAME], "many": answers["records"], **more}


def list_views(
    columns: Sequence[str], *, waiting: Sequence[str], charts: Sequence[dict[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Return two lists with these columns: of what is at a status of `waiting`, and of all."""
    items = [{"left": "[process.status]", "operator": "eq", "right": one} for one in waiting]
    return [
        {"name": "waiting", "title": _("Waiting"), "columns": [*columns],
         "filter": {"match": "any", "items": items}},
        {"name": "all", "title": _("All"), "columns": [*columns], "charts": [*charts]},
    ]  # fmt: skip


def statuses(**names: Sequence[str]) -> list[dict[str, str]]:
    """Return what the statuses of a process mean: `statuses(good=["Approved"])`."""
    return [{"name": name, "meaning": meaning} for meaning, some in names.items() for name in some]
