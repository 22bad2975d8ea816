"""Where an instance stands: its status, the states of its forms, what rules show and require.

Plain values that never change: each step gives a new standing. What the database keeps is small:
`{}` is the start, where the first form is open and all others wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from processes.document import Document, Form

FormStatus = Literal["not_started", "current", "completed"]
NOT_STARTED: FormStatus = "not_started"
CURRENT: FormStatus = "current"
COMPLETED: FormStatus = "completed"
PARTS = ("visible", "enabled", "required")
ENDED_STATUS = "completed"


class NotOpen(Exception):
    """A form is not being worked on. The message is a sentence for the user."""


@dataclass(frozen=True)
class FormRecord:
    """The state of one form: its owners, and who completed it when."""

    status: FormStatus = NOT_STARTED
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    started: str = ""
    completed: str = ""
    completed_by: str = ""

    @property
    def is_anyones(self) -> bool:
        """Tell whether nobody is named, so that whoever sees the instance may work on it."""
        return not self.users and not self.groups


Records: TypeAlias = Mapping[str, FormRecord]


@dataclass(frozen=True)
class Moment:
    """Who acts, and when, as ISO 8601 text."""

    by: str
    at: str


@dataclass(frozen=True)
class Standing:
    """Status, forms and display of one instance, as the database keeps them."""

    status: str = "open"
    forms: Mapping[str, Any] = field(default_factory=dict)
    display: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    def shown(self, name: str, part: str, *, value: bool) -> "Standing":
        """Return it with one part of a field's or form's display set by a rule."""
        display = {**self.display, name: {**self.display.get(name, {}), part: value}}
        return replace(self, display=display)

    @property
    def hidden(self) -> frozenset[str]:
        """Return what rules have hidden: such a form is passed over."""
        return frozenset(n for n, parts in self.display.items() if parts.get("visible") is False)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"status": self.status, "forms": self.forms, "display": self.display}


def records_of(document: Document, standing: Standing, creator: str) -> dict[str, FormRecord]:
    """Return the state of every form of a definition, in its order.

    Forms that the definition has no more are left out; when none is open although the instance has
    not ended, the first that is not completed is.
    """
    kept: Mapping[str, Any] = standing.forms.get("forms", {})
    records = {
        name: _record(kept[name]) if name in kept else record
        for name, record in _fresh_records(document, creator).items()
    }
    if not standing.forms.get("ended") and not _open(records):
        hidden = standing.hidden
        shown = (name for name in records if name not in hidden)
        first = next((name for name in shown if records[name].status == NOT_STARTED), None)
        if first:
            records.update(_opened(document, records, [first], "", hidden))
    return records


def _fresh(form: Form, *, creator: str) -> FormRecord:
    """Return the state of a form that nothing has happened to."""
    users, groups = form.owners.users, form.owners.groups
    if creator and (users or groups):
        users = tuple(dict.fromkeys((*users, creator)))
    return FormRecord(users=users, groups=groups)


def _record(kept: Mapping[str, Any]) -> FormRecord:
    parts: dict[str, Any] = {
        name: tuple(part) if isinstance(part, list) else part for name, part in kept.items()
    }
    return FormRecord(**parts)


def _kept(document: Document, records: Records, *, ended: bool, creator: str) -> dict[str, Any]:
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


def _open(records: Records) -> list[str]:
    return [name for name, record in records.items() if record.status == CURRENT]


def _opened(
    document: Document, records: Records, names: Iterable[str], at: str, hidden: frozenset[str]
) -> dict[str, FormRecord]:
    """Return the records of these forms, and of those that open with them, now open."""
    wanted = set(names)
    together = {
        form.name
        for form in document.forms
        if form.activate_with in wanted
        and records[form.name].status == NOT_STARTED
        and form.name not in hidden
    }
    return {
        name: replace(records[name], status=CURRENT, started=at, completed="", completed_by="")
        for name in [*wanted, *sorted(together - wanted)]
    }


def submitted(
    document: Document,
    standing: Standing,
    form: str,
    *,
    creator: str,
    moment: Moment,
    status: str = "",
) -> Standing:
    """Return the standing after a form was submitted; raises NotOpen.

    When another form is still open (one that opened beside it, or that a rule has opened), nothing
    more opens; else the next one does that waits its turn. Hidden forms are passed over.
    """
    records = records_of(document, standing, creator)
    if records[form].status != CURRENT:
        words = "completed already" if records[form].status == COMPLETED else "not open yet"
        raise NotOpen(f"The form {_title(document, form)} is {words}.")
    records[form] = replace(
        records[form], status=COMPLETED, completed=moment.at, completed_by=moment.by
    )
    for name in standing.hidden.intersection(_open(records)):
        records[name] = replace(records[name], status=NOT_STARTED, started="")
    if not _open(records):
        following = _next(document, records, form, standing.hidden)
        if following:
            records.update(_opened(document, records, [following], moment.at, standing.hidden))
    still = _open(records)
    said = status or (_title(document, still[0]) if still else ENDED_STATUS)
    return replace(
        standing, status=said, forms=_kept(document, records, ended=not still, creator=creator)
    )


def _next(document: Document, records: Records, form: str, hidden: frozenset[str]) -> str | None:
    """Return the form that opens after one, in form order, then from the start.

    A form that opens with another one waits for that, unless that is hidden.
    """
    names = [
        one.name
        for one in document.forms
        if one.name not in hidden
        and (one.activate_with in hidden or not _opens_with_another(document, one))
    ]
    place = next(number for number, one in enumerate(document.forms) if one.name == form)
    later = {one.name for one in document.forms[place:]}
    waiting = [name for name in names if records[name].status == NOT_STARTED]
    return next((name for name in waiting if name in later), next(iter(waiting), None))


def _opens_with_another(document: Document, form: Form) -> bool:
    return any(other.name == form.activate_with for other in document.forms)


def went_to(
    document: Document, standing: Standing, form: str, *, own: str, creator: str, moment: Moment
) -> Standing:
    """Return the standing after a form was made the current one.

    Going back closes every other form; going on leaves the form of the run open, which it may be
    about to submit.
    """
    records = records_of(document, standing, creator)
    names = list(records)
    goes_on = own in records and names.index(own) < names.index(form)
    for name in _open(records):
        if name != form and not (goes_on and name == own):
            records[name] = replace(records[name], status=NOT_STARTED, started="")
    records.update(_opened_alone(records, form, moment.at))
    return replace(
        standing,
        status=_title(document, form),
        forms=_kept(document, records, ended=False, creator=creator),
    )


def _opened_alone(records: Records, form: str, at: str) -> dict[str, FormRecord]:
    return {form: replace(records[form], status=CURRENT, started=at, completed="", completed_by="")}


def assigned(
    document: Document,
    standing: Standing,
    forms: Iterable[str],
    *,
    users: Iterable[str],
    groups: Iterable[str],
    creator: str,
    append: bool = False,
    opens: bool = False,
    at: str = "",
) -> Standing:
    """Return the standing after forms were given to people and groups, and opened when asked."""
    records = records_of(document, standing, creator)
    for name in forms:
        before = records[name]
        records[name] = replace(
            before,
            users=tuple(dict.fromkeys([*(before.users if append else ()), *users])),
            groups=tuple(dict.fromkeys([*(before.groups if append else ()), *groups])),
        )
        if opens and before.status != CURRENT:
            records.update(_opened_alone(records, name, at))
    ended = bool(standing.forms.get("ended")) and not opens
    return replace(standing, forms=_kept(document, records, ended=ended, creator=creator))


def closed(
    document: Document, standing: Standing, *, status: str, creator: str, moment: Moment
) -> Standing:
    """Return the standing of an instance that has ended: no form is open any more."""
    records = records_of(document, standing, creator)
    for name in _open(records):
        records[name] = replace(
            records[name], status=COMPLETED, completed=moment.at, completed_by=moment.by
        )
    return replace(
        standing, status=status, forms=_kept(document, records, ended=True, creator=creator)
    )


def _title(document: Document, name: str) -> str:
    return next((form.title for form in document.forms if form.name == name), name)


def standing_columns(before: Standing, after: Standing) -> dict[str, Any]:
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
    return next(
        (
            form.name
            for form in document.forms
            if any(field.name == owner for field in form.all_fields())
        ),
        "",
    )
