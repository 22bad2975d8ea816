"""People and groups that a definition names: owners of its forms, and to whom rules assign them."""

from collections.abc import Iterator, Sequence

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from processes.definition.catalog import Catalog
from processes.definition.document import Document
from processes.language.expressions import Template
from processes.language.values import names_in


def owner_flaws(document: Document, catalog: Catalog) -> Iterator[Flaw]:
    """Find owners that nobody is called: such a form would wait for ever."""
    forms = [(f"/forms/{at}/owners", form.owners) for at, form in enumerate(document.forms)]
    users = catalog.unknown_users({name for _, owners in forms for name in owners.users})
    groups = catalog.unknown_groups({name for _, owners in forms for name in owners.groups})
    for place, owners in forms:
        for at, name in enumerate(owners.users):
            if name in users:
                yield Flaw(
                    f"{place}/users/{at}",
                    _("There is no user with the user name %(name)s.") % {"name": name},
                )
        for at, name in enumerate(owners.groups):
            if name in groups:
                yield Flaw(
                    f"{place}/groups/{at}", _("There is no group %(name)s.") % {"name": name}
                )


def group_flaws(document: Document, catalog: Catalog) -> Iterator[Flaw]:
    """Find fields that take the members of a group which is not there: nobody could be chosen."""
    asked = list(document.groups_asked_for())
    unknown = catalog.unknown_groups({group for _, group in asked}) if asked else ()
    for place, group in asked:
        if group in unknown:
            yield Flaw(place, _("There is no group %(name)s.") % {"name": group})


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
                    _("Nobody has the user name or address %(name)s now: the rule would fail.")
                    % {"name": name},
                )
        for at, names in of_groups.items():
            for name in filter(groups.__contains__, names):
                yield Flaw(
                    f"{place}/to/groups/{at}",
                    _("There is no group %(name)s now: the rule would fail.") % {"name": name},
                )


def _named(sources: Sequence[str]) -> dict[int, list[str]]:
    """Return the names that are written out, by their rows; a field may hold any other."""
    parsed = {at: Template.parse(source) for at, source in enumerate(sources)}
    return {
        at: names_in("".join(str(part) for part in template.parts))
        for at, template in parsed.items()
        if template.is_constant
    }
