"""The durable points of a run (contract 4.5): each is one commit, valid only under the lease."""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db import outages
from kianda.lib.db.prepared_statements import insert_of, update_of
from kianda.lib.errors import Stale
from processes.definition.document import Document
from processes.engine.instance_state import InstanceState, standing_columns
from processes.engine.ports import RunState
from processes.instances.form_states import standing_changes
from processes.instances.leases import LEASE, TakenOver, holder
from processes.instances.ownership import creator_of, store_owners
from processes.instances.stored_values import changes_between, shown, split
from processes.instances.unsaved import supersede
from processes.language.values import Value
from processes.models import Change, ProcessInstance, Run
from processes.running import held_answers, spooled_answers
from processes.running.held_answers import HeldAnswer


def _new_point() -> str:
    return secrets.token_hex(8)


class RunCheckpoints:
    """Writes of one run, each conditional on the run still being ours."""

    def __init__(self, run: Run, instance: ProcessInstance, document: Document) -> None:
        """Take the running row and the instance as they were read under the lock."""
        self.run = run
        self.instance = instance
        self.document = document
        self.base_revision = instance.revision
        self.handled: Callable[[], int] = lambda: 0
        # Whether it is known that no run before has left an answer unstored.
        self.nothing_left = False
        # The name of the durable point that was kept last.
        self.point = ""

    def before_call(self, context: RunState) -> None:
        """Keep the intent before a call."""
        holder.keep_alive()
        journal = self._journal(context, phase="calling", following=False)
        steps = context.trace.so_far()
        outages.bridged(lambda: self._going_on(journal=journal, steps=steps)())
        self.point = journal["point"]

    def after_call(self, context: RunState) -> None:
        """Keep the working copy after the mapping of an answer; wait for the database with it."""
        journal = self._journal(context, phase="answered", following=True)
        answer = HeldAnswer(self.run, holder.name, self.point, journal, context.trace.so_far())

        def write() -> None:
            self._going_on(journal=journal, steps=answer.steps)()

        try:
            held_answers.store(answer, write, trace=context.trace)
        except TakenOver:
            spooled_answers.settle(answer)
            raise
        except BaseException:
            answer.let_go()
            raise
        answer.forget()
        self.point = journal["point"]

    def renew(self) -> None:
        """Keep the lease while a rule works for long without calling."""
        holder.keep_alive()

    def check(self) -> None:
        """Raise TakenOver when this process has not renewed its lease for too long."""
        if not holder.trusted(self.run.pk):
            raise TakenOver(f"Run {self.run.pk} may have been taken over.")

    def save(self, context: RunState, values: Mapping[str, Value]) -> None:
        """Store values in the instance, with history, and note that the run saved."""
        base, point = self.base_revision, _new_point()

        def arrived() -> bool:
            run = Run.objects.filter(pk=self.run.pk, holder=holder.name).first()
            return run is not None and (run.journal or {}).get("point") == point

        outages.bridged(
            lambda: self._save(context, values, point=point),
            before_again=self._taking_back(context),
            arrived=arrived,
        )
        self.base_revision = self.instance.revision = base + 1
        self.run.saved, self.point = True, point

    def _save(self, context: RunState, values: Mapping[str, Value], *, point: str) -> None:
        store = self._storing(values, context=context, moment=timezone.now())
        journal = {**self._journal(context, phase="saved", following=True), "point": point}
        # The values are stored by this very commit.
        journal["base_revision"] += 1
        journal["copy"]["stored"] = context.working.json_of(values)
        journal["copy"]["safe"] = journal["copy"]["values"]
        journal["copy"]["mapped"] = {}
        journal["copy"]["stored_standing"] = journal["copy"]["standing"]
        go_on = self._going_on(saved=True, journal=journal, steps=context.trace.so_far())
        with transaction.atomic():
            store()
            go_on()

    def close(self, context: RunState, closing: Mapping[str, Any]) -> None:
        """Close the run, in one commit with a save that is still pending."""
        pending = context.pending
        moment = timezone.now()
        # What is stored leaves nothing of a call unstored.
        unsaved = context.working.unsaved() if pending is None else {}
        columns = {
            **closing,
            "saved": self.run.saved or pending is not None,
            "unsaved_answer": bool(unsaved),
            "unsaved_values": context.working.json_of(unsaved) or None,
            "steps": context.trace.steps,
            "data": context.masker.json(shown(self.document, context.working.values)),
            "finished": moment,
            "journal": None,
            **({"page": context.page} if context.page else {}),
        }
        outages.bridged(
            lambda: self._close(context, columns, moment),
            before_again=self._taking_back(context),
            arrived=self._is_closed,
        )
        if pending is not None:
            context.working.kept(pending)
        for name, value in columns.items():
            setattr(self.run, name, value)

    def _close(self, context: RunState, columns: Mapping[str, Any], moment: datetime) -> None:
        pending = context.pending
        store = None if pending is None else self._storing(pending, context=context, moment=moment)
        end = self._owning(**columns, lease_until=None)
        with transaction.atomic():
            if store is not None:
                store()
            elif columns["status"] == Run.Status.SUCCEEDED:
                self._keep_standing(context, moment)
            end()

    def _is_closed(self) -> bool:
        """Tell whether a commit that seemed to fail has closed the run."""
        ours = Run.objects.filter(pk=self.run.pk, holder=holder.name)
        return ours.exclude(status=Run.Status.RUNNING).exists()

    def _taking_back(self, context: RunState) -> Callable[[], None]:
        """Return what puts back in memory what a transaction changes that fails."""
        base, standing = self.base_revision, context.working.stored_standing

        def take_back() -> None:
            self.base_revision = self.instance.revision = base
            context.working.stored_standing = standing

        return take_back

    def _journal(self, context: RunState, *, phase: str, following: bool) -> dict[str, Any]:
        outermost, *inner = context.trace.place() or [[0, 0]]
        (inner[-1] if inner else outermost)[1] += 1 if following else 0
        return {
            "phase": phase,
            # By its name a process that lost the connection knows whether it was stored.
            "point": _new_point(),
            # The rule from which a successor goes on; in a rule with rules in it the row and the
            # rule there, as deep as they stand in each other.
            "next": outermost[1],
            "inner": inner,
            "page": context.page,
            "copy": context.working.as_journal(),
            "base_revision": self.base_revision,
            "handled": self.handled(),
            # A successor's trace must be as silent about them as this one is.
            "secrets": context.masker.known(),
            "found_secrets": list(context.found_secrets),
        }

    # Transactions keep others waiting: what ends in -ing computes, and returns what only writes.

    def _going_on(self, **columns: Any) -> Callable[[], None]:
        """Return what writes columns of the run and renews its lease."""
        asked = time.monotonic()
        write = self._owning(lease_until=timezone.now() + LEASE, **columns)

        def go_on() -> None:
            write()
            holder.holds(self.run.pk, since=asked)

        return go_on

    def _owned(self, **columns: Any) -> None:
        """Write columns of the run, if it is still ours."""
        self._owning(**columns)()

    def _owning(self, **columns: Any) -> Callable[[], None]:
        """Return what writes columns of the run, if it is still ours."""
        ours = {"id": self.run.pk, "holder": holder.name, "status": Run.Status.RUNNING}
        write = update_of(Run, where=ours, **columns)

        def own() -> None:
            if not write.run():
                raise TakenOver(f"Run {self.run.pk} was taken over; nothing was written.")

        return own

    def _storing(
        self, values: Mapping[str, Value], *, context: RunState, moment: datetime
    ) -> Callable[[], None]:
        """Return what stores values in the instance, with their history."""
        working = context.working
        before, after = working.stored_standing, working.standing
        plain, secret = split(self.document, values)
        stands = standing_columns(before, after)
        revise = self._revising(values=plain, secrets=secret or None, moment=moment, **stands)
        changes = changes_between(self.document, working.stored, values)
        note = self._noting(changes, moment, revision=self.base_revision + 1)

        def store() -> None:
            revise()
            self.instance.values, self.instance.secrets = plain, secret or None
            if stands:
                stood = changes + self._stand(before, after)
                self._noting(stood, moment, revision=self.base_revision)()
            else:
                note()

        return store

    def _revising(self, *, moment: datetime, **columns: Any) -> Callable[[], None]:
        """Return what sets columns of the instance as its next revision."""
        write = update_of(
            ProcessInstance,
            where={"id": self.instance.pk, "revision": self.base_revision},
            revision=self.base_revision + 1,
            modified=moment,
            modified_by=self.run.run_as_id,
            **columns,
        )

        def revise() -> None:
            if not write.run():
                raise Stale(
                    _("The instance was changed or deleted while the run was working on it.")
                )
            self.base_revision += 1
            self.instance.revision = self.base_revision

        return revise

    def _keep_standing(self, context: RunState, moment: datetime) -> None:
        """Store where the instance stands at the end of a run; what rules show is no revision."""
        before, after = context.working.stored_standing, context.working.standing
        stands = standing_columns(before, after)
        if set(stands) == {"display"}:
            where = {"id": self.instance.pk, "revision": self.base_revision}
            if not update_of(ProcessInstance, where=where, **stands).run():
                raise Stale(_("The instance was changed while the run was working on it."))
            self.instance.display = stands["display"]
        elif stands:
            self._revising(moment=moment, **stands)()
            self._noting(self._stand(before, after), moment, revision=self.base_revision)()
        context.working.stored_standing = after

    def _stand(self, before: InstanceState, after: InstanceState) -> list[dict[str, Any]]:
        """Bring the instance's row and its owners up to a new standing; return the history."""
        rows = standing_changes(self.document, before, after, creator_of(self.instance))
        self.instance.status, self.instance.forms = after.status, dict(after.forms)
        self.instance.display = dict(after.display)
        store_owners(self.instance, self.document)
        return rows

    def _noting(
        self, changes: list[dict[str, Any]], moment: datetime, *, revision: int
    ) -> Callable[[], None]:
        """Return what keeps changes as history, and takes marks that they make pointless."""
        change = Change(
            instance_id=self.instance.pk,
            run_id=self.run.pk,
            revision=revision,
            at=moment,
            by_id=self.run.run_as_id,
            by_name=self.run.run_as_name,
            fields=changes,
        )
        writes = [insert_of(change)] if changes else []
        if changes and not self.nothing_left:
            writes += supersede(self.instance.pk, changes)

        def note() -> None:
            for write in writes:
                write.run()

        return note
