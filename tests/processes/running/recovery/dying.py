"""A process that dies at any durable point of a run, and another one that comes after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from processes.instances.leases import holder
from processes.models import Change, ProcessInstance, Run
from processes.running import runs
from tests.processes.stories import press

Rows = dict[str, Any]
Died = Callable[..., tuple[ProcessInstance, Run]]


@contextmanager
def another_process() -> Iterator[None]:
    """Be another holder of leases for a while, as a second process is."""
    name, held = holder.name, holder._runs
    holder.renew_identity()
    try:
        yield
    finally:
        holder.name, holder._runs = name, held


class Diary:
    """What the rows of a run were after each of its writes, so that it can end at any of them."""

    def __init__(self, instance: ProcessInstance) -> None:
        self.instance = instance
        self.pages: list[tuple[Rows, Rows]] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        with connection.execute_wrapper(self._note):
            yield

    def _note(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        verb, _, rest = sql.partition(" ")
        if verb in {"INSERT", "UPDATE"} and '"processes_run"' in rest.split(" SET ")[0]:
            self.pages.append((self._run(), self._instance()))
        return done

    def _run(self) -> Rows:
        return dict(Run.objects.values().get(process_id=self.instance.process_id))

    def _instance(self) -> Rows:
        return dict(ProcessInstance.objects.values().get(pk=self.instance.pk))

    def phases(self) -> list[str | None]:
        rows = [Run(pk=run["id"], journal=run["journal"]) for run, _ in self.pages]
        return [(row.journal or {}).get("phase") for row in rows]

    def die_after(self, phase: str | None) -> Run:
        """Put the rows back to what a process leaves that dies after this durable point."""
        run, instance = self.pages[self.phases().index(phase)]
        Run.objects.filter(pk=run["id"]).update(**{k: v for k, v in run.items() if k != "id"})
        ProcessInstance.objects.filter(pk=instance["id"]).update(
            **{k: v for k, v in instance.items() if k != "id"}
        )
        Change.objects.filter(run=run["id"], revision__gt=instance["revision"]).delete()
        return Run.objects.get(pk=run["id"])


def diary_of(instance: ProcessInstance, user: Any, **more: Any) -> Diary:
    """Press Refresh, and return what its rows were after each write."""
    diary = Diary(instance)
    with diary.kept():
        press(instance, user, **more)
    return diary


def recover(**more: Any) -> list[Run]:
    """Recover as another process does."""
    with another_process():
        return runs.recover_runs(**more)
