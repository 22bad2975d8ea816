"""String types of a design that refer to something, checked while the design is validated.

With `context={"names": NameTable}` every name is checked; without it (a stored design) only the
writing is. A type carries the control that the designer's dialogs show for it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from kianda.lib.names import FIELD_NAME, SLUG
from processes.expressions import Template, TemplateError
from processes.names import NameTable

SYSTEM_NAMES = frozenset(
    {
        "process.id",
        "process.name",
        "process.status",
        "process.created",
        "user.email",
        "user.name",
        "now",
        "today",
    }
)
# What is known before an instance is there.
EARLY_NAMES = frozenset({"process.name", "user.email", "user.name", "now", "today"})
_ERROR_NAMES = frozenset({"error.message", "error.status", "error.kind"})
_ROOTS = {
    "response": "response.status, response.headers.<Name>, response.body or response.body.<path>",
    "error": "error.message, error.status or error.kind",
    "item": "item.<field>",
    "row": "row.<column>",
}
_PLACES = {
    "response": "in an on-success mapping",
    "error": "in an on-error mapping",
    "item": "in the filter and the on-success mapping of a rule that finds items",
    "row": "in a rule that works on a table",
}


def flaw(detail: str) -> PydanticCustomError:
    """Return a validation error whose message is exactly the sentence."""
    return PydanticCustomError("flaw", "{detail}", {"detail": detail})


def names_in(info: ValidationInfo) -> NameTable | None:
    """Return the names that the validation knows, or None when it is not to check them."""
    context = info.context
    names = context.get("names") if isinstance(context, Mapping) else None
    return names if isinstance(names, NameTable) else None


def parsed(source: str) -> Template:
    """Return the template of a text; a validation error when it cannot be read."""
    try:
        return Template.parse(source)
    except TemplateError as error:
        raise flaw(str(error)) from error


def name_problems(
    template: Template, names: NameTable, *, roots: tuple[str, ...] = ()
) -> list[str]:
    """Return a sentence for each name that means nothing at this place."""
    found = []
    for name in dict.fromkeys(template.references):
        root = name.partition(".")[0]
        if root == "row" and names.row is not None:
            found.append(_column_problem(name, names))
        elif root in _ROOTS:
            found.append(_root_problem(name, root, roots))
        elif name not in SYSTEM_NAMES:
            found.append(_field_problem(name, names))
    return [problem for problem in found if problem]


def _root_problem(name: str, root: str, roots: tuple[str, ...]) -> str:
    if root not in roots:
        return f"[{name}] can stand only {_PLACES[root]}. {_escape_hint(name)}"
    if not _is_place(name, root):
        return f"[{name}] is not known here: write {_ROOTS[root]}. {_escape_hint(name)}"
    return ""


def _column_problem(name: str, names: NameTable) -> str:
    column = name.partition(".")[2]
    if column in (names.row or {}):
        return ""
    known = ", ".join(f"[row.{one}]" for one in names.row or {})
    return f"The table has no column {column}. There are: {known}. {_escape_hint(name)}"


def _is_place(name: str, root: str) -> bool:
    if root == "error":
        return name in _ERROR_NAMES
    if root != "response":
        return "." in name
    part, _, rest = name.removeprefix("response.").partition(".")
    return (part == "status" and not rest) or part == "body" or (part == "headers" and bool(rest))


def _field_problem(name: str, names: NameTable) -> str:
    kind = names.type_of(name)
    table, _, column = name.partition(".")
    if column and table in names.tables:
        known = ", ".join(f"[{table}.{one}]" for one in names.tables[table])
        wrong = f"The table {table} has no column {column}. There are: {known}."
        return "" if column in names.tables[table] else f"{wrong} {_escape_hint(name)}"
    if kind is None:
        near = names.nearest(name)
        meant = f" Did you mean [{near}]?" if near else ""
        return f"There is no field or name {name}.{meant} {_escape_hint(name)}"
    if not names.holds_value(name):
        return f"The field {name} is a {kind} and holds no value. {_escape_hint(name)}"
    return ""


def _escape_hint(name: str) -> str:
    return f"For the plain text [{name}] write [[{name}]."


def secret_names(template: Template, names: NameTable) -> list[str]:
    """Return the secret fields that a template refers to."""
    return [name for name in template.references if names.is_secret(name)]


def _secret_problems(template: Template, names: NameTable, info: ValidationInfo) -> list[str]:
    """Let a secret through only where the row's own `field`, given before, is a secret one."""
    if names.is_secret(str((info.data or {}).get("field", ""))):
        return []
    return [
        f"{name} is a secret field: it may go only into input mappings and into other secret "
        "fields. Take it out here, or make the target a secret field."
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
            raise flaw("A list of texts is needed.")
    elif default is not None and not isinstance(default, (bool, int, float)):
        raise flaw("Write a text, a number, true, false or a list of texts.")
    return default


def _check_early(template: Template) -> None:
    for name in template.references:
        if name not in EARLY_NAMES:
            known = ", ".join(f"[{early}]" for early in sorted(EARLY_NAMES))
            raise flaw(
                f"[{name}] is not known yet when a default is taken; {known} are. "
                f"{_escape_hint(name)}"
            )


def check_field_name(name: str, info: ValidationInfo) -> str:
    """Refuse a field that is not there, or holds no value; in a loop `row.<column>` is one too."""
    names = names_in(info)
    if name.startswith("row."):
        return _check_column(name, names)
    if not FIELD_NAME.match(name):
        raise flaw("Give the name of a field, such as access_token, without brackets.")
    if names is None or names.holds_value(name):
        return name
    kind = names.type_of(name)
    if kind is not None:
        raise flaw(f"The field {name} is a {kind} and holds no value. Choose another field.")
    near = names.nearest(name)
    raise flaw(
        f"There is no field {name}. "
        + (f"Did you mean {near}?" if near else "Add it, or choose another one.")
    )


def _check_column(name: str, names: NameTable | None) -> str:
    if not FIELD_NAME.match(name.removeprefix("row.")):
        raise flaw("Write row. and the name of a column, such as row.price.")
    if names is not None:
        problem = (
            _column_problem(name, names)
            if names.row is not None
            else f"{name} is a column; it can be set only in a rule that works on a table."
        )
        if problem:
            raise flaw(problem)
    return name


def _slug(text: str) -> str:
    if not SLUG.match(text) or len(text) > 63:
        raise flaw("Use small letters, digits and single hyphens, at most 63 characters.")
    return text


def _control(name: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"control": name})


_VALUE_HELP = (
    "Text, a field such as [status], both mixed, or an expression such as =[price] * 2. "
    "Empty clears the field."
)

TextValue = Annotated[str, AfterValidator(_checker()), _control("value", _VALUE_HELP)]
InputValue = Annotated[
    str,
    AfterValidator(_checker(secrets=True)),
    _control("value", f"{_VALUE_HELP} Secret fields are allowed here."),
]
ResultValue = Annotated[
    str,
    AfterValidator(_checker("response", "item")),
    _control(
        "value",
        f"{_VALUE_HELP} The answer is [response.status], [response.headers.<Name>], "
        "[response.body.<path>]; an item found is [item.<field>].",
    ),
]
ItemValue = Annotated[
    str,
    AfterValidator(_checker("item")),
    _control("value", f"{_VALUE_HELP} The item found is [item.<field>]."),
]
ErrorValue = Annotated[
    str,
    AfterValidator(_checker("error")),
    _control(
        "value", f"{_VALUE_HELP} The error is [error.message], [error.status] or [error.kind]."
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
        title="Default",
        description="The value at the start: text, or a name known then, such as [today] or "
        "[user.email], or an expression of those.",
        json_schema_extra={"control": "value"},
    ),
]
FieldName = Annotated[
    str,
    AfterValidator(check_field_name),
    _control("field_picker", "The name of a field of this process."),
]
RuleId = Annotated[
    str, AfterValidator(_slug), _control("slug", "Names the rule in its process, for ever.")
]
DatasourceRef = Annotated[
    str, AfterValidator(_slug), _control("datasource_picker", "The name of a datasource.")
]
MethodRef = Annotated[
    str, AfterValidator(_slug), _control("method_picker", "The name of one of its methods.")
]
