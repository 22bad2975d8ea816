"""The shape of a process definition (contract 3): document, forms, fields, rules."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import field_name_flaw, slug_flaw, titled
from kianda.lib.pointers import flaws_of, pointer, unique
from processes.definition import raw_document as sent
from processes.definition.form_owners import (
    ActivateWith,
    FormEdit,
    FormQuickActions,
    FormSee,
    Owners,
    People,
    QuickActions,
    SaveButton,
)
from processes.definition.records import Meaning, NextText, Record, RecordWords, Statuses
from processes.definition.security import Security
from processes.definition.targets import (  # fmt: skip
    Target,
    TargetKind,
    rules_of_field,
    target_of_process,
    targets_of_field,
    targets_of_form,
)
from processes.definition.targets import TargetMissing as TargetMissing
from processes.definition.tree import DefinitionTree
from processes.definition.views import Views
from processes.fields import AnyField
from processes.fields.base import FormField, Rules, walk
from processes.language.limits import LIMITS
from processes.language.references import check_field_name, names_in
from processes.rules import Rule

ID_PART = re.compile(r"\{process\}|\{number(?::\d{1,2})?\}|\[([A-Za-z][A-Za-z0-9_]*)\]")


class PlacedField(NamedTuple):
    """A field, where it stands in the definition, and on which form."""

    pointer: str
    field: FormField
    form: "Form"


class RuleList(NamedTuple):
    """An ordered list of rules: where it stands, what it is known by, whose it is, the rules."""

    pointer: str
    key: str
    owner: str
    rules: list[Rule]

    def inner(self) -> Iterator["RuleList"]:
        """Yield the lists of the rules that hold others."""
        for at, rule in enumerate(self.rules):
            if held := rule.inner_rules():
                place, key = f"{self.pointer}/{at}/rules", f"{self.key}#{rule.id}"
                yield RuleList(place, key, rule.title, list(held))


def _slug(name: str) -> str:
    if flaw := slug_flaw(name):
        raise ValueError(flaw)
    return name


def _form_name(name: str) -> str:
    if flaw := field_name_flaw(name):
        raise ValueError(flaw)
    return name


Title = Annotated[
    str, Field(max_length=200, title=gettext_noop("Title"), json_schema_extra={"control": "text"})
]


class _Titled(BaseModel):
    """What has a name and a title; the title left out is the name in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _title_from_name(cls, data: Any) -> Any:
        return titled(data)


class Form(_Titled):
    """A step of a process. Its rules run when it is submitted, its load rules when it is opened."""

    name: Annotated[
        str, AfterValidator(_form_name), Field(json_schema_extra={"control": "field_name"})
    ]
    title: Title = ""
    rules: Rules = []
    load_rules: Rules = []
    owners: People = Owners()
    activate_with: ActivateWith = ""
    see: FormSee = ()
    edit: FormEdit = ()
    quick_actions: FormQuickActions = QuickActions()
    save_button: SaveButton = True
    next: NextText = ""
    fields: list[AnyField] = Field(default=[], json_schema_extra={"control": "fields"})

    def all_fields(self) -> Iterator[FormField]:
        """Yield its fields in form order, each container before what stands in it."""
        for _path, field in walk(self.fields):
            yield field


def _open_in(fields: Iterable[FormField]) -> Iterator[str]:
    for field in fields:
        if not field.see and not any(one.see for one in getattr(field, "columns", ())):
            yield field.name
            yield from _open_in(field.inner)


class Document(_Titled):
    """A process definition. Its own rules run when a record is opened."""

    name: Annotated[str, AfterValidator(_slug), Field(json_schema_extra={"control": "slug"})]
    title: Title = ""
    description: str = Field(
        default="", max_length=10_000, json_schema_extra={"control": "long_text"}
    )
    process_id: str = Field(
        default="{process}-{number}",
        min_length=1,
        max_length=200,
        title=gettext_noop("Process ID"),
        description=gettext_noop(
            "Pattern of the Process ID: {process}, {number}, {number:5}, [field]."
        ),
        json_schema_extra={"control": "text"},
    )
    token_field: str = Field(
        default="",
        title=gettext_noop("Token"),
        description=gettext_noop(
            "The field that holds the token to refresh. If empty, it is found by its name."
        ),
        json_schema_extra={"control": "field"},
    )
    security: Security = Field(
        default=Security(), title=gettext_noop("Rights"), json_schema_extra={"control": "security"}
    )
    record: Record = RecordWords()
    statuses: Statuses = ()
    views: Views = ()
    rules: Rules = []
    forms: list[Form] = Field(
        default=[], max_length=LIMITS.forms, json_schema_extra={"control": "forms"}
    )

    @field_validator("process_id")
    @classmethod
    def _pattern(cls, pattern: str, info: ValidationInfo) -> str:
        if set(ID_PART.sub("", pattern)) & set("{}[]"):
            raise ValueError(
                _("Use {process}, {number}, {number:5} and [field], and no other brackets.")
            )
        names = names_in(info)
        if names is None:
            return pattern
        for name in ID_PART.findall(pattern):
            if name and (not names.holds_value(name) or names.is_secret(name)):
                raise ValueError(
                    _("There is no field %(name)s that a Process ID can use.") % {"name": name}
                )
        return pattern

    @field_validator("token_field")
    @classmethod
    def _token(cls, name: str, info: ValidationInfo) -> str:
        names = names_in(info)
        if not name or names is None:
            return name
        if not names.fields[check_field_name(name, info)].holds_text:
            raise ValueError(
                _("A token is a text or a secret. Choose another field than %(name)s.")
                % {"name": name}
            )
        return name

    @cached_property
    def fields(self) -> dict[str, FormField]:
        """All fields by name, in form order; a container before what stands in it."""
        return {found.field.name: found.field for found in self.walk_fields()}

    @cached_property
    def value_fields(self) -> dict[str, FormField]:
        """The fields that hold a value, in form order."""
        return {name: field for name, field in self.fields.items() if field.holds_value}

    @cached_property
    def people_fields(self) -> frozenset[str]:
        """The names of the fields whose values name people."""
        return frozenset(name for name, field in self.fields.items() if field.names_people)

    @cached_property
    def file_fields(self) -> tuple[str, ...]:
        """The names of the fields whose values name files, in form order."""
        return tuple(name for name, field in self.fields.items() if field.holds_files)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of the fields that are stored encrypted and shown masked."""
        return frozenset(name for name, field in self.fields.items() if field.is_secret)

    @property
    def one_record(self) -> str:
        """Return what people call one instance: `Leave request`."""
        return self.record.one or self.title

    @property
    def many_records(self) -> str:
        """Return what people call its instances: `Leave requests`."""
        return self.record.many or self.title

    def meaning_of(self, status: str) -> Meaning:
        """Return what a status means to people; one that the design does not list is neutral."""
        folded = status.casefold()
        found = (one.meaning for one in self.statuses if one.name.casefold() == folded)
        return next(found, "neutral")

    @cached_property
    def has_part_rights(self) -> bool:
        """Whether a form, a field or a column says who sees, changes or presses it."""
        return self.has_hidden_parts or any(
            getattr(part, name, ()) for part in self._parts() for name in ("edit", "press")
        )

    @cached_property
    def has_hidden_parts(self) -> bool:
        """Whether a form, a field or a column says who sees it."""
        return any(part.see for part in self._parts())

    @cached_property
    def open_fields(self) -> frozenset[str]:
        """The names of the fields that whoever sees an instance sees, with all that is in them."""
        seen = (form.fields for form in self.forms if not form.see)
        return frozenset(name for fields in seen for name in _open_in(fields))

    def _parts(self) -> Iterator[Form | FormField]:
        yield from self.forms
        for field in self.fields.values():
            yield field
            yield from getattr(field, "columns", ())

    def walk_fields(self) -> Iterator[PlacedField]:
        """Yield every field with its JSON pointer and its form, containers and their fields."""
        for number, form in enumerate(self.forms):
            for place, field in walk(form.fields, f"/forms/{number}/fields"):
                yield PlacedField(place, field, form)

    def submits_itself(self, form: Form) -> bool:
        """Tell whether a Submit rule on one of its own fields completes a form."""
        rules = (rule for field in form.all_fields() for rule in field.rules)
        own = {"", form.name}
        return any(rule.completes and getattr(rule, "form", "") in own for rule in rules)

    def is_submitted(self, form: Form) -> bool:
        """Tell whether people work on a form to its end: it has rules then, or others follow.

        The only form of a process without either is open for ever, as that of a kept token.
        """
        return self.submits_itself(form) or bool(form.rules) or len(self.forms) > 1

    def normalised(self) -> dict[str, Any]:
        """Return the definition as it is stored and returned, defaults filled in."""
        return self.model_dump(mode="json")

    @cached_property
    def rule_lists(self) -> tuple[RuleList, ...]:
        """Every list of rules, the process's first, then form by form; a rule's after its own."""
        return tuple(one for found in self._outer_lists() for one in (found, *found.inner()))

    def _outer_lists(self) -> Iterator[RuleList]:
        yield RuleList("/rules", "process#load", self.title, list(self.rules))
        for number, form in enumerate(self.forms):
            place, key = pointer("forms", number), f"form:{form.name}"
            yield RuleList(f"{place}/rules", f"{key}#submit", form.title, list(form.rules))
            yield RuleList(f"{place}/load_rules", f"{key}#load", form.title, list(form.load_rules))
            for at, field in walk(form.fields, f"{place}/fields"):
                yield RuleList(f"{at}/rules", field.name, field.title, list(field.rules))

    def groups_asked_for(self) -> Iterator[tuple[str, str]]:
        """Yield the groups whose members fields take, after the JSON pointer of the setting."""
        for number, form in enumerate(self.forms):
            for at, field in walk(form.fields, pointer("forms", number) + "/fields"):
                yield from ((f"{at}{below}", group) for below, group in field.groups_asked_for())

    def placed_rules(self) -> Iterator[tuple[str, Rule]]:
        """Yield every rule with its JSON pointer."""
        for found in self.rule_lists:
            yield from ((f"{found.pointer}/{at}", rule) for at, rule in enumerate(found.rules))

    @cached_property
    def rules_by_id(self) -> dict[str, Rule]:
        """Every rule, by its id."""
        return {rule.id: rule for _place, rule in self.placed_rules()}

    @cached_property
    def form_of_field(self) -> dict[str, str]:
        """The name of the form on which a field stands, by the field's name."""
        return {field.name: form.name for form in self.forms for field in form.all_fields()}

    def rules_of(self, target: str) -> list[Rule]:
        """Return what a target runs, in order; raises TargetMissing."""
        return self._found(target)[0]

    def kind_of(self, target: str) -> TargetKind:
        """Return what triggers a target when a person does; raises TargetMissing."""
        return self._found(target)[1]

    def _found(self, target: str) -> tuple[list[Rule], TargetKind]:
        owner, sign, part = target.partition("#")
        if target == "process#load":
            return list(self.rules), "load"
        if owner in {"", "form:"} or (sign and not part):
            raise TargetMissing(
                _(
                    "Enter what to run: a field, such as refresh, one rule of it, refresh#save, "
                    "form:main#load, form:main#submit or process#load."
                )
            )
        if owner.startswith("form:"):
            return self._form_rules(owner.removeprefix("form:"), part)
        field = self.fields.get(owner)
        if field is None:
            raise TargetMissing(
                _("The process %(name)s has no field %(owner)s.")
                % {"name": self.name, "owner": owner}
            )
        return rules_of_field(field, part)

    def _form_rules(self, name: str, part: str) -> tuple[list[Rule], TargetKind]:
        form = next((form for form in self.forms if form.name == name), None)
        if form is None:
            raise TargetMissing(
                _("The process %(process)s has no form %(name)s.")
                % {"process": self.name, "name": name}
            )
        if part == "load":
            return list(form.load_rules), "load"
        if part == "submit":
            return list(form.rules), "submit"
        raise TargetMissing(_("Write form:%(name)s#load or form:%(name)s#submit.") % {"name": name})

    def targets(self) -> list[Target]:
        """Return everything that can be triggered: fields, single rules, forms, the process."""
        found = [target for field in self.fields.values() for target in targets_of_field(field)]
        for form in self.forms:
            found += targets_of_form(form.name, form.title)
        return [*found, target_of_process(self.title)]


def parse_document(body: object) -> Document:
    """Return the definition that was sent; raises Invalid with everything that is wrong with it.

    TooLarge when it is over 1 MB. Rule ids and titles left out are made here.
    """
    raw = sent.prepared(body)
    tree = DefinitionTree(raw)
    flaws = sent.flaws_in(tree)
    try:
        document = Document.model_validate(raw, context={"names": tree.names()})
    except ValidationError as error:
        flaws += flaws_of(error, raw, model=Document)
    if flaws:
        raise Invalid(errors=unique(flaws))
    return document


def load_document(stored: dict[str, Any]) -> Document:
    """Return a definition that was stored, and checked then."""
    return Document.model_validate(stored)
