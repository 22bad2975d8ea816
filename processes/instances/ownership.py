"""Whose a form is: who may change its fields, press its buttons and submit it."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, groups_of, has_role, role_titles
from kianda.lib.errors import Forbidden
from processes.definition.document import Document
from processes.engine.instance_state import CURRENT, FormRecord, InstanceState, form_of, records_of
from processes.models import FormOwner, ProcessInstance


def standing_of(instance: ProcessInstance) -> InstanceState:
    """Return where an instance stands."""
    return InstanceState(instance.status, instance.forms, instance.display)


def creator_of(instance: ProcessInstance) -> str:
    """Return the user name of whoever made an instance, or nothing."""
    return instance.created_by.get_username() if instance.created_by else ""


def records_for(instance: ProcessInstance, document: Document) -> dict[str, FormRecord]:
    """Return the state of every form of an instance."""
    return records_of(document, standing_of(instance), creator_of(instance))


def is_owner(
    user: User | None, instance: ProcessInstance, *, users: Iterable[str], groups: Iterable[str]
) -> bool:
    """Tell whether what belongs to these people and groups belongs to a person.

    An administrator may do everything; whoever tries a draft plays all its parts.
    """
    if user is None or not user.is_active:
        return False
    if has_role(user, ADMINISTRATOR) or user.get_username() in users:
        return True
    if instance.mode == ProcessInstance.Mode.PREVIEW and instance.created_by_id == user.pk:
        return True
    return bool(set(groups) & groups_of(user))


def refuse_foreign(
    user: User | None,
    instance: ProcessInstance,
    document: Document,
    *,
    fields: Iterable[str] = (),
    target: str = "",
) -> None:
    """Raise Forbidden when a field that is to change, or a target, is on somebody else's form."""
    if not instance.forms and not any(form.owners.names for form in document.forms):
        return
    records = records_for(instance, document)
    on_forms = {form_of(document, name) for name in (*fields, *([target] if target else []))}
    for form in document.forms:
        record = records[form.name]
        if form.name not in on_forms or record.is_anyones:
            continue
        if not is_owner(user, instance, users=record.users, groups=record.groups):
            owners = ", ".join((*record.users, *role_titles(record.groups)))
            raise Forbidden(
                _("The form %(form)s belongs to %(owners)s; only they can change it.")
                % {"form": form.title, "owners": owners}
            )


def people_of(
    form: str, record: FormRecord, instance: ProcessInstance, document: Document
) -> tuple[str, ...]:
    """Return the people of a form; when nobody is named, whoever made the instance.

    A form that is never submitted is nobody's work.
    """
    theirs = any(one.name == form and document.is_submitted(one) for one in document.forms)
    creator = creator_of(instance) if record.is_anyones and theirs else ""
    return (creator,) if creator else record.users


def store_owners(
    instance: ProcessInstance,
    document: Document,
    *,
    fresh: bool = False,
    standing: InstanceState | None = None,
) -> None:
    """Keep whose the open forms are, for `my_work`; call inside the storing transaction.

    `standing` is where the instance stands by that, when its row does not say so yet.
    """
    records = records_of(document, standing or standing_of(instance), creator_of(instance))
    if not fresh:
        FormOwner.objects.filter(instance=instance).delete()
    FormOwner.objects.bulk_create(
        FormOwner(instance=instance, form=form, kind=kind, name=name)
        for form, record in records.items()
        if record.status == CURRENT
        for kind, names in (
            (FormOwner.Kind.USER, people_of(form, record, instance, document)),
            (FormOwner.Kind.GROUP, record.groups),
        )
        for name in names
    )
