"""What a text or formula gives now, or what is wrong with it and at which character."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import override

from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.target_field import TargetField
from processes.language.expressions import Resolve, Template, TemplateError
from processes.language.functions.function import ANY, Argument
from processes.language.parser import MAX_SOURCE
from processes.language.references import name_problems
from processes.language.result_types import omitted_arguments, type_of, type_of_value
from processes.language.values import Value, ValueFailure, as_text, to_json

LONGEST_SHOWN = 500
ROOTS: Mapping[str, tuple[str, ...]] = {
    "result": ("response", "item"), "item": ("item",), "error": ("error",), "row": ("row",),
}  # fmt: skip
# What a sentence about a formula names: the word that cannot stand as it does.
_CULPRITS = (
    re.compile(r"^(\S+) is neither quoted"),
    re.compile(r"^Put (\S+) in quotes"),
    re.compile(r"^Use straight quotes, .* instead of (\S+)\.$"),
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
    type: str = ""
    text: str = ""
    secret: bool = False
    # Whether there is a value, and not its type alone.
    has_value: bool = False
    detail: str = ""
    start: int = -1
    end: int = -1
    # Where the value goes, and why it cannot be stored there.
    target: TargetField | None = None
    refusal: str = ""
    # The arguments that its calls omit.
    omitted: tuple[Argument, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is a value, and nothing in it."""
        return self.has_value and not self.text


def result_of(
    source: str, scope: EditorScope, resolve: Resolve | None, *, tree: str,
    target: TargetField | None = None,
) -> Result:  # fmt: skip
    """Return what a text of the design gives with the values at hand."""
    if detail := _problem(source, scope, tree):
        # The place is found by the words of the sentence, in the language that it is written in.
        with override("en"):
            start, end = place_of(source, _problem(source, scope, tree))
        return Result(ok=False, detail=detail, start=start, end=end)
    template = Template.parse(source)
    if scope.is_secret(source):
        return Result(ok=True, type=_("Secret"), secret=True)
    known = type_of(template, scope.names)
    result = Result(
        ok=True, type="" if known == ANY else _(known), omitted=omitted_arguments(template)
    )
    if resolve is None and template.references:
        return result
    try:
        value = template.evaluate(resolve or _no_names)
    except NotYet as failure:
        return replace(result, detail=str(failure))
    except ValueFailure as failure:
        return Result(ok=False, detail=str(failure))
    return replace(
        result, type=result.type or type_words(value), text=text_of(value), has_value=True,
        target=target, refusal=target.refusal(value) if target else "",
    )  # fmt: skip


def _no_names(name: str) -> Value:
    raise NotYet(name)


def roots_of(tree: str, scope: EditorScope) -> tuple[str, ...]:
    """Return what names may begin with in a box, beside fields."""
    return (*ROOTS.get(tree, ()), *(("row",) if scope.loop else ()))


def _problem(source: str, scope: EditorScope, tree: str) -> str:
    """Return what is wrong with a text, whatever the values are; nothing when it can be read."""
    try:
        template = Template.parse(source)
    except TemplateError as error:
        return str(error)
    return next(iter(name_problems(template, scope.names, roots=roots_of(tree, scope))), "")


def place_of(source: str, detail: str) -> tuple[int, int]:
    """Return the characters that a sentence, in English, is about; -1 when that cannot be told."""
    for pattern in _CULPRITS:
        found = pattern.match(detail)
        at = source.find(found[1]) if found else -1
        if found and at >= 0:
            return at, at + len(found[1])
    if source.startswith("=") and len(source) <= MAX_SOURCE:
        return _first_fault(source)
    return -1, -1


def _first_fault(source: str) -> tuple[int, int]:
    """Return where a formula stops making sense: names stand for texts of the same length."""
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


def type_words(value: Value) -> str:
    """Return what kind of value it is."""
    return _(type_of_value(value))


def text_of(value: Value) -> str:
    """Return a value as a person reads it, cut when it is long."""
    text = as_text(to_json(value) if isinstance(value, (list, dict)) else value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}\u2026"
