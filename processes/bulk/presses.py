"""Bulk presses as people meet them: asked for, read, stopped, deleted."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.errors import Conflict, Flaw, Invalid, Missing
from kianda.lib.pointers import pointer
from processes.bulk.closing import close_if_done
from processes.definition.views import ViewFilter
from processes.document_cache import document_of
from processes.fields import Button
from processes.instances.sent_values import SentValues, unanswered
from processes.lists.records import record_list
from processes.models import BulkPress, BulkPressRow, ProcessDesign, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.listed import process_ids_seen
from processes.rights.querysets import knows_design, visible_instances

# The door sends it at once; a sweep comes after so long when that was lost.
SENT_AGAIN_AFTER = timedelta(seconds=15)
# What one person may have under way: workers are there for all.
MOST_OPEN = 5
# Records of older versions than these do not say which buttons there are.
_MOST_VERSIONS = 20
_LONGEST_ID = 120

OnMade = Callable[[BulkPress], object] | None


def create_press(
    *,
    process: str,
    target: str,
    process_ids: Sequence[str],
    user: User,
    data: Mapping[str, Any] | None = None,
    time_zone: str = "",
    on_made: OnMade = None,
) -> BulkPress:
    """Store that a button is pressed on instances; workers do it, one after the other.

    Rights and the state of each instance are asked when it comes to it: what stands in the way is
    the reason of its row. A text that the button needs is sent once, for all of them. `on_made` is
    called inside the transaction that stores it. Raises Invalid at /process, /target, /process_ids,
    /data; Conflict while the person has MOST_OPEN under way.
    """
    ids = _checked(process_ids)
    design = ProcessDesign.objects.filter(name=process.replace("\0", "")).first()
    if design is None or not knows_design(user, design):
        words = _("There is no process %(process)s.")
        raise Invalid.at("/process", words % {"process": process})
    seen = _seen(design, ids, user)
    button = _button(seen, design, target, data or {}, user)
    named = dict(seen.values_list("key", "process_id"))
    moment = timezone.now()
    with transaction.atomic():
        _refuse_too_many(user)
        press = BulkPress.objects.create(
            process=design.name, target=target, title=button.title, user=user,
            user_name=user.get_username(), time_zone=time_zone or settings.KIANDA_TIME_ZONE,
            data=dict(data or {}) or None, total=len(ids), created=moment,
            send_after=moment + SENT_AGAIN_AFTER,
        )  # fmt: skip
        BulkPressRow.objects.bulk_create(
            (
                BulkPressRow(press=press, process_id=named.get(key, one), key=key)
                for key, one in ids.items()
            ),
            batch_size=500,
        )
        if on_made is not None:
            on_made(press)
    return press


def matching_ids(*, process: str, filter: ViewFilter, user: User) -> list[str]:
    """Return the Process IDs of the records in the list of a process that hold a filter.

    Raises Invalid at /process, at the flaws of /filter, and as `ids_of`.
    """
    try:
        found = record_list(process, user)
    except Missing as missing:
        raise Invalid.at("/process", missing.detail) from missing
    return ids_of(found.rows(filter, at="/filter"))


def ids_of(rows: QuerySet[ProcessInstance]) -> list[str]:
    """Return the Process IDs of all of some records that a person sees, the oldest first.

    Raises Invalid at /filter for none, and for more than are pressed at once.
    """
    most = settings.KIANDA_BULK_PRESS_MOST
    ids = list(rows.order_by("pk").values_list("process_id", flat=True)[: most + 1])
    if len(ids) > most:
        words = _("At most %(most)s records at once. %(count)s match.")
        raise Invalid.at("/filter", words % {"most": most, "count": rows.count()})
    if not ids:
        raise Invalid.at("/filter", _("No record matches."))
    return ids


def read_press(pk: int | None, user: User) -> BulkPress:
    """Return a bulk press of a person; administrators read all. Raises Missing."""
    found = None if pk is None else presses_of(user).filter(pk=pk).first()
    if found is None:
        raise Missing(_("Bulk action not found."))
    return found


def presses_of(user: User) -> QuerySet[BulkPress]:
    """Return the bulk presses that a person reads, without the values they are sent with."""
    rows = BulkPress.objects.defer("data")
    return rows if has_role(user, ADMINISTRATOR) else rows.filter(user=user)


def counts_of(press: BulkPress) -> dict[str, int]:
    """Return how many rows of a bulk press have each outcome, zeros included."""
    found = press.rows.order_by().values_list("outcome").annotate(n=Count("*"))
    return {**dict.fromkeys(BulkPressRow.Outcome.values, 0), **dict(found)}


def unseen_in(press: BulkPress, user: User) -> set[str]:
    """Return the Process IDs of a bulk press whose instances a person does not see now."""
    named = set(press.rows.order_by().values_list("process_id", flat=True))
    return named - process_ids_seen(user, named)


def as_seen(row: BulkPressRow, unseen: Collection[str]) -> BulkPressRow:
    """Return a row as a person may read it: of an instance that they do not see, no run."""
    if row.process_id in unseen:
        row.run_id = None
        is_over = row.outcome in {row.Outcome.FAILED, row.Outcome.REFUSED}
        words = _("There is no record %(process_id)s.")
        row.reason = words % {"process_id": row.process_id} if is_over else ""
    return row


def stop_press(pk: int | None, user: User) -> BulkPress:
    """Stop a bulk press: what waits is not pressed, a run under way goes on to its end.

    One that is over stays as it is. Raises Missing.
    """
    press = read_press(pk, user)
    with transaction.atomic():
        mine = BulkPress.objects.filter(pk=press.pk, finished=None, stopped_by="")
        if mine.update(stopped_by=user.get_username()):
            press.rows.filter(outcome=BulkPressRow.Outcome.WAITING).update(
                outcome=BulkPressRow.Outcome.STOPPED
            )
    close_if_done(press.pk)
    return read_press(pk, user)


def delete_press(pk: int | None, user: User) -> None:
    """Delete the report of a bulk press that is over; raises Missing, Conflict."""
    press = read_press(pk, user)
    if not BulkPress.objects.filter(pk=press.pk, finished__isnull=False).delete()[0]:
        raise Conflict(_("This bulk action is still running. Stop it first."))


def _checked(process_ids: Sequence[str]) -> dict[str, str]:
    """Return Process IDs by their keys, each once; raises Invalid."""
    most = settings.KIANDA_BULK_PRESS_MOST
    if not process_ids:
        raise Invalid.at("/process_ids", _("Select at least one record."))
    ids = {one.strip().lower(): one.strip() for one in process_ids}
    if len(ids) > most:
        words = _("At most %(most)s records at once. You selected %(count)s.")
        raise Invalid.at("/process_ids", words % {"most": most, "count": len(ids)})
    flaws = [
        Flaw(pointer("process_ids", at), _("This is not a Process ID."))
        for at, one in enumerate(process_ids)
        if not one.strip() or len(one) > _LONGEST_ID or "\0" in one
    ]
    if flaws:
        raise Invalid(errors=flaws)
    return ids


def _seen(design: ProcessDesign, ids: Mapping[str, str], user: User) -> QuerySet[ProcessInstance]:
    rows = ProcessInstance.objects.filter(design=design, key__in=list(ids)).order_by()
    return visible_instances(user, among=rows.values_list("pk", flat=True)).filter(design=design)


def _button(
    seen: QuerySet[ProcessInstance],
    design: ProcessDesign,
    target: str,
    data: Mapping[str, Any],
    user: User,
) -> Button:
    """Return the button, as one of the instances has it and the person sees it; raises Invalid."""
    flaws: list[Flaw] = []
    for instance in _one_of_each_version(seen):
        rights = InstanceRights(user, instance, document_of(instance.version))
        fields = {name: one.field for name, one in rights.parts.items() if rights.sees(name)}
        button = fields.get(target)
        if not isinstance(button, Button):
            words = _("The process %(process)s has no button %(target)s.")
            named = {"process": design.name, "target": target}
            flaws = flaws or [Flaw("/target", words % named)]
            continue
        unknown = [name for name in data if name not in fields or not fields[name].holds_value]
        if not unknown:
            # One text for all of them: what some records hold already is not it.
            sent = SentValues(user, data, target)
            if missing := unanswered(sent, rights.document, data, at_once=()):
                raise Invalid(errors=missing)
            return button
        words = _("The process %(process)s has no field %(name)s.")
        flaws = [
            Flaw(pointer("data", name), words % {"process": design.name, "name": name})
            for name in unknown
        ]
    if not flaws:
        words = _("None of these records of %(process)s was found.")
        flaws = [Flaw("/process_ids", words % {"process": design.title})]
    raise Invalid(errors=flaws)


def _one_of_each_version(rows: QuerySet[ProcessInstance]) -> Iterator[ProcessInstance]:
    """Yield one instance of each version, the newest version first."""
    versions = rows.order_by("-version").values_list("version", flat=True).distinct()
    for version in list(versions[:_MOST_VERSIONS]):
        found = rows.filter(version=version).select_related("design", "version").first()
        if found is not None:
            yield found


def _refuse_too_many(user: User) -> None:
    # The person's own row is the lock: two requests at once count one after the other.
    User.objects.select_for_update().get(pk=user.pk)
    if BulkPress.objects.filter(user=user, finished=None).count() >= MOST_OPEN:
        words = _("%(most)s of your bulk actions are still running. Wait until one has finished.")
        raise Conflict(words % {"most": MOST_OPEN})
