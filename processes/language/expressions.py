"""Texts of a design in which a field or a formula may stand: parsed once, evaluated often.

`[name]` alone keeps the value's type, text around it makes text, `=` starts a formula. Only the
design's own text is read: a value that comes from a field or an answer is never read again.
"""

import ast
import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import simpleeval

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.language.functions import FUNCTIONS
from processes.language.operators import OPERATORS, joined
from processes.language.parser import (
    MAX_SOURCE,
    TEXT_FUNCTION,
    Expression,
    Reference,
    TemplateError,
    TemplatePart,
    names_of,
    read_expression,
    read_text,
)
from processes.language.values import MAX_LIST, Value, ValueFailure, as_text, to_text

__all__ = ["FUNCTIONS", "Resolve", "Template", "TemplateError"]

Resolve = Callable[[str], Value]


@dataclass(frozen=True)
class Template:
    """One "field or text" of a design. `references` are its names in order of appearance."""

    source: str
    references: tuple[str, ...]
    parts: tuple[TemplatePart, ...] = ()
    expression: Expression | None = None

    @classmethod
    def parse(cls, source: str) -> "Template":
        """Read a text of a design, from the cache when it was read before; raises TemplateError."""
        return _parsed(source) if len(source) <= MAX_SOURCE else _parse(source)

    @property
    def is_expression(self) -> bool:
        """Tell whether it starts with one `=`."""
        return self.expression is not None

    @property
    def is_constant(self) -> bool:
        """Tell whether it is plain text: neither expression nor reference."""
        return self.expression is None and not self.references

    @property
    def only_reference(self) -> str | None:
        """Return the name when it is `[name]` and nothing else."""
        alone = not self.is_expression and len(self.parts) == 1 and bool(self.references)
        return self.references[0] if alone else None

    def pieces(self, resolve: Resolve) -> list[tuple[str, bool]]:
        """Return its text in pieces, and of each whether it is a value that was put in.

        Who reads the text as Markdown takes values as they are. What a formula gives is one.
        """
        if self.expression is not None:
            return [(as_text(self.evaluate(resolve)), True)]
        return [
            (as_text(resolve(part.name)), True) if isinstance(part, Reference) else (part, False)
            for part in self.parts
        ]

    def evaluate(self, resolve: Resolve) -> Value:
        """Return its value, with names looked up by `resolve`; raises ValueFailure."""
        if self.expression is not None:
            return _evaluate(self.expression, self.source, resolve)
        if not self.references:
            return self.parts[0] if self.parts else ""  # type: ignore[return-value]
        if len(self.parts) == 1:
            return resolve(self.references[0])
        return joined(
            [as_text(resolve(p.name)) if isinstance(p, Reference) else p for p in self.parts]
        )


def _parse(source: str) -> Template:
    if source.startswith("=") and not source.startswith("=="):
        expression = read_expression(source[1:])
        return Template(source, expression.references, expression=expression)
    parts = read_text(source[1:] if source.startswith("==") else source)
    return Template(source, names_of(parts), parts=tuple(parts))


# A design's texts are few and short; an unreadable one is not kept.
_parsed = functools.lru_cache(maxsize=4_096)(_parse)


class _Evaluator(simpleeval.SimpleEval):  # type: ignore[misc]
    """simpleeval with our operators and functions, and nothing of its own but the walk."""

    names: Any

    def __init__(self) -> None:
        functions = {name: function.compute for name, function in FUNCTIONS.items()}
        functions[TEXT_FUNCTION] = lambda *parts: joined([as_text(part) for part in parts])
        super().__init__(operators=dict(OPERATORS), functions=functions, names={})
        self.nodes[ast.List] = lambda node: [self._eval(item) for item in node.elts]

    def value_of(self, expression: Expression, source: str, resolve: Resolve) -> Value:
        """Evaluate; a nested evaluation through `resolve` finds its own names."""
        before = self.names
        self.names = lambda node: resolve(expression.names[node.id])
        try:
            value: Value = self.eval(source, previously_parsed=expression.tree)
        finally:
            self.names = before
        return value


# Making an evaluator costs more than using it, and one may be used by one thread at a time.
_local = threading.local()


def _evaluate(expression: Expression, source: str, resolve: Resolve) -> Value:
    evaluator: _Evaluator | None = getattr(_local, "evaluator", None)
    if evaluator is None:
        evaluator = _local.evaluator = _Evaluator()
    try:
        return _bounded(evaluator.value_of(expression, source, resolve))
    except ArithmeticError:
        raise ValueFailure(
            _("The result of %(source)s is not a number that can be stored.")
            % {"source": _short(source)}
        ) from None
    except RecursionError:
        raise ValueFailure(
            _("%(source)s uses a value that is nested too deeply.") % {"source": _short(source)}
        ) from None
    except simpleeval.InvalidExpression as error:
        raise ValueFailure(
            _("%(source)s cannot be evaluated: %(error)s")
            % {"source": _short(source), "error": error}
        ) from error


def _bounded(value: Value) -> Value:
    if isinstance(value, str):
        return to_text(value)
    if isinstance(value, list) and len(value) > MAX_LIST:
        raise ValueFailure(
            _("The list has %(count)s items; at most %(most)s are allowed.")
            % {"count": grouped(len(value)), "most": grouped(MAX_LIST)}
        )
    return value


def _short(source: str) -> str:
    return source if len(source) <= 80 else f"{source[:77]}..."
