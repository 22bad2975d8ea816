"""What runs have left unsaved: what somebody has to see to, and when a later save supersedes it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from kianda.lib.db.prepared_statements import PreparedQuery, Write, update_of
from kianda.lib.secrets import opens
from processes.models import Change, Run
from processes.rules import rules

# A process that looks something up at each firing and stores nothing leaves one at each.
LOOKED_AT = 200
CHUNK = 20


def only_looked_up(run: Run) -> bool:
    """Tell whether all that it left unstored can be had again by asking once more.

    Nothing has changed at the other side then: a lookup button fills the form, and its person
    saves it, or does not.
    """
    left = set(run.unsaved_values or ()) if opens(run, "unsaved_values") else set()
    calls = [step for step in run.steps if _calls(step) and left & _changed(step)]
    return bool(calls) and all(map(_asks, calls))


def to_see_to(rows: QuerySet[Run], *, most: int) -> list[Run]:
    """Return the newest of these runs that left something that cannot be looked up again."""
    found: list[Run] = []
    marked = rows.filter(unsaved_answer=True).defer("journal", "data").order_by("-pk")
    for run in marked[:LOOKED_AT].iterator(chunk_size=CHUNK):
        if not only_looked_up(run):
            found.append(run)
            if len(found) == most:
                break
    return found


def left_in_copy(copy: object) -> dict[str, Any]:
    """Return what calls have brought into a kept working copy and nobody has stored, as JSON.

    Nothing of a copy that another version kept in another shape.
    """
    parts = [copy.get(part) for part in ("mapped", "stored")] if isinstance(copy, dict) else []
    mapped, stored = [part if isinstance(part, dict) else {} for part in parts] or ({}, {})
    return {name: value for name, value in mapped.items() if stored.get(name) != value}


def stored_since(instance_pk: int, revision: int) -> set[str]:
    """Return the fields of an instance that were changed after a revision."""
    rows = Change.objects.filter(instance_id=instance_pk, revision__gt=revision)
    changes = rows.values_list("fields", flat=True)
    return {change["field"] for fields in changes for change in fields}


def _calls(step: Mapping[str, Any]) -> bool:
    kind = rules.kinds.get(str(step.get("type")))
    return kind is not None and (kind.calls_out or bool(step.get("groups")))


def _changed(step: Mapping[str, Any]) -> set[str]:
    changes: Iterable[Mapping[str, Any]] = step.get("changes") or ()
    return {str(change["field"]) for change in changes}


def _asks(step: Mapping[str, Any]) -> bool:
    """Tell whether it only asked: a search in processes, a GET, or a loop of those."""
    inner = [one for group in step.get("groups") or () for one in group["steps"] if _calls(one)]
    if inner:
        return all(map(_asks, inner))
    request = step.get("request")
    asked = not isinstance(request, dict) or request.get("method") == "GET"
    kind = rules.kinds.get(str(step.get("type")))
    return kind is not None and kind.only_asks and asked


def _left(instance_pk: int) -> QuerySet[Run]:
    rows = Run.objects.filter(instance_id=instance_pk, unsaved_answer=True)
    return rows.only("unsaved_values").order_by()


# Each save of each run asks for them; nearly always there are none.
_LEFT = PreparedQuery(_left, 7_777_777)


def forget_unsaved(run: Run) -> None:
    """Take the mark from a run whose unstored values no key opens: nobody can store them."""
    Run.objects.filter(pk=run.pk).update(unsaved_answer=False, unsaved_values=None)


def supersede(instance_pk: int, changes: Iterable[Mapping[str, Any]]) -> list[Write]:
    """Return what takes the mark from runs of the instance whose unstored fields all are stored.

    "Store these values" would bring back what is older than the form.
    """
    stored = {change["field"] for change in changes}
    return [
        update_of(Run, where={"id": run.pk}, unsaved_answer=False, unsaved_values=None)
        for run in _LEFT.rows(instance_pk)
        if opens(run, "unsaved_values") and set(run.unsaved_values or {}) <= stored
    ]
