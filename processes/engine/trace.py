"""The trace of a run: for each rule what it read, asked, got and changed, with secrets masked."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from kianda.lib.i18n import gettext as _
from kianda.lib.masking import Masker
from kianda.lib.secret_names import MASK
from processes.engine.run_values import RunValues
from processes.engine.truncation import cut
from processes.language.values import Value, to_json
from processes.rules.base import Rule, RuleFailed

MOST_GROUPS = 200


class Reopened(NamedTuple):
    """A step with rules in it that an earlier holder of the run had begun.

    `path` says where it was: the row and the position of the next rule in this step, then in the
    step there, and so on.
    """

    step: Mapping[str, Any]
    path: Sequence[Sequence[int]]


class StepRecord:
    """One step while it runs."""

    def __init__(
        self,
        position: int,
        rule: Rule,
        before: Mapping[str, Value],
        above: "StepRecord | None" = None,
    ) -> None:
        """Open the record of a rule; `above` is the one in which it stands."""
        self.position = position
        self.above = above
        # The steps of the rules in it, by row or by form, and how many groups were left out.
        self.groups: list[dict[str, Any]] = []
        self.left_out = 0
        # The row that is under way in it, and where it goes on if another holder had begun it.
        self.row = 0
        self.goes_on_at: tuple[int, int] | None = None
        self.reopened: Reopened | None = None
        self.rule = rule
        self.before = dict(before)
        self.started = time.perf_counter()
        self.read: dict[str, Value] = {}
        self.request: Mapping[str, Any] | None = None
        self.response: Mapping[str, Any] | None = None
        # Request and response as they were told last, with how many secrets were known then.
        self.told: dict[str, tuple[Any, int, Any]] = {}
        self.failure: RuleFailed | None = None
        self.reason = ""
        self.skipped = False

    def take_up(self, reopened: Reopened) -> None:
        """Go on with what an earlier holder of the run had recorded of this step."""
        step, (place, *deeper) = reopened
        self.groups, self.left_out = list(step["groups"]), step.get("left_out", 0)
        self.goes_on_at = (place[0], place[1])
        if deeper:
            self.reopened = Reopened(self.groups[-1]["steps"].pop(), deeper)

    def fail(self, failure: RuleFailed) -> None:
        """Note that the rule failed."""
        self.failure = failure

    def skip(self, reason: str) -> None:
        """Note that the rule did not run, and why."""
        self.reason, self.skipped = reason, True

    def note(self, reason: str) -> None:
        """Note what is to be said of a rule that ran."""
        self.reason = reason

    @property
    def status(self) -> str:
        """Return how the step stands."""
        if self.failure:
            return "failed"
        return "skipped" if self.skipped else "succeeded"


class RunTrace:
    """Collects the steps of one run; what it gives out never holds a secret."""

    def __init__(
        self,
        working: RunValues,
        masker: Masker,
        steps: list[dict[str, Any]] | None = None,
        reopened: Reopened | None = None,
    ) -> None:
        """Start empty, or with what an earlier holder of the run recorded."""
        self.working = working
        self.masker = masker
        self.steps = list(steps or [])
        self.current: StepRecord | None = None
        self.reopened = reopened

    @contextmanager
    def step(self, position: int, rule: Rule) -> Iterator[StepRecord]:
        """Record the rule at this position while the block runs."""
        above = self.current
        record = StepRecord(position, rule, self.working.values, above)
        holder = above or self
        if holder.reopened is not None:
            record.take_up(holder.reopened)
            holder.reopened = None
        self.current = record
        try:
            yield record
        except BaseException:
            # A failed rule does not come this way: the run itself could not go on here.
            record.fail(RuleFailed("internal", _("The run ended in this step.")))
            raise
        finally:
            self._list(above).append(self._written(record, record.status))
            self.current = above

    def _list(self, above: StepRecord | None) -> list[dict[str, Any]]:
        if above is None:
            return self.steps
        steps: list[dict[str, Any]] = above.groups[-1]["steps"]
        return steps

    @contextmanager
    def group(self, title: str, *, row: int = 0) -> Iterator[None]:
        """Record the rules that run in the block, for a row, as a group of the step under way.

        Past a limit a group is kept only when something in it failed.
        """
        step = self.current
        if step is None:
            raise AssertionError("Only a step has groups.")
        step.row = row
        if not (step.groups and step.groups[-1].get("open")):
            step.groups.append({"title": title, "open": True, "steps": []})
        group = step.groups[-1]
        try:
            yield
        finally:
            group.pop("open", None)
            failed = any(one["status"] == "failed" for one in group["steps"])
            if len(step.groups) > MOST_GROUPS and not failed:
                step.groups.pop()
                step.left_out += 1

    def skipped(self, position: int, rule: Rule, reason: str) -> None:
        """Record a rule that was not run."""
        record = StepRecord(position, rule, self.working.values)
        record.skip(reason)
        self._list(self.current).append(self._written(record, "skipped"))

    def by_hand(self, position: int, kind: str, title: str, values: Mapping[str, Value]) -> None:
        """Record what a person sets in the debugger; the values are not set yet."""
        before = self.working.values
        changes = [
            {
                "field": name,
                "before": self._shown(name, before.get(name)),
                "after": self._shown(name, value),
            }
            for name, value in values.items()
            if value != before.get(name)
        ]
        if changes:
            self.steps.append(
                {
                    "position": position,
                    "rule": "",
                    "type": kind,
                    "title": title,
                    "status": "succeeded",
                    "reason": "",
                    "read": {},
                    "request": None,
                    "response": None,
                    "changes": changes,
                    "error": None,
                    "duration_ms": 0.0,
                }
            )

    def reads(self, name: str, value: Value) -> None:
        """Note that the current step read a value."""
        if self.current is not None:
            self.current.read[name] = value

    def so_far(self, *, status: str = "running") -> list[dict[str, Any]]:
        """Return the steps, the one under way included."""
        if self.current is None:
            return self.steps
        return [*self.steps, self._open(self.current, status)]

    def _open(
        self, record: StepRecord, status: str, inner: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the outermost step under way, with the one at work in each one's last group.

        It stays as it is, whatever is recorded later.
        """
        written = self._written(record, status)
        if "groups" in written:
            *groups, last = written["groups"]
            steps = [*last["steps"], *([] if inner is None else [inner])]
            written["groups"] = [*groups, {**last, "steps": steps}]
        return written if record.above is None else self._open(record.above, status, written)

    def place(self) -> list[list[int]]:
        """Return where the run is: row and position of the outermost step, then of those in it."""
        path: list[list[int]] = []
        record = self.current
        while record is not None:
            path.insert(0, [record.above.row if record.above else 0, record.position])
            record = record.above
        return path

    def _written(self, record: StepRecord, status: str) -> dict[str, Any]:
        mask = self.masker
        failure = record.failure
        groups: dict[str, Any] = {"groups": list(record.groups)} if record.groups else {}
        if record.left_out:
            groups["left_out"] = record.left_out
        return {
            "position": record.position,
            "rule": record.rule.id,
            "type": record.rule.slug(),
            "title": record.rule.title,
            "status": status,
            "reason": mask.text(record.reason) if record.reason else "",
            "read": {name: self._shown(name, value) for name, value in record.read.items()},
            "request": self._told(record, "request"),
            "response": self._told(record, "response"),
            "changes": self._changes(record.before),
            "error": failure
            and {
                "kind": failure.kind,
                "message": mask.text(failure.message),
                "status": failure.status,
                **({"fields": mask.json(dict(failure.fields))} if failure.fields else {}),
            },
            "duration_ms": round((time.perf_counter() - record.started) * 1000, 1),
            **groups,
        }

    def _told(self, record: StepRecord, part: str) -> Any:
        """Return the request or the response, masked; anew only when more secrets are known.

        A step is written at each durable point of its run.
        """
        value, learned = getattr(record, part), self.masker.learned
        kept = record.told.get(part)
        if kept is None or kept[0] is not value or kept[1] != learned:
            told = cut(self.masker.json(value, by_place=True))
            kept = record.told[part] = (value, learned, told)
        return kept[2]

    def _shown(self, name: str, value: Value) -> Any:
        if self.working.is_secret(name):
            return MASK if value else ""
        return cut(self.masker.json(to_json(value)))

    def _changes(self, before: Mapping[str, Value]) -> list[dict[str, Any]]:
        after = self.working.values
        return [
            change
            for name, value in after.items()
            if value is not before.get(name) and value != before.get(name)
            for change in self._change(name, before.get(name), value)
        ]

    def _change(self, name: str, old: Value, new: Value) -> list[dict[str, Any]]:
        row = self.working.row
        if row and row[0] == name and isinstance(old, list) and isinstance(new, list):
            # In a loop the whole table would be told again for each row: its cells are.
            return self._cells(row_at(old, row[1]), row_at(new, row[1]))
        return [{"field": name, "before": self._shown(name, old), "after": self._shown(name, new)}]

    def _cells(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "field": f"row.{name}",
                "before": self._shown(f"row.{name}", old.get(name)),
                "after": self._shown(f"row.{name}", value),
            }
            for name, value in new.items()
            if value != old.get(name)
        ]


def row_at(rows: list[Any], number: int) -> Mapping[str, Any]:
    """Return a row of a table; an empty one when there is none."""
    return rows[number] if number < len(rows) else {}
