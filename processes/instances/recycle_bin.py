"""Instances in the recycle bin: put there, restored, removed for good.

There an instance keeps its values, secrets, history, owners and runs. Each move is a revision with
its line of history, so that a run which is under way meanwhile stores nothing.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.accounts.services.audit import record
from kianda.lib.errors import Conflict
from kianda.lib.recycle_bin import in_bin, locked_in_bin, over
from processes.models import Change, ProcessInstance

# What the history names it by, and says of it.
FIELD = "process.bin"
DELETED, RESTORED = gettext_noop("deleted"), gettext_noop("restored")
BATCH = 500
PRUNED_AT_ONCE = 200


def put_into_bin(rows: QuerySet[ProcessInstance], *, user: User | None, moment: datetime) -> None:
    """Put living instances into the bin; call inside a transaction. Previews are deleted for good.

    `moment` is kept with them: it tells what was deleted together.
    """
    rows.filter(mode=ProcessInstance.Mode.PREVIEW).delete()
    living = rows.filter(mode=ProcessInstance.Mode.LIVE, deleted_at__isnull=True)
    _move(living, told=("", DELETED), user=user, moment=moment, at=moment, by=user)


def take_out(rows: QuerySet[ProcessInstance], *, user: User | None) -> None:
    """Take instances out of the bin; call inside a transaction."""
    binned = rows.filter(deleted_at__isnull=False)
    _move(binned, told=(DELETED, RESTORED), user=user, moment=timezone.now(), at=None, by=None)


def _move(
    rows: QuerySet[ProcessInstance],
    *,
    told: tuple[str, str],
    user: User | None,
    moment: datetime,
    at: datetime | None,
    by: User | None,
) -> None:
    """Say since when and by whom instances are in the bin, and note it in their histories."""
    said = [{"field": FIELD, "before": told[0], "after": told[1]}]
    name = user.get_username() if user else ""
    locked = rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", "revision")
    # What was moved is no longer among them.
    while some := list(locked[:BATCH]):
        Change.objects.bulk_create(
            Change(
                instance_id=pk, revision=revision + 1, at=moment, by=user, by_name=name, fields=said
            )
            for pk, revision in some
        )
        moved = ProcessInstance.everything.filter(pk__in=[pk for pk, _revision in some])
        moved.update(deleted_at=at, deleted_by=by, revision=F("revision") + 1)


def restore_instance(*, pk: int, user: User) -> ProcessInstance:
    """Take an instance out of the bin as it was; raises Missing, Conflict without its design."""
    with transaction.atomic():
        instance = _locked(pk)
        design = instance.design
        if design.deleted_at is not None:
            raise Conflict(
                _("Its process design %(design)s is in the recycle bin too. Restore that first.")
                % {"design": design.title}
            )
        take_out(ProcessInstance.everything.filter(pk=pk), user=user)
        record(user, action="restored", kind="instance", name=instance.process_id)
    return instance


def remove_instance(*, pk: int, user: User | None, why: str = "") -> None:
    """Delete an instance of the bin with its values and its history; its runs stay."""
    with transaction.atomic():
        instance = _locked(pk)
        record(user, action="removed", kind="instance", name=instance.process_id, detail=why)
        instance.delete()


def binned_instances() -> QuerySet[ProcessInstance]:
    """Return the instances in the bin, the last deleted first, without their values."""
    rows = in_bin(ProcessInstance).select_related("design")
    return rows.defer("values", "secrets", "forms", "display")


def instances_over(moment: datetime) -> list[int]:
    """Return the keys of some instances whose days in the bin are over."""
    return over(ProcessInstance, moment, most=PRUNED_AT_ONCE)


def _locked(pk: int) -> ProcessInstance:
    return locked_in_bin(ProcessInstance, pk, missing=_("This instance is not in the recycle bin."))
