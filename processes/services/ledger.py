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
from processes.services.forms_state import standing_changes
from processes.services.leases import LEASE, TakenOver, holder
from processes.services.overtaken import overtake
from processes.services.ownership import creator_of, store_owners
from processes.services.values import changes_between, shown, split
from processes.standing import Standing, standing_columns
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

    def stay(self) -> None:
        """Keep the lease while a rule works for long without calling."""
        holder.keep_alive()

    def check(self) -> None:
        """Raise TakenOver when this process has not renewed its lease for too long."""
        if not holder.trusted(self.run.pk):
            raise TakenOver(f"Run {self.run.pk} may have been taken over.")

    def save(self, context: RunContext, values: Mapping[str, Value]) -> None:
        """Store values in the instance, with history, and note that the run saved."""
        moment = timezone.now()
        with transaction.atomic():
            self._store(values, context=context, moment=moment)
            self.run.saved = True
            journal = self._journal(context, phase="saved", following=True)
            # The values are stored by this very commit.
            journal["copy"]["stored"] = context.working.json_of(values)
            journal["copy"]["safe"] = journal["copy"]["values"]
            journal["copy"]["mapped"] = {}
            journal["copy"]["stored_standing"] = journal["copy"]["standing"]
            self._update(saved=True, journal=journal, steps=self._steps(context), moment=moment)

    def close(self, context: RunContext, closing: Mapping[str, Any]) -> None:
        """Close the run, in one commit with a save that is still pending."""
        moment = timezone.now()
        run = self.run
        with transaction.atomic():
            if context.pending is not None:
                self._store(context.pending, context=context, moment=moment)
                context.working.kept(context.pending)
                run.saved = True
            elif closing["status"] == Run.Status.SUCCEEDED:
                self._keep_standing(context, moment)
            run.page = context.page or None
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
                **({"page": run.page} if run.page else {}),
            )

    def _write(self, context: RunContext, *, phase: str, following: bool) -> None:
        journal = self._journal(context, phase=phase, following=following)
        self._update(journal=journal, steps=self._steps(context), moment=timezone.now())

    def _steps(self, context: RunContext) -> list[dict[str, Any]]:
        return context.trace.so_far()

    def _journal(self, context: RunContext, *, phase: str, following: bool) -> dict[str, Any]:
        position, inner = context.trace.place()
        ahead = 1 if following else 0
        row = context.working.row
        return {
            "phase": phase,
            # The rule from which a successor goes on; in a loop its row, and the rule there.
            "next": position + (ahead if inner is None else 0),
            "inner": None if inner is None else [row[1] if row else 0, inner + ahead],
            "page": context.page,
            "copy": context.working.as_journal(),
            "base_revision": self.base_revision,
            "handled": self.handled(),
            # A successor's trace must be as silent about them as this one is.
            "secrets": context.masker.known(),
            "found_secrets": list(context.found_secrets),
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

    def _store(self, values: Mapping[str, Value], *, context: RunContext, moment: datetime) -> None:
        working = context.working
        plain, secret = split(self.document, values)
        stands = standing_columns(working.stored_standing, working.standing)
        self._revise(values=plain, secrets=secret or None, moment=moment, **stands)
        self.instance.values, self.instance.secrets = plain, secret or None
        changes = changes_between(self.document, working.stored, values)
        if stands:
            changes += self._stand(working.stored_standing, working.standing)
        if changes:
            self._note(changes, moment)

    def _revise(self, *, moment: datetime, **columns: Any) -> None:
        """Set columns of the instance as its next revision."""
        stored = update_rows(
            ProcessInstance,
            where={"id": self.instance.pk, "revision": self.base_revision},
            revision=self.base_revision + 1,
            modified=moment,
            modified_by=self.run.run_as_id,
            **columns,
        )
        if not stored:
            raise Stale("The instance was changed or deleted while the run was working on it.")
        self.base_revision += 1
        self.instance.revision = self.base_revision

    def _keep_standing(self, context: RunContext, moment: datetime) -> None:
        """Store where the instance stands at the end of a run; what rules show is no revision."""
        before, after = context.working.stored_standing, context.working.standing
        stands = standing_columns(before, after)
        if set(stands) == {"display"}:
            where = {"id": self.instance.pk, "revision": self.base_revision}
            if not update_rows(ProcessInstance, where=where, **stands):
                raise Stale("The instance was changed while the run was working on it.")
            self.instance.display = stands["display"]
        elif stands:
            self._revise(moment=moment, **stands)
            changes = self._stand(before, after)
            if changes:
                self._note(changes, moment)
        context.working.stored_standing = after

    def _stand(self, before: Standing, after: Standing) -> list[dict[str, Any]]:
        """Bring the instance's row and its owners up to a new standing; return the history."""
        rows = standing_changes(self.document, before, after, creator_of(self.instance))
        self.instance.status, self.instance.forms = after.status, dict(after.forms)
        self.instance.display = dict(after.display)
        store_owners(self.instance, self.document)
        return rows

    def _note(self, changes: list[dict[str, Any]], moment: datetime) -> None:
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
        overtake(self.instance.pk, changes)
