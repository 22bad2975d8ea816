"""Check as: what somebody may do by the rights of a definition, and by which line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import User

from processes.definition.document import Document, Form
from processes.definition.security import Security
from processes.fields import Button
from processes.fields.base import FormField
from processes.models import ProcessDesign, ProcessInstance
from processes.rights.decisions import Decision, may_start, security_under
from processes.rights.instance_rights import InstanceRights

Act = Literal[
    "start", "see", "change", "press", "delete", "reassign", "edit_again", "quick_action"
]  # fmt: skip


@dataclass(frozen=True)
class CheckedAct:
    """One answer: the act, on what (a form, field or button by name; "" is the whole), and why."""

    act: Act
    on: str
    title: str
    decision: Decision
    is_form: bool = False


def check_as(
    person: User,
    design: ProcessDesign,
    document: Document,
    instance: ProcessInstance | None,
    *,
    security: Security | None = None,
) -> list[CheckedAct]:
    """Return what a person may do by the rights in `document`, which need not be published.

    With an instance in that one; without, in one that they would have made themselves. `security`:
    the rights of the process, where those of the document are not what holds.
    """
    usual = security or document.security
    start = may_start(person, design, usual)
    subject = instance or ProcessInstance(
        design=design, version=design.draft, mode=ProcessInstance.Mode.LIVE, created_by=person
    )
    usual = security_under(usual, subject.security or {})
    rights = InstanceRights(person, subject, document, security=usual)
    found = [CheckedAct("start", "", document.title, start)]
    if instance is not None:
        found.append(CheckedAct("see", "", document.title, rights.see))
        if not rights.see:
            return found
    return [
        *found,
        *_of_parts(rights, document),
        CheckedAct("delete", "", document.title, rights.delete),
    ]


def _of_parts(rights: InstanceRights, document: Document) -> Iterator[CheckedAct]:
    for form in document.forms:
        seen = rights.seeing(form.name)
        yield CheckedAct("see", form.name, form.title, seen, is_form=True)
        if not seen:
            continue
        changes = rights.changes(form.name)
        yield CheckedAct("change", form.name, form.title, changes, is_form=True)
        yield from _of_menu(rights, form)
        for field in form.all_fields():
            seen = rights.seeing(field.name)
            yield CheckedAct("see", field.name, field.title, seen)
            if seen and field.is_button:
                yield CheckedAct("press", field.name, field.title, rights.presses(field.name))
            elif seen and field.holds_value:
                changes = rights.changes_field(field.name)
                yield CheckedAct("change", field.name, field.title, changes)
                yield from _of_columns(rights, field)


def _of_menu(rights: InstanceRights, form: Form) -> Iterator[CheckedAct]:
    """Yield the quick actions of a form."""
    reassigns, edits = rights.reassigns(form.name), rights.edits_again(form.name)
    yield CheckedAct("reassign", form.name, form.title, reassigns, is_form=True)
    yield CheckedAct("edit_again", form.name, form.title, edits, is_form=True)
    for field in form.all_fields():
        if isinstance(field, Button) and field.menu:
            found = rights.finds_in_menu(field.name)
            yield CheckedAct("quick_action", field.name, field.title, found)


def _of_columns(rights: InstanceRights, table: FormField) -> Iterator[CheckedAct]:
    """Yield which columns of a table are seen, of those that say so."""
    for column in getattr(table, "columns", ()):
        if column.see:
            seen = rights.seeing_column(table.name, column.name)
            title = f"{table.title}: {column.title}"
            yield CheckedAct("see", f"{table.name}.{column.name}", title, seen)


@dataclass(frozen=True)
class Verdict:
    """What somebody may do, as the page tells it."""

    whole: list[CheckedAct]
    forms: list[CheckedAct]
    buttons: list[CheckedAct]
    quick: list[CheckedAct]
    hidden: list[CheckedAct]
    seen: int
    fields: int

    @classmethod
    def of(cls, acts: list[CheckedAct]) -> "Verdict":
        """Sort the answers: of the whole, of forms, of buttons, and the fields that are seen."""
        forms = {act.on for act in acts if act.act == "change" and act.is_form}
        fields = [
            act for act in acts
            if act.act == "see" and act.on and not act.is_form and "." not in act.on
        ]  # fmt: skip
        return cls(
            whole=[act for act in acts if not act.on],
            forms=[act for act in acts if act.on in forms and act.act == "change"],
            buttons=[act for act in acts if act.act == "press"],
            quick=[act for act in acts if act.act in {"reassign", "edit_again", "quick_action"}],
            hidden=[act for act in acts if act.act == "see" and act.on and not act.decision],
            seen=sum(bool(act.decision) for act in fields),
            fields=len(fields),
        )

    @property
    def sees(self) -> bool:
        """Tell whether they see the instance at all."""
        return all(act.decision for act in self.whole if act.act == "see")
