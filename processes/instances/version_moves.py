"""Moving an instance to another version of its design: one at a time, each in one transaction."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib.errors import Busy, Conflict
from kianda.lib.secret_names import MASK
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.fields.base import FormField
from processes.fields.table import Table
from processes.instances.stored_values import filled, shown, split, stored_values
from processes.language.values import Value, ValueFailure, is_blank
from processes.models import Change, DesignVersion, ProcessDesign, ProcessInstance, Run
from processes.rights.ownership import store_owners
from processes.rights.people import store_people

# What the history names a move by.
FIELD = "process.version"


class CannotMove(Conflict):
    """An instance with a value that does not fit the new version."""

    title = gettext_noop("Cannot move")
    sentence = gettext_noop("A value of the record is not valid in the new version.")


def renamed_fields(old: Document, new: Document) -> dict[str, str]:
    """Return {old name: new name} of the fields that were renamed between two versions.

    A field counts as renamed when it is gone, and a new field of the same type stands at its place
    in the same form, or has its title there.
    """
    renamed: dict[str, str] = {}
    for form in old.forms:
        successor = next((other for other in new.forms if other.name == form.name), None)
        if successor is None:
            continue
        were, are = list(form.all_fields()), list(successor.all_fields())
        renamed |= _renamed(were, are, old=old.fields, new=new.fields)
    return renamed


def _renamed(
    were: Sequence[FormField],
    are: Sequence[FormField],
    *,
    old: Container[str],
    new: Container[str],
) -> dict[str, str]:
    renamed: dict[str, str] = {}
    gone = [(at, field) for at, field in enumerate(were) if field.name not in new]
    fresh = {at: field for at, field in enumerate(are) if field.name not in old}
    for at, field in gone:
        same = [i for i, other in fresh.items() if other.slug() == field.slug()]
        match = next((i for i in same if fresh[i].title == field.title), None)
        if match is None and at in same and len(were) == len(are):
            match = at
        if match is not None:
            renamed[field.name] = fresh.pop(match).name
    return renamed


def _written(old: FormField, new: FormField, value: Value) -> Any:
    """Return a value as its old field writes it, under the new names of a table's columns."""
    written: Any = old.to_json(value)
    if not (isinstance(old, Table) and isinstance(new, Table)):
        return written
    were, are = [{column.name for column in table.columns} for table in (old, new)]
    renamed = _renamed(old.columns, new.columns, old=were, new=are)
    if not renamed:
        return written
    return [{renamed.get(name, name): cell for name, cell in row.items()} for row in written]


def moved_values(old: Document, new: Document, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of all fields as the new version holds them; raises CannotMove."""
    return filled(new, carried_values(old, new, values))


def carried_values(old: Document, new: Document, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return these values under the names and in the types of the new version; as above."""
    renamed = renamed_fields(old, new)
    carried: dict[str, Value] = {}
    for name, value in values.items():
        target = renamed.get(name, name)
        field = new.fields.get(target)
        if field is None or not field.holds_value:
            continue
        if name in old.secrets and not field.is_secret:
            # A secret never comes to light by a change of the design.
            carried[target] = field.empty()
        else:
            try:
                carried[target] = field.to_python(_written(old.fields[name], field, value))
            except ValueFailure as failure:
                raise CannotMove(
                    _("The value of %(field)s is not valid: %(failure)s")
                    % {"field": field.title, "failure": failure}
                ) from failure
    return carried


def follow_draft(instance: ProcessInstance, document: Document) -> tuple[ProcessInstance, Document]:
    """Bring a preview instance to the newest saved draft; its row is locked by the caller."""
    design = instance.design
    if instance.mode != ProcessInstance.Mode.PREVIEW or instance.version_id == design.draft_id:
        return instance, document
    newest = design.draft
    assert newest is not None  # an instance exists, so a version does
    _move(instance, document, newest, user=None)
    return instance, document_of(newest)


def move_instance(*, instance_pk: int, version: DesignVersion, user: User | None) -> None:
    """Move one instance to a version; raises Busy or CannotMove, then nothing is changed."""
    with transaction.atomic():
        # Version and design are read after the lock: joined to it, they would be those of before.
        instance = ProcessInstance.objects.select_for_update().get(pk=instance_pk)
        if instance.version_id == version.pk:
            return
        if Run.objects.filter(instance=instance, status=Run.Status.RUNNING).exists():
            raise Busy(
                _("A run of %(process_id)s is in progress.") % {"process_id": instance.process_id}
            )
        _move(instance, document_of(instance.version), version, user=user)


def _move(
    instance: ProcessInstance, old: Document, version: DesignVersion, *, user: User | None
) -> None:
    new = document_of(version)
    origin, before = str(instance.version), stored_values(old, instance)
    after = moved_values(old, new, before)
    moment = timezone.now()
    instance.values, secrets = split(new, after)
    instance.secrets = secrets or None
    instance.version = version
    instance.revision += 1
    instance.modified, instance.modified_by = moment, user
    instance.save(
        update_fields=["values", "secrets", "version", "revision", "modified", "modified_by"]
    )
    # A form may have gone, or have other owners now.
    store_owners(instance, new)
    store_people(instance, new, values=after)
    changes = _differences(old, new, shown(old, before), shown(new, after))
    # A preview follows each draft that is saved: that alone is nothing to tell.
    if len(changes) > 1 or instance.mode == ProcessInstance.Mode.LIVE:
        changes[0] |= {"before": origin, "after": str(version)}
        Change.objects.create(
            instance=instance,
            revision=instance.revision,
            at=moment,
            by=user,
            by_name=user.get_username() if user else "",
            fields=changes,
        )


def _as_in(document: Document, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as history may hold them: a field that is secret from now on is masked."""
    return {
        name: MASK if value and name in document.secrets else value
        for name, value in values.items()
    }


def _differences(
    old: Document, new: Document, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the history of a move, itself first, with the titles that are other ones now.

    A field that was renamed has not changed; the value of a removed one stays readable there.
    """
    names = renamed_fields(old, new)
    was = _as_in(new, {names.get(name, name): value for name, value in before.items()})
    rows: list[dict[str, Any]] = [
        {"field": name, "before": was.get(name), "after": after.get(name)}
        for name in dict.fromkeys([*was, *after])
        if was.get(name) != after.get(name)
    ]
    for row in rows:
        if row["field"] not in new.fields:
            row["title"] = old.fields[row["field"]].title
    titles = [
        {"field": now, "before": old.fields[name].title, "after": new.fields[now].title}
        for name, now in names.items()
        if not is_blank(before.get(name)) and old.fields[name].title != new.fields[now].title
    ]
    return [{"field": FIELD, "renamed": titles}, *rows]


def move_open_instances(
    *, design: ProcessDesign, version: DesignVersion, user: User | None
) -> list[dict[str, str]]:
    """Move the live instances of a design; return those that stayed, each with its reason."""
    stayed = []
    rows = ProcessInstance.objects.filter(design=design, mode=ProcessInstance.Mode.LIVE)
    for pk, process_id in rows.exclude(version=version).values_list("pk", "process_id"):
        try:
            move_instance(instance_pk=pk, version=version, user=user)
        except (Busy, CannotMove) as reason:
            stayed.append({"process_id": process_id, "reason": reason.detail})
    return stayed


def as_in_draft(
    instance: ProcessInstance, document: Document, values: Mapping[str, Value]
) -> tuple[DesignVersion, Document, Mapping[str, Value]]:
    """Return a preview instance's values as the newest draft has them; nothing is stored.

    When a value does not fit, the instance is shown as it is stored.
    """
    draft = instance.design.draft
    if (
        instance.mode != ProcessInstance.Mode.PREVIEW
        or draft is None
        or instance.version_id == draft.pk
    ):
        return instance.version, document, values
    newest = document_of(draft)
    try:
        return draft, newest, moved_values(document, newest, values)
    except CannotMove:
        return instance.version, document, values
