"""Who asks, and who has to do with an instance; kept in rows that lists can ask for."""

from collections.abc import Collection, Mapping
from functools import cached_property

from processes.definition.document import Document
from processes.engine.instance_state import FormRecord, InstanceState, records_of
from processes.language.people_refs import group_ref, user_ref
from processes.language.values import Value
from processes.models import (
    FormOwner,
    InstancePerson,
    ProcessInstance,
    SavedViewReader,
    field_relation,
)


def creator_of(instance: ProcessInstance) -> str:
    """Return the user name of whoever made an instance, or nothing."""
    return instance.created_by.get_username() if instance.created_by else ""


class StoredPeople:
    """The people of an instance as the database has them, each looked up when it is asked for."""

    def __init__(self, instance: ProcessInstance) -> None:
        """Take the instance."""
        self._instance = instance

    @cached_property
    def creator(self) -> str:
        """Return who made it, or nothing."""
        return creator_of(self._instance)

    @cached_property
    def owners(self) -> Collection[str]:
        """Return whose its open forms are."""
        if self._instance._state.adding:
            return frozenset()
        rows = FormOwner.objects.filter(instance=self._instance)
        return frozenset(_ref(kind, name) for kind, name in rows.values_list("kind", "name"))

    @cached_property
    def participants(self) -> Collection[str]:
        """Return who made it, and whoever has owned one of its forms."""
        made = {user_ref(self.creator)} if self.creator else set()
        return frozenset(made | set(self._people.get(InstancePerson.PARTICIPANT, ())))

    def people_in(self, field: str) -> Collection[str]:
        """Return the people that a field holds."""
        return self._people.get(field_relation(field), ())

    @cached_property
    def _people(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        if self._instance._state.adding:
            return found
        rows = InstancePerson.objects.filter(instance=self._instance)
        for relation, ref in rows.values_list("relation", "ref"):
            found.setdefault(relation, []).append(ref)
        return found


class OwnersOfForm:
    """The people of an instance, where `owners` are those of one of its forms, open or not."""

    def __init__(self, people: StoredPeople, owners: Collection[str]) -> None:
        """Take the people of the instance, and the owners of the form."""
        self._people, self.owners = people, owners

    @property
    def creator(self) -> str:
        """Return who made the instance, or nothing."""
        return self._people.creator

    @property
    def participants(self) -> Collection[str]:
        """Return who made it, and whoever has owned one of its forms."""
        return self._people.participants

    def people_in(self, field: str) -> Collection[str]:
        """Return the people that a field holds."""
        return self._people.people_in(field)


def owners_in(record: FormRecord, creator: str) -> frozenset[str]:
    """Return the owners of a form as refs; when nobody is named, whoever made the instance."""
    named = {*map(user_ref, record.users), *map(group_ref, record.groups)}
    return frozenset({user_ref(creator)} if record.is_unowned and creator else named)


def store_people(
    instance: ProcessInstance,
    document: Document,
    *,
    values: Mapping[str, Value] | None = None,
    standing: InstanceState | None = None,
    substitute: str = "",
) -> None:
    """Keep who has to do with an instance; call inside the storing transaction.

    `values` are its new values, where they have changed; `standing` where it stands by now. Who has
    owned a form stays, for good, and so does a `substitute` who has moved it on: they go on seeing
    what becomes of it. Whom a field holds stays as long as it does.
    """
    if standing is not None and (standing.security or instance.has_own_see):
        _hold(instance, InstancePerson.SEE, frozenset(standing.security.get("see", ())))
    if standing is not None:
        acting = {user_ref(substitute)} if substitute else set()
        _add(instance, {(InstancePerson.PARTICIPANT, ref) for ref in acting | _owners(
            instance, document, standing)})  # fmt: skip
    if values is not None:
        for name in document.people_fields:
            found = document.fields[name].refs(values.get(name))
            _hold(instance, field_relation(name), {ref for _place, ref, _field in found})


def forget_group(name: str) -> None:
    """Forget what a group has had to do with instances: one that is made anew inherits nothing.

    So it is with the views that were shared with it.
    """
    InstancePerson.objects.filter(ref=group_ref(name)).delete()
    SavedViewReader.objects.filter(ref=group_ref(name)).delete()


def _owners(
    instance: ProcessInstance, document: Document, standing: InstanceState
) -> frozenset[str]:
    """Return whoever owns a form that is open or done; the creator is one of them anyway."""
    creator = creator_of(instance)
    found: set[str] = set()
    for record in records_of(document, standing, creator).values():
        if record.status != "not_started":
            found |= owners_in(record, creator)
            # Who has done it as a substitute goes on seeing what became of it.
            found |= {user_ref(record.completed_by)} if record.acted_for else set()
    return frozenset(found - {user_ref(creator)})


def _add(instance: ProcessInstance, wanted: Collection[tuple[str, str]]) -> None:
    if wanted:
        InstancePerson.objects.bulk_create(
            (InstancePerson(instance=instance, relation=relation, ref=ref)
             for relation, ref in sorted(wanted)),
            ignore_conflicts=True,
        )  # fmt: skip


def _hold(instance: ProcessInstance, relation: str, refs: Collection[str]) -> None:
    rows = InstancePerson.objects.filter(instance=instance, relation=relation)
    rows.exclude(ref__in=refs).delete()
    _add(instance, {(relation, ref) for ref in refs})


def _ref(kind: str, name: str) -> str:
    return user_ref(name) if kind == FormOwner.Kind.USER else group_ref(name)
