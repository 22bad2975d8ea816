"""The first form of a process, filled in before there is an instance."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import QueryDict

from kianda.lib.dialogs.row_actions import Act
from kianda.lib.errors import Flaw, Invalid
from kianda.lib.pointers import pointer
from kianda.web.pages import Errors
from processes.definition.display import overlaid
from processes.definition.document import TargetMissing
from processes.document_cache import document_of
from processes.engine.display_modes import READ, DisplayModes
from processes.engine.run_values import json_of, python_of
from processes.fields.base import InputField
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.forms.controls import FormView, only_open
from processes.forms.fill_in import (
    TypedValue,
    act_on_rows,
    control_of,
    editable,
    form_views,
    in_form_order,
    missing_in,
    sent_of,
    typed_in,
    typed_of,
)
from processes.forms.table_input import TypedTable
from processes.instances.default_values import default_values, early_names
from processes.instances.sent_values import refuse_unseen_target
from processes.instances.stored_values import filled, read_sent
from processes.language.values import Value, ValueFailure
from processes.models import DesignVersion, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rules.base import Rule, RuleFailed
from processes.running.dry_run import dry_run, first_inside, stays_inside
from processes.views.common import target_kind
from processes.views.instances.carried_values import CarriedValues, sealed, unsealed
from processes.views.instances.form_page import closed_columns
from processes.views.instances.form_steps import main_act


class NewInstanceForm:
    """The first form with the defaults in it, what was typed over them, and what rules made of it.

    Rules that need no instance work on it as it is; what they do is stored with the rest.
    """

    def __init__(
        self, version: DesignVersion, user: User, post: QueryDict, *, mode: str = "live"
    ) -> None:
        """Take what was posted; nothing when it is opened."""
        self.document, self.user = document_of(version), user
        made = ProcessInstance(design=version.design, version=version, mode=mode, created_by=user)
        # What its creator may do with it, once it is there.
        self.rights = InstanceRights(user, made, self.document)
        self._withheld = self.rights.withheld()
        self.about = f"new {version.pk}"
        self.values = filled(self.document, default_values(self.document, user=user))
        left = unsealed(post.get("left", ""), about=self.about, user=user)
        self.display: Mapping[str, Mapping[str, bool]] = left.display
        # How rules let this page show them: that is not stored.
        self.modes = DisplayModes(left.modes)
        self._settle()
        self.typed: dict[str, TypedValue] = {
            name: one.with_closed(left.rows.get(name, {})) if isinstance(one, TypedTable) else one
            for name, one in typed_in(self.fields, post, self.values, self.resolve).items()
        }
        # What rules have set in fields that nobody can type into, as JSON.
        self.left = {name: one for name, one in left.fields.items() if self._keeps(name)}
        for name, value in python_of(self.document.fields, self.left).items():
            self._show(name, value)
        self.trouble = ""
        # Files that came along and were not taken.
        self.refused: list[Flaw] = []
        # A rule has left it: nothing is made of it.
        self.is_left = False

    def _settle(self) -> None:
        first = self.document.forms[:1]
        self.fields = (
            editable(
                self.document, self._shown, form=first[0], meet=self.rights.field_for
            ) if first and not self._is_read else {}
        )  # fmt: skip

    @property
    def _is_read(self) -> bool:
        """Tell whether a rule shows the form to be read only."""
        return any(self.modes.modes.get(form.name) == READ for form in self.document.forms[:1])

    @property
    def _shown(self) -> Mapping[str, Mapping[str, bool]]:
        return overlaid(overlaid(self.display, self.modes.overrides), self._withheld)

    def _keeps(self, name: str) -> bool:
        known = self.document.value_fields.get(name)
        return known is not None and not known.is_secret and name not in self.fields

    def _show(self, name: str, value: Value) -> None:
        field = self.document.fields[name]
        typed = self.typed.get(name)
        rows = cast(list[dict[str, Value]], value) if isinstance(value, list) else []
        if isinstance(typed, TypedTable) and typed.fits(typed.grid, len(rows)):
            self.typed[name] = typed.laid(rows)
        else:
            self.typed[name] = typed_of(field, value, self.values, self.resolve)

    def resolve(self, name: str) -> Value:
        """Return what a default may refer to, for rows that are added to a table."""
        return early_names(self.document, user=self.user)[name]

    def data(self) -> dict[str, Any]:
        """Return what was typed and what rules have set, as JSON for the services."""
        typed = {
            name: sent_of(field, self.typed[name])
            for name, field in self.fields.items()
            if name in self.typed
        }
        return typed | self.left

    @property
    def set_by_rules(self) -> list[str]:
        """Return the fields, and the columns of tables, that nobody has typed into."""
        return [*self.left, *closed_columns(self.fields, self.rights)]

    def prefill(self, said: Mapping[str, Sequence[str]]) -> list[Flaw]:
        """Let values of a link, by the names of fields, stand in what the person can fill in.

        Secrets, tables and files are not taken, nor what is no field: links carry more than that.
        Returns what is wrong with the rest, which stands there too: as the person would type it
        where it can be read at all, else as it was written.
        """
        taken: dict[str, Any] = {
            name: list(texts) if field.posts_list else texts[-1]
            for name, texts in said.items()
            if (field := self.fields.get(name)) is not None and texts
            if not (field.is_secret or field.holds_rows or field.holds_files)
        }
        values, flaws = self._read(taken)
        wrong = {flaw.pointer.split("/")[2] for flaw in flaws}
        for name, text in taken.items():
            if name not in wrong:
                self._show(name, values[name])
            elif isinstance(text, str):
                self.typed[name] = _as_typed(self.fields[name], text)
        return in_form_order(self.document, flaws)

    def values_read(self) -> dict[str, Value]:
        """Return the values as they stand in the form now, as far as they hold."""
        return {**self.values, **self._read(self.data())[0]}

    def flaws(self, *, strict: bool = True) -> list[Flaw]:
        """Return what is wrong with it; unless strict, what is missing may be."""
        data = self.data()
        missing = missing_in(self.fields.values(), self.values, data) if strict else []
        return in_form_order(self.document, missing + self._read(data)[1] + self.refused)

    def _read(self, data: Mapping[str, Any]) -> tuple[dict[str, Value], list[Flaw]]:
        return read_sent(self.document, data, {}, files=KnownFiles(Uploader(self.user)))

    def act_on_rows(self, act: Act) -> None:
        """Add, remove or move a row of a table, or move the window on them."""
        act_on_rows(act, self.fields, self.typed, self.values, self.resolve)

    def open(self) -> None:
        """Do what the rules of opening do, as far as they need no instance."""
        forms = [f"form:{form.name}#load" for form in self.document.forms[:1]]
        for target in ("process#load", *forms):
            rules = self._rules_of(target)
            if rules and stays_inside(rules):
                try:
                    self._rehearse(rules)
                except RuleFailed as failure:
                    self.trouble = failure.message

    def press(self, target: str) -> bool:
        """Carry out a target that needs no instance; else tell that one is to be made first.

        Raises Invalid for what is wrong with the form, or what the rules refuse, and before an
        instance is made also for what is missing in a form that is to be submitted.
        """
        rules = self._rules_of(target)
        refuse_unseen_target(target, self.rights)
        self.rights.presses(target).or_refuse()
        submits = target.endswith("#submit") or any(rule.completes for rule in rules)
        inside = stays_inside(rules) and not submits
        if flaws := self.flaws(strict=submits):
            raise Invalid(errors=flaws)
        kept = (self.typed.copy(), self.left, self.display, self.modes)
        try:
            self._rehearse(first_inside(rules))
        except RuleFailed as failure:
            if inside or failure.fields:
                raise self._refused(failure) from failure
        if not inside:
            # They run again on the instance.
            self.typed, self.left, self.display, self.modes = kept
            self._settle()
        return inside

    def _rules_of(self, target: str) -> list[Rule]:
        try:
            return self.document.rules_of(target)
        except TargetMissing as missing:
            raise Invalid.at("", str(missing)) from missing

    def _rehearse(self, rules: list[Rule]) -> None:
        sent = self._read(self.data())[0]
        before = {**self.values, **sent}
        done = dry_run(self.document, rules, user=self.user, values=before, display=self.display)
        if done.failure:
            raise done.failure
        self.display = done.display
        self.modes = DisplayModes({**self.modes.modes, **done.modes})
        self._settle()
        self.is_left = done.leaves
        for name, value in done.values.items():
            if value != before.get(name) and name not in self.document.secrets:
                self._show(name, value)
        # What was typed into a field that is hidden now is kept too.
        kept = {
            name: value
            for name, value in done.values.items()
            if self._keeps(name) and value != self.values.get(name)
        }
        self.left = json_of(self.document.fields, kept)

    def _refused(self, failure: RuleFailed) -> Invalid:
        flaws = [Flaw(pointer("data", *at.split("/")), say) for at, say in failure.fields.items()]
        return Invalid(errors=in_form_order(self.document, flaws) or [Flaw("", failure.message)])

    def views(self, errors: Errors) -> list[FormView]:
        """Return the form as a page shows it."""
        views = form_views(
            self.document,
            lambda one: control_of(
                self.rights.field_for(one), self.values, self.typed, errors, self.resolve
            ),
            self._shown,
            first_only=True,
        )
        if not self._is_read:
            return views
        return [FormView(one.form, only_open(one.controls, ()), one.footer) for one in views]

    def context(self, errors: Errors) -> dict[str, Any]:
        """Return what the templates of the form need."""
        tables = {name: t.closed() for name, t in self.typed.items() if isinstance(t, TypedTable)}
        rows = {name: closed for name, closed in tables.items() if closed}
        views = self.views(errors)
        page_submits = any(
            self.document.is_submitted(form) and not self.document.submits_itself(form)
            for form in self.document.forms[:1]
        )
        main = next((main_act(one, needs_submit=page_submits) for one in views), "")
        shows_save = all(form.save_button for form in self.document.forms[:1])
        return {
            "views": views, "document": self.document,
            "takes_files": bool(self.document.file_fields),
            "errors": errors, "trouble": self.trouble,
            "left": sealed(
                CarriedValues(self.left, rows, self.display, self.modes.modes),
                about=self.about, user=self.user,
            ),
            "change_targets": [name for name, found in self.fields.items() if found.rules],
            "page_submits": page_submits,
            # What most people come for; to only create it is to keep a draft.
            "primary": main, "shows_save": shows_save or not main,
            "first_act": "create" if shows_save or not main else f"press:{main}",
        }  # fmt: skip

    def kind_of(self, target: str) -> str:
        """Return how a person triggers a target."""
        return target_kind(self.document, target)


def _as_typed(field: InputField, text: str) -> TypedValue:
    try:
        return typed_of(field, field.to_python(text), {})
    except ValueFailure:
        return text
