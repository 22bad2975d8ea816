"""The durable points of a run (contract 4.5): each is one commit, valid only under the lease."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db import outages
from kianda.lib.db.group_commit import write_all
from kianda.lib.db.prepared_statements import Write, Writes, insert_of, update_of
from kianda.lib.errors import Stale
from kianda.lib.packed_json import StoredPacked
from kianda.lib.secrets import seal
from processes.definition.document import Document
from processes.engine.instance_state import standing_columns
from processes.engine.ports import RunState
from processes.files.values import attach, new_files
from processes.instances.claim import OnClose
from processes.instances.form_links import end_links_of_closed_forms, store_links
from processes.instances.form_states import standing_changes
from processes.instances.leases import LEASE, TakenOver, holder
from processes.instances.mailing import plan_mails
from processes.instances.recycle_bin import ByRule, delete_one
from processes.instances.stored_values import changes_between, shown, split
from processes.instances.telling import send_alerts, tell_of
from processes.instances.unsaved import supersede
from processes.language.values import Value
from processes.models import Change, ProcessInstance, Run
from processes.models.run_points import journal_of
from processes.rights.ownership import store_owners
from processes.rights.people import creator_of, store_people
from processes.running import held_answers, spooled_answers
from processes.running.call_rows import call_rows
from processes.running.held_answers import HeldAnswer
from processes.running.points import PointWriter

# What is pressed counts as a use of a link; what runs by itself while the form is filled in, not.
USES_LINK = frozenset({"button", "submit"})

_SEALED = frozenset({"journal", "unsaved_values"})
# What a closed run keeps for months, and hardly anybody reads again.
_PACKED = ("steps", "data")


def _new_point() -> str:
    return secrets.token_hex(8)


class RunCheckpoints:
    """Writes of one run, each conditional on the run still being ours."""

    def __init__(
        self,
        run: Run,
        instance: ProcessInstance,
        document: Document,
        base_revision: int | None = None,
        *,
        nothing_left: bool = False,
        on_close: OnClose | None = None,
    ) -> None:
        """Take the running row and the instance as they were read under the lock."""
        self.run = run
        self.instance = instance
        self.document = document
        self.base_revision = instance.revision if base_revision is None else base_revision
        # Whether it is known that no run before has left an answer unstored.
        self.nothing_left = nothing_left
        self._on_close = on_close
        # The name of the durable point that was kept last.
        self.point = ""
        self._points = PointWriter(run)

    def before_call(self, context: RunState) -> None:
        """Keep the intent before a call."""
        holder.keep_alive()
        journal = self._journal(context, phase="calling", following=False)
        steps = context.trace.so_far()
        outages.bridged(lambda: self._go_on(journal=journal, steps=steps))
        self.point = journal["point"]

    def after_call(self, context: RunState) -> None:
        """Keep the working copy after the mapping of an answer; wait for the database with it."""
        journal = self._journal(context, phase="answered", following=True)
        answer = HeldAnswer(self.run, holder.name, self.point, journal, context.trace.so_far())
        try:
            held_answers.store(
                answer,
                lambda: self._go_on(journal=journal, steps=answer.steps),
                trace=context.trace,
            )
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
        point, columns = _new_point(), self._columns_of(values)

        def arrived() -> bool:
            run = Run.objects.filter(pk=self.run.pk, holder=holder.name).first()
            return run is not None and journal_of(run).get("point") == point

        def attempt() -> None:
            journal = {**self._journal(context, phase="saved", following=True), "point": point}
            # The values are stored by this very commit.
            journal["base_revision"] += 1
            journal["copy"]["stored"] = context.working.json_of(values)
            journal["copy"]["safe"] = journal["copy"]["values"]
            journal["copy"]["mapped"] = {}
            journal["copy"]["stored_standing"] = journal["copy"]["standing"]
            journal["copy"] |= {"alerts": [], "links": [], "letters": []}
            journal["copy"] |= {"deleted_by": "", "given_by": {}}
            stored = self._storing(context, values, columns, moment=timezone.now())
            self._go_on(*stored, saved=True, journal=journal, steps=context.trace.so_far())

        outages.bridged(attempt, arrived=arrived)
        self._has_stored(context, columns)
        self.run.saved, self.point = True, point

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
        stored = None if pending is None else self._columns_of(pending)

        calls = call_rows(self.run, self.document, context.trace.steps, moment)
        asked_for = self._on_close(columns) if self._on_close else []
        closed = {**columns, **{name: StoredPacked(columns[name]) for name in _PACKED}}

        def attempt() -> None:
            writes: Writes = []
            if pending is not None and stored is not None:
                writes = self._storing(context, pending, stored, moment=moment)
            elif columns["status"] == Run.Status.SUCCEEDED:
                writes = [*self._standing(context, moment), *self._sending(context, {})]
                writes += self._using_link() if writes else []
            writes += [insert_of(row) for row in calls]
            writes += [*self._points.clearing(), *asked_for]
            write_all([*writes, self._owning(**closed, lease_until=None)])

        outages.bridged(attempt, arrived=self._is_closed)
        if pending is not None and stored is not None:
            self._has_stored(context, stored)
            context.working.kept(pending)
        for name, value in columns.items():
            setattr(self.run, name, value)

    def _is_closed(self) -> bool:
        """Tell whether a commit that seemed to fail has closed the run."""
        ours = Run.objects.filter(pk=self.run.pk, holder=holder.name)
        return ours.exclude(status=Run.Status.RUNNING).exists()

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
            "page": dict(context.page),
            "copy": context.working.as_journal(),
            "base_revision": self.base_revision,
            "handled": context.outcome.handled,
            # A successor's trace must be as silent about them as this one is.
            "secrets": context.masker.known(),
            "found_secrets": list(context.found_secrets),
        }

    # Transactions keep others waiting: what ends in -ing computes, and returns what only writes.

    def _go_on(
        self,
        *writes: Write | Callable[[], object],
        journal: Mapping[str, Any],
        steps: Sequence[Mapping[str, Any]],
        **columns: Any,
    ) -> None:
        """Write a durable point, with columns of the run, and renew its lease."""
        asked = time.monotonic()
        point = self._points.next(journal, steps)
        columns |= {**point.columns, "lease_until": timezone.now() + LEASE}
        try:
            write_all([*writes, *point.writes, self._owning(**columns)])
        except BaseException:
            self._points.lost()
            raise
        self._points.kept(point)
        holder.holds(self.run.pk, since=asked)

    def _owning(self, **columns: Any) -> Write:
        """Return what writes columns of the run, if it is still ours."""
        ours = {"id": self.run.pk, "holder": holder.name, "status": Run.Status.RUNNING}
        gone = TakenOver(f"Run {self.run.pk} was taken over; nothing was written.")
        for name in _SEALED & columns.keys():
            columns[name] = seal(self.run, name, columns[name])
        return update_of(Run, where=ours, or_raise=gone, **columns)

    def _sending(self, context: RunState, columns: Mapping[str, Any]) -> Writes:
        """Return what tells people what rules wanted them to know, and makes links for them."""
        alerts, links = list(context.working.alerts), list(context.working.links)
        writes: Writes = []
        if alerts:
            standing = context.working.standing
            writes.append(
                partial(send_alerts, self._as_stored(context, columns), self.document, alerts,
                        standing=standing, by=self.run.run_as)
            )  # fmt: skip
        if links:
            by_name = self.run.run_as_name
            writes.append(partial(store_links, self.instance, links, by_name=by_name))
        if context.working.letters:
            letters = list(context.working.letters)
            writes.append(
                partial(plan_mails, letters, instance=self.instance, run=self.run.pk,
                        by=self.run.run_as)
            )  # fmt: skip
        return writes

    def _deleting(self, context: RunState) -> Writes:
        """Return what puts the instance into the recycle bin, where a rule has asked for it."""
        rule = context.working.deleted_by
        if not rule:
            return []
        by_rule = ByRule(rule, self.run)
        return [partial(delete_one, self.instance, user=self.run.run_as, by_rule=by_rule)]

    def _using_link(self) -> Writes:
        """Return what counts the use of the link that the run came through, once."""
        link = self.run.link
        counts = link is not None and not self.run.saved and self.run.trigger in USES_LINK
        return [link.count_use] if link is not None and counts else []

    def _people_of(self, values: Mapping[str, Value]) -> Writes:
        """Return what keeps whom the fields of people name, where there are such fields."""
        if not self.document.people_fields:
            return []
        return [partial(store_people, self.instance, self.document, values=values)]

    def _files_of(self, values: Mapping[str, Value], context: RunState) -> Writes:
        """Return what gives the instance the files that its values name from now on."""
        added = new_files(self.document, context.working.stored, values)
        return [partial(attach, self.instance, added)] if added else []

    def _columns_of(self, values: Mapping[str, Value]) -> dict[str, Any]:
        plain, secret = split(self.document, values)
        return {"values": plain, "secrets": seal(self.instance, "secrets", secret or None)}

    def _storing(
        self,
        context: RunState,
        values: Mapping[str, Value],
        columns: Mapping[str, Any],
        *,
        moment: datetime,
    ) -> Writes:
        """Return what stores values in the instance, with their history."""
        changes = changes_between(self.document, context.working.stored, values)
        revise = self._revising(context, changes, moment, **columns)
        return [
            *revise, *self._people_of(values), *self._files_of(values, context),
            *self._sending(context, columns), *self._using_link(), *self._deleting(context),
        ]  # fmt: skip

    def _revising(
        self, context: RunState, changes: list[dict[str, Any]], moment: datetime, **columns: Any
    ) -> Writes:
        """Return what makes the next revision of the instance: columns, standing, history."""
        before, after = context.working.stored_standing, context.working.standing
        stands = standing_columns(before, after)
        owners: Writes = []
        if stands:
            creator = creator_of(self.instance)
            given = {form: {"rule": rule} for form, rule in context.working.given_by.items()}
            changes = changes + standing_changes(self.document, before, after, creator, given)
            substitute = self.run.run_as_name if self.run.acted_for else ""
            owners = [
                partial(store_owners, self.instance, self.document, standing=after,
                        substitute=substitute),
                partial(tell_of, self._as_stored(context, columns), self.document,
                        before=before, after=after, by=self.run.run_as, given=given),
                partial(end_links_of_closed_forms, self.instance, self.document,
                        before=before, after=after),
            ]  # fmt: skip
        if "security" in stands:
            stands["has_own_see"] = "see" in after.security
        revision = self.base_revision + 1
        changed = _("The record was changed or deleted while the run was working on it.")
        revise = self._changing(
            changed,
            revision=revision,
            modified=moment,
            modified_by=self.run.run_as_id,
            **columns,
            **stands,
        )
        return [revise, *owners, *self._noting(changes, moment, revision=revision)]

    def _changing(self, changed: str, **columns: Any) -> Write:
        """Return what writes columns of the instance, if it is as this run knows it."""
        known = {"id": self.instance.pk, "revision": self.base_revision}
        return update_of(ProcessInstance, where=known, or_raise=Stale(changed), **columns)

    def _standing(self, context: RunState, moment: datetime) -> Writes:
        """Return what stores where the instance stands at the end of a run."""
        stands = standing_columns(context.working.stored_standing, context.working.standing)
        if set(stands) == {"display"}:
            # What rules show is no revision.
            changed = _("The record was changed while the run was working on it.")
            return [self._changing(changed, **stands)]
        return self._revising(context, [], moment) if stands else []

    def _has_stored(self, context: RunState, columns: Mapping[str, Any]) -> None:
        """Bring the instance in memory up to what was stored."""
        self.base_revision += 1
        self.instance.revision = self.base_revision
        _bring_up_to(self.instance, context, columns)

    def _as_stored(self, context: RunState, columns: Mapping[str, Any]) -> ProcessInstance:
        """Return the instance as it is with what is being stored: people are told of that."""
        told = copy(self.instance)
        _bring_up_to(told, context, columns)
        return told

    def _noting(self, changes: list[dict[str, Any]], moment: datetime, *, revision: int) -> Writes:
        """Return what keeps changes as history, and takes marks that they make pointless."""
        if not changes:
            return []
        change = Change(
            instance_id=self.instance.pk,
            run_id=self.run.pk,
            revision=revision,
            at=moment,
            by_id=self.run.run_as_id,
            by_name=self.run.run_as_name,
            acted_for=self.run.acted_for,
            fields=changes,
        )
        left = [] if self.nothing_left else supersede(self.instance.pk, changes)
        return [insert_of(change), *left]


def _bring_up_to(instance: ProcessInstance, context: RunState, columns: Mapping[str, Any]) -> None:
    after = context.working.standing
    stored = {
        **columns,
        "status": after.status,
        "forms": dict(after.forms),
        "display": dict(after.display),
        "security": after.as_json()["security"],
        "has_own_see": "see" in after.security,
    }
    for name, value in stored.items():
        setattr(instance, name, value)
