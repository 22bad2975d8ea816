"""What every field is: settings of its kind, and how its values are read, checked and written."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kianda.lib.i18n import as_in_sentence, gettext_noop
from kianda.lib.i18n import gettext as _
from kianda.lib.names import column_name_flaw, titled
from processes.language.dates import moment_text
from processes.language.expressions import Resolve, Template
from processes.language.limits import LIMITS
from processes.language.people import called, kind_and_name
from processes.language.people_refs import MOST as MOST_REFS
from processes.language.people_refs import Refs as PartRefs
from processes.language.references import flaw
from processes.language.scope import FieldKind, ListedAs
from processes.language.values import (
    JSONValue,
    Value,
    ValueFailure,
    as_text,
    from_json,
    is_blank,
    to_json,
)
from processes.rules import AnyRule

if TYPE_CHECKING:
    from processes.fields import AnyField

INPUT = gettext_noop("Input")
LAYOUT = gettext_noop("Layout")
ACTIONS = gettext_noop("Actions")

# Operators of conditions: for any value, and for values that have an order.
ANY_VALUE = ("eq", "neq", "blank", "not_blank")
ORDERED = ("gt", "gte", "lt", "lte", "between")


def _own_name(name: str) -> str:
    # Which names a field cannot have, and a column can, its definition tells.
    if sentence := column_name_flaw(name):
        raise flaw(sentence)
    return name


# What stands in a control: one text, or the choices that are ticked.
Written: TypeAlias = str | list[str]
MomentWords: TypeAlias = Callable[[datetime], str]
# A value that was sent, with what is wrong with it: the place inside it, and a sentence.
Read: TypeAlias = tuple[Value, list[tuple[str, str]]]
Rules = Annotated[
    list[AnyRule],
    Field(
        title=gettext_noop("Rules"), max_length=LIMITS.rules, json_schema_extra={"control": "rules"}
    ),
]


class FormField(FieldKind):
    """Anything on a form: it has a name, a title and a place, and may hold a value.

    `to_python` converts what is written into it (a form, the API, a rule, an answer) and `clean`
    checks what a person has entered; both raise ValueFailure with a sentence that names the value.
    """

    runs_rules: ClassVar[bool] = True
    # What is stored is no text that a person would read.
    needs_words: ClassVar[bool] = False
    # What a new one is named; empty: as its label.
    usual_name: ClassVar[str] = ""
    # It is a day, a time of day, or both: its `mode` says which.
    is_moment: ClassVar[bool] = False
    # What it shows of its own is HTML, which was cleaned.
    is_html: ClassVar[bool] = False

    name: Annotated[str, AfterValidator(_own_name)] = Field(
        title=gettext_noop("Name"),
        description=gettext_noop(
            "Rules refer to it as [name]: a letter, then letters, digits and _."
        ),
        json_schema_extra={"control": "field_name"},
    )
    title: str = Field(
        default="",
        max_length=200,
        title=gettext_noop("Title"),
        description=gettext_noop("Label on the form. If empty, it comes from the unique name."),
        json_schema_extra={"control": "text"},
    )
    help: str = Field(
        default="",
        max_length=1_000,
        title=gettext_noop("Help"),
        description=gettext_noop("A hint shown below it on the form."),
        json_schema_extra={"control": "text"},
    )
    visible: StrictBool = Field(
        default=True,
        title=gettext_noop("Visible"),
        description=gettext_noop("Whether it is shown on the form at first."),
        json_schema_extra={"control": "switch"},
    )
    enabled: StrictBool = Field(
        default=True,
        title=gettext_noop("Enabled"),
        description=gettext_noop("Whether people can change or use it at first."),
        json_schema_extra={"control": "switch"},
    )
    width: int = Field(
        default=12,
        ge=1,
        le=12,
        strict=True,
        title=gettext_noop("Width"),
        description=gettext_noop("How many of the twelve columns of the form it takes."),
        json_schema_extra={"control": "number"},
    )
    width_phone: int = Field(
        default=12,
        ge=1,
        le=12,
        strict=True,
        title=gettext_noop("Width on a phone"),
        description=gettext_noop("How many of the twelve columns it takes on a narrow screen."),
        json_schema_extra={"control": "number"},
    )
    see: PartRefs = Field(
        default=(),
        max_length=MOST_REFS,
        title=gettext_noop("Who sees it"),
        description=gettext_noop(
            "People and groups. If empty, everyone who sees the form. Its value is hidden from "
            "everyone else."
        ),
        json_schema_extra={"control": "refs"},
    )
    edit: PartRefs = Field(
        default=(),
        max_length=MOST_REFS,
        title=gettext_noop("Who changes it"),
        description=gettext_noop(
            "People and groups. If empty, everyone who fills in the form. It can be changed only "
            "while its form is open."
        ),
        json_schema_extra={"control": "refs"},
    )
    rules: Rules = Field(
        default=[],
        description=gettext_noop(
            "What happens, in this order, when it is selected or its value is changed."
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _title_from_name(cls, data: Any) -> Any:
        return titled(data)

    @property
    def inner(self) -> Sequence["FormField"]:
        """Return the fields that stand in it: of a container only."""
        return ()

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it; nothing where they do not."""
        return ""

    def empty(self) -> Value:
        """Return the value that means nothing is set."""
        return None

    def to_python(self, raw: object) -> Value:
        """Return a JSON or other value converted to this field's type."""
        raise ValueFailure(_("A %(kind)s has no value.") % {"kind": self.slug()})

    def clean(self, value: Value) -> Value:
        """Return a converted value when it keeps to the field's settings."""
        return value

    def read(self, raw: object) -> Read:
        """Return what a form or the API has sent as a value, with what is wrong with it."""
        try:
            return self.clean(self.to_python(raw)), []
        except ValueFailure as failure:
            return self.empty(), [("", str(failure))]

    def refs(self, value: Value) -> "Iterator[tuple[str, str, FormField]]":
        """Yield whom a value names: the place inside it, the ref, the field that asks for it."""
        return iter(())

    def groups_asked_for(self) -> "Iterator[tuple[str, str]]":
        """Yield the groups whose members alone it takes, after the place of the setting in it."""
        return iter(())

    def to_json(self, value: Value) -> JSONValue:
        """Return a value as it is stored and sent."""
        return to_json(value)

    def shown(self, value: Value) -> str:
        """Return a value as a person reads it."""
        return as_text(value)

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return what stands in its control; a secret never does."""
        return "" if value is None or self.is_secret else as_text(value)

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return what the content of its control means, as it is sent."""
        if isinstance(written, list):
            return [one for one in written if one]
        return written.replace("\r\n", "\n")

    @property
    def posts_list(self) -> bool:
        """Tell whether its control posts each choice by itself."""
        return False

    def control_in_words(self, written: Written) -> str:
        """Return what stands in its control as a person reads it."""
        return written if isinstance(written, str) else ", ".join(written)

    def in_words(self, value: Any, moment: MomentWords) -> Any:
        """Return a recorded value as a person reads it; raises ValueFailure.

        What was recorded when the field was of another kind may not fit.
        """
        return self.shown(self.to_python(value)) if self.needs_words else value

    @classmethod
    def default_from(cls, text: str) -> Any:
        """Return the default that a designer has typed, as it is kept."""
        return text

    def content(self, resolve: Resolve) -> str:
        """Return what it shows when it holds no value; raises ValueFailure."""
        return ""

    def initial(self, resolve: Resolve) -> Value:
        """Return the value of a new instance: the default, evaluated, or the empty value."""
        default = getattr(self, "default", None)
        if default is None:
            return self.empty()
        value = Template.parse(default).evaluate(resolve) if isinstance(default, str) else default
        return self.to_python(value)


class InputField(FormField):
    """A field that a value is entered into."""

    category = INPUT
    holds_value: ClassVar[bool] = True

    required: StrictBool = Field(
        default=False,
        title=gettext_noop("Required"),
        description=gettext_noop("Whether it must be filled in before the form can be submitted."),
        json_schema_extra={"control": "switch"},
    )

    def missing(self, value: Value) -> bool:
        """Tell whether a value is required and not there."""
        return self.required and is_blank(value)

    def gaps(self, value: Value) -> list[tuple[str, str]]:
        """Return what is required and not there: the place inside the value, and a sentence."""
        return (
            [("", _("%(title)s is required. Fill it in.") % {"title": self.title})]
            if self.missing(value)
            else []
        )

    @field_validator("default", check_fields=False)
    @classmethod
    def _default_fits(cls, default: Any, info: ValidationInfo) -> Any:
        """Refuse a plain default that the field itself would refuse.

        Kinds declare `default` last, so that their other settings are known here.
        """
        if default is None or (
            isinstance(default, str) and not Template.parse(default).is_constant
        ):
            return default
        field = cls.model_construct(**info.data)
        plain = Template.parse(default).evaluate(_no_names) if isinstance(default, str) else default
        try:
            field.clean(field.to_python(from_json(plain)))
        except ValueFailure as failure:
            raise flaw(
                _("The default is not valid: %(failure)s") % {"failure": failure}
            ) from failure
        return default


def _no_names(name: str) -> Value:
    raise ValueFailure(_("%(name)s is not known.") % {"name": name})


class LayoutField(FormField):
    """What gives a form its shape: it holds no value, and nothing is triggered on it."""

    category = LAYOUT
    runs_rules: ClassVar[bool] = False

    @field_validator("rules")
    @classmethod
    def _runs_none(cls, rules: list[AnyRule]) -> list[AnyRule]:
        if rules:
            raise flaw(
                _("A %(kind)s has no rules. Add them to a button, or to a field that has a value.")
                % {"kind": as_in_sentence(_(cls.label))}
            )
        return rules


class Container(LayoutField):
    """What other fields stand in. Hidden or switched off, it hides or switches off all of them."""

    look: ClassVar[str] = "box"

    fields: list["AnyField"] = Field(
        default=[],
        title=gettext_noop("Fields"),
        description=gettext_noop(
            "Its content, in this order. Containers can hold other containers."
        ),
        json_schema_extra={"control": "fields"},
    )

    @property
    def inner(self) -> Sequence[FormField]:
        """Return the fields that stand in it."""
        return self.fields


def words_of(field: FormField | None, value: Any, moment: MomentWords) -> Any:
    """Return a recorded value in the words of its field; as it is where these do not fit."""
    if field is None or is_blank(value):
        return value
    try:
        return field.in_words(value, moment)
    except ValueFailure:
        return value


def value_read_out(field: FormField | None, value: Value, *, people: bool) -> Value:
    """Return a value as its field shows it to people; moments stay as they are stored.

    `people`: whether a ref in it names somebody, and was not just typed by anybody.
    """
    told: Value = words_of(field, value, moment_text)
    texts = [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)]
    if not people or not texts or not all(kind_and_name(text)[0] for text in texts):
        return told
    names: list[Value] = [*called(texts)]
    return names if isinstance(told, list) else names[0]


def walk(fields: Iterable[FormField], place: str = "/fields") -> Iterator[tuple[str, FormField]]:
    """Yield fields and all that stand in them, in form order, each after its JSON pointer."""
    for index, field in enumerate(fields):
        at = f"{place}/{index}"
        yield at, field
        yield from walk(field.inner, f"{at}/fields")
