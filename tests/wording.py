"""The texts that people read: of templates, calls of gettext, help of kinds, and documents."""

import ast
import functools
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kianda.environment import BASE_DIR
from kianda.management.commands.makemessages import told

ROOMS = ("datasources", "kianda", "processes", "scheduler")
# The command line says its help and its errors by these.
_CALL = re.compile(r"_|_lazy|[np]{0,2}gettext(_lazy|_noop)?")
_TAG = re.compile(r"""\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
# What a tag is given: `title=_("Templates")`.
_GIVEN = re.compile(r"""\b_\((?:"([^"]*)"|'([^']*)')\)""")
_BLOCK = re.compile(r"\{%\s*blocktranslate\b[^%]*%\}(.*?)\{%\s*endblocktranslate\s*%\}", re.DOTALL)
_PLURAL = re.compile(r"\{%\s*plural\s*%\}")
# What of a document is no prose: code, where a link leads, and the titles of decisions.
_NO_PROSE = re.compile(
    r"^\s*```.*?^\s*```$|\[[^\]]*\]\([^)]*decisions/[^)]*\)|\]\([^)]*\)|https?://\S+",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its file, relative to the repository, and its line there."""

    path: str
    line: int
    words: str


def texts() -> Iterator[Text]:
    """Yield every text that the product says to people."""
    for path in sorted((BASE_DIR / "templates").rglob("*.*")):
        yield from _of_template(path)
    for room in ROOMS:
        for path in sorted((BASE_DIR / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _of_module(path)


def paragraphs(page: Path) -> Iterator[str]:
    """Yield the paragraphs of a document in Markdown, each on one line."""
    for paragraph in re.split(r"\n\s*\n", _NO_PROSE.sub(" ", page.read_text("utf-8"))):
        yield " ".join(paragraph.split())


def _of_template(path: Path) -> Iterator[Text]:
    source, where = path.read_text("utf-8"), str(path.relative_to(BASE_DIR))
    for pattern in (_TAG, _GIVEN, _BLOCK):
        for hit in pattern.finditer(source):
            said = next((group for group in hit.groups() if group is not None), "")
            line = source.count("\n", 0, hit.start()) + 1
            for part in _PLURAL.split(said):
                yield Text(where, line, " ".join(part.split()))


def _of_module(path: Path) -> Iterator[Text]:
    where, helped = str(path.relative_to(BASE_DIR)), _helped().get(path, frozenset())
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name in helped:
            yield Text(where, node.lineno, " ".join((ast.get_docstring(node) or "").split()))
        for said in _said(node):
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                yield Text(where, said.lineno, said.value)


def _said(node: ast.AST) -> list[ast.expr]:
    """Return what a call says to people: arguments of gettext, descriptions of settings."""
    if not isinstance(node, ast.Call):
        return []
    if _CALL.fullmatch(_name(node.func)):
        return node.args
    return [one.value for one in node.keywords if one.arg == "description"]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@functools.cache
def _helped() -> dict[Path, frozenset[str]]:
    """Return the classes whose docstring is help, by their file."""
    found: dict[Path, set[str]] = {}
    for one in told():
        found.setdefault(Path(inspect.getfile(one)), set()).add(one.__name__)
    return {path: frozenset(names) for path, names in found.items()}
