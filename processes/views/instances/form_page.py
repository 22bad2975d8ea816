"""The page of one instance: what stands on it, and what a person typed since they read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import QueryDict

from kianda.lib.dialogs.row_actions import Act
from kianda.lib.errors import Conflict, Flaw
from kianda.lib.numbers import whole_number
from kianda.web.pages import Errors
from processes.definition.document import Document, Form
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.engine.instance_state import form_of
from processes.engine.run_values import python_of
from processes.fields import Table
from processes.fields.base import FormField, InputField
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.forms.controls import Control, FormView
from processes.forms.fill_in import (
    TypedValue,
    act_on_rows,
    changed_by_hand,
    control_of,
    editable,
    form_views,
    grid_of,
    missing_in,
    typed_in,
    typed_of,
)
from processes.forms.table_input import TypedTable
from processes.forms.value_words import copied_words
from processes.instances.claim import read_instance
from processes.instances.default_values import early_names
from processes.instances.history import ForeignChange, changed_since
from processes.instances.kept_cells import ROWS, switched_off
from processes.instances.process_ids import address_of
from processes.instances.stored_values import read_sent, shown, stored_values
from processes.instances.version_moves import as_in_draft
from processes.language.timestamps import moment_text
from processes.language.values import Value
from processes.models import DesignVersion, ProcessInstance
from processes.record_titles import lines_seen
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_values
from processes.views.instances.carried_values import CarriedValues, unsealed, view_of
from processes.views.instances.form_steps import FormStep, as_it_stands, steps_of

NO_CHOICE: Mapping[str, str] = {}


@dataclass
class FormPage:
    """An instance as its page shows it, with what was typed laid over it."""

    instance: ProcessInstance
    version: DesignVersion
    document: Document
    values: Mapping[str, Value]
    user: User
    typed: dict[str, TypedValue] = field(default_factory=dict)
    errors: Errors = field(default_factory=Errors)
    changes: dict[str, Any] = field(default_factory=dict)
    meanwhile: dict[str, ForeignChange] = field(default_factory=dict)
    conflicts: dict[str, ForeignChange] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    # What rules have set and no rule has saved, by field: it stands in the form until it is.
    unsaved: dict[str, TypedValue] = field(default_factory=dict)
    # Those of them that stand in fields which the person cannot fill in, as JSON.
    left: dict[str, Any] = field(default_factory=dict)
    # What was typed into fields that cannot be filled in any more, by title and in words.
    lost: list[tuple[str, str]] = field(default_factory=list)
    # What the run before wants shown: `form`, and `mode` "read" when only to be looked at.
    next_page: Mapping[str, Any] = field(default_factory=dict)
    # How rules let this view show its fields and forms; why what came with the page does not count.
    modes: DisplayModes = NO_MODES
    ended_view: Conflict | None = None

    @classmethod
    def read(cls, process_id: str, user: User) -> "FormPage":
        """Read an instance that the person may see; raises Missing."""
        instance, document = read_instance(process_id, user)
        stored = stored_values(document, instance)
        version, document, values = as_in_draft(instance, document, stored)
        return cls(instance, version, document, values, user)

    @cached_property
    def rights(self) -> InstanceRights:
        """What the person may do with the instance."""
        return InstanceRights(self.user, self.instance, self.document)

    @cached_property
    def display(self) -> dict[str, dict[str, bool]]:
        """What rules show and enable, less what the person does not see or change."""
        return self.rights.display(self.modes.overrides)

    @property
    def read_only(self) -> str:
        """The form that the run before wants only to be looked at."""
        return str(self.next_page.get("form", "")) if self.next_page.get("mode") == "read" else ""

    @cached_property
    def steps(self) -> dict[str, FormStep]:
        """Return where each form stands, by name, in form order."""
        return steps_of(self.instance, self.document, self.rights, self.modes)

    def editable(self) -> dict[str, InputField]:
        """Return the fields that the person can fill in now: those of open forms of theirs.

        And those that a rule has opened for this view.
        """
        opened = self.modes.opened(self.document)
        return {
            name: found
            for form in self.document.forms
            if (step := self.steps[form.name]).takes_values
            for name, found in editable(
                self.document, self.display, form=form, meet=self.rights.field_for
            ).items()
            if step.is_open or name in opened
        }

    def view_as(self, modes: DisplayModes) -> None:
        """Show fields and forms as rules let this view of it."""
        self.modes = modes
        for known in ("display", "steps"):
            self.__dict__.pop(known, None)

    def lay_over(self, data: Mapping[str, Any], sent: "FormPage") -> None:
        """Let what a run has left, as JSON, stand in the form where it differs from what is stored.

        A secret is masked there, so it is left out. `sent` is the form that the run was given: rows
        of a table stay those that they were in it.
        """
        fields = self.editable()
        known = self.document.value_fields
        plain = {
            name: data[name] for name in known if name in data and name not in self.document.secrets
        }
        for name, value in python_of(known, plain).items():
            if value == self.values.get(name):
                continue
            typed = self._laid(known[name], value, sent)
            self.unsaved[name] = self.typed[name] = typed
            if name not in fields:
                # Nobody can type it, so the page takes it along, sealed.
                self.left[name] = plain[name]

    def _laid(self, field: FormField, value: Value, sent: "FormPage") -> TypedValue:
        if isinstance(field, Table) and isinstance(value, list):
            grid = grid_of(field, self.values, self.resolve)
            rows = sent.typed.get(field.name) or TypedTable.of(grid)
            if isinstance(rows, TypedTable) and rows.fits(grid, len(value)):
                return rows.laid(value)
        return typed_of(field, value, self.values, self.resolve)

    def keep_typed(self, other: "FormPage") -> None:
        """Let what was typed on another reading of the page stand in the form, or beside it."""
        fields = self.editable()
        kept = {
            name: self._over_now(typed) for name, typed in other.typed.items() if name in fields
        }
        self.lost = [
            (known.title, copied_words(known, other.changes[name]))
            for name, known in self.document.value_fields.items()
            if name in other.changes.keys() - fields.keys() - other.left.keys()
            and not known.is_secret
            and self.rights.sees(name)
        ]
        self.unsaved |= {
            name: typed for name, typed in kept.items() if name not in self.document.secrets
        }
        self.typed |= kept
        self._take_along(other.left)

    def keep_view(self, other: "FormPage", chosen: Mapping[str, str] = NO_CHOICE) -> None:
        """Show it as rules let another reading of the page, where that still holds.

        Over that as they have `chosen` now; what the person does not see is not named to them.
        """
        seen = {name: mode for name, mode in chosen.items() if self.rights.sees(name)}
        self.view_as(other.modes.going_on(seen, self.document, self.rights.records))

    def resolve(self, name: str) -> Value:
        """Return what texts of the form may refer to besides its fields."""
        facts: dict[str, Value] = {
            "process.id": self.instance.process_id,
            "process.status": self.instance.status,
            "process.created": moment_text(self.instance.created),
            "process.url": address_of(self.instance.process_id),
        }
        return early_names(self.document, user=self.user, more=facts)[name]

    def _over_now(self, typed: TypedValue) -> TypedValue:
        """Return typed rows as they lie over the rows that the table has now."""
        if not isinstance(typed, TypedTable):
            return typed
        grid = grid_of(typed.grid.field, self.values, self.resolve)
        return typed if typed.grid.rows == grid.rows else typed.over(grid)

    def act_on_rows(self, act: Act) -> None:
        """Add, remove or move a row, or move the window; nothing is stored."""
        # Who may only read a table may see all of it.
        fields = self.document.fields if act.verb == "show" else self.editable()
        act_on_rows(act, fields, self.typed, self.values, self.resolve)

    def _take_view(self, post: QueryDict) -> None:
        """Show it as the page did from which it was posted, as far as that still holds."""
        text = post.get("view", "")
        if not text:
            return
        try:
            modes = view_of(text, about=self.about, user=self.user)
            modes.refuse_outdated(self.rights.records)
        except Conflict as ended:
            self.ended_view = ended
        else:
            self.view_as(modes)

    def take(self, post: QueryDict) -> None:
        """Lay over what was posted: what the person changed, and where others did so too."""
        self._take_view(post)
        fields = self.editable()
        seen = whole_number(post.get("revision", ""))
        if seen is not None and seen < self.instance.revision:
            others = changed_since(self.instance, seen, self.document.fields)
            self.meanwhile = {name: one for name, one in others.items() if self.rights.sees(name)}
        before = self._as_seen()
        left = unsealed(post.get("left", ""), about=self.about, user=self.user)
        typed = {
            name: one.with_closed(left.rows[name])
            if isinstance(one, TypedTable) and name in left.rows
            else one
            for name, one in typed_in(fields, post, before, self.resolve).items()
        }
        self.changes = changed_by_hand(fields, typed, before)
        # What only others changed shows their value; what the person changed stays as typed.
        self.typed = {name: self._over_now(typed[name]) for name in self.changes}
        self._take_along({name: one for name, one in left.fields.items() if name not in fields})
        self._settle(post)
        self._take_out_of_reach(post, before)
        if left.open_forms != self._open_forms():
            self._drop_outdated()

    def _take_out_of_reach(self, post: QueryDict, before: Mapping[str, Value]) -> None:
        """Take what was posted for fields that nobody can fill in now: the service refuses it.

        A control that is only read is posted as it stands, so it counts when it was changed.
        """
        known = {**self.editable(), **self.left}
        fields = {
            name: cast(InputField, self.rights.field_for(one))
            for name, one in self.document.value_fields.items()
            # What the person does not see has no control: a guess is not answered.
            if name not in known and self.rights.sees(name)
        }
        self.changes |= changed_by_hand(
            fields, typed_in(fields, post, before, self.resolve), before
        )

    def _open_forms(self) -> list[str]:
        return [name for name, step in self.steps.items() if step.is_current]

    def _drop_outdated(self) -> None:
        """Take nothing along for forms that are not open, when it is from before they closed."""
        here = self._open_forms()
        self.left = {
            name: one for name, one in self.left.items() if form_of(self.document, name) in here
        }

    @property
    def set_by_rules(self) -> list[str]:
        """Return the fields, and the columns of tables, that nobody has typed into."""
        return [*self.left, *closed_columns(self.changes, self.rights)]

    @property
    def uploader(self) -> Uploader:
        """Return who uploads files here."""
        return Uploader(self.user)

    @property
    def about(self) -> str:
        """Return what is carried along belongs to."""
        return f"instance {self.instance.pk}"

    def carried(self) -> CarriedValues:
        """Return what the form has to bring back although nobody can type it."""
        rows = {
            name: one.closed() for name, one in self.typed.items() if isinstance(one, TypedTable)
        }
        kept = {name: closed for name, closed in rows.items() if closed}
        return CarriedValues(self.left, kept, open_forms=self._open_forms())

    def _take_along(self, left: Mapping[str, Any]) -> None:
        """Let what rules have set in fields that nobody can type into be saved with the rest."""
        known = self.document.value_fields
        plain = {
            name: left[name] for name in left if name in known and name not in self.document.secrets
        }
        self.left |= plain
        self.changes |= plain
        for name, value in python_of(known, plain).items():
            self.typed[name] = typed_of(known[name], value, self.values, self.resolve)

    def _as_seen(self) -> dict[str, Value]:
        before = {name: found.before for name, found in self.meanwhile.items()}
        plain = {name: value for name, value in before.items() if name not in self.document.secrets}
        return {**self.values, **python_of(self.document.fields, plain)}

    def _settle(self, post: QueryDict) -> None:
        """Drop what the person gave up for theirs; ask about a field that both have changed.

        To keep mine needs no word: the form that asked has the revision in which theirs was seen.
        """
        for name in list(self.changes):
            if post.get(f"take-{name}") == "theirs":
                del self.changes[name]
                self.typed.pop(name, None)
            elif name in self.meanwhile and not self._same(name):
                self.conflicts[name] = self.meanwhile[name]

    def _same(self, name: str) -> bool:
        if name in self.document.secrets:
            return False
        value, wrong = self.document.fields[name].read(self.changes[name])
        return not wrong and value == self.values.get(name)

    def invalid(self) -> list[Flaw]:
        """Return what is wrong with the values that the person has changed."""
        files = KnownFiles(self.uploader, self.instance, self.rights)
        return read_sent(self.document, self.changes, self.values, files=files)[1]

    def missing(self) -> list[Flaw]:
        """Return the required fields left blank, on the changed forms that are no drafts."""
        fields = self.editable()
        touched = [
            form for form in self.document.forms
            if any(one.name in self.changes for one in form.all_fields())
            if not self.is_draft(form)
        ]  # fmt: skip
        return self._missing_on(touched, fields)

    def is_draft(self, form: Form) -> bool:
        """Tell whether to save a form is not yet to submit it: it may be incomplete."""
        return self.document.is_submitted(form) and self.steps[form.name].is_open

    def missing_on(self, form_name: str) -> list[Flaw]:
        """Return the required fields left blank on one form, which is submitted."""
        forms = [form for form in self.document.forms if form.name == form_name]
        return self._missing_on(forms, self.editable())

    def _missing_on(self, forms: list[Form], fields: Mapping[str, InputField]) -> list[Flaw]:
        wanted = [
            fields[one.name] for form in forms for one in form.all_fields() if one.name in fields
        ]  # fmt: skip
        return missing_in(wanted, self.values, self.changes)

    def forms(self) -> list[FormView]:
        """Return the forms that are shown, with their controls."""
        seen, editable = self.shown(), self.editable()
        return [
            as_it_stands(
                view,
                self.steps[view.form.name],
                editable=editable,
                words=lambda field: lines_seen(field, seen.get(field.name)),
                is_read=view.form.name == self.read_only,
            )
            for view in form_views(self.document, self._control, self.display)
            if self.steps[view.form.name].is_shown
        ]

    def _control(self, field: FormField) -> Control:
        field = self.rights.field_for(field)
        made = control_of(field, self.values, self.typed, self.errors, self.resolve)
        return replace(
            made, changed=field.name in self.fresh, conflict=self.conflicts.get(field.name)
        )

    def shown(self) -> dict[str, Any]:
        """Return the values as pages may show them, secrets masked."""
        return seen_values(shown(self.document, self.values), self.rights)


def closed_columns(tables: Iterable[str], rights: InstanceRights) -> list[str]:
    """Return the columns of tables, `lines.price`, whose cells a page brings along as they were.

    And their rows as such, `lines.*`: rules may have added some that are not stored yet.
    """
    found: list[str] = []
    for name in tables:
        off = switched_off(rights.document.fields.get(name))
        closed = rights.hidden_columns(name) | rights.fixed_columns(name) | off
        found += [f"{name}.{column}" for column in (*sorted(closed), ROWS)]
    return found
