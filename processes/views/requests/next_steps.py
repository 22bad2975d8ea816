"""What happens next with a request: the forms after it, and who works on each, where known."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kianda.accounts.services.directory import DirectoryEntry, entries
from processes.definition.document import Document
from processes.engine.instance_state import (
    COMPLETED,
    CURRENT,
    FormRecord,
    InstanceState,
    records_of,
)
from processes.instances.form_states import FormState
from processes.language.people_refs import group_ref, user_ref
from processes.language.values import Value
from processes.rights.instance_rights import InstanceRights
from processes.rules import Rule
from processes.running.dry_run import dry_run


class RequestStep(NamedTuple):
    """A form of a record as the person meets it who has begun it: `done`, `now` or `next`."""

    title: str
    state: str
    # Whose it is; empty where that is not known yet.
    people: list[DirectoryEntry]
    is_mine: bool = False


def steps_before(
    document: Document, rights: InstanceRights, values: Mapping[str, Value], target: str
) -> list[RequestStep]:
    """Return the steps of a request that is not sent yet: its own form, and those after it.

    `target` is what submits it: whom its rules would assign the other forms to is worked out, and
    nothing is stored.
    """
    standing = _assigned(document, rights, values, target)
    creator = rights.instance.created_by
    name = creator.username if creator else ""
    records = records_of(document, standing, name)
    steps = [
        (form.title, records[form.name])
        for form in document.forms[1:]
        if rights.sees(form.name) and standing.display.get(form.name, {}).get("visible", True)
    ]
    first = [RequestStep(form.title, "now", [], is_mine=True) for form in document.forms[:1]]
    found = entries(ref for _title, record in steps for ref in _refs(record.users, record.groups))
    return first + [_after(title, record, found, name) for title, record in steps]


def _after(
    title: str, record: FormRecord, found: Mapping[str, DirectoryEntry], me: str
) -> RequestStep:
    people = [found[ref] for ref in _refs(record.users, record.groups)]
    mine = record.is_unowned or (record.users == (me,) and not record.groups)
    return RequestStep(title, "next", [] if mine else people, is_mine=mine)


def steps_now(states: Iterable[FormState], rights: InstanceRights, me: str) -> list[RequestStep]:
    """Return the steps of a record as it stands, those that the person sees."""
    seen = [one for one in states if rights.sees(one.form)]
    found = entries(ref for one in seen for ref in _refs(one.users, one.groups))
    marks = {COMPLETED: "done", CURRENT: "now"}
    return [
        RequestStep(
            one.title, marks.get(one.status, "next"),
            [found[ref] for ref in _refs(one.users, one.groups)],
            is_mine=one.users == (me,) and not one.groups,
        )
        for one in seen
    ]  # fmt: skip


def people_now(steps: Iterable[RequestStep]) -> list[DirectoryEntry]:
    """Return with whom a record is now."""
    return list({one.ref: one for step in steps if step.state == "now" for one in step.people}
                .values())  # fmt: skip


def _refs(users: Sequence[str], groups: Sequence[str]) -> list[str]:
    return [*map(user_ref, users), *map(group_ref, groups)]


def _assigned(
    document: Document, rights: InstanceRights, values: Mapping[str, Value], target: str
) -> InstanceState:
    """Return how the forms would be assigned, were the request sent as it is now."""
    user, before = rights.instance.created_by, InstanceState()
    rules = [one for one in _run_by(document, target) if one.assigns]
    if user is None or not rules:
        return before
    done = dry_run(document, rules, user=user, values=values, display={})
    return before if done.failure else done.standing


def _run_by(document: Document, target: str) -> list[Rule]:
    """Return the rules of a target, and those of submitting the first form."""
    first = [f"form:{form.name}#submit" for form in document.forms[:1]]
    targets = dict.fromkeys([target, *first] if target else first)
    return [rule for one in targets for rule in document.rules_of(one)]
