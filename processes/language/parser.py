"""The small reader of design texts: splits `[field]` out of text, and expressions into a tree."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.language.functions import FUNCTIONS, IF, Function
from processes.language.operators import OPERATORS
from processes.language.values import ValueFailure, to_decimal

MAX_SOURCE = 2_000
MAX_DEPTH = 50

# A letter, then letters, digits, `_`, in parts joined by `.`; after response.headers. `-` too.
_NAME = r"response\.headers\.[A-Za-z0-9_-]+|[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*"
_BRACKET = re.compile(rf"\[\[|\[({_NAME})\]")
_STRING = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
_TIMES = re.compile(rf"{_STRING.pattern}|(?<!\*)\*(?!\*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}
# What has no business outside quotes; 1if and 0x1 are numbers to Python's parser only.
_FOREIGN = re.compile(
    r"(?<![A-Za-z0-9])_|[^\x20-\x7e\s]|[#`@:{};$?~^&|\\]|(?<![A-Za-z])[0-9]\.?(?![eE][+-]?[0-9])[A-Za-z]"
)
_SINGLE_EQUALS = re.compile(r"(?<![=!<>])=(?!=)")
_TYPOGRAPHIC_QUOTES = frozenset("\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb")
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}

_PLACE = "_at"  # a name that no user can write: the reader refuses a leading _
TEXT_FUNCTION = "_text"


class TemplateError(ValueError):
    """A text of a design cannot be read. The message is a sentence for the user."""


class Reference(NamedTuple):
    """A place where the value of a name goes."""

    name: str


TemplatePart = str | Reference


def read_text(text: str) -> list[TemplatePart]:
    """Return the parts of a text: plain text and references, `[[` read as `[`."""
    parts: list[TemplatePart] = []
    plain, end = "", 0
    for found in _BRACKET.finditer(text):
        plain += text[end : found.start()]
        end = found.end()
        if found[1] is None:
            plain += "["
            continue
        parts += [plain, Reference(found[1])] if plain else [Reference(found[1])]
        plain = ""
    plain += text[end:]
    return [*parts, plain] if plain else parts


def expression_in_words(source: str) -> list[TemplatePart]:
    """Return the parts of an expression (without its `=`) with signs as people write them."""
    signs = {"*": "\u00d7"}
    return read_text(_TIMES.sub(lambda found: signs.get(found[0], found[0]), source.strip()))


def names_of(parts: Iterable[TemplatePart]) -> tuple[str, ...]:
    """Return the names that parts refer to, each once, in order of appearance."""
    return tuple(dict.fromkeys(part.name for part in parts if isinstance(part, Reference)))


class Expression(NamedTuple):
    """A formula, ready for simpleeval; `names` maps the tree's names to references."""

    tree: ast.expr
    names: dict[str, str]
    references: tuple[str, ...]


def read_expression(source: str) -> Expression:
    """Return the tree of a formula (without its `=`); raises TemplateError."""
    if len(source) > MAX_SOURCE:
        raise TemplateError(
            _("A formula can have at most %(most)s characters.") % {"most": grouped(MAX_SOURCE)}
        )
    if not source.strip():
        raise TemplateError(_("Enter a formula after =. Write == for a plain =."))
    reader = _Reader()
    prepared = reader.prepared(source)
    try:
        tree = ast.parse(prepared, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if _SINGLE_EQUALS.search(prepared):
            raise TemplateError(_comparing()) from None
        raise TemplateError(
            _(
                "The formula cannot be read. Check its brackets, quotes and signs, "
                'such as in =[price] * 2 or =If([status] == "Open", 1, 0).'
            )
        ) from None
    references = names_of([part for parts in reader.places for part in parts])
    return Expression(reader.checked(tree, depth=1), reader.names, references)


class _Reader:
    """Reads one expression: references and quoted texts become place holders, then nodes."""

    def __init__(self) -> None:
        self.places: list[list[TemplatePart]] = []
        self.names: dict[str, str] = {}

    def prepared(self, source: str) -> str:
        """Return the source with place holders, so that Python's parser meets no user's text."""
        return "".join(self._pieces(source)).replace("\n", " ").replace("\r", " ").strip()

    def _pieces(self, source: str) -> Iterator[str]:
        end = 0
        for found in _STRING.finditer(source):
            yield self._outside(source[end : found.start()])
            quoted = found[1] if found[2] is None else found[2]
            yield self._holder(_unescaped_parts(quoted))
            end = found.end()
        yield self._outside(source[end:])

    def _outside(self, piece: str) -> str:
        """Replace the references of a piece outside quotes, and refuse what has no business."""
        made: list[str] = []
        for part in read_text(piece):
            if isinstance(part, Reference):
                made.append(self._holder([part]))
                continue
            if foreign := _FOREIGN.search(part):
                raise TemplateError(_foreign(foreign[0]))
            made.append(part)
        return "".join(made)

    def _holder(self, parts: list[TemplatePart]) -> str:
        self.places.append(parts)
        return f" {_PLACE}{len(self.places) - 1} "

    def checked(self, node: ast.AST, *, depth: int) -> ast.expr:
        """Return the node rebuilt from what a formula may hold, and nothing else."""
        if depth > MAX_DEPTH:
            raise TemplateError(
                _(
                    "The formula is nested more than %(most)s deep. Use Sum(...) for "
                    "long sums, or set a field in between."
                )
                % {"most": MAX_DEPTH}
            )
        build = getattr(self, f"_{type(node).__name__.lower()}", None)
        if build is None:
            raise TemplateError(_refusal(node))
        built: ast.expr = build(node, depth + 1)
        return built

    def _all(self, nodes: list[ast.expr], depth: int) -> list[ast.expr]:
        return [self.checked(node, depth=depth) for node in nodes]

    def _constant(self, node: ast.Constant, _: int) -> ast.expr:
        if isinstance(node.value, bool) or node.value is None:
            return node
        if isinstance(node.value, (int, float)):
            try:
                return ast.Constant(value=to_decimal(node.value))  # type: ignore[arg-type]
            except ValueFailure as failure:
                raise TemplateError(str(failure)) from failure
        raise TemplateError(_refusal(node))

    def _name(self, node: ast.Name, depth: int) -> ast.expr:
        if node.id.startswith(_PLACE):
            return self._place(self.places[int(node.id[len(_PLACE) :])])
        if node.id in _WORDS:
            return ast.Constant(value=_WORDS[node.id])
        raise TemplateError(
            _(
                "%(word)s is neither quoted nor in brackets. Write [%(word)s] for a field, "
                '"%(word)s" for text.'
            )
            % {"word": node.id}
        )

    def _place(self, parts: list[TemplatePart]) -> ast.expr:
        nodes = [self._part(part) for part in parts]
        if len(nodes) == 1:
            return nodes[0]
        if not nodes:
            return ast.Constant(value="")
        return ast.Call(func=ast.Name(id=TEXT_FUNCTION), args=nodes, keywords=[])

    def _part(self, part: TemplatePart) -> ast.expr:
        if isinstance(part, str):
            return ast.Constant(value=part)
        holder = f"{_PLACE}{len(self.names)}"
        self.names[holder] = part.name
        return ast.Name(id=holder)

    def _binop(self, node: ast.BinOp, depth: int) -> ast.expr:
        left, right = self._all([node.left, node.right], depth)
        return ast.BinOp(left=left, op=_known(node.op), right=right)

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> ast.expr:
        return ast.UnaryOp(op=_known(node.op), operand=self.checked(node.operand, depth=depth))

    def _boolop(self, node: ast.BoolOp, depth: int) -> ast.expr:
        return ast.BoolOp(op=node.op, values=self._all(node.values, depth))

    def _compare(self, node: ast.Compare, depth: int) -> ast.expr:
        left, *others = self._all([node.left, *node.comparators], depth)
        return ast.Compare(left=left, ops=[_known(op) for op in node.ops], comparators=others)

    def _ifexp(self, node: ast.IfExp, depth: int) -> ast.expr:
        test, body, other = self._all([node.test, node.body, node.orelse], depth)
        return ast.IfExp(test=test, body=body, orelse=other)

    def _list(self, node: ast.List, depth: int) -> ast.expr:
        return ast.List(elts=self._all(node.elts, depth))

    def _call(self, node: ast.Call, depth: int) -> ast.expr:
        function = _function(node)
        arguments = self._all(node.args, depth)
        if function is IF:
            return ast.IfExp(test=arguments[0], body=arguments[1], orelse=arguments[2])
        return ast.Call(func=ast.Name(id=function.name), args=arguments, keywords=[])


def _unescaped_parts(quoted: str) -> list[TemplatePart]:
    unescaped = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), quoted)
    return read_text(unescaped)


_BY_LOWER_NAME = {name.lower(): function for name, function in FUNCTIONS.items()} | {"if": IF}


def _function(node: ast.Call) -> Function:
    """Return the function that a call names, with its arguments counted."""
    if any((one.arg or "").startswith(_PLACE) for one in node.keywords):
        raise TemplateError(_comparing())
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise TemplateError(_("Call a function by its name, such as Sum([a], [b])."))
    function = _BY_LOWER_NAME.get(node.func.id.lower())
    if function is None:
        raise TemplateError(
            _("There is no function %(word)s. There are: %(known)s.")
            % {"word": node.func.id, "known": ", ".join([*FUNCTIONS, "If"])}
        )
    count = len(node.args)
    if count < function.least or (function.most is not None and count > function.most):
        raise TemplateError(
            _("%(signature)s cannot take %(count)s arguments.")
            % {"signature": function.signature, "count": count}
        )
    return function


_Operator = TypeVar("_Operator", bound=ast.AST)


def _known(operator: _Operator) -> _Operator:
    """Return an operator that has a meaning here; `<<`, `//`, `is` and others have none."""
    if type(operator) not in OPERATORS:
        raise TemplateError(
            _("A formula can use + - * / % ** == != < <= > >= in, not in, and, or, not.")
        )
    return operator


def _comparing() -> str:
    return _('Use == to compare, such as in =If([status] == "Open", 1, 0).')


def _foreign(sign: str) -> str:
    if sign in _TYPOGRAPHIC_QUOTES:
        return _('Use straight quotes, such as in "Open", instead of %(sign)s.') % {"sign": sign}
    return _("Put %(sign)s in quotes.") % {"sign": sign}


def _refusal(node: ast.AST) -> str:
    if isinstance(node, ast.Tuple):
        return _(
            "Write decimals with a point, such as 12.5. Use commas only between the arguments of a "
            "function."
        )
    if isinstance(node, ast.Attribute):
        return _(
            "A dot cannot follow a value. Write the path inside the brackets, [response.body.a]."
        )
    if isinstance(node, ast.Subscript):
        return _(
            "An index cannot follow a value. Use Item(list, 1), or a path, [response.body.items.0]."
        )
    return _("%(name)s cannot be used in a formula.") % {"name": type(node).__name__}
