"""The rows of long lists, made inside the product: `python -m benchmarks.many`.

Reads `{"provider", "rows"}` on standard input and prints `{"sessions": {"admin", "user"}, ...}`
with the names that the lists are asked for. One of each kind is made by the product's services,
the run by pressing its button; the others are copies of its row with other names and moments.
"""

import json
import sys
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import workspace

BATCH = 2000
PROCESSES = 20
# Each row of a kind gets another outcome, in turn; most went well.
OUTCOMES = ("succeeded",) * 17 + ("failed", "skipped", "missed")
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")
NOW = datetime.now(UTC)
RECORDS: dict[str, Any] = {
    "name": "requests", "title": "Requests", "record": {"title": "[what]"},
    "forms": [{"name": "ask", "fields": [
        {"type": "text", "name": "what"}, {"type": "number", "name": "amount", "decimals": 2},
        {"type": "date", "name": "day"},
        {"type": "list", "name": "kind", "choices": ["annual", "unpaid", "other"]},
        {"type": "user_picker", "name": "who"}, {"type": "text", "name": "note", "mode": "long"},
    ]}],
    "views": [{"name": "all", "columns": ["what", "amount", "day", "kind", "who"]}],
    "security": {"see": ["participants", "group:Buyers"]},
}  # fmt: skip


def make(order: dict[str, Any]) -> dict[str, Any]:
    """Make a workspace in which each list has so many rows."""
    from django.contrib.auth.models import Group, User

    from kianda.accounts.roles import USER

    made = workspace.make({**order, "instances": 1, "tasks": {"kind": "seconds", "every": 30}})
    admin = User.objects.get(username="benchmark")
    clerk, worker, guest = (
        User.objects.create(username=name) for name in ("clerk", "worker", "guest")
    )
    for user in (clerk, worker, guest):
        user.groups.add(Group.objects.get(name=USER))
    clerk.groups.add(Group.objects.create(name="Buyers"))
    process_id = made["process_ids"][0]
    if order.get("records"):
        _records(order["rows"])
    else:
        press(process_id, admin)
        for kind in (
            _designs, _rights, _versions, _instances, _work, _runs, _changes, _tasks, _occurrences,
            _datasources, _users, _tokens, _audit, _bin,
        ):  # fmt: skip
            kind(order["rows"])
    people = {"admin": admin, "user": clerk, "worker": worker, "guest": guest}
    sessions = {who: workspace.session_of(person) for who, person in people.items()}
    return {
        "sessions": sessions, "process_id": process_id, "task": made["tasks"][0],
        "token": made["token"],
    }  # fmt: skip


def press(process_id: str, user: Any) -> None:
    """Run the job once."""
    from processes.running.runs import trigger

    run = trigger(process_id=process_id, target="refresh", user=user, trigger="button")
    assert run.status == "succeeded", run.error


def fill(row: Any, count: int, change: Callable[[Any, int], None]) -> None:
    """Store copies of a row until there are so many, each changed by its number."""
    from kianda.lib.secrets import sealed_fields

    for one in sealed_fields(type(row)):
        # Opened as what it is, for a copy is known by something else.
        getattr(row, one.attname)

    def copies() -> Iterator[Any]:
        for number in range(1, count):
            other = copy(row)
            other._state = copy(row._state)
            other.pk, other._state.adding = None, True
            change(other, number)
            yield other

    batch: list[Any] = []
    for other in copies():
        batch.append(other)
        if len(batch) == BATCH:
            _store(batch)
            batch = []
    _store(batch)


def _store(rows: list[Any]) -> None:
    """Store copies; what is sealed for its row's number waits for that number, one by one."""
    from kianda.lib.secrets import SealedByKey, sealed_fields

    if not rows:
        return
    model: Any = type(rows[0])
    held = [getattr(rows[0], one.attname) for one in sealed_fields(model)]
    if issubclass(model, SealedByKey) and any(value is not None for value in held):
        for row in rows:
            row.save()
    else:
        model.objects.bulk_create(rows)


def word(number: int) -> str:
    """Return a word that one row in eight has."""
    return WORDS[number % len(WORDS)]


def _ago(number: int) -> datetime:
    """Return the moment of a row: the first is the oldest, they lie half a minute apart."""
    return NOW - timedelta(seconds=30 * (100_000 - number))


def _designs(count: int) -> None:
    from processes.models import DesignVersion, ProcessDesign

    first = ProcessDesign.objects.get(name=workspace.PROCESS)
    published = first.published

    def change(row: Any, number: int) -> None:
        row.name, row.modified = f"process-{number}", _ago(number)
        row.title, row.group = f"Process {word(number)} {number}", f"Group {number % 12}"

    fill(first, count, change)
    rows = ProcessDesign.objects.exclude(pk=first.pk).order_by("pk")
    pks = list(rows.values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        part = pks[start : start + BATCH]
        versions = []
        for pk in part:
            version = copy(published)
            version._state = copy(published._state)
            version.pk, version._state.adding, version.design_id = None, True, pk
            versions.append(version)
        made = DesignVersion.objects.bulk_create(versions)
        rows = [ProcessDesign(pk=one.design_id, draft=one, published=one) for one in made]
        ProcessDesign.objects.bulk_update(rows, ["draft", "published"], batch_size=200)


def _rights(_count: int) -> None:
    """Give three of the processes in four rights of their own, by which the clerk sees them."""
    from processes.definition.security import Security
    from processes.models import ProcessDesign

    lists = (["group:Buyers"], ["creator", "user:clerk"], ["group:Buyers", "[creator.manager]"])
    for number, design in enumerate(ProcessDesign.objects.order_by("pk")[:PROCESSES]):
        if number % 4:
            see = tuple(lists[number % 4 - 1])
            design.security = Security(see=see).stored()
            design.save(update_fields=["security"])


def _versions(count: int) -> None:
    from processes.models import ProcessDesign

    first = ProcessDesign.objects.get(name=workspace.PROCESS)

    def change(row: Any, number: int) -> None:
        row.major, row.minor, row.created = 0, number + 1, _ago(number)

    oldest = first.versions.earliest("pk")
    fill(oldest, count, change)


def _instances(count: int) -> None:
    from processes.models import ProcessDesign, ProcessInstance

    first = ProcessInstance.objects.latest("pk")
    designs = list(ProcessDesign.objects.order_by("pk")[:PROCESSES])

    def change(row: Any, number: int) -> None:
        design = designs[number % len(designs)]
        row.design, row.version_id = design, design.published_id
        row.process_id = row.key = f"{design.name}-{word(number)}-{number}"
        row.values = {**first.values, "client_id": f"customer {word(number)} {number:06}"}
        row.mode = "preview" if number % 10 == 0 else "live"
        row.status = "closed" if number % 3 == 0 else "open"
        row.created = row.modified = _ago(number)

    fill(first, count, change)


def _records(count: int) -> None:
    """Make records of one process with views, whose fields lists look for."""
    from django.contrib.auth.models import User

    from processes.designs.lifecycle import create_design, publish_design
    from processes.instances.lifecycle import create_instance
    from processes.listed_values import fill_listed

    admin = User.objects.get(username="benchmark")
    create_design(raw=RECORDS, user=admin)
    publish_design(name=RECORDS["name"], user=admin)
    while fill_listed():
        pass
    first = create_instance(process=RECORDS["name"], mode="live", data={}, user=admin)

    def change(row: Any, number: int) -> None:
        row.process_id = row.key = f"requests-{number + 1}"
        row.values = {
            "what": f"{word(number)} {number:06}", "amount": number % 1_000 / 2,
            "day": str((NOW - timedelta(days=number % 2_000)).date()),
            "kind": ("annual", "unpaid", "other")[number % 3],
            "who": f"user:user{number % 300}",
            "note": f"A longer note about what {word(number)} is wanted for. " * 3,
        }  # fmt: skip
        row.created = row.modified = _ago(number)

    fill(first, count, change)
    _guest_takes_part(count)


def _guest_takes_part(count: int) -> None:
    """Let the guest have to do with one instance in a hundred."""
    from processes.models import InstancePerson, ProcessInstance

    rows = ProcessInstance.objects.order_by("pk").values_list("pk", flat=True)
    InstancePerson.objects.bulk_create(
        InstancePerson(instance_id=pk, relation=InstancePerson.PARTICIPANT, ref="user:guest")
        for pk in rows[:count:99]
    )


def _work(count: int) -> None:
    """Let every open form belong to two, and let the guest have to do with one in a hundred."""
    from processes.models import FormOwner, ProcessInstance

    _guest_takes_part(count)
    rows = ProcessInstance.objects.order_by("pk").values_list("pk", flat=True)
    owners = [
        FormOwner(instance_id=pk, form="token", kind=kind, name=name)
        for pk in rows[:count]
        for kind, name in (("user", "benchmark"), ("user", "worker"))
    ]
    for start in range(0, len(owners), BATCH):
        FormOwner.objects.bulk_create(owners[start : start + BATCH])


def _runs(count: int) -> None:
    from processes.models import ProcessInstance, Run

    first = Run.objects.latest("pk")
    known = list(ProcessInstance.objects.order_by("pk").values_list("pk", "process_id"))

    def change(row: Any, number: int) -> None:
        # Half of them belong to one instance, whose list is long too.
        pk, process_id = known[0] if number % 2 else known[number % len(known)]
        row.instance_id, row.process_id = pk, process_id
        row.status = "failed" if number % 20 == 0 else "succeeded"
        row.queued = row.started = row.finished = _ago(number)

    fill(first, count, change)


def _changes(count: int) -> None:
    from processes.models import Change

    def change(row: Any, number: int) -> None:
        row.revision, row.at = number + 2, _ago(number)

    fill(Change.objects.latest("pk"), count, change)


def _tasks(count: int) -> None:
    from scheduler.models import ScheduledTask

    def change(row: Any, number: int) -> None:
        row.name, row.process_name = f"Task {word(number)} {number}", f"process-{number % 20}"
        row.process_id = f"process-{number % 20}-{word(number)}-{number}"
        # They are planned far away: what is measured is the list, not the scheduler.
        row.next_run_at, row.last_run_at = NOW + timedelta(days=300 + number), _ago(number)
        row.last_outcome = OUTCOMES[number % len(OUTCOMES)]
        row.schedule = {"kind": "monthly", "every": 12, "day": 1, "at": "03:00"}
        row.enabled = number % 50 != 0

    fill(ScheduledTask.objects.latest("pk"), count, change)


def _occurrences(count: int) -> None:
    from processes.models import Run
    from scheduler.models import Occurrence, ScheduledTask

    task, run = ScheduledTask.objects.earliest("pk"), Run.objects.latest("pk")
    ScheduledTask.objects.filter(pk=task.pk).update(next_run_at=NOW + timedelta(days=300))
    first = Occurrence.objects.create(
        task=task, task_name=task.name, process_id=task.process_id, planned_at=_ago(0),
        queued_at=_ago(0), started_at=_ago(0), finished_at=_ago(0), outcome="succeeded", run=run,
    )  # fmt: skip

    def change(row: Any, number: int) -> None:
        row.planned_at = row.queued_at = row.started_at = row.finished_at = _ago(number)
        row.outcome = OUTCOMES[number % len(OUTCOMES)]
        row.reason = "" if row.outcome == "succeeded" else "The provider did not answer in time."
        # Each row names a run of its own where there is one.
        row.run_id = max(1, run.pk - number)

    fill(first, count, change)


def _datasources(count: int) -> None:
    from datasources.models import Datasource

    def change(row: Any, number: int) -> None:
        row.name, row.title = f"source-{number}", f"Source {word(number)} {number}"
        row.base_url = f"https://{word(number)}-{number}.example.org"
        row.modified = _ago(number)
        row.last_test_ok, row.last_test_at = number % 10 != 0, _ago(number)

    fill(Datasource.objects.latest("pk"), count, change)


def _users(count: int) -> None:
    from django.contrib.auth.models import Group, User

    def change(row: Any, number: int) -> None:
        row.username, row.email = f"user{number}", f"user{number}@{word(number)}.example.org"
        row.first_name, row.last_name = word(number).capitalize(), f"Byrne {number}"
        row.is_active = number % 20 != 0

    fill(User.objects.get(username="clerk"), count, change)
    role = User.groups.through
    group = Group.objects.get(name="User").pk
    pks = User.objects.filter(username__startswith="user").values_list("pk", flat=True)
    held = [role(user_id=pk, group_id=group) for pk in pks]
    for start in range(0, len(held), BATCH):
        role.objects.bulk_create(held[start : start + BATCH])


def _tokens(count: int) -> None:
    from kianda.accounts.models import ApiToken

    def change(row: Any, number: int) -> None:
        row.name, row.digest = f"token {word(number)} {number}", f"{number:064}"

    fill(ApiToken.objects.latest("pk"), count, change)


def _audit(count: int) -> None:
    from kianda.accounts.models import AuditEntry

    def change(row: Any, number: int) -> None:
        row.name, row.at = f"process-{word(number)}-{number}", _ago(number)
        row.kind = ("process", "datasource", "scheduled task", "API token", "user")[number % 5]
        row.user_name = f"user{number % 300}"

    fill(AuditEntry.objects.latest("pk"), count, change)


def _bin(count: int) -> None:
    from processes.models import ProcessDesign

    first = ProcessDesign.objects.get(name=workspace.PROCESS)

    def change(row: Any, number: int) -> None:
        row.name, row.title = f"gone-{number}", f"Gone {word(number)} {number}"
        row.deleted_at, row.deleted_by = NOW - timedelta(seconds=number), first.modified_by

    fill(first, count + 1, change)


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(make(json.load(sys.stdin)), sys.stdout)
