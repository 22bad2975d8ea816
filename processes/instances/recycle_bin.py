"""Instances in the recycle bin: put there, restored, removed for good.

There an instance keeps its values, secrets, history, owners and runs. Each move is a revision with
its line of history, so that a run which is under way meanwhile stores nothing.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.accounts.roles import ADMINISTRATOR, USER, has_role
from kianda.accounts.services.audit import record
from kianda.accounts.services.recycle_bin import BinKind
from kianda.lib.errors import Conflict
from kianda.lib.recycle_bin import in_bin
from processes.document_cache import document_of
from processes.instances.form_links import end_links_of
from processes.models import Change, ProcessInstance, Run
from processes.record_titles import open_title_of
from processes.rights.querysets import managed_designs

# What the history names it by, and says of it.
FIELD = "process.bin"
DELETED, RESTORED = gettext_noop("deleted"), gettext_noop("restored")
BATCH = 500


class ByRule(NamedTuple):
    """Which rule moves an instance, and its run; neither is told of one of another process."""

    rule: str = ""
    run: Run | None = None

    @property
    def words(self) -> str:
        """Say it in the audit log."""
        if not self.rule:
            return _("by another process")
        return _("automatically by “%(rule)s”") % {"rule": self.rule}


def put_into_bin(
    rows: QuerySet[ProcessInstance],
    *,
    user: User | None,
    moment: datetime,
    by_rule: ByRule | None = None,
) -> None:
    """Put living instances into the bin; call inside a transaction. Previews are deleted for good.

    `moment` is kept with them: it tells what was deleted together.
    """
    rows.filter(mode=ProcessInstance.Mode.PREVIEW).delete()
    living = rows.filter(mode=ProcessInstance.Mode.LIVE, deleted_at__isnull=True)
    end_links_of(living)
    _move(
        living, told=("", DELETED), user=user, moment=moment, at=moment, by=user, by_rule=by_rule
    )  # fmt: skip


def delete_one(
    instance: ProcessInstance, *, user: User | None, by_rule: ByRule | None = None
) -> None:
    """Put an instance into the bin, and note it in the audit log; call inside a transaction."""
    rows = ProcessInstance.everything.filter(pk=instance.pk)
    put_into_bin(rows, user=user, moment=timezone.now(), by_rule=by_rule)
    detail = "" if by_rule is None else by_rule.words
    record(user, action="deleted", kind="instance", name=instance.process_id, detail=detail)


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
    by_rule: ByRule | None = None,
) -> None:
    """Say since when and by whom instances are in the bin, and note it in their histories."""
    said = [{"field": FIELD, "before": told[0], "after": told[1]}]
    said[0] |= {} if by_rule is None else {"rule": by_rule.rule}
    run = None if by_rule is None else by_rule.run
    name = user.get_username() if user else ""
    locked = rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", "revision")
    # What was moved is no longer among them.
    while some := list(locked[:BATCH]):
        Change.objects.bulk_create(
            Change(
                instance_id=pk,
                run=run,
                revision=revision + 1,
                at=moment,
                by=user,
                by_name=name,
                fields=said,
            )
            for pk, revision in some
        )
        moved = ProcessInstance.everything.filter(pk__in=[pk for pk, _revision in some])
        moved.update(deleted_at=at, deleted_by=by, revision=F("revision") + 1)


class BinnedInstances(BinKind[ProcessInstance]):
    """Live instances, with their values, secrets, history and owners."""

    slug = "instances"
    audit_kind = "instance"
    icon = "collection"
    said = ("process_id",)
    model = ProcessInstance

    def is_for(self, user: Any) -> bool:
        """Everybody may have deleted one."""
        return has_role(user, USER)

    def visible_to(self, user: Any) -> QuerySet[ProcessInstance]:
        """Return what a person has deleted, and all of the processes that they manage."""
        rows = in_bin(ProcessInstance)
        if has_role(user, ADMINISTRATOR):
            return rows
        return rows.filter(Q(deleted_by=user) | Q(design__in=managed_designs(user)))

    def shown(self) -> QuerySet[ProcessInstance]:
        """Return the rows with the values of which their titles are made, without their secrets."""
        rows = in_bin(ProcessInstance).select_related("design", "version")
        return rows.defer("secrets", "forms", "display", "version__document")

    def name_of(self, row: ProcessInstance) -> str:
        """Return its Process ID."""
        return row.process_id

    def title_of(self, row: ProcessInstance) -> str:
        """Return its title, made of what all see who see it."""
        return open_title_of(row, document_of(row.version))

    def bring_back(self, row: ProcessInstance, *, user: User, name: str) -> None:
        """Restore it as it was; raises Conflict while its design is in the bin."""
        if row.design.deleted_at is not None:
            raise Conflict(
                _(
                    "Its process design %(design)s is in the recycle bin, too. Restore the "
                    "design first."
                )
                % {"design": row.design.title}
            )
        take_out(ProcessInstance.everything.filter(pk=row.pk), user=user)

    def words_of_restoring(self, row: ProcessInstance) -> str:
        """Say what comes back with it."""
        return _("Restores its values, its history and the owners of its forms.")

    def words_of_removing(self, row: ProcessInstance) -> str:
        """Say what goes with it."""
        return _("Deletes its values and its history. The log of past actions remains.")


INSTANCES = BinnedInstances()
