"""What happens next with a request: the forms after it, and who works on each, where known."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kianda.accounts.services.directory import DirectoryEntry, entries
from kianda.accounts.services.substitutes import THROUGH_LINK, with_substitutes
from processes.definition.document import Document
from processes.definition.flow import forms_ahead, ways_from
from processes.engine.instance_state import (
    COMPLETED,
    CURRENT,
    NOT_STARTED,
    InstanceState,
    form_of,
    records_of,
)
from processes.engine.run_values import python_of
from processes.instances.form_states import FormState
from processes.language.expressions import Template
from processes.language.people_refs import group_ref, user_ref
from processes.language.values import Value
from processes.rights.instance_rights import InstanceRights
from processes.rights.ownership import standing_of
from processes.rules import Rule
from processes.running.dry_run import dry_run
from processes.views.instances.new_instance_form import NewInstanceForm


class RequestStep(NamedTuple):
    """A form of a record as the person meets it who has begun it: `done`, `now` or `next`."""

    title: str
    state: str
    # Whose it is; empty where that is not known yet.
    people: list[DirectoryEntry]
    is_mine: bool = False
    # Anyone with a link can fill it in.
    is_linked: bool = False
    # Its turn surely comes.
    is_sure: bool = True


class _Owned(NamedTuple):
    """A form with the refs of those who work on it."""

    name: str
    title: str
    state: str
    refs: list[str]
    is_sure: bool = True


def steps_before(form: NewInstanceForm, target: str) -> list[RequestStep]:
    """Return the steps of a request that is not sent yet: its own form, and those after it.

    `target` is what submits it: whom its rules would assign the other forms to is worked out, and
    nothing is stored.
    """
    document, creator = form.document, form.user.get_username()
    standing = _assigned(form, target)
    records = records_of(document, standing or InstanceState(), creator)
    ran = _targets(document, target) if standing else []
    unknown = _unassigned(document, ran, form.fields)
    ahead = forms_ahead(document, _leads(document, target))
    later = []
    for one in document.forms[1:]:
        is_shown = form.display.get(one.name, {}).get("visible", True)
        if is_shown and one.name in ahead and form.rights.sees(one.name):
            record = records[one.name]
            is_creators = record.is_unowned and document.is_submitted(one)
            users = (creator,) if is_creators else record.users
            refs = [] if one.name in unknown else _refs(users, record.groups)
            later.append(_Owned(one.name, one.title, "next", refs, ahead[one.name]))
    first = [RequestStep(one.title, "now", [], is_mine=True) for one in document.forms[:1]]
    return first + _steps(document, later, user_ref(creator))


def steps_now(states: Iterable[FormState], rights: InstanceRights, me: str) -> list[RequestStep]:
    """Return the steps of a record as it stands, those that the person sees."""
    document, states = rights.document, list(states)
    done = {one.form for one in states if one.status == COMPLETED}
    current = {one.form for one in states if one.status == CURRENT}
    known = _settled(rights, done)
    leads = [
        way.leads_to
        for form in document.forms if form.name in current
        for way in ways_from(document, form, known)
    ]  # fmt: skip
    ahead = forms_ahead(document, leads, known) if current else {}
    ran = [found.key for found in document.rule_lists if form_of(document, found.key) in done]
    unknown = _unassigned(document, ran)
    hidden = standing_of(rights.instance).hidden
    marks = {COMPLETED: "done", CURRENT: "now"}
    seen = []
    for one in states:
        waits = one.status == NOT_STARTED
        if not rights.sees(one.form) or (waits and (one.form in hidden or one.form not in ahead)):
            continue
        refs = [] if waits and one.form in unknown else _of_state(one)
        is_sure = not waits or ahead[one.form]
        seen.append(_Owned(one.form, one.title, marks.get(one.status, "next"), refs, is_sure))
    return _steps(document, seen, user_ref(me))


def people_now(steps: Iterable[RequestStep]) -> list[DirectoryEntry]:
    """Return with whom a record is now."""
    return list({one.ref: one for step in steps if step.state == "now" for one in step.people}
                .values())  # fmt: skip


def _steps(document: Document, owned: Sequence[_Owned], me: str) -> list[RequestStep]:
    found = entries(ref for one in owned for ref in one.refs)
    now = with_substitutes(
        {ref: found[ref] for one in owned if one.state == "now" for ref in one.refs},
        me.removeprefix("user:"),
    )
    linked = {rule.links_to_form() for _place, rule in document.placed_rules() if rule.enabled}
    return [
        RequestStep(
            one.title, one.state, [(now if one.state == "now" else found)[ref] for ref in one.refs],
            is_mine=one.refs == [me],
            is_linked=one.name in linked and one.state != "done",
            is_sure=one.is_sure,
        )
        for one in owned
    ]  # fmt: skip


def _of_state(state: FormState) -> list[str]:
    """Return who has completed a form, or whose it is; what is everyone's names no one."""
    if state.status == COMPLETED:
        has_account = state.completed_by and not state.completed_by.startswith(THROUGH_LINK)
        return [user_ref(state.completed_by)] if has_account else []
    return [] if state.everyone else _refs(state.users, state.groups)


def _refs(users: Sequence[str], groups: Sequence[str]) -> list[str]:
    return [*map(user_ref, users), *map(group_ref, groups)]


def _leads(document: Document, target: str) -> Iterator[str]:
    """Yield where the first form leads to when a target submits it."""
    for form in document.forms[:1]:
        ways = ways_from(document, form)
        chosen = [one for one in ways if one.field == target.partition("#")[0]]
        yield from (one.leads_to for one in chosen or ways)


def _assigned(form: NewInstanceForm, target: str) -> InstanceState | None:
    """Return how the forms would be assigned, were the request sent now; None if that fails."""
    ran = _targets(form.document, target)
    rules = [rule for one in ran for rule in form.document.rules_of(one) if rule.assigns]
    values = form.values_read()
    done = dry_run(form.document, rules, user=form.user, values=values, display=form.display)
    return None if done.failure else done.standing


def _targets(document: Document, target: str) -> list[str]:
    """Return what submitting the first form runs."""
    first = [f"form:{form.name}#submit" for form in document.forms[:1]]
    return list(dict.fromkeys([target, *first] if target else first))


def _unassigned(
    document: Document, ran: Container[str], typed: Collection[str] = ()
) -> set[str]:  # fmt: skip
    """Return the forms that a rule may still give to someone: in no list of `ran`, or by values.

    Those can change: they are of the fields in which people type, or set by rules beside.
    """
    lists = document.rule_lists
    open_values = {*typed, *(name for one in lists if one.key in ran for name in _set(one.rules))}
    return {
        getattr(rule, "form", "")
        for one in lists
        for rule in one.rules
        if rule.enabled and rule.assigns
        if one.key not in ran or open_values.intersection(_asked(rule))
    }


def _asked(rule: Rule) -> Iterator[str]:
    """Yield the fields on which it depends to whom a rule gives a form."""
    names = list(rule.conditions.references()) if rule.conditions else []
    for source in (*rule.addressees("users"), *rule.addressees("groups")):
        names += Template.parse(source).references
    yield from (name.partition(".")[0] for name in names)


def _set(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield the fields that rules set."""
    for rule in rules:
        if rule.enabled:
            yield from (row.field for row in rule.assignments_shown())
            yield getattr(rule, "field", "")


def _settled(rights: InstanceRights, done: Container[str]) -> Mapping[str, Value]:
    """Return the values that the person sees of completed forms, which no rule to come sets."""
    document = rights.document
    rules = [
        rule
        for found in document.rule_lists
        if form_of(document, found.key) not in done
        for rule in found.rules
        if rule.enabled
    ]
    if any(rule.brings_answers() for rule in rules):
        return {}
    changing = set(_set(rules))
    return {
        name: value
        for name, value in python_of(document.fields, rights.instance.values).items()
        if document.form_of_field[name] in done and name not in changing and rights.sees(name)
    }
