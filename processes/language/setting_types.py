"""String types of settings that refer to something: their checks, and the controls they bring."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema

from kianda.lib.dialogs.specs import Offered
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import FIELD_NAME, SLUG
from processes.language.expressions import Template
from processes.language.people import PARTS, attributes, person_parts
from processes.language.references import (
    EARLY_NAMES,
    check_field_name,
    check_own_field_name,
    escape_hint,
    flaw,
    is_early_name,
    name_problems,
    names_in,
    parsed,
    secret_names,
)
from processes.language.scope import NameTable


def _secret_problems(template: Template, names: NameTable, info: ValidationInfo) -> list[str]:
    """Let a secret through only where the row's own `field`, given before, is a secret one."""
    if names.is_secret(str((info.data or {}).get("field", ""))):
        return []
    return [
        _(
            "%(name)s is a secret field. It can go only into input mappings and other secret "
            "fields. Remove it here, or choose a secret field as the target."
        )
        % {"name": name}
        for name in dict.fromkeys(secret_names(template, names))
    ]


def _checked(source: str, info: ValidationInfo, *, roots: tuple[str, ...], secrets: bool) -> str:
    template = parsed(source)
    names = names_in(info)
    if names is not None:
        problems = name_problems(template, names, roots=roots)
        if not secrets:
            problems += _secret_problems(template, names, info)
        if problems:
            raise flaw(" ".join(problems))
    return source


def _checker(*roots: str, secrets: bool = False) -> Callable[[str, ValidationInfo], str]:
    return partial(_checked, roots=roots, secrets=secrets)


def _default_value(default: object) -> object:
    """Refuse what no default can be: an object, or a text with names that come later."""
    if isinstance(default, str):
        _check_early(parsed(default))
    elif isinstance(default, list):
        if not all(isinstance(item, str) for item in default):
            raise flaw(_("A list of texts is needed."))
    elif default is not None and not isinstance(default, (bool, int, float)):
        raise flaw(_("Write a text, a number, true, false or a list of texts."))
    return default


def _check_early(template: Template) -> None:
    for name in template.references:
        if not is_early_name(name):
            known = ", ".join(f"[{early}]" for early in sorted(EARLY_NAMES))
            raise flaw(
                _("[%(name)s] cannot be used in a default; %(known)s can. %(hint)s")
                % {"name": name, "known": known, "hint": escape_hint(name)}
            )


def _slug(text: str) -> str:
    if not SLUG.match(text) or len(text) > 63:
        raise flaw(_("Use lowercase letters, digits and single hyphens, at most 63 characters."))
    return text


def _property(name: str, info: ValidationInfo, *, known: tuple[str, ...]) -> str:
    """Refuse what is not known of people; while a stored design is read, only the writing."""
    if not FIELD_NAME.match(name) or len(name) > 64:
        raise flaw(_("Choose a user property, such as department."))
    if names_in(info) is not None and name not in known and name not in attributes():
        raise flaw(
            _("Users have no attribute %(name)s. Choose another one, or add it for all users.")
            % {"name": name}
        )
    return name


def _control(name: str, description: str, *, title: str | None = None) -> Any:
    return Field(
        title=title,
        description=description,
        json_schema_extra={"control": name},
    )


TextValue = Annotated[
    str,
    AfterValidator(_checker()),
    _control(
        "value",
        gettext_noop(
            "Text, a field such as [status], both mixed, or a formula such as =[price] * 2. "
            "Empty clears the field."
        ),
    ),
]
_ATTRIBUTE = {
    "type": "string", "description": "The name of an attribute of this workspace.",
    "pattern": "^[A-Za-z][A-Za-z0-9_]*$", "maxLength": 64,
}  # fmt: skip
_CHANGED = ("manager", "department", "job_title", "phone")


def _changed_parts() -> tuple[str, ...]:
    return (*_CHANGED, *attributes())


# What is known of people: what every user has, or an attribute that the workspace has added.
PersonProperty = Annotated[
    str,
    AfterValidator(partial(_property, known=PARTS)),
    Offered(person_parts),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": list(PARTS)}, _ATTRIBUTE]}),
]
# The same, of what rules may change.
ChangedProperty = Annotated[
    str,
    AfterValidator(partial(_property, known=_CHANGED)),
    Offered(_changed_parts),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": list(_CHANGED)}, _ATTRIBUTE]}),
]
InputValue = Annotated[
    str,
    AfterValidator(_checker(secrets=True)),
    _control(
        "value",
        gettext_noop(
            "Text, a field such as [status], both mixed, or a formula such as =[price] * 2. "
            "Empty clears the field. Secret fields are allowed here."
        ),
    ),
]
ResultValue = Annotated[
    str,
    AfterValidator(_checker("response", "item")),
    _control(
        "value",
        gettext_noop(
            "Text, a field such as [status], both mixed, or a formula such as =[price] * 2. "
            "Empty clears the field. The response is [response.status], "
            "[response.headers.<Name>], [response.body.<path>]; an item found is [item.<field>]."
        ),
    ),
]
ErrorValue = Annotated[
    str,
    AfterValidator(_checker("error")),
    _control(
        "value",
        gettext_noop(
            "Text, a field such as [status], both mixed, or a formula such as =[price] * 2. "
            "Empty clears the field. The error is [error.message], [error.status] or [error.kind]."
        ),
    ),
]
# What JSON allows; one type and not a union of five, so that one error comes out.
DefaultValue = Annotated[
    Any,
    PlainValidator(_default_value),
    WithJsonSchema(
        {"type": ["string", "number", "boolean", "array", "null"], "items": {"type": "string"}}
    ),
    Field(
        title=gettext_noop("Default"),
        description=gettext_noop(
            "The initial value: text, or a name known then, such as [today] or [user.email], or "
            "a formula of those."
        ),
        json_schema_extra={"control": "value"},
    ),
]
FieldName = Annotated[
    str,
    AfterValidator(check_field_name),
    _control("field_picker", gettext_noop("The name of a field of this process.")),
]
OwnFieldName = Annotated[
    str,
    AfterValidator(check_own_field_name),
    _control("field", gettext_noop("The name of a field of this process.")),
]
RuleId = Annotated[
    str,
    AfterValidator(_slug),
    _control("slug", gettext_noop("Permanent name of the rule in its process.")),
]
DatasourceRef = Annotated[
    str,
    AfterValidator(_slug),
    _control(
        "datasource_picker",
        gettext_noop("The name of a datasource."),
        title=gettext_noop("Datasource"),
    ),
]
MethodRef = Annotated[
    str,
    AfterValidator(_slug),
    _control(
        "method_picker",
        gettext_noop("The name of one of its methods."),
        title=gettext_noop("Method"),
    ),
]


def check_table_name(name: str, info: ValidationInfo) -> str:
    """Refuse what is no table of this process."""
    names = names_in(info)
    if not FIELD_NAME.match(name):
        raise flaw(_("Enter the name of a table."))
    if names is not None and not (name in names.fields and names.fields[name].holds_rows):
        raise flaw(
            _("There is no table %(name)s. Choose a field of the type table.") % {"name": name}
        )
    return name


def check_form_name(name: str, info: ValidationInfo) -> str:
    """Refuse what is no form of this process."""
    if not FIELD_NAME.match(name):
        raise flaw(_("Enter the name of a form."))
    names = names_in(info)
    if names is not None and name not in names.forms:
        raise flaw(_("There is no form %(name)s. Choose a form of this process.") % {"name": name})
    return name


def _check_process(name: str) -> str:
    if not SLUG.match(name) or len(name) > 63:
        raise flaw(_("Enter the name of a process: lowercase letters, digits and single hyphens."))
    return name


def _name_control(name: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"control": name})


TableName = Annotated[
    str,
    AfterValidator(check_table_name),
    _name_control("table", gettext_noop("The name of a table of this process.")),
]
FormName = Annotated[
    str,
    AfterValidator(check_form_name),
    _name_control("form", gettext_noop("The name of a form of this process.")),
]
ProcessRef = Annotated[
    str,
    AfterValidator(_check_process),
    _name_control("process", gettext_noop("The name of a process.")),
]
