"""What holds for every kind of every registry: rules, fields, auth schemes, schedules."""

import ast
import functools
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

import datasources.auth
import processes.fields
import processes.rules
import scheduler.schedules
from datasources.auth import auth_schemes
from kianda.lib.kinds import Kind, Registry
from kianda.web import icons
from processes.fields import fields
from processes.rules import Save, rules
from processes.views.designer.palette import icon_of
from scheduler.schedules import schedules

REGISTRIES: list[Registry[Any]] = [rules, fields, auth_schemes, schedules]
PACKAGES = [
    (processes.rules, rules),
    (processes.fields, fields),
    (datasources.auth, auth_schemes),
    (scheduler.schedules, schedules),
]
KINDS = [
    pytest.param(kind, registry, id=f"{kind.tag}-{slug}")
    for registry in REGISTRIES
    for slug, kind in registry.kinds.items()
]
# Modules whose classes are no kinds themselves.
BASES = {"base", "calling", "display", "files", "mailing"}

# The least that a kind of each slug needs, where its defaults are not enough.
LEAST: dict[str, dict[str, Any]] = {
    "set_form_field": {"id": "a", "assignments": [{"field": "status", "value": "x"}]},
    "create_item": {"id": "a", "datasource": "shop", "method": "get-orders"},
    "find_items": {"id": "a", "datasource": "kianda", "method": "orders"},
    "save": {"id": "a"},
    "update_item": {"id": "a", "datasource": "shop", "method": "change-order"},
    "delete_item": {"id": "a", "datasource": "shop", "method": "delete-order"},
    "submit": {"id": "a"},
    "close": {"id": "a"},
    "validate_input": {
        "id": "a",
        "field": "status",
        "message": "Write something.",
        "conditions": {"items": [{"left": "[status]", "operator": "blank"}]},
    },
    "hide_or_disable": {"id": "a", "changes": [{"field": "status", "action": "hide"}]},
    "make_required": {"id": "a", "changes": [{"field": "status"}]},
    "field_display_mode": {"id": "a", "changes": [{"field": "main", "action": "read"}]},
    "go_to_form": {"id": "a", "form": "main"},
    "assign_form": {"id": "a", "form": "main", "to": {"users": ["ada"]}},
    "process_security": {"id": "a", "see": ["creator"]},
    "delete_form": {"id": "a"},
    "user_alert": {"id": "a", "to": ["creator"], "subject": "Done"},
    "send_email": {"id": "a", "to": ["creator"], "subject": "Done", "body": "Look"},
    "meeting_request": {
        "id": "a",
        "to": ["creator"],
        "subject": "Talk",
        "body": "Look",
        "start": "2026-12-07",
        "end": "2026-12-07",
    },
    "anonymous_form_link": {"id": "a", "form": "main", "field": "amount"},
    "start_a_process": {"id": "a", "process": "orders"},
    "get_user_property": {"id": "a", "properties": [{"field": "status", "property": "email"}]},
    "lookup_user_by_property": {
        "id": "a",
        "property": "department",
        "value": "HR",
        "field": "approver",
    },
    "update_user_property": {
        "id": "a",
        "user": "ada",
        "properties": [{"property": "phone", "value": "1"}],
    },
    "loop_table": {"id": "a", "table": "lines", "rules": [{"type": "save", "id": "b"}]},
    "oauth2": {"token_url": "https://auth.example.org/token"},
    "instance_token": {"process_id": "tokens-1", "field": "access_token"},
    "once": {"at": "2026-11-23T09:00:00Z"},
    "seconds": {"every": 5},
    "minutes": {"every": 5},
    "daily": {"at": "09:30"},
    "weekly": {"at": "09:30", "days": ["monday"]},
    "monthly": {"at": "09:30", "day": 31},
    "cron": {"expression": "0 9 * * *"},
    **{slug: {"name": "status"} for slug in fields.kinds},
}


def least(kind: type[Kind]) -> dict[str, Any]:
    return {kind.tag: kind.slug(), **LEAST.get(kind.slug(), {})}


@pytest.mark.parametrize(("kind", "registry"), KINDS)
def test_a_kind_explains_itself(kind: type[Kind], registry: Registry[Any]) -> None:
    assert kind.__doc__
    assert kind.__doc__.strip().split("\n")[0].endswith((".", ":", ","))
    assert kind.label
    assert kind.category
    described = next(one for one in registry.describe() if one["type"] == kind.slug())
    assert set(described) == {"type", "title", "category", "description", "schema"}


@pytest.mark.parametrize(("kind", "registry"), KINDS)
def test_a_slug_is_lower_snake_for_ever(kind: type[Kind], registry: Registry[Any]) -> None:
    assert re.fullmatch(r"[a-z]+2?(_[a-z]+)*", kind.slug())


@pytest.mark.parametrize(("kind", "registry"), KINDS)
def test_a_kind_survives_the_way_through_json(kind: type[Kind], registry: Registry[Any]) -> None:
    made = registry.parse(least(kind))
    assert type(made) is kind
    stored = json.loads(json.dumps(made.model_dump(mode="json", by_alias=True)))
    assert registry.parse(stored) == made
    assert registry.parse(stored).model_dump(mode="json", by_alias=True) == stored


@pytest.mark.parametrize(("kind", "registry"), KINDS)
def test_an_unknown_setting_is_refused(kind: type[Kind], registry: Registry[Any]) -> None:
    with pytest.raises(ValidationError):
        registry.parse({**least(kind), "no_such_setting": 1})


@pytest.mark.parametrize(("kind", "registry"), KINDS)
def test_a_kind_cannot_be_changed_once_made(kind: type[Kind], registry: Registry[Any]) -> None:
    made = registry.parse(least(kind))
    with pytest.raises(ValidationError):
        setattr(made, kind.tag, "other")


@pytest.mark.parametrize(("kind", "registry"), KINDS)
def test_every_setting_has_a_title_and_its_schema_is_json(
    kind: type[Kind], registry: Registry[Any]
) -> None:
    schema = kind.model_json_schema()
    json.dumps(schema)
    assert all("title" in setting or "$ref" in setting for setting in schema["properties"].values())


@pytest.mark.parametrize("registry", [rules, fields], ids=["rules", "fields"])
def test_every_setting_of_rules_and_fields_names_its_control(registry: Registry[Any]) -> None:
    for kind in registry.kinds.values():
        for name, setting in kind.model_json_schema()["properties"].items():
            if name == kind.tag:
                continue
            assert setting.get("description"), f"{kind.slug()}.{name}"
            assert setting.get("control"), f"{kind.slug()}.{name}"


@pytest.mark.parametrize(
    ("kind", "registry"), [param for param in KINDS if param.values[1] is rules]
)
def test_every_rule_reads_as_a_sentence(kind: type[Kind], registry: Registry[Any]) -> None:
    sentence = registry.parse(least(kind)).sentence()
    assert sentence[0].isupper()
    assert not sentence.endswith(".")


@pytest.mark.parametrize(("package", "registry"), PACKAGES)
def test_every_module_of_a_registry_is_in_its_table_of_contents(
    package: Any, registry: Registry[Any]
) -> None:
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        for thing in vars(module).values():
            own = isinstance(thing, type) and thing.__module__ == module.__name__
            if own and issubclass(thing, Kind) and found.name not in BASES:
                assert registry.kinds.get(thing.slug()) is thing


def test_the_slugs_are_those_of_the_contract() -> None:
    assert list(rules.kinds) == [
        "set_form_field",
        "create_item",
        "find_items",
        "save",
        "update_item",
        "delete_item",
        "submit",
        "close",
        "delete_form",
        "validate_input",
        "hide_or_disable",
        "make_required",
        "field_display_mode",
        "go_to_form",
        "assign_form",
        "process_security",
        "user_alert",
        "send_email",
        "meeting_request",
        "anonymous_form_link",
        "start_a_process",
        "get_user_property",
        "lookup_user_by_property",
        "update_user_property",
        "loop_table",
    ]
    assert list(fields.kinds) == [
        "text",
        "number",
        "secret",
        "date",
        "list",
        "toggle",
        "table",
        "user_picker",
        "file_upload",
        "image",
        "signature",
        "button",
        "link",
        "rich_text",
        "panel",
        "field_group",
    ]
    assert list(auth_schemes.kinds) == [
        "none",
        "basic",
        "bearer",
        "api_key",
        "headers",
        "oauth2",
        "instance_token",
    ]
    assert list(schedules.kinds) == [
        "once",
        "seconds",
        "minutes",
        "hourly",
        "daily",
        "weekly",
        "monthly",
        "cron",
        "on_demand",
    ]


def test_two_kinds_with_one_slug_are_refused() -> None:
    class Again(Save):
        """Stores the values once more."""

    with pytest.raises(ValueError, match="'save' is registered twice"):
        Registry(Annotated[Save | Again, "one slug"])


# --- nobody else names a kind ---------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("processes/fields/", "processes/rules/")
# Definitions that the product brings.
WRITTEN_OUT = ("kianda/demo.py", "scheduler/gallery/")
NAMING = (ast.Compare, ast.Dict, ast.match_case, ast.Constant, ast.ImportFrom)


def code_outside(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield what can name something, of all modules but those of some rooms, and where it is."""
    for app in ("processes", "scheduler", "datasources", "kianda"):
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "migrations" not in path.parts and not name.startswith(rooms):
                yield from ((name, node) for node in naming_code(path))


@functools.cache
def naming_code(path: Path) -> list[ast.AST]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, NAMING)]


def test_one_module_alone_names_the_built_in_datasource() -> None:
    found = {
        place
        for place, node in code_outside("processes/rules/instances.py", "kianda/", *WRITTEN_OUT)
        if isinstance(node, ast.Constant) and node.value == "kianda"
    }
    # The format of what is copied to the clipboard is called so too.
    assert found == {"processes/designer/editing/clipboard.py"}


@pytest.mark.parametrize("kind", rules.kinds.values(), ids=rules.kinds)
def test_a_rule_says_by_which_icon_it_is_shown(kind: Any) -> None:
    assert icon_of(kind.slug()) == kind.icon
    assert icons.is_icon(kind.icon)


# The kinds that nobody outside of these rooms names.
UNNAMED = [pytest.param(fields, id="fields"), pytest.param(rules, id="rules")]
# The Submit that a form's own rules end with.
MADE_BY_THE_PRODUCT = {("processes/instances/claim.py", "Submit")}
# Comparisons in which such a word is no kind.
OTHERWISE = {
    **{
        (place, "button"): "what triggers a target"
        for place in (
            "processes/definition/targets.py", "processes/views/instances/instance_page.py",
            "scheduler/views/gallery.py",
        )
    },
    **{
        ("kianda/lib/dialogs/controls.py", word): "a control of a setting"
        for word in ("number", "secret", "text")
    },
    ("scheduler/forms.py", "number"): "a control of a setting",
    ("processes/views/instances/instance_page.py", "submit"): "what triggers a target",
    ("datasources/http/curl.py", "text"): "a part of a body",
    ("kianda/mail/rendering.py", "text"): "a token of Markdown",
    ("kianda/mail/plain_text.py", "link"): "a token of Markdown",
    ("scheduler/document.py", "user_picker"): "a control of a setting",
    ("kianda/sandbox/app.py", "list"): "what an answer is made to be",
}  # fmt: skip
ABOUT_A_KIND = re.compile(r"\b(slug|type|kind)\b")
TABLE = 3


def texts_of(node: ast.AST) -> set[str]:
    """Return the texts that a formula is: one, or a set or list of them."""
    parts = node.elts if isinstance(node, ast.Set | ast.Tuple | ast.List) else [node]
    return {one.value for one in parts if isinstance(one, ast.Constant) and type(one.value) is str}


def named(node: ast.AST, slugs: set[str]) -> set[str]:
    """Return the kinds that a piece of code names, compares with, or keeps a table by."""
    found: set[str] = set()
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(ABOUT_A_KIND.search(ast.unparse(one)) for one in sides if not texts_of(one)):
            found = set().union(*map(texts_of, sides))
    elif isinstance(node, ast.Dict):
        found = set().union(*(texts_of(key) for key in node.keys if key is not None))
        found = found if len(found & slugs) >= TABLE else set()
    elif isinstance(node, ast.match_case):
        found = set().union(*map(texts_of, ast.walk(node.pattern)))
    elif isinstance(node, ast.Constant):
        # Words of one part, such as `save` and `button`, are also words for other things.
        found = {text for text in texts_of(node) if "_" in text}
    return found & slugs


def naming(registry: Registry[Any]) -> Iterator[tuple[str, str]]:
    """Yield each module outside of the rooms of kinds that names one, and which."""
    slugs = set(registry.kinds)
    for place, node in code_outside(*ROOMS):
        if not (isinstance(node, ast.Constant) and place.startswith(WRITTEN_OUT)):
            yield from ((place, slug) for slug in named(node, slugs))


@pytest.mark.parametrize("registry", UNNAMED)
def test_what_differs_between_kinds_stands_on_the_kinds(registry: Registry[Any]) -> None:
    assert set(naming(registry)) - OTHERWISE.keys() == set(), "let the kind say it"


@pytest.mark.parametrize("registry", UNNAMED)
def test_a_page_differs_by_kind_only_in_the_template_of_the_kind(registry: Registry[Any]) -> None:
    asked = re.compile(r"\b(?!look\.)\w+\.(?:slug|kind|type) [!=]= ['\"](\w+)['\"]")
    found = {
        (path.name, slug)
        for path in (ROOT / "templates").rglob("*.html")
        if path.parent.name not in {"components", "scheduler"}
        for slug in asked.findall(path.read_text())
        if slug in registry.kinds
    }
    assert found == set(), "let the kind say it"


def test_a_module_imports_no_kind_of_rule() -> None:
    classes = {kind.__name__ for kind in rules.kinds.values()}
    found = {
        (place, one.name)
        for place, node in code_outside("processes/rules/")
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("processes.rules")
        for one in node.names
        if one.name in classes
    }
    assert found == MADE_BY_THE_PRODUCT
