"""What changed in an instance since a person read it, and values brought back from its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Missing
from kianda.lib.secret_names import MASK
from processes.fields.base import FormField
from processes.instances.claim import read_instance
from processes.instances.kept_cells import switched_off
from processes.instances.lifecycle import patch_instance
from processes.instances.stored_values import shown, stored_values
from processes.models import Change, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_changes, seen_values


@dataclass(frozen=True)
class ForeignChange:
    """What others did to one field since a revision: from what, to what, who last, and when."""

    field: str
    before: Any
    after: Any
    by: str
    at: datetime
    run: int | None


def changed_since(
    instance: ProcessInstance, revision: int, fields: Mapping[str, FormField]
) -> dict[str, ForeignChange]:
    """Return the fields that changed after a revision, each with its first and its last value."""
    found: dict[str, ForeignChange] = {}
    rows = instance.changes.filter(revision__gt=revision).order_by("revision", "pk")
    for change in rows:
        for row in (told(row, fields) for row in change.fields):
            name = row["field"]
            first = found[name].before if name in found else row["before"]
            found[name] = ForeignChange(
                name, first, row["after"], change.by_name, change.at, change.run_id
            )
    return found


def told(row: Mapping[str, Any], fields: Mapping[str, FormField]) -> dict[str, Any]:
    """Return what a change says of a field as it may be shown by now.

    A field that has become secret was recorded in clear before.
    """
    field = fields.get(row["field"])
    if field is None or not field.is_secret:
        return dict(row)
    return {**row, **{part: MASK if row[part] else "" for part in ("before", "after")}}


def can_restore(
    instance: ProcessInstance,
    fields: Mapping[str, Any],
    row: Mapping[str, Any],
    now: Mapping[str, Any],
) -> bool:
    """Tell whether the value before a change can be brought back: no secret, and not there now."""
    field = fields.get(row["field"])
    if field is None or not field.holds_value or field.is_secret:
        return False
    return bool(now.get(row["field"]) != row["before"])


def restore_value(*, process_id: str, change_pk: int, field: str, user: User) -> ProcessInstance:
    """Give a field the value that it had before a change, as a change by hand.

    Raises Missing when the history has no such change, Conflict when the value cannot come back,
    and what a change by hand raises: Stale, Busy, Invalid.
    """
    instance, document = read_instance(process_id, user)
    change = Change.objects.filter(instance=instance, pk=change_pk).first()
    rights = InstanceRights(user, instance, document)
    rows = seen_changes(change.fields if change else (), rights)
    row = next((row for row in rows if row["field"] == field), None)
    if row is None:
        raise Missing(
            _("The history of %(process_id)s does not contain this change of %(field)s.")
            % {"process_id": instance.process_id, "field": field}
        )
    now = seen_values(shown(document, stored_values(document, instance)), rights)
    known = document.fields.get(field)
    if known is None or not known.holds_value:
        raise Conflict(
            _("%(document)s no longer has a field %(field)s.")
            % {"document": document.title, "field": field}
        )
    if known.is_secret:
        raise Conflict(_("The history contains no secrets, so they cannot be restored."))
    if not can_restore(instance, document.fields, row, now):
        return instance
    return patch_instance(
        process_id=instance.process_id,
        data={field: _typed(known, row["before"])},
        revision=instance.revision,
        user=user,
    )


def _typed(field: FormField, value: Any) -> Any:
    """Return a value without the cells that nobody types in: those stay as rules have left them."""
    off = switched_off(field)
    if not off or not isinstance(value, list):
        return value
    return [{name: cell for name, cell in row.items() if name not in off} for row in value]
