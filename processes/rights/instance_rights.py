"""What one person may do with one instance: see it, fill it in, press, delete; part by part."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Literal

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from processes.definition.display import NO_VIEW, Overrides, overlaid
from processes.definition.document import Document
from processes.definition.security import Security
from processes.engine.instance_state import COMPLETED, FormRecord, form_of
from processes.fields import Button
from processes.fields.base import FormField
from processes.language.people_refs import (
    CREATOR,
    OWNERS,
    Person,
    held_by,
    named_group,
    named_user,
    user_ref,
)
from processes.models import ProcessInstance
from processes.rights.decisions import (
    Decision,
    Reason,
    denied,
    granted,
    has_account,
    is_administrator,
    line_of,
    person_of,
    security_of,
    security_under,
)
from processes.rights.ownership import records_for
from processes.rights.parts import Part, form_named, placed
from processes.rights.people import OwnersOfForm, StoredPeople, owners_in


def security_of_instance(instance: ProcessInstance) -> Security:
    """Return the rights in an instance: those of its process, under what a rule has set for it."""
    security = security_of(instance.design)
    return security_under(security, instance.security or {})


class InstanceRights:
    """The decisions about one instance for one person; what they need is looked up once."""

    def __init__(
        self,
        user: User | None,
        instance: ProcessInstance,
        document: Document | None = None,
        *,
        security: Security | None = None,
    ) -> None:
        """Take who asks about what; `document` is needed for all but seeing it as a whole.

        `security` stands in for what is published, to try a draft.
        """
        self._user, self._instance, self._document = user, instance, document
        if user is not None and instance.created_by_id == user.pk:
            # Its creator is known, then: no need to look them up.
            instance.created_by = user
        self._given = security
        self._changes: dict[str, Decision] = {}

    @property
    def instance(self) -> ProcessInstance:
        """The instance that it is about."""
        return self._instance

    def by(self, document: Document) -> "InstanceRights":
        """Return what the same person may do by another definition of it."""
        return InstanceRights(self._user, self._instance, document)

    @cached_property
    def security(self) -> Security:
        """The rights of this instance."""
        return self._given or security_of_instance(self._instance)

    @cached_property
    def manages(self) -> Decision:
        """Whether the person may everything with it; whoever tries a draft plays all its parts."""
        user, instance = self._user, self._instance
        if instance.mode == ProcessInstance.Mode.PREVIEW and self._may_use and (
            user is not None and instance.created_by_id == user.pk
        ):  # fmt: skip
            return granted(_("It is that person's own preview."))
        return is_administrator(user, self.security)

    @cached_property
    def _may_use(self) -> bool:
        return has_account(self._user)

    @cached_property
    def _person(self) -> Person:
        assert self._user is not None  # asked only where somebody is
        return person_of(self._user)

    @cached_property
    def _people(self) -> StoredPeople:
        return StoredPeople(self._instance)

    # The instance as a whole.

    @cached_property
    def see(self) -> Decision:
        """Whether the person sees it: in lists, in search, by its link."""
        if self.manages:
            return self.manages
        line = self._line(_("May see: %(people)s."), self.security.see)
        if self._instance.mode == ProcessInstance.Mode.PREVIEW:
            return denied(_("Only its creator sees a preview."))
        # Whoever has work on it must see it.
        refs = (*self.security.see, OWNERS)
        holds = self._may_use and held_by(refs, self._person, self._people)
        return granted(line) if holds else denied(line)

    @cached_property
    def delete(self) -> Decision:
        """Whether the person may delete it: as creator only while no form was completed."""
        if self.manages:
            return self.manages
        refs = self.security.delete
        line = self._line(_("May delete: %(people)s."), refs)
        if not self._may_use:
            return denied(line)
        others = tuple(ref for ref in refs if ref != CREATOR)
        # Who stands in for an owner does their work, and deletes nothing of theirs.
        if held_by(others, self._person.alone, self._people):
            return granted(line)
        if CREATOR in refs and self._person.name == self._people.creator:
            if self._is_draft:
                return granted(_("The creator may delete it until a form is completed."))
            return denied(_("A form is completed, so the creator can no longer delete it. "
                            "Ask the people who manage the process."),
            )  # fmt: skip
        return denied(line)

    @property
    def _is_draft(self) -> bool:
        return not any(
            record.status == COMPLETED or record.sent_back for record in self.records.values()
        )

    # Its forms and fields.

    @property
    def document(self) -> Document:
        """The definition of the instance."""
        assert self._document is not None  # given by whoever asks about parts
        return self._document

    @cached_property
    def records(self) -> dict[str, FormRecord]:
        """The state of each form."""
        return records_for(self._instance, self.document)

    def owns(self, form: str) -> bool:
        """Tell whether a form belongs to the person, whatever its status."""
        return bool(self._owns(form))

    def _owns(self, form: str) -> Decision:
        if self.manages:
            return self.manages
        record = self.records[form]
        if record.everyone:
            return Decision(allowed=self._may_use, reason=_("The form is assigned to everyone."))
        owners = owners_in(record, self._people.creator)
        if self._may_use and (other := self._person.acts_for(owners)):
            return granted(self._line(_("Substitute for %(people)s."), [user_ref(other)]))
        return Decision(
            allowed=self._may_use and not self._person.refs.isdisjoint(owners),
            reason=line_of(
                # The form's own title may hold a sign of its own.
                _("The form %(form)s is with %(people)s. Only they can change it.").replace(
                    "%(form)s", form_named(self.document, form).title.replace("%", "%%")
                ),
                sorted(owners, key=_people_first),
            ),
        )

    def acts_for(self, form: str) -> str:
        """Return for whom the person stands in on a form; nothing where the right is their own."""
        record = None if self.manages else self.records.get(form)
        if record is None or record.everyone or not self._may_use:
            return ""
        return self._person.acts_for(owners_in(record, self._people.creator))

    def changes(self, form: str) -> Decision:
        """Decide whether the person fills in a form when it is open, where a field says nothing."""
        if form not in self._changes:
            own = form_named(self.document, form)
            decided = self._decided(form, own.edit) if own.edit else self._fills_in(form)
            self._changes[form] = decided
        return self._changes[form]

    def _fills_in(self, form: str) -> Decision:
        owns = self._owns(form)
        others = tuple(ref for ref in self.security.change if ref != OWNERS)
        if self.manages or (owns and OWNERS in self.security.change):
            return owns
        if others and self._may_use and held_by(others, self._person, self._people):
            return granted(self._line(_("May fill in: %(people)s."), others))
        if OWNERS in self.security.change and not others:
            return Decision(allowed=False, reason=lambda: owns.reason)
        line = self._line(_("May fill in: %(people)s."), self.security.change)
        return denied(line)

    def changes_field(self, name: str) -> Decision:
        """Decide whether the person changes a field while its form is open."""
        part = self.parts.get(name)
        if part is None:
            return denied(_("Field not found."))
        for one in reversed(part.nested):
            if one.edit:
                return self._decided(part.form.name, one.edit)
        return self.changes(part.form.name)

    def presses(self, target: str) -> Decision:
        """Decide whether the person fires a target: a button, a field, a form's submission."""
        owner = target.partition("#")[0]
        part = self.parts.get(owner)
        if part is not None and isinstance(part.field, Button) and part.field.press:
            return self._decided(part.form.name, part.field.press)
        if part is not None:
            return self.changes_field(owner)
        form = form_of(self.document, target)
        return self.changes(form) if form in self.records else self.see

    def reassigns(self, form: str) -> Decision:
        """Decide whether the person gives a form to others."""
        return self._acts_quickly(form, "reassign")

    def edits_again(self, form: str) -> Decision:
        """Decide whether the person opens a completed form again, and nothing after it ends."""
        return self._acts_quickly(form, "edit_again")

    def finds_in_menu(self, name: str) -> Decision:
        """Decide whether the person finds a button in the menu of its form: its quick action."""
        part = self.parts.get(name)
        if part is None or not isinstance(part.field, Button) or not part.field.menu:
            return denied(_("Quick action not found."))
        seen = self.seeing(name)
        return self._decided(part.form.name, part.field.menu) if seen else seen

    def _acts_quickly(self, form: str, action: Literal["reassign", "edit_again"]) -> Decision:
        own = form_named(self.document, form)
        seen = self.seeing(form)
        return self._decided(form, getattr(own.quick_actions, action)) if seen else seen

    def _decided(self, form: str, refs: tuple[str, ...]) -> Decision:
        """Decide by a list of a part, where `owners` are those of its form."""
        if self.manages:
            return self.manages
        return Decision(allowed=self._holds(form, refs), reason=self._only(refs))

    def _holds(self, form: str, refs: Iterable[str]) -> bool:
        if not self._may_use:
            return False
        owners = owners_in(self.records[form], self._people.creator)
        people = OwnersOfForm(self._people, owners)
        return bool(held_by(refs, self._person, people))

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The forms and fields that the person does not see, and all that stands in them."""
        if not self.document.has_hidden_parts or self.manages:
            return frozenset()
        gone: set[str] = {
            form.name
            for form in self.document.forms
            if form.see and not self._holds(form.name, form.see)
        }
        for name, part in self.parts.items():
            lists = (one.see for one in part.nested)
            if part.form.name in gone or not all(
                self._holds(part.form.name, refs) for refs in lists if refs
            ):
                gone.add(name)
        return frozenset(gone)

    def seeing(self, name: str) -> Decision:
        """Decide whether the person sees a form or field, with the list that decides it."""
        if self.manages:
            return self.manages
        part = self.parts.get(name)
        form = part.form if part else form_named(self.document, name)
        inside = part.nested if part else ()
        lists = [form.see, *(one.see for one in inside)]
        said = [refs for refs in lists if refs]
        against = next((refs for refs in said if not self._holds(form.name, refs)), ())
        if against:
            return denied(self._only(against))
        return granted(self._only(said[-1]) if said else _("Everyone who sees the record."))

    def _only(self, refs: tuple[str, ...]) -> Reason:
        if not refs:
            return _("Only the people who manage the process.")
        return self._line(_("Only %(people)s."), refs)

    def sees(self, name: str) -> bool:
        """Tell whether the person sees a field or form of an instance that they see."""
        return name not in self.hidden

    def field_for(self, field: FormField) -> FormField:
        """Return a field as the person meets it: of a table, without what they do not see."""
        hidden, fixed = self.hidden_columns(field.name), self.fixed_columns(field.name)
        if not hidden and not fixed:
            return field
        columns = [
            one.model_copy(update={
                "visible": one.visible and one.name not in hidden,
                "enabled": one.enabled and one.name not in hidden | fixed,
            })
            for one in getattr(field, "columns", ())
        ]  # fmt: skip
        return field.model_copy(update={"columns": columns})

    def hidden_columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table that the person does not see."""
        return self._columns(table, "see")

    def fixed_columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table that the person does not change."""
        return self._columns(table, "edit")

    def seeing_column(self, table: str, column: str) -> Decision:
        """Tell whether the person sees a column of a table that they see, with its list."""
        part = self.parts[table]
        own = next(one for one in getattr(part.field, "columns", ()) if one.name == column)
        return self._decided(part.form.name, own.see) if own.see else self.seeing(table)

    def _columns(self, table: str, setting: str) -> frozenset[str]:
        part = self.parts.get(table)
        if part is None or not self.document.has_part_rights or self.manages:
            return frozenset()
        lists = {one.name: getattr(one, setting) for one in getattr(part.field, "columns", ())}
        return frozenset(
            name for name, refs in lists.items() if refs and not self._holds(part.form.name, refs)
        )

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """The fields by name, each with what it stands in."""
        return dict(placed(self.document))

    def display(self, viewed: Overrides = NO_VIEW) -> dict[str, dict[str, bool]]:
        """Return what rules show and enable, here and in one view, less what is withheld."""
        return overlaid(overlaid(self._instance.display, viewed), self.withheld())

    def withheld(self) -> dict[str, dict[str, bool]]:
        """Return what is hidden from the person, and what is off where others are on for them."""
        found: dict[str, dict[str, bool]] = {name: {"visible": False} for name in self.hidden}
        if not self.document.has_part_rights or self.manages:
            return found
        going = {form.name for form in self.document.forms if self.takes_part_in(form.name)}
        for name, part in self.parts.items():
            if part.form.name in going and not part.field.inner and not self._acts_on(name, part):
                # A button that is not theirs is only in the way.
                off = "visible" if part.field.is_button else "enabled"
                found.setdefault(name, {})[off] = False
        return found

    def takes_part_in(self, form: str) -> bool:
        """Tell whether the person can change or press anything on a form while it is open."""
        if not self.sees(form):
            return False
        if self.changes(form) or not self.document.has_part_rights:
            return bool(self.changes(form))
        return any(
            self._acts_on(name, part)
            for name, part in self.parts.items()
            if part.form.name == form and not part.field.inner and self.sees(name)
        )

    def fills_in(self, form: str) -> bool:
        """Tell whether the person changes any field of a form while it is open."""
        return bool(self.changes(form)) or (
            self.document.has_part_rights
            and any(
                part.form.name == form and part.field.holds_value and self._acts_on(name, part)
                for name, part in self.parts.items()
            )
        )

    def _acts_on(self, name: str, part: Part) -> bool:
        return bool(self.presses(name) if part.field.is_button else self.changes_field(name))

    def _line(self, sentence: str, refs: Iterable[str]) -> Callable[[], str]:
        fields = self._document.fields if self._document is not None else {}
        return lambda: line_of(sentence, refs, {name: one.title for name, one in fields.items()})()


def _people_first(ref: str) -> tuple[bool, str]:
    return bool(named_group(ref)), named_user(ref) or ref
