"""What a run asks of the people of the workspace: who they are, and to change what is known."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.services.people_in_rules import (
    change_person_data,
    changeable_person,
    people_with,
    person_named,
)
from kianda.accounts.services.person_data import part_of
from processes.engine.ports import RunState
from processes.language.people_refs import user_ref
from processes.language.values import Value
from processes.rules.ports import Item, PeopleQuery, PersonAct


def found_people(query: PeopleQuery) -> list[Item]:
    """Return the people who fit: who each is, and what is wanted of them."""
    if query.property == "id":
        named = person_named(query.value)
        rows = [named] if named else []
    else:
        rows = people_with(query.property, query.value, operator=query.operator, most=query.most)
    return [_item(row, query.wanted) for row in rows]


def change_person(act: PersonAct, run: RunState, *, by: User | None, where: str) -> Item:
    """Change what is known of a person; the intent is durable before."""
    user = changeable_person(act.person, by=by)
    assert by is not None  # who may
    run.intend(act.shown)
    how = _("By a rule of %(process_id)s") % {"process_id": where}
    change_person_data(user, dict(act.values), how=how, by=by)
    return _item(user, tuple(act.values))


def _item(user: User, wanted: tuple[str, ...]) -> Mapping[str, Value]:
    ref = user_ref(user.get_username())
    return {"ref": ref, **{part: part_of(ref, part) for part in wanted}}
