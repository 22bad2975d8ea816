"""What a person sees of values, history and traces: the rest is left out, and said to be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from processes.definition.document import Document
from processes.document_cache import document_of
from processes.models import Run
from processes.rights.instance_rights import InstanceRights


def seen_values(values: Mapping[str, Any], rights: InstanceRights) -> dict[str, Any]:
    """Return values as JSON without the fields and columns that the person does not see."""
    return {
        name: _without_columns(value, rights.hidden_columns(name))
        for name, value in values.items()
        if rights.sees(name)
    }


def _without_columns(value: Any, hidden: frozenset[str]) -> Any:
    if not hidden or not isinstance(value, list):
        return value
    return [
        {name: cell for name, cell in row.items() if name not in hidden}
        if isinstance(row, Mapping)
        else row
        for row in value
    ]


def seen_changes(rows: Iterable[Mapping[str, Any]], rights: InstanceRights) -> list[dict[str, Any]]:
    """Return what the history says of the fields that the person sees."""
    found = []
    for row in rows:
        name = str(row["field"])
        if rights.sees(name.removeprefix("form:")):
            hidden = rights.hidden_columns(name)
            cut = {part: _without_columns(row[part], hidden) for part in ("before", "after")}
            found.append({**row, **cut})
    return found


class SeenRun(NamedTuple):
    """A run as a person sees it: its values and steps, why it failed, whether more is there."""

    data: dict[str, Any] | None
    steps: list[dict[str, Any]]
    error: dict[str, Any] | None
    is_cut: bool


def seen_run(run: Run, user: User, find: Callable[[Run], Document | None]) -> SeenRun:
    """Return what a person sees of a run; `find` gives the definition that it worked by.

    A step that reads or changes what they do not see keeps its title and how it ended. What the
    instance hides by now is hidden too, when it was moved to another version since.
    """
    whole = SeenRun(run.data, run.steps, run.error, is_cut=False)
    if run.instance is None or InstanceRights(user, run.instance).manages:
        return whole
    then, now = find(run), document_of(run.instance.version)
    readings = [
        (one, InstanceRights(user, run.instance, one))
        for one in ([now] if then is None or then == now else [now, then])
    ]
    kept = _Steps(readings, is_known=then is not None)
    if not kept.hides:
        return whole
    data = run.data if then is not None else None
    for _document, rights in readings:
        data = None if data is None else seen_values(data, rights)
    steps = kept.seen(run.steps)
    error = run.error
    if error and kept.failed:
        error = {**error, "message": _("The reason is not shown: it may name what you cannot see.")}
        error.pop("fields", None)
    return SeenRun(data, steps, error, is_cut=kept.is_cut or data != run.data)


def seen_error(
    run: Run, user: User, find: Callable[[Run], Document | None]
) -> dict[str, Any] | None:
    """Return why a run failed as far as a person is told, for a list: most runs did not fail."""
    return seen_run(run, user, find).error if run.error else None


class _Steps:
    """The steps of a trace without what a person does not see.

    Of a run whose definition is not known any more nothing tells what is hidden: nothing is shown.
    """

    def __init__(
        self, readings: Sequence[tuple[Document, InstanceRights]], *, is_known: bool
    ) -> None:
        self.is_known = is_known
        self.hidden = frozenset(
            name
            for document, rights in readings
            for name in (*rights.hidden, *filter(rights.hidden_columns, document.fields))
        )
        self.hides = bool(self.hidden) or not is_known
        # A rule that goes through the rows of a table tells of them in its steps.
        self._through = {
            rule.id
            for document, _rights in readings
            for _place, rule in (document.placed_rules() if self.hidden else ())
            if getattr(rule, "table", "") in self.hidden
        }
        self.is_cut = self.failed = False

    def seen(self, steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the steps, each as far as it is seen."""
        return [self._step(step) for step in steps]

    def _step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        groups = [{**one, "steps": self.seen(one["steps"])} for one in step.get("groups", ())]
        whole = {**step, **({"groups": groups} if groups else {})}
        names = [*step["read"], *(row["field"] for row in step["changes"])]
        goes_through = step["rule"] in self._through or not self.is_known
        if not goes_through and self.hidden.isdisjoint(one.partition(".")[0] for one in names):
            return whole
        self.is_cut = True
        self.failed = self.failed or step["status"] == "failed"
        if goes_through:
            whole.pop("groups", None)
        return {
            **whole,
            "read": {name: one for name, one in step["read"].items() if self._sees(name)},
            "changes": [row for row in step["changes"] if self._sees(row["field"])],
            "request": None,
            "response": None,
            "error": None,
            "reason": _("Some values are left out: you cannot see their fields."),
        }

    def _sees(self, name: str) -> bool:
        return self.is_known and name.partition(".")[0] not in self.hidden
