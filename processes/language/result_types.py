"""What is known of a text of a design before it has values: its type, arguments it omits."""

import ast

from processes.language.expressions import Template
from processes.language.functions import FUNCTIONS
from processes.language.functions.function import (
    ANY,
    DATE,
    DATE_AND_TIME,
    LIST,
    NOTHING,
    NUMBER,
    OBJECT,
    TEXT,
    YES_NO,
    Argument,
)
from processes.language.parser import TEXT_FUNCTION, Expression
from processes.language.references import is_system_name
from processes.language.scope import NameTable
from processes.language.values import Value, from_json

_SYSTEM = {
    "now": DATE_AND_TIME, "process.created": DATE_AND_TIME, "today": DATE, "user.groups": LIST,
}  # fmt: skip


def type_of(template: Template, names: NameTable) -> str:
    """Return what a text gives, in English; `ANY` where only its value tells."""
    if template.expression is not None:
        return _TypeReader(template.expression, names).type_of(template.expression.tree)
    name = template.only_reference
    return TEXT if name is None else type_of_name(name, names)


def type_of_name(name: str, names: NameTable) -> str:
    """Return what a name stands for: the label of its field, where it is one."""
    kind = names.kind_of(name)
    if kind is not None:
        return kind.label
    return _SYSTEM.get(name, TEXT) if is_system_name(name) else ANY


def type_of_value(value: Value) -> str:
    """Return what a value is, in English."""
    if isinstance(value, bool):
        return YES_NO
    known = {str: TEXT, list: LIST, dict: OBJECT, type(None): NOTHING}
    return known.get(type(value), NUMBER)


def omitted_arguments(template: Template) -> tuple[Argument, ...]:
    """Return the arguments that the calls of a formula omit, each once."""
    tree = template.expression.tree if template.expression is not None else ast.Constant("")
    found = [
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id in FUNCTIONS
        for argument in FUNCTIONS[node.func.id].arguments[len(node.args) :]
    ]  # fmt: skip
    return tuple(dict.fromkeys(one for one in found if one.omitted))


class _TypeReader:
    """Reads the type of each part of a formula, from what it is made of."""

    def __init__(self, expression: Expression, names: NameTable) -> None:
        self._references = expression.names
        self._names = names

    def type_of(self, node: ast.expr) -> str:
        """Return the type of a part."""
        read = getattr(self, f"_{type(node).__name__.lower()}")
        found: str = read(node)
        return found

    def _constant(self, node: ast.Constant) -> str:
        return ANY if node.value is None else type_of_value(from_json(node.value))

    def _name(self, node: ast.Name) -> str:
        return type_of_name(self._references[node.id], self._names)

    def _call(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return TEXT if name == TEXT_FUNCTION else FUNCTIONS[name].result

    def _compare(self, _node: ast.Compare) -> str:
        return YES_NO

    def _list(self, _node: ast.List) -> str:
        return LIST

    def _unaryop(self, node: ast.UnaryOp) -> str:
        return YES_NO if isinstance(node.op, ast.Not) else NUMBER

    def _ifexp(self, node: ast.IfExp) -> str:
        return self._shared([node.body, node.orelse])

    def _boolop(self, node: ast.BoolOp) -> str:
        return self._shared(node.values)

    def _binop(self, node: ast.BinOp) -> str:
        """Return a number, unless `+` joins texts, or `+` and `-` may be about moments."""
        if not isinstance(node.op, (ast.Add, ast.Sub)):
            return NUMBER
        found = self._shared([node.left, node.right])
        known = {NUMBER, TEXT} if isinstance(node.op, ast.Add) else {NUMBER}
        return found if found in known else ANY

    def _shared(self, nodes: list[ast.expr]) -> str:
        """Return the type that all have; `ANY` when they differ."""
        types = {self.type_of(node) for node in nodes}
        return types.pop() if len(types) == 1 else ANY
