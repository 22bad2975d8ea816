"""Whose a form is, as work lists ask for it: rows of the people and groups of open forms."""

from django.contrib.auth.models import User

from processes.definition.document import Document
from processes.engine.instance_state import CURRENT, FormRecord, InstanceState, records_of
from processes.models import FormOwner, ProcessInstance
from processes.rights.decisions import person_of
from processes.rights.people import creator_of, store_people


def owner_names(user: User) -> list[tuple[str, str]]:
    """Return by which kinds and names open forms are a person's work, as the rows have them."""
    person = person_of(user)
    users = [(FormOwner.Kind.USER.value, name) for name in (person.name, *person.stood_for)]
    return [*users, *((FormOwner.Kind.GROUP.value, name) for name in person.groups)]


def standing_of(instance: ProcessInstance) -> InstanceState:
    """Return where an instance stands."""
    own = instance.security or {}
    return InstanceState(instance.status, instance.forms, instance.display, own)


def records_for(instance: ProcessInstance, document: Document) -> dict[str, FormRecord]:
    """Return the state of every form of an instance."""
    return records_of(document, standing_of(instance), creator_of(instance))


def people_of(
    form: str, record: FormRecord, instance: ProcessInstance, document: Document
) -> tuple[str, ...]:
    """Return the people of a form; when nobody is named, whoever made the instance.

    So they find what was given to everyone. A form that is never submitted is nobody's work.
    """
    named = record.users or record.groups
    theirs = any(one.name == form and document.is_submitted(one) for one in document.forms)
    creator = creator_of(instance) if theirs and not named else ""
    return (creator,) if creator else record.users


def store_owners(
    instance: ProcessInstance,
    document: Document,
    *,
    fresh: bool = False,
    standing: InstanceState | None = None,
    substitute: str = "",
) -> None:
    """Keep whose the open forms are, for `my_work`; call inside the storing transaction.

    `standing` is where the instance stands by that, when its row does not say so yet; `substitute`
    who has moved it there in place of somebody else.
    """
    standing = standing or standing_of(instance)
    records = records_of(document, standing, creator_of(instance))
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
    store_people(instance, document, standing=standing, substitute=substitute)
