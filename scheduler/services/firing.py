"""Firings that somebody asks for: run now, and the web hook of an on-demand task."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from kianda.accounts.services.audit import record
from kianda.lib.errors import Conflict, Invalid, Missing, TooMany
from kianda.lib.pointers import flaws_of
from processes.definition.document import TargetMissing
from processes.rights.instance_rights import InstanceRights
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import waiting_occurrences
from scheduler.services.due_times import has_expired, runs_left
from scheduler.services.validation import definition_of, find_instance

WINDOW = timedelta(seconds=60)
CALLS_IN_A_WINDOW = 60
_UNKNOWN = gettext_noop("Unknown webhook.")


class HookBody(BaseModel):
    """What a caller of a hook may send."""

    model_config = ConfigDict(extra="forbid")

    process_id: StrictStr | None = Field(
        default=None, max_length=120, description="Another instance of the same process."
    )


def set_new_token(task: ScheduledTask) -> str:
    """Give the task a new hook, of which only the hash is kept; returns its token."""
    token = secrets.token_urlsafe(32)
    task.hook_digest = _digest(token)
    return token


def hook_url(token: str) -> str:
    """Return the address of a hook."""
    return f"{settings.KIANDA_PUBLIC_URL}/hooks/{token}/"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def renew_hook(*, task: ScheduledTask, user: User) -> str:
    """Replace the token of a locked on-demand task; the old address is unknown from now on."""
    if task.schedule["kind"] != "on_demand":
        raise Conflict(_("Only a task with the schedule on_demand has a webhook."))
    token = set_new_token(task)
    task.revision += 1
    task.save(update_fields=["hook_digest", "revision"])
    record(user, action="hook renewed", kind="scheduled task", name=task.name)
    return token


def fire_now(
    task: ScheduledTask,
    *,
    trigger: str,
    moment: datetime,
    process_id: str | None = None,
    refused: str = "",
) -> Occurrence:
    """Queue a firing of a locked task; while another one waits it is coalesced into that one."""
    waiting = waiting_occurrences().filter(task=task).exists()
    outcome: str | None = None
    if refused:
        outcome = "skipped"
    elif waiting:
        outcome, refused = "coalesced", _("Another run of this task was already queued.")
    return Occurrence.objects.create(
        task=task,
        task_name=task.name,
        process_id=process_id or task.process_id,
        planned_at=moment,
        trigger=trigger,
        queued_at=moment,
        sent_at=None if outcome else moment,
        outcome=outcome,
        reason=refused,
        finished_at=moment if outcome else None,
    )


def fire_hook(token: str, body: object, *, moment: datetime | None = None) -> Occurrence:
    """Fire the on-demand task of a token; raises Missing, TooMany, Invalid."""
    moment = moment or timezone.now()
    found = ScheduledTask.objects.filter(hook_digest=_digest(token)).first()
    if found is None:
        raise Missing(gettext(_UNKNOWN))
    _count_call(found, moment)
    process_id = _other_instance(found, body)
    with transaction.atomic():
        task = ScheduledTask.objects.select_for_update().filter(hook_digest=_digest(token)).first()
        if task is None:
            raise Missing(gettext(_UNKNOWN))
        occurrence = fire_now(
            task,
            trigger="webhook",
            moment=moment,
            process_id=process_id,
            refused=_refusal(task, moment),
        )
        if occurrence.outcome is None:
            _count_run(task, moment)
    return occurrence


def _count_call(task: ScheduledTask, moment: datetime) -> None:
    """Count a call in its minute, in one conditional update; raises TooMany past sixty."""
    row = ScheduledTask.objects.filter(pk=task.pk)
    now = row.filter(hook_window__gt=moment - WINDOW, hook_window__lte=moment + WINDOW)
    if now.filter(hook_calls__lt=CALLS_IN_A_WINDOW).update(hook_calls=F("hook_calls") + 1):
        return
    over = Q(hook_window__isnull=True) | Q(hook_window__lte=moment - WINDOW)
    # A window of the future was begun before the clock was put back.
    over |= Q(hook_window__gt=moment + WINDOW)
    if row.filter(over).update(hook_window=moment, hook_calls=1):
        return
    window = row.values_list("hook_window", flat=True).first() or moment
    left = max((window + WINDOW - moment).total_seconds(), 1.0)
    raise TooMany(
        _("This webhook accepts %(most)s calls per minute.") % {"most": CALLS_IN_A_WINDOW},
        retry_after=left,
    )


def _other_instance(task: ScheduledTask, body: object) -> str | None:
    try:
        asked = HookBody.model_validate(body).process_id
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, body, model=HookBody)) from error
    if asked is None:
        return None
    instance = None
    if task.design is not None and task.run_as is not None:
        instance, _said = find_instance(asked, design=task.design, user=task.run_as)
    if task.design is None or instance is None:
        raise Missing(
            _("%(process)s has no record %(id)s.") % {"id": asked, "process": task.process_name}
        )
    document = definition_of(task.design, instance)
    try:
        if document is not None:
            document.rules_of(task.target)
            InstanceRights(task.run_as, instance, document).presses(task.target).or_refuse()
    except TargetMissing as missing:
        raise Invalid.at("/process_id", str(missing)) from missing
    return instance.process_id


def _refusal(task: ScheduledTask, moment: datetime) -> str:
    if not task.enabled:
        return _("The task is paused.")
    return _("The task has expired.") if has_expired(task, moment) else ""


def _count_run(task: ScheduledTask, moment: datetime) -> None:
    """Count a webhook's firing for `after_runs`: an on-demand task has no others."""
    task.counted_runs += 1
    task.finished_at = None if runs_left(task) else moment
    task.save(update_fields=["counted_runs", "finished_at"])
