"""The reference pages: written from the typed models and tables that the product itself runs on."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from datasources.auth import auth_schemes
from kianda.environment import KNOWN
from kianda.lib.kinds import Registry
from processes.definition.security import Security
from processes.fields import fields
from processes.language.comparisons import OPERATORS, Right
from processes.language.functions import EVERY_FUNCTION, Function
from processes.language.references import SYSTEM_NAMES
from processes.rights.acts import ACTS, REFS
from processes.rules import rules
from scheduler.schedules import schedules

Schema = Mapping[str, Any]

_HEAD = "<!-- Written by `manage.py render_reference`. Change the code, not this page. -->"
_RIGHT_SIDES = {
    Right.VALUE: "text, a field or a formula",
    Right.PATTERN: "an RE2 pattern, without inserted values",
    Right.LIST: "values separated by commas",
    Right.PAIR: "two values separated by a comma",
    Right.NOTHING: "nothing",
}
_SIMPLE = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
}
# Settings that a page of their own explains.
_LINKS = {
    "rules": "list of [rules](rules.md)",
    "fields": "list of [fields](#fields)",
    "columns": "list of [fields](#fields)",
}


def pages() -> dict[str, str]:
    """Return every reference page by its file name."""
    return {
        "fields.md": _kinds_page(
            "Fields", "The elements of a form. `type` is the kind of field.", fields
        ),
        "rules.md": _kinds_page(
            "Rules",
            "The actions of a button, a field, a form or a process, in the order of its list. "
            "`type` is the kind of rule. [Formulas](expressions.md) explains the values.",
            rules,
        ),
        "expressions.md": _expressions_page(),
        "auth-schemes.md": _kinds_page(
            "Authentication",
            "How a datasource signs in: its `auth`. `scheme` is the kind.",
            auth_schemes,
        ),
        "schedules.md": _kinds_page(
            "Schedules",
            "When a scheduled task runs: its `schedule`. `kind` is the kind. Times are in the "
            "time zone of the task.",
            schedules,
        ),
        "rights.md": _rights_page(),
        "settings.md": _settings_page(),
    }


def _rights_page() -> str:
    lists = _table(
        ("list", "title", "default", "meaning"),
        [
            (
                f"`{name}`",
                str(field.title),
                ", ".join(f"`{ref}`" for ref in field.default) or "no one",
                str(field.description),
            )
            for name, field in Security.model_fields.items()
        ],
    )  # fmt: skip
    acts = _table(
        ("action", "on", "allowed for", "otherwise"),
        [(f"`{act.act}`", act.on, act.who, act.refusal) for act in ACTS],
    )
    named = [(f"`{ref}`", words) for ref, words in REFS.items()]
    return _page(
        "Rights",
        "Permissions for the instances of a process. Administrators, and the people in the list "
        "`administrators` of the process, have all of them.",
        "## `security` of a process", lists,
        "## `see`, `edit` and `press` of parts",
        "A form, field or column can have `see` and `edit`, a button `see` and `press`: lists of "
        "refs. If a list is empty, that of the surrounding part applies.",
        "## Refs", _table(("ref", "people"), named),
        "## Actions", acts,
    )  # fmt: skip


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _page(title: str, intro: str, *parts: str) -> str:
    return "\n\n".join([_HEAD, f"# {title}", intro, *parts]) + "\n"


def _kinds_page(title: str, intro: str, registry: Registry[Any]) -> str:
    kinds = registry.describe()
    shared = _shared(kinds)
    parts = [_kind_part(kind, skip=shared) for kind in kinds]
    if shared:
        first = kinds[0]["schema"]
        every = {name: first["properties"][name] for name in shared}
        parts.insert(0, f"## Common settings\n\n{_settings_table(first, every)}")
    return _page(title, intro, *parts)


def _shared(kinds: list[dict[str, Any]]) -> list[str]:
    """Return the settings that every kind has alike."""
    first, *others = [kind["schema"]["properties"] for kind in kinds]
    return [
        name
        for name, setting in first.items()
        if others and all(other.get(name) == setting for other in others)
    ]


def _kind_part(kind: Mapping[str, Any], *, skip: list[str]) -> str:
    schema = kind["schema"]
    own = {
        name: setting
        for name, setting in schema["properties"].items()
        if name not in skip and "const" not in setting
    }
    head = f"## {kind['title']} (`{kind['type']}`)\n\n{kind['description']}"
    return f"{head}\n\n{_settings_table(schema, own)}" if own else head


def _settings_table(schema: Schema, settings: Mapping[str, Schema]) -> str:
    required = schema.get("required", ())
    lines = ["| setting | takes | if omitted | meaning |", "|---|---|---|---|"]
    for name, setting in settings.items():
        left_out = setting.get("made") or ("required" if name in required else _default(setting))
        meaning = " ".join(str(setting.get("description", setting.get("title", ""))).split())
        takes = _LINKS.get(setting.get("control", "")) or _takes(setting, schema.get("$defs", {}))
        lines.append(f"| `{name}` | {_cell(takes)} | {left_out} | {_cell(meaning)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def _default(setting: Schema) -> str:
    if "default" not in setting:
        return ""
    return f"`{json.dumps(setting['default'], ensure_ascii=False)}`"


def _takes(setting: Schema, defs: Mapping[str, Schema]) -> str:
    """Return in words what a setting takes."""
    for told in _ways_to_tell(setting, defs):
        return told
    return "any value"


def _ways_to_tell(setting: Schema, defs: Mapping[str, Schema]) -> Iterator[str]:
    if "$ref" in setting:
        yield _object(defs[setting["$ref"].rpartition("/")[2]], defs)
    if "enum" in setting:
        yield ", ".join(f"`{choice}`" for choice in setting["enum"])
    for key in ("anyOf", "oneOf"):
        if key in setting:
            told = [_takes(choice, defs) for choice in setting[key]]
            yield " or ".join(dict.fromkeys(told))
    if isinstance(setting.get("type"), list):
        told = [_takes({**setting, "type": one}, defs) for one in setting["type"]]
        yield " or ".join(dict.fromkeys(told))
    if setting.get("type") == "array":
        yield f"list of {_takes(setting.get('items', {}), defs)}"
    if setting.get("type") in _SIMPLE:
        yield _SIMPLE[setting["type"]] + _bounds(setting)


def _object(schema: Schema, defs: Mapping[str, Schema]) -> str:
    if "enum" in schema:
        return _takes(schema, defs)
    keys = ", ".join(f"`{name}`" for name in schema.get("properties", {}))
    return f"{{{keys}}}"


_BOUNDS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("minimum", lambda bound: f"from {bound}"),
    ("exclusiveMinimum", lambda bound: f"above {bound}"),
    ("maximum", lambda bound: f"to {bound}"),
    ("exclusiveMaximum", lambda bound: f"below {bound}"),
    ("maxLength", lambda bound: f"at most {bound:,} characters"),
)


def _bounds(setting: Schema) -> str:
    told = [say(setting[key]) for key, say in _BOUNDS if key in setting]
    return f", {' '.join(told)}" if told else ""


def _expressions_page() -> str:
    functions = ["| function | type | result | arguments | example |", "|---|---|---|---|---|"]
    functions += [_function_line(function) for function in EVERY_FUNCTION]
    operators = ["| operator | reads | right side | for secrets |", "|---|---|---|---|"]
    for name, operator in OPERATORS.items():
        secret = "yes" if operator.takes_secret else "no"
        operators.append(
            f"| `{name}` | {operator.words} | {_RIGHT_SIDES[operator.right]} | {secret} |"
        )
    names = ", ".join(f"`[{name}]`" for name in sorted(SYSTEM_NAMES))
    return _page(
        "Values, formulas and conditions",
        _VALUES,
        f"## Names\n\nEvery field by its name, and {names}. The mappings of a call also have "
        "`[response.status]`, `[response.headers.<Name>]`, `[response.body.<path>]`, "
        "`[item.<field>]` and `[error.message]`, `[error.status]`, `[error.kind]`.",
        "## Functions\n\n" + "\n".join(functions),
        "## Operators of conditions\n\n" + "\n".join(operators),
    )


def _function_line(function: Function) -> str:
    arguments = "; ".join(
        f"`{one.name}` {one.help}" + (f" (default `{one.omitted}`)" if one.omitted else "")
        for one in function.arguments
    )
    example = f"`{function.example.call}` is `{function.example.result}`"
    told = (f"`{function.signature}`", function.result, function.description, arguments, example)
    return f"| {' | '.join(map(_cell, told))} |"


_VALUES = """\
Wherever a design takes “field or text”:

| text | meaning |
|---|---|
| `refresh_token` | that text |
| `[refresh_token]` | the value of the field, with its type |
| `Bearer [access_token]` | text with the value of the field |
| `=[price] * [quantity]` | a formula; `==` at the start is a plain `=` |
| `[[` | a plain `[` |
| nothing | clears the field |

Only the text of the design is read in this way, never the value of a field or a response."""

_SERVERS = {
    "DATABASE_URL": "`postgresql://user:password@host/name`, with parameters of libpq after `?`. "
    "If not set: SQLite in the data folder. `options=-c jit=off -c random_page_cost=1.1 "
    "-c work_mem=32MB` and `prepare_threshold=3` are set unless the address has them; "
    "`prepare_threshold=none` is for a pooler between.",
    "CELERY_BROKER_URL": "`redis://host:port/0`. If not set: the embedded broker.",
}


def _settings_page() -> str:
    lines = ["| setting | meaning and default |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(meaning)} |" for name, meaning in {**KNOWN, **_SERVERS}.items()]
    return _page(
        "Settings",
        "Kianda reads them from the environment when it starts. With an unknown `KIANDA_...` it "
        "does not start, and names the most similar setting.",
        "\n".join(lines),
    )
