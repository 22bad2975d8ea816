"""What a text or expression gives now, or what is wrong with it and at which character."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.labels import Words
from processes.language.expressions import Resolve, Template, TemplateError
from processes.language.parser import MAX_SOURCE
from processes.language.references import name_problems
from processes.language.values import Value, ValueFailure, as_text, to_json

LONGEST_SHOWN = 500
ROOTS: Mapping[str, tuple[str, ...]] = {
    "result": ("response", "item"), "item": ("item",), "error": ("error",), "row": ("row",),
}  # fmt: skip
# What a sentence about an expression names: the word that cannot stand as it does.
_CULPRITS = (
    re.compile(r"^(\S+) is neither quoted"),
    re.compile(r"^(\S+) cannot stand in an expression"),
    re.compile(r"^There is no function (\S+)\."),
    re.compile(r"^There is no field or name (\S+?)\.(?:\s|$)"),
    re.compile(r"^The field (\S+) is a "),
    re.compile(r"^The table \S+ has no column (\S+?)\.(?:\s|$)"),
    re.compile(r"^\[(\S+)\] "),
    re.compile(r"^(\w+)\(.*cannot take"),
)
_QUOTED = re.compile(
    r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[A-Za-z][A-Za-z0-9_.-]*\]""", re.DOTALL
)


class NotYet(ValueFailure):
    """A name is known, and nothing stands there yet: that is no mistake of who writes it."""


@dataclass(frozen=True)
class Result:
    """What a text gives: its type and value; or a sentence and the place that it is about."""

    ok: bool
    type: Words = ""
    text: str = ""
    secret: bool = False
    detail: str = ""
    start: int = -1
    end: int = -1


def result_of(source: str, scope: EditorScope, resolve: Resolve | None, *, tree: str) -> Result:
    """Return what a text of the design gives with the values at hand."""
    try:
        template = Template.parse(source)
    except TemplateError as error:
        return _wrong(source, str(error))
    problems = name_problems(template, scope.names, roots=roots_of(tree, scope))
    if problems:
        return _wrong(source, problems[0])
    if scope.is_secret(source):
        return Result(ok=True, type=_("Secret"), secret=True)
    if resolve is None:
        return Result(ok=True)
    try:
        value = template.evaluate(resolve)
    except NotYet as failure:
        return Result(ok=True, detail=str(failure))
    except ValueFailure as failure:
        return Result(ok=False, detail=str(failure))
    return Result(ok=True, type=type_words(value), text=text_of(value))


def roots_of(tree: str, scope: EditorScope) -> tuple[str, ...]:
    """Return what names may begin with in a box, beside fields."""
    return (*ROOTS.get(tree, ()), *(("row",) if scope.loop else ()))


def _wrong(source: str, detail: str) -> Result:
    start, end = place_of(source, detail)
    return Result(ok=False, detail=detail, start=start, end=end)


def place_of(source: str, detail: str) -> tuple[int, int]:
    """Return the characters that a sentence is about; -1 when that cannot be told."""
    for pattern in _CULPRITS:
        found = pattern.match(detail)
        at = source.find(found[1]) if found else -1
        if found and at >= 0:
            return at, at + len(found[1])
    if source.startswith("=") and len(source) <= MAX_SOURCE:
        return _first_fault(source)
    return -1, -1


def _first_fault(source: str) -> tuple[int, int]:
    """Return where an expression stops making sense: names stand for texts of the same length."""
    plain = _QUOTED.sub(lambda found: "a" * len(found[0]), source[1:])
    plain = re.sub(r"\s", " ", plain)
    indent = len(plain) - len(plain.lstrip())
    try:
        ast.parse(plain.strip(), mode="eval")
    except SyntaxError as error:
        at = min(indent + (error.offset or 1), len(source) - 1)
        return at, at + 1
    except (ValueError, RecursionError, MemoryError):
        return -1, -1
    return -1, -1


_TYPES: tuple[tuple[Any, Words], ...] = (
    (bool, _("Yes or no")), (Decimal, _("Number")), (str, _("Text")), (list, _("List")),
    (dict, _("Object")),
)  # fmt: skip


def type_words(value: Value) -> Words:
    """Return what kind of value it is."""
    return next((words for kind, words in _TYPES if isinstance(value, kind)), _("Nothing"))


def text_of(value: Value) -> str:
    """Return a value as a person reads it, cut when it is long."""
    text = as_text(to_json(value) if isinstance(value, (list, dict)) else value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}\u2026"
