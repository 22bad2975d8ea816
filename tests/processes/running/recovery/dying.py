"""A process that dies at any durable point of a run, and another one that comes after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection

from processes.instances.leases import holder
from processes.models import Change, ProcessInstance, Run, RunPoint
from processes.models.run_points import journal_of
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


class Page(NamedTuple):
    """The rows of a run, and its phase."""

    run: Rows
    instance: Rows
    points: list[Rows]
    phase: str | None


class Diary:
    """What the rows of a run were after each of its writes, so that it can end at any of them."""

    def __init__(self, instance: ProcessInstance) -> None:
        self.instance = instance
        self.pages: list[Page] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        with connection.execute_wrapper(self._note):
            yield

    def _note(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        verb, _, rest = sql.partition(" ")
        if verb in {"INSERT", "UPDATE"} and '"processes_run"' in rest.split(" SET ")[0]:
            self.pages.append(self._page())
        return done

    def _page(self) -> Page:
        run = Run.objects.filter(process_id=self.instance.process_id)
        return Page(
            dict(run.values().get()),
            dict(ProcessInstance.objects.values().get(pk=self.instance.pk)),
            [dict(row) for row in RunPoint.objects.filter(run__in=run).values()],
            journal_of(run.get()).get("phase"),
        )

    def die_after(self, phase: str | None) -> Run:
        """Put the rows back to what a process leaves that dies after this durable point."""
        page = next(page for page in self.pages if page.phase == phase)
        run, instance = page.run, page.instance
        Run.objects.filter(pk=run["id"]).update(**{k: v for k, v in run.items() if k != "id"})
        ProcessInstance.objects.filter(pk=instance["id"]).update(
            **{k: v for k, v in instance.items() if k != "id"}
        )
        for row in page.points:
            RunPoint.objects.create(run_id=run["id"], number=row["number"], steps=row["steps"])
            RunPoint.objects.filter(run=run["id"], number=row["number"]).update(
                journal=row["journal"]
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
