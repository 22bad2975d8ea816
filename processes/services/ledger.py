"""The durable points of a run (contract 4.5): each is one commit, valid only under the lease."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from kianda.lib.errors import Stale
from kianda.lib.prepared import insert_row, update_rows
from processes.context import RunContext
from processes.document import Document
from processes.models import Change, ProcessInstance, Run
from processes.services.leases import LEASE, TakenOver, holder
from processes.services.values import changes_between, shown, split
from processes.values import Value


class RunLedger:
    """Writes of one run, each conditional on the run still being ours."""

    def __init__(self, run: Run, instance: ProcessInstance, document: Document) -> None:
        """Take the running row and the instance as they were read under the lock."""
        self.run = run
        self.instance = instance
        self.document = document
        self.base_revision = instance.revision
        self.handled: Callable[[], int] = lambda: 0

    def calling(self, context: RunContext) -> None:
        """Keep the intent before a call."""
        holder.keep_alive()
        self._write(context, phase="calling", following=False)

    def answered(self, context: RunContext) -> None:
        """Keep the working copy after the mapping of an answer."""
        self._write(context, phase="answered", following=True)

    def check(self) -> None:
        """Raise TakenOver when this process has not renewed its lease for too long."""
        if not holder.trusted(self.run.pk):
            raise TakenOver(f"Run {self.run.pk} may have been taken over.")

    def save(self, context: RunContext, values: Mapping[str, Value]) -> None:
        """Store values in the instance, with history, and note that the run saved."""
        moment = timezone.now()
        with transaction.atomic():
            self._store(values, before=context.working.stored, moment=moment)
            self.run.saved = True
            journal = self._journal(context, phase="saved", following=True)
            # The values are stored by this very commit.
            journal["copy"]["stored"] = context.working.json_of(values)
            journal["copy"]["safe"] = journal["copy"]["values"]
            journal["copy"]["mapped"] = {}
            self._update(saved=True, journal=journal, steps=self._steps(context), moment=moment)

    def close(self, context: RunContext, closing: Mapping[str, Any]) -> None:
        """Close the run, in one commit with a save that is still pending."""
        moment = timezone.now()
        run = self.run
        with transaction.atomic():
            if context.pending is not None:
                self._store(context.pending, before=context.working.stored, moment=moment)
                context.working.kept(context.pending)
                run.saved = True
            unsaved = context.working.unsaved()
            run.unsaved_answer = bool(unsaved)
            run.unsaved_values = context.working.json_of(unsaved) or None
            run.steps = context.trace.steps
            run.data = context.masker.json(shown(self.document, context.working.values))
            run.finished = moment
            run.journal = None
            for name, value in closing.items():
                setattr(run, name, value)
            self._owned(
                status=run.status,
                error=run.error,
                handled_errors=run.handled_errors,
                saved=run.saved,
                unsaved_answer=run.unsaved_answer,
                unsaved_values=run.unsaved_values,
                steps=run.steps,
                data=run.data,
                finished=moment,
                journal=None,
                lease_until=None,
            )

    def _write(self, context: RunContext, *, phase: str, following: bool) -> None:
        journal = self._journal(context, phase=phase, following=following)
        self._update(journal=journal, steps=self._steps(context), moment=timezone.now())

    def _steps(self, context: RunContext) -> list[dict[str, Any]]:
        return context.trace.so_far()

    def _journal(self, context: RunContext, *, phase: str, following: bool) -> dict[str, Any]:
        step = context.trace.current
        position = step.position if step else 0
        return {
            "phase": phase,
            # The rule from which a successor goes on.
            "next": position + 1 if following else position,
            "copy": context.working.as_journal(),
            "base_revision": self.base_revision,
            "handled": self.handled(),
        }

    def _update(self, *, moment: datetime, **values: Any) -> None:
        self._owned(lease_until=moment + LEASE, **values)
        holder.holds(self.run.pk)

    def _owned(self, **values: Any) -> None:
        mine = update_rows(
            Run,
            where={"id": self.run.pk, "holder": holder.name, "status": Run.Status.RUNNING},
            **values,
        )
        if not mine:
            raise TakenOver(f"Run {self.run.pk} was taken over; nothing was written.")

    def _store(
        self, values: Mapping[str, Value], *, before: Mapping[str, Value], moment: datetime
    ) -> None:
        plain, secret = split(self.document, values)
        stored = update_rows(
            ProcessInstance,
            where={"id": self.instance.pk, "revision": self.base_revision},
            values=plain,
            secrets=secret or None,
            revision=self.base_revision + 1,
            modified=moment,
            modified_by=self.run.run_as_id,
        )
        if not stored:
            raise Stale("The instance was changed or deleted while the run was working on it.")
        self.base_revision += 1
        self.instance.revision = self.base_revision
        self.instance.values, self.instance.secrets = plain, secret or None
        changes = changes_between(self.document, before, values)
        if changes:
            change = Change(
                instance_id=self.instance.pk,
                run_id=self.run.pk,
                revision=self.base_revision,
                at=moment,
                by_id=self.run.run_as_id,
                by_name=self.run.run_as_name,
                fields=changes,
            )
            insert_row(change)
