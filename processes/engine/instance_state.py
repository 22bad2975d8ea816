"""Where an instance stands: its status, the states of its forms, what rules show and require.

Plain values that never change: each step (`transitions.py`) gives a new one. What the database
keeps is small: `{}` is the start, where the first form is open and all others wait.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.definition.document import Document, Form

FormStatus = Literal["not_started", "current", "completed"]
NOT_STARTED: FormStatus = "not_started"
CURRENT: FormStatus = "current"
COMPLETED: FormStatus = "completed"
# Why a form is sent back.
LONGEST_NOTE = 1_000
PARTS = ("visible", "enabled", "required")


@dataclass(frozen=True)
class FormRecord:
    """The state of one form: its owners, who completed it when, or who sent it back and why."""

    status: FormStatus = NOT_STARTED
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    # It was given to everyone who sees the instance.
    everyone: bool = False
    started: str = ""
    completed: str = ""
    completed_by: str = ""
    # Of a form that is open because it was sent back.
    sent_back: str = ""
    sent_back_by: str = ""
    note: str = ""
    # For whom of its owners a substitute has completed it or sent it back.
    acted_for: str = ""

    @property
    def is_unowned(self) -> bool:
        """Tell whether nobody is named, so that it is the creator's."""
        return not self.users and not self.groups and not self.everyone

    def waiting(self) -> "FormRecord":
        """Return it not started: nothing has happened to it, its owners stay."""
        return FormRecord(users=self.users, groups=self.groups, everyone=self.everyone)

    def open_since(self, at: str) -> "FormRecord":
        """Return it open; one that is open already stays as it is."""
        if self.status == CURRENT:
            return self
        return replace(self.waiting(), status=CURRENT, started=at)

    def completed_at(self, at: str, *, by: str, acted_for: str = "") -> "FormRecord":
        """Return it completed: why it was open again is told by the history."""
        done = replace(self.waiting(), status=COMPLETED, started=self.started)
        return replace(done, completed=at, completed_by=by, acted_for=acted_for)


Records: TypeAlias = Mapping[str, FormRecord]


@dataclass(frozen=True)
class InstanceState:
    """Status, forms and display of one instance, as the database keeps them."""

    status: str = "open"
    forms: Mapping[str, Any] = field(default_factory=dict)
    display: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    # The lists of rights that a rule has set for it alone.
    security: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def secured(self, lists: Mapping[str, Sequence[str]]) -> "InstanceState":
        """Return it with lists of rights of its own, over those it has; none: it has none more."""
        return replace(self, security={**self.security, **lists} if lists else {})

    def shown(self, name: str, part: str, *, value: bool) -> "InstanceState":
        """Return it with one part of a field's or form's display set by a rule."""
        display = {**self.display, name: {**self.display.get(name, {}), part: value}}
        return replace(self, display=display)

    @property
    def hidden(self) -> frozenset[str]:
        """Return what rules have hidden: such a form is passed over."""
        return frozenset(n for n, parts in self.display.items() if parts.get("visible") is False)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "status": self.status, "forms": self.forms, "display": self.display,
            "security": {name: list(refs) for name, refs in self.security.items()},
        }  # fmt: skip


def records_of(document: Document, standing: InstanceState, creator: str) -> dict[str, FormRecord]:
    """Return the state of every form of a definition, in its order.

    Forms that the definition has no more are left out; when none is open although the instance has
    not ended, the first that is not completed is.
    """
    kept: Mapping[str, Any] = standing.forms.get("forms", {})
    records = {
        name: _record(kept[name], record) if name in kept else record
        for name, record in _fresh_records(document, creator).items()
    }
    if not standing.forms.get("ended") and not open_names(records):
        hidden = standing.hidden
        shown = (name for name in records if name not in hidden)
        first = next((name for name in shown if records[name].status == NOT_STARTED), None)
        if first:
            records.update(opened(document, records, [first], "", hidden))
    return records


def _fresh(form: Form, *, creator: str) -> FormRecord:
    """Return the state of a form that nothing has happened to."""
    users, groups = form.owners.users, form.owners.groups
    if creator and (users or groups):
        users = tuple(dict.fromkeys((*users, creator)))
    return FormRecord(users=users, groups=groups)


def _record(kept: Mapping[str, Any], fresh: FormRecord) -> FormRecord:
    parts: dict[str, Any] = {
        name: tuple(part) if isinstance(part, list) else part for name, part in kept.items()
    }
    record = FormRecord(**parts)
    # Once, nobody named said that it was given to everyone, though its design names owners.
    was_everyones = record.is_unowned and not fresh.is_unowned
    return replace(record, everyone=True) if was_everyones else record


def kept_states(
    document: Document, records: Records, *, ended: bool, creator: str
) -> dict[str, Any]:
    """Return the states as they are stored; a form that nothing happened to follows its design."""
    fresh = _fresh_records(document, creator)
    forms = {
        name: {
            part: list(value) if isinstance(value, tuple) else value
            for part, value in vars(record).items()
            if value
        }
        for name, record in records.items()
        if record != fresh.get(name)
    }
    return {"forms": forms, "ended": ended}


def _fresh_records(document: Document, creator: str) -> dict[str, FormRecord]:
    return {
        form.name: _fresh(form, creator="" if number else creator)
        for number, form in enumerate(document.forms)
    }


def open_names(records: Records) -> list[str]:
    """Return the names of the forms that are worked on now."""
    return [name for name, record in records.items() if record.status == CURRENT]


def opened(
    document: Document, records: Records, names: Iterable[str], at: str, hidden: frozenset[str]
) -> dict[str, FormRecord]:
    """Return the records of these forms, and of those that open with them, now open."""
    wanted, together = set(names), set[str]()
    while more := {
        form.name
        for form in document.forms
        if form.activate_with in wanted | together
        and form.name not in wanted | together | hidden
        and records[form.name].status == NOT_STARTED
    }:
        together |= more
    return {name: records[name].open_since(at) for name in [*wanted, *sorted(together)]}


def note_too_long(note: str) -> str:
    """Return a sentence when the note to a form that is sent back is too long."""
    if len(note) <= LONGEST_NOTE:
        return ""
    return _("The note has %(length)s characters; at most %(most)s are allowed.") % {
        "length": grouped(len(note)),
        "most": grouped(LONGEST_NOTE),
    }


def standing_columns(before: InstanceState, after: InstanceState) -> dict[str, Any]:
    """Return what of a standing is to be stored: the parts that changed."""
    if before is after:
        return {}
    old, new = before.as_json(), after.as_json()
    return {name: value for name, value in new.items() if value != old[name]}


def form_of(document: Document, target: str) -> str:
    """Return the name of the form on which a target stands, or nothing."""
    owner = target.partition("#")[0]
    if owner.startswith("form:"):
        return owner.removeprefix("form:")
    return document.form_of_field.get(owner, "")
