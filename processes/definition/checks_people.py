"""People and groups that a definition names: owners of its forms, and to whom rules assign them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.pointers import pointer
from processes.definition.catalog import Catalog
from processes.definition.document import Document, Form
from processes.definition.security import Security
from processes.fields.base import FormField, walk
from processes.language.expressions import Template
from processes.language.people_refs import named_group, named_user
from processes.language.values import names_in


class Named(NamedTuple):
    """Somebody whom a definition names at a place: a person or a group."""

    pointer: str
    user: str = ""
    group: str = ""


def owner_flaws(document: Document, catalog: Catalog) -> Iterator[Flaw]:
    """Find people and groups that nobody is called: such a form would wait for ever."""
    named = list(named_in(document))
    users = catalog.unknown_users({name for _, name, _group in named if name})
    groups = catalog.unknown_groups({group for _, _name, group in named if group})
    for place, name, group in named:
        if name in users:
            yield Flaw(place, _("No user named %(name)s.") % {"name": name})
        if group in groups:
            yield Flaw(place, _("No group named %(name)s.") % {"name": group})


def named_in(document: Document) -> Iterator[Named]:
    """Find the people and groups that forms, rights, fields and rules of a definition name."""
    yield from _owners(document)
    yield from _in_rights(document)
    for place, group in document.groups_asked_for():
        yield Named(place, group=group)
    for place, rule in document.placed_rules():
        for setting, ref in rule.named_refs():
            yield from _named_at(f"{place}/{setting}", ref)


def _owners(document: Document) -> Iterator[Named]:
    for number, form in enumerate(document.forms):
        place = pointer("forms", number, "owners")
        for at, name in enumerate(form.owners.users):
            yield Named(f"{place}/users/{at}", user=name)
        for at, name in enumerate(form.owners.groups):
            yield Named(f"{place}/groups/{at}", group=name)


def _in_rights(document: Document) -> Iterator[Named]:
    for name in Security.model_fields:
        yield from _named_in(pointer("security", name), getattr(document.security, name))
    for number, form in enumerate(document.forms):
        yield from _named_on(pointer("forms", number), form)
        for name in type(form.quick_actions).model_fields:
            place = pointer("forms", number, "quick_actions", name)
            yield from _named_in(place, getattr(form.quick_actions, name))
        for place, field in walk(form.fields, pointer("forms", number, "fields")):
            yield from _named_on(place, field)
            for at, column in enumerate(getattr(field, "columns", ())):
                yield from _named_on(f"{place}/columns/{at}", column)


def _named_on(place: str, part: Form | FormField) -> Iterator[Named]:
    for setting in ("see", "edit", "press", "menu"):
        yield from _named_in(f"{place}/{setting}", getattr(part, setting, ()))


def _named_in(place: str, refs: Sequence[str]) -> Iterator[Named]:
    for at, ref in enumerate(refs):
        yield from _named_at(f"{place}/{at}", ref)


def _named_at(place: str, ref: str) -> Iterator[Named]:
    if named_user(ref) or named_group(ref):
        yield Named(place, named_user(ref), named_group(ref))


def assignment_advice(document: Document, catalog: Catalog) -> Iterator[Flaw]:
    """Find whom a rule would not find now; people come and go, so it is no more than a hint."""
    rules = [
        (place, _named(rule.addressees("users")), _named(rule.addressees("groups")))
        for place, rule in document.placed_rules()
    ]
    people, groups = catalog.unassignable(
        people={name for _, rows, _ in rules for names in rows.values() for name in names},
        groups={name for _, _, rows in rules for names in rows.values() for name in names},
    )
    for place, of_people, of_groups in rules:
        for at, names in of_people.items():
            for name in filter(people.__contains__, names):
                yield Flaw(
                    f"{place}/to/users/{at}",
                    _("No user named %(name)s. The rule would fail.") % {"name": name},
                )
        for at, names in of_groups.items():
            for name in filter(groups.__contains__, names):
                yield Flaw(
                    f"{place}/to/groups/{at}",
                    _("No group named %(name)s. The rule would fail.") % {"name": name},
                )


def _named(sources: Sequence[str]) -> dict[int, list[str]]:
    """Return the names that are written out, by their rows; a field may hold any other."""
    parsed = {at: Template.parse(source) for at, source in enumerate(sources)}
    return {
        at: names_in("".join(str(part) for part in template.parts))
        for at, template in parsed.items()
        if template.is_constant
    }
