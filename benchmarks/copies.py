"""Many rows of one kind, copied by the database: `python -m benchmarks.copies`.

Reads `{"provider", "kind": "tasks" | "runs", "rows"}` on standard input and prints the token of a
person, a session and the names that lists are asked for. The first row of each kind is made by the
product's services, the run by pressing its button. Asked again for more rows it adds those missing.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from benchmarks import many, workspace

STEP = 50_000
# Of an instance; beside them one run in ten is of the first.
RUNS_EACH = 1_000
DAY_S = 86_400
# Runs lie evenly over so many days, which leaves three in ten past their time of 30 days.
DAYS = 43
FAR_AHEAD_S = 300 * DAY_S


def make(order: dict[str, Any]) -> dict[str, Any]:
    """Make the first rows where there are none, then copies until there are so many."""
    from django.contrib.auth.models import User

    if not User.objects.filter(username="benchmark").exists():
        _begin(order)
    admin = User.objects.get(username="benchmark")
    if order["kind"] == "tasks":
        _tasks(order["rows"])
    else:
        _runs(order["rows"])
    return _told(admin)


def _begin(order: dict[str, Any]) -> None:
    from django.contrib.auth.models import User

    schedule = {"kind": "minutes", "every": 60}
    made = workspace.make({**order, "instances": 1, "tasks": schedule})
    many.press(made["process_ids"][0], User.objects.get(username="benchmark"))
    if order["kind"] == "runs":
        _instances(order["rows"] // RUNS_EACH)


def _told(admin: Any) -> dict[str, Any]:
    from kianda.accounts.services.tokens import create_token
    from processes.models import ProcessInstance
    from scheduler.models import ScheduledTask

    _, token = create_token(admin, name=f"scale {datetime.now(UTC)}", scopes=[], expires_at=None)
    return {
        "token": token, "sessions": {"admin": workspace.session_of(admin)},
        "process_id": ProcessInstance.objects.earliest("pk").process_id,
        "task": str(ScheduledTask.objects.earliest("pk").pk),
    }  # fmt: skip


def _instances(count: int) -> None:
    from processes.models import ProcessInstance

    def change(row: Any, number: int) -> None:
        row.process_id = row.key = f"benchmark-{many.word(number)}-{number}"

    many.fill(ProcessInstance.objects.earliest("pk"), count, change)


def _tasks(rows: int) -> None:
    """Add tasks that fire each hour; all are planned far ahead, those measured are brought near."""
    from scheduler.models import ScheduledTask

    ahead = int(datetime.now(UTC).timestamp()) + FAR_AHEAD_S
    first = ScheduledTask.objects.earliest("pk")
    ScheduledTask.objects.filter(pk=first.pk).update(next_run_at=datetime.fromtimestamp(ahead, UTC))
    _copy(first, rows, {
        "name": f"'Task ' || {_word()} || ' ' || n",
        "process_name": "'process-' || (n % 20)",
        "process_id": f"'process-' || (n % 20) || '-' || {_word()} || '-' || n",
        "next_run_at": _moment(f"{ahead} + n % 3600"),
        "last_run_at": _moment(f"{ahead - FAR_AHEAD_S} - n % 3600"),
        "last_outcome": _one_of(many.OUTCOMES), "counted_runs": "0",
    })  # fmt: skip


def _runs(rows: int) -> None:
    """Add runs with their traces, each with the change it has saved and the firing it came of."""
    from processes.models import Change, ProcessInstance, Run
    from scheduler.models import ScheduledTask

    known, instances = ProcessInstance.objects.earliest("pk").pk, rows // RUNS_EACH
    instance = f"CASE WHEN n % 10 = 0 THEN {known} ELSE {known} + n % {instances} END"
    oldest = int(datetime.now(UTC).timestamp()) - DAYS * DAY_S
    at = _moment(f"{oldest} + n * {DAYS * DAY_S}.0 / {rows}")
    run, change = Run.objects.earliest("pk"), Change.objects.latest("pk")
    _copy(run, rows, {
        "instance_id": instance,
        "process_id": f"(SELECT process_id FROM processes_processinstance WHERE id = {instance})",
        "status": "CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'succeeded' END",
        "queued": at, "started": at, "finished": at,
    })  # fmt: skip
    _copy(change, rows, {
        "instance_id": instance, "run_id": f"{run.pk} + n", "revision": "n + 2", "at": at,
    })  # fmt: skip
    task = ScheduledTask.objects.earliest("pk")
    _copy(task, instances, {"name": "'Task ' || n"})
    _copy(_firing(run), rows, {
        "task_id": f"{task.pk} + n % {instances}", "run_id": f"{run.pk} + n",
        "planned_at": at, "queued_at": at, "started_at": at, "finished_at": at,
        "outcome": "CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'succeeded' END",
    })  # fmt: skip


def _firing(run: Any) -> Any:
    from scheduler.models import Occurrence, ScheduledTask

    task = ScheduledTask.objects.earliest("pk")
    return Occurrence.objects.get_or_create(
        task=task, run=run, task_name=task.name, process_id=task.process_id,
        planned_at=run.queued, queued_at=run.queued, started_at=run.started,
        finished_at=run.finished, outcome="succeeded",
    )[0]  # fmt: skip


def _copy(row: Any, rows: int, changed: dict[str, str]) -> None:
    """Add copies of a row until there are so many; `n` is the number of each in the expressions."""
    from django.db import connection

    model = type(row)
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    taken = ", ".join(changed.get(column, f'one."{column}"') for column in columns)
    taken = taken.replace("%", "%%")
    names = ", ".join(f'"{column}"' for column in columns)
    manager = getattr(model, "everything", model._default_manager)
    with connection.cursor() as cursor:
        for start in range(manager.count(), rows, STEP):
            cursor.execute(
                "WITH RECURSIVE numbers(n) AS "
                "(SELECT CAST(%s AS integer) UNION ALL SELECT n + 1 FROM numbers WHERE n < %s) "
                f"INSERT INTO {table} ({names}) "
                f"SELECT {taken} FROM numbers, {table} AS one WHERE one.id = %s",
                [start, min(start + STEP, rows) - 1, row.pk],
            )


def _moment(seconds: str) -> str:
    """Return the expression of a moment, so many seconds after 1970."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"to_timestamp({seconds})"
    # As Django writes it, with six digits behind the point: moments are compared as texts.
    return f"strftime('%Y-%m-%d %H:%M:%S.000001', {seconds}, 'unixepoch')"


def _word() -> str:
    return _one_of(many.WORDS)


def _one_of(words: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN {number} THEN '{word}'" for number, word in enumerate(words))
    return f"(CASE n % {len(words)} {cases} END)"


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(make(json.load(sys.stdin)), sys.stdout)
