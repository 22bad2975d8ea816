"""Rules in a rule: those of a loop, for each row of a table, and those of a form's submission."""

from collections.abc import Iterator, Sequence

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped, ngettext
from processes.engine.ports import RunState
from processes.engine.runner import Outcome, run_rules
from processes.language.values import MAX_LIST
from processes.rules.base import Rule, RuleFailed


def run_rows(context: RunState, table: str, rules: Sequence[Rule], *, go_on: bool) -> None:
    """Run rules for each row of a table, in its order; a failure ends the loop, or that row."""
    context.checkpoints.renew()
    first_row, first_rule = _taken_up(context)
    failed: list[int] = []
    surroundings = context.working.row
    try:
        for number in _numbers(context, table, first_row):
            context.working.row = (table, number)
            title = _("Row %(number)s") % {"number": number + 1}
            failure = _group(context, title, rules, start=first_rule, row=number)
            first_rule = 0
            if failure is None:
                continue
            failure = _of_row(table, number, failure)
            if not go_on or context.pending is not None:
                raise failure
            context.outcome.count_handled()
            failed.append(number + 1)
    finally:
        context.working.row = surroundings
    if failed and context.trace.current:
        context.trace.current.note(
            _("Skipped after a failure: %(rows)s.") % {"rows": _rows_in_words(failed)}
        )


def run_inside(context: RunState, title: str, rules: Sequence[Rule]) -> None:
    """Run rules once, as a group of the step under way; a failure is raised."""
    _, first_rule = _taken_up(context)
    failure = _group(context, title, rules, start=first_rule)
    if failure is not None:
        raise failure


def _taken_up(context: RunState) -> tuple[int, int]:
    """Return where to begin: at the start, or where an earlier holder of the run was."""
    step = context.trace.current
    return (step and step.goes_on_at) or (0, 0)


def _numbers(context: RunState, table: str, first: int) -> Iterator[int]:
    """Yield the numbers of the rows; rows that rules add meanwhile are gone through too."""
    number = first
    while number < _count(context, table):
        if number >= MAX_LIST:
            raise RuleFailed(
                "value",
                _("A loop can process at most %(most)s rows.") % {"most": grouped(MAX_LIST)},
            )
        if context.seconds_left <= 0:
            raise RuleFailed(
                "timeout",
                _("The run has used up its time at row %(number)s of %(table)s.")
                % {"number": number + 1, "table": table},
            )
        context.checkpoints.check()
        yield number
        number += 1


def _count(context: RunState, table: str) -> int:
    rows = context.working.values.get(table)
    return len(rows) if isinstance(rows, list) else 0


def _group(
    context: RunState, title: str, rules: Sequence[Rule], *, start: int, row: int = 0
) -> RuleFailed | None:
    outcome = Outcome(above=context.outcome)
    with context.trace.group(title, row=row):
        run_rules(rules, context, context.trace, start=start, outcome=outcome)
    return outcome.failure


def _of_row(table: str, number: int, failure: RuleFailed) -> RuleFailed:
    """Return a failure that names its row, in its sentence and in the places it is about."""
    place = f"{table}/{number}/"
    return RuleFailed(
        failure.kind,
        _("Row %(number)s: %(message)s") % {"number": number + 1, "message": failure.message},
        failure.status,
        answer=failure.answer,
        fields={
            place + name.removeprefix("row.") if name.startswith("row.") else name: sentence
            for name, sentence in failure.fields.items()
        },
    )


def _rows_in_words(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    if len(numbers) > 10:
        more = grouped(len(numbers) - 10)
        return _("rows %(rows)s and %(more)s more") % {"rows": shown, "more": more}
    return ngettext("row %(rows)s", "rows %(rows)s", len(numbers)) % {"rows": shown}
