"""What a person sees of values, history and traces: the rest is left out, and said to be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.usage import Use
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.models import Run
from processes.models.run_points import steps_so_far
from processes.rights.instance_rights import InstanceRights
from processes.rights.querysets import visible_instances


def sees_details(user: User, rights: InstanceRights) -> bool:
    """Tell whether a person reads of an instance what its Details say: its runs and versions."""
    return has_role(user, DESIGNER) or bool(rights.manages)


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
        if _sees_or_saw(name, rights):
            hidden = rights.hidden_columns(name)
            cut = {part: _without_columns(row[part], hidden) for part in ("before", "after")}
            titles = [one for one in row.get("renamed", ()) if _sees_or_saw(one["field"], rights)]
            found.append({**row, **cut, **({"renamed": titles} if "renamed" in row else {})})
    return found


def _sees_or_saw(name: str, rights: InstanceRights) -> bool:
    """Tell whether a person sees a part; one that is gone, by the newest version that had it."""
    known, part = rights.document, name.removeprefix("form:")
    if name != part or part in known.fields or "." in part or rights.manages:
        return rights.sees(part)
    older = rights.instance.design.versions.filter(minor=0).order_by("-major").defer("document")
    had = next((one for one in map(document_of, older) if part in one.fields), None)
    return had is None or rights.by(had).sees(part)


class SeenRun(NamedTuple):
    """A run as a person sees it: its values and steps, why it failed, whether more is there."""

    data: dict[str, Any] | None
    steps: list[dict[str, Any]]
    error: dict[str, Any] | None
    is_cut: bool
    # How it let the page show fields and forms.
    display: Mapping[str, str]


def seen_run(run: Run, user: User, find: Callable[[Run], Document | None]) -> SeenRun:
    """Return what a person sees of a run; `find` gives the definition that it worked by.

    A step that reads or changes what they do not see keeps its title and how it ended. What the
    instance hides by now is hidden too, when it was moved to another version since.
    """
    others = _OtherInstances(user)
    whole = steps_so_far(run)
    steps = whole if has_role(user, ADMINISTRATOR) else [*map(others.cut, whole)]
    display: dict[str, str] = (run.page or {}).get("display", {})
    found = SeenRun(run.data, steps, run.error, is_cut=others.is_cut, display=display)
    if run.instance is None or InstanceRights(user, run.instance).manages:
        return found
    then, now = find(run), document_of(run.instance.version)
    readings = [
        (one, InstanceRights(user, run.instance, one))
        for one in ([now] if then is None or then == now else [now, then])
    ]
    kept = _Steps(readings, is_known=then is not None)
    if not kept.hides:
        return found
    data = run.data if then is not None else None
    for _document, rights in readings:
        data = None if data is None else seen_values(data, rights)
    steps, error = kept.seen(steps), run.error
    if error and kept.failed:
        error = {
            **error,
            "message": _(
                "The reason is hidden, because it may name something that you cannot see."
            ),
        }
        error.pop("fields", None)
    is_cut = found.is_cut or kept.is_cut or data != run.data
    display = {name: mode for name, mode in display.items() if kept.sees(name)}
    return SeenRun(data, steps, error, is_cut=is_cut, display=display)


def seen_error(
    run: Run, user: User, find: Callable[[Run], Document | None]
) -> dict[str, Any] | None:
    """Return why a run failed as far as a person is told, for a list: most runs did not fail."""
    return seen_run(run, user, find).error if run.error else None


class _OtherInstances:
    """What rules brought from other instances: told as far as the reader sees those.

    The run may have worked for somebody who sees more.
    """

    def __init__(self, user: User) -> None:
        self._user, self.is_cut = user, False

    def cut(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step without values of other instances that the person does not see."""
        made = dict(step)
        if "groups" in step:
            made["groups"] = [
                {**one, "steps": [*map(self.cut, one["steps"])]} for one in step["groups"]
            ]
        request, response = step.get("request") or {}, step.get("response")
        if "act" not in request or "process" not in request or not response:
            return made
        body = self._seen(response["body"])
        if body != response["body"]:
            self.is_cut = True
            made["response"] = None if body is None else {**response, "body": body}
            made["reason"] = _("Values of fields that you cannot see are hidden.")
        return made

    def _seen(self, body: Any) -> Any:
        if not isinstance(body, Mapping):
            return None
        rows = visible_instances(self._user).select_related("design", "version")
        known = {one.process_id: one for one in rows.filter(key__in=_keys_of(body))}
        instance = known.get(body.get("process.id", ""))
        if instance is None:
            return None
        rights = InstanceRights(self._user, instance, document_of(instance.version))
        seen = seen_values(body, rights)
        if "instances" in seen:
            seen["instances"] = [one for one in seen["instances"] if one in known]
        return seen


def _keys_of(body: Mapping[str, Any]) -> set[str]:
    """Return the keys of the instances that an answer names."""
    others = body.get("instances")
    named = [body.get("process.id"), *(others if isinstance(others, list) else ())]
    return {one.lower() for one in named if isinstance(one, str)}


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
            "read": {name: one for name, one in step["read"].items() if self.sees(name)},
            "changes": [row for row in step["changes"] if self.sees(row["field"])],
            "request": None,
            "response": None,
            "error": None,
            "reason": _("Values of fields that you cannot see are hidden."),
        }

    def sees(self, name: str) -> bool:
        """Tell whether the person sees a field or form."""
        return self.is_known and name.partition(".")[0] not in self.hidden


def uses_told(uses: Iterable[Use], user: User) -> list[Use]:
    """Return what uses a thing as a person may know it: what they may not see has no name."""
    found = list(uses)
    wanted = {str(use["name"]) for use in found if use["kind"] == "instance"}
    seen = visible_instances(user).filter(process_id__in=wanted)
    known = set(seen.values_list("process_id", flat=True))
    sees_tasks = has_role(user, ADMINISTRATOR, DESIGNER)
    return [
        {**use, "name": _("a record that you cannot see"), "url": ""}
        if use["kind"] == "instance" and use["name"] not in known
        else {**use, "name": _("a scheduled task"), "url": ""}
        if use["kind"] == "scheduled task" and not sees_tasks
        else use
        for use in found
    ]
