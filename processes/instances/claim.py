"""The start of a run: an instance taken under its lock, with all that the rules need."""

import time
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, overload

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db.group_commit import commit_together
from kianda.lib.db.prepared_statements import Writes, insert_of
from kianda.lib.db.waiting import waiting
from kianda.lib.errors import Busy, Flaw, Invalid, Missing, Stale
from processes.definition.display import Overrides
from processes.definition.document import Document, TargetMissing
from processes.document_cache import document_of
from processes.engine.context_forms import form_problems
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.engine.instance_state import CURRENT, form_of
from processes.engine.run_values import RunValues
from processes.engine.trace import Reopened
from processes.instances.leases import LEASE, holder
from processes.instances.sent_values import (
    SentValues,
    TakenValues,
    not_open,
    note_overridden,
    refuse_unseen_target,
    take_sent,
)
from processes.instances.stored_values import filled, stored_values
from processes.instances.version_moves import follow_draft
from processes.models import FormLink, ProcessInstance, Run
from processes.rights.link_rights import named_link, rights_for
from processes.rights.ownership import records_for, standing_of
from processes.rules import Submit
from processes.rules.base import Rule
from processes.selectors import living_instance, still_as_read, visible_instance

SECONDS_WHEN_WAITED_FOR = 60.0
SECONDS_OTHERWISE = 300.0
_LOOK_EVERY_S = 0.05
# What whoever asked for a run writes in the commit that closes it, from the columns it closes with.
OnClose = Callable[[Mapping[str, Any]], Writes]


@dataclass(frozen=True)
class RunRequest:
    """What is asked for: a target on an instance, by whom, and how."""

    process_id: str
    target: str
    user: User | None
    trigger: str
    data: Mapping[str, Any] | None = None
    revision: int | None = None
    time_zone: str = ""
    deadline_s: float = SECONDS_WHEN_WAITED_FOR
    # The run whose rule asks for it.
    parent: Run | None = None
    # Fields of `data` whose values rules have set: nobody has typed them.
    set_by_rules: Collection[str] = ()
    # Through which somebody without an account asks for it.
    link: FormLink | None = None
    # The target is pressed as a quick action, in the menu of its form.
    from_menu: bool = False
    # How the page shows fields and forms from which it is asked, when a rule has chosen that.
    modes: DisplayModes = NO_MODES


@dataclass
class ClaimedRun:
    """A run that holds its instance, with all that its rules need."""

    run: Run
    instance: ProcessInstance
    document: Document
    rules: list[Rule]
    working: RunValues
    # Where an earlier holder was in a rule with rules in it, and that step as it was recorded.
    reopened: Reopened | None = None
    # The secret values that the run has read or received so far, and those of other instances.
    secrets: Sequence[str] = ()
    found_secrets: Sequence[str] = ()
    # Known when no run before has left an answer unstored.
    nothing_left: bool = False
    # What the history says of an administrator who has sent values for a form that is not open.
    overridden: Sequence[Mapping[str, str]] = ()
    # What is on or off in the view of whoever asked for it.
    viewed: Overrides = field(default_factory=dict)
    on_close: OnClose | None = None


class AlreadyClaimed(Exception):
    """Another worker claimed the queued run."""


def read_instance(
    process_id: str, user: User | None, *, lock: bool = False
) -> tuple[ProcessInstance, Document]:
    """Return an instance that the person may see, with its document; raises Missing."""
    instance = visible_instance(process_id, user, lock=lock)
    if instance is None:
        raise Missing(_("There is no record %(process_id)s.") % {"process_id": process_id})
    return instance, document_of(instance.version)


def _asked_for(firing: RunRequest, *, lock: bool) -> tuple[ProcessInstance, Document]:
    """Return the instance of a request, which a link leads to or the person sees."""
    if firing.link is None:
        return read_instance(firing.process_id, firing.user, lock=lock)
    return linked_instance(firing.link, lock=lock)


def linked_instance(link: FormLink, *, lock: bool = False) -> tuple[ProcessInstance, Document]:
    """Return the instance that a link leads to, with its document; raises Missing."""
    instance = living_instance(link.instance.key, lock=lock)
    if instance is None:
        raise Missing(_("Page not found."))
    return instance, document_of(instance.version)


def take(firing: RunRequest, begin: Callable[[], ClaimedRun]) -> ClaimedRun:
    """Begin the run, waiting at most KIANDA_BUSY_WAIT_S for one that holds the instance."""
    give_up = time.monotonic() + settings.KIANDA_BUSY_WAIT_S
    while True:
        try:
            return begin()
        except IntegrityError:
            other = Run.objects.filter(
                instance__key=firing.process_id.lower(), status=Run.Status.RUNNING
            ).first()
            if time.monotonic() >= give_up:
                raise busy(firing.process_id, other) from None
        with waiting():
            time.sleep(_LOOK_EVERY_S)


def busy(process_id: str, run: Run | None) -> Busy:
    """Return the refusal of what meets a run that holds an instance.

    Its words are for all; the run, which not all may open, is named beside them.
    """
    extra: dict[str, Any] = {}
    if run is not None:
        used = {"kind": "run", "name": str(run.pk), "url": f"/api/v1/runs/{run.pk}/"}
        extra = {"run": str(run.pk), "used_by": [used]}
    words = _("%(process_id)s is in use right now. Try again in a moment.")
    return Busy(words % {"process_id": process_id}, **extra)


def insert(firing: RunRequest, on_start: Callable[[Run], None] | None) -> ClaimedRun:
    """Take an instance with a new running row; IntegrityError when another run holds it."""
    # On SQLite all wait for the one that writes: what takes time is done before, and under the lock
    # a look tells whether the instance still is as it was read.
    started = _new_run(firing)
    return commit_together(partial(_take_row, firing, started, on_start))


def _take_row(
    firing: RunRequest, ready: ClaimedRun | None, on_start: Callable[[Run], None] | None
) -> ClaimedRun:
    """Store the running row of a run that is ready, or of one that is made under the lock."""
    row = None if ready is None else still_as_read(ready.instance)
    if ready is None or row is None:
        started = _new_run(firing, locked=True)
    else:
        started = ready
        # Where many write at once, a run may close between that look and the new row.
        alone = not connection.features.has_select_for_update
        started.nothing_left = alone and not row.has_left  # type: ignore[attr-defined]
    insert_of(started.run).run()
    note_overridden(started.run, started.overridden)
    if on_start is not None:
        on_start(started.run)
    return started


@overload
def _new_run(firing: RunRequest) -> ClaimedRun | None: ...
@overload
def _new_run(firing: RunRequest, *, locked: Literal[True]) -> ClaimedRun: ...
def _new_run(firing: RunRequest, *, locked: bool = False) -> ClaimedRun | None:
    """Return what a new run begins with, its row not stored yet.

    None for a preview that is not locked: it follows the draft first, which changes it.
    """
    moment = timezone.now()
    instance, document = _asked_for(firing, lock=locked)
    if locked:
        instance, document = follow_draft(instance, document)
    elif instance.mode == ProcessInstance.Mode.PREVIEW:
        return None
    rules = rules_for(firing, document, instance)
    refuse_other_revision(instance, firing.revision)
    working, taken = working_copy(firing, document, instance)
    run = Run(
        **columns(firing, instance),
        acted_for=taken.acted_for or None,
        status=Run.Status.RUNNING,
        queued=moment,
        started=moment,
        holder=holder.name,
        lease_until=moment + LEASE,
    )
    return ClaimedRun(
        run, instance, document, rules, working, overridden=taken.overridden,
        viewed=firing.modes.overrides,
    )  # fmt: skip


def claim(firing: RunRequest, queued: Run) -> ClaimedRun:
    """Take an instance with a queued row; IntegrityError when another run holds it."""
    moment = timezone.now()
    with transaction.atomic():
        instance, document = read_instance(firing.process_id, firing.user, lock=True)
        instance, document = follow_draft(instance, document)
        rules = rules_for(firing, document, instance)
        refuse_other_revision(instance, firing.revision)
        working, taken = working_copy(firing, document, instance)
        claimed = Run.objects.filter(pk=queued.pk, status=Run.Status.QUEUED).update(
            status=Run.Status.RUNNING,
            started=moment,
            holder=holder.name,
            lease_until=moment + LEASE,
            version=str(instance.version),
            acted_for=taken.acted_for or None,
            journal=None,
        )
        if not claimed:
            raise AlreadyClaimed
        queued.status, queued.started = Run.Status.RUNNING, moment
        queued.holder, queued.version = holder.name, str(instance.version)
        queued.acted_for, queued.journal = taken.acted_for or None, None
        begun = ClaimedRun(queued, instance, document, rules, working, overridden=taken.overridden)
        note_overridden(queued, taken.overridden)
    return begun


def columns(firing: RunRequest, instance: ProcessInstance) -> dict[str, Any]:
    return {
        "instance": instance,
        "process_id": instance.process_id,
        "process": instance.design.name,
        "version": str(instance.version),
        "target": firing.target,
        "parent": firing.parent,
        "trigger": firing.trigger,
        "run_as": firing.user,
        "run_as_name": _name_of(firing),
        "link": firing.link,
        "time_zone": firing.time_zone or settings.KIANDA_TIME_ZONE,
    }


def _name_of(firing: RunRequest) -> str:
    if firing.link is not None:
        return named_link(firing.link)
    return firing.user.get_username() if firing.user else ""


def rules_for(firing: RunRequest, document: Document, instance: ProcessInstance) -> list[Rule]:
    """Return what the target of a request runs; of what the person does not see, nothing is told.

    Raises Invalid.
    """
    try:
        return rules_at(document, firing.target)
    except Invalid:
        rights = rights_for(firing.user, firing.link, instance, document)
        refuse_unseen_target(firing.target, rights)
        raise


def rules_at(document: Document, target: str) -> list[Rule]:
    """Return what a target runs; a form's submission completes the form at the end."""
    try:
        found = document.rules_of(target)
        submits = target.startswith("form:") and document.kind_of(target) == "submit"
    except TargetMissing as missing:
        raise Invalid.at("/target", str(missing)) from missing
    return [*found, *_completion(found, form_of(document, target))] if submits else found


def _completion(found: list[Rule], form: str) -> list[Rule]:
    """Return the Submit that a form's own rules end with, unless one of them is it."""
    given = any(rule.completes and rule.enabled for rule in found)
    return [] if given else [Submit(id="submit", title=_("Submit"), form=form)]


def refuse_other_revision(instance: ProcessInstance, revision: int | None) -> None:
    """Raise Stale when it is at another revision than was read; None: whatever it is at."""
    if revision is not None and revision != instance.revision:
        words = _("The record has changed in the meantime. Check it, then try again.")
        raise Stale(words, revision=instance.revision)


def working_copy(
    firing: RunRequest, document: Document, instance: ProcessInstance
) -> tuple[RunValues, TakenValues]:
    """Return the values a run begins with, and what was sent.

    Raises Invalid with all that is wrong, Forbidden, and Conflict for a form that is not open.
    """
    stored = stored_values(document, instance)
    sent = SentValues(
        firing.user, firing.data or {}, firing.target, firing.trigger, firing.set_by_rules,
        firing.link, firing.from_menu, firing.modes,
    )  # fmt: skip
    taken = take_sent(sent, instance, document, stored)
    flaws, standing = taken.flaws, standing_of(instance)
    working = RunValues(document.fields, filled(document, stored), taken.values, standing)
    if firing.target.startswith("form:") and firing.target.endswith("#submit"):
        said = {flaw.pointer.split("/")[2] for flaw in flaws if flaw.pointer != "/target"}
        rights = rights_for(firing.user, firing.link, instance, document)
        display = rights.display(firing.modes.overrides)
        flaws += _incomplete(firing.target, document, instance, working, said, display)
    if flaws:
        raise Invalid(errors=flaws)
    return working, taken


def _incomplete(
    target: str,
    document: Document,
    instance: ProcessInstance,
    working: RunValues,
    said: Container[str],
    display: Overrides,
) -> list[Flaw]:
    """Return how a form is not filled in, but for what is said; raises Conflict if not open."""
    name = form_of(document, target)
    form = next(one for one in document.forms if one.name == name)
    record = records_for(instance, document)[name]
    if record.status != CURRENT:
        raise not_open(document, name, record)
    problems = form_problems(form, working.values, display)
    return [
        Flaw(f"/data/{place}", sentence)
        for place, sentence in problems.items()
        if place.partition("/")[0] not in said
    ]
