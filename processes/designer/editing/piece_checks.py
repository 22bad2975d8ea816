"""Pieces of a definition checked one by one, and remembered: an edit checks again what it changed.

A piece is checked by the same typed models as the whole; together they find what `parse_document`
finds. A rule is one piece with the rules inside it, which know names that others do not.
"""

import json
import marshal
import re
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from kianda.lib.errors import Flaw
from kianda.lib.i18n import writing
from kianda.lib.names import as_title
from kianda.lib.pointers import flaws_of
from processes.definition import tree
from processes.definition.document import Document, Form
from processes.definition.tree import Object
from processes.fields import AnyField, fields
from processes.language.scope import NameTable
from processes.rules import AnyRule, rules

_KEPT = 4_096
# The newest format of marshal that writes no references, by which equal values would differ.
SAME_FOR_EQUALS = 2
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class CheckedPiece(NamedTuple):
    """A piece without what it holds: its model when it is whole, and what is wrong with it."""

    model: BaseModel | None
    flaws: tuple[Flaw, ...]


class _Entry(NamedTuple):
    """A piece, and what of the names it rests on.

    A whole one rests on the names that stand in it, whatever other names there are. A broken one
    rests on all: its sentences say which name may have been meant.
    """

    piece: CheckedPiece
    names: Mapping[str, Any]


class Pieces:
    """The pieces of one definition, and the names that they may refer to."""

    def __init__(self, names: NameTable) -> None:
        """Take the names that the definition knows."""
        self._names = names
        self._known: dict[str, Any] = {
            name: (kind, names.tables.get(name)) for name, kind in names.fields.items()
        }
        self._known |= dict.fromkeys(names.forms, "form")
        # The sentences about what is wrong are for whoever reads.
        self._language = writing().language

    def check(self, kind: str, node: Object) -> CheckedPiece:
        """Return a piece checked; the places of its flaws are counted from it."""
        settings = _settings(kind, node)
        # A key of this process alone; as text, a thousand pieces take longer than what they save.
        key = (kind, marshal.dumps(settings, SAME_FOR_EQUALS), self._language)
        with _guard:
            found = _cache.get(key)
            if found is not None and self._holds(found):
                _cache.move_to_end(key)
                return found.piece
        made = self._checked(kind, settings)
        used = self._known if made.flaws else self._used(json.dumps(settings))
        with _guard:
            _cache[key] = _Entry(made, used)
            while len(_cache) > _KEPT:
                _cache.popitem(last=False)
        return made

    def _holds(self, entry: _Entry) -> bool:
        if entry.piece.flaws:
            return entry.names == self._known
        return all(self._known.get(name) == what for name, what in entry.names.items())

    def _used(self, text: str) -> dict[str, Any]:
        return {word: self._known[word] for word in _WORD.findall(text) if word in self._known}

    def _checked(self, kind: str, settings: Object) -> CheckedPiece:
        try:
            return CheckedPiece(parsed(kind, settings, self._names), ())
        except ValidationError as error:
            model: Any = {"rule": AnyRule, "field": AnyField, "form": Form}.get(kind, Document)
            return CheckedPiece(None, tuple(flaws_of(error, settings, model=model)))


def parsed(kind: str, settings: Object, names: NameTable) -> BaseModel:
    """Return a piece without what it holds, as it is typed; raises ValidationError."""
    if kind == "rule":
        return rules.parse(settings, names=names)
    if kind == "field":
        return fields.parse(settings, names=names)
    model = Form if kind == "form" else Document
    return model.model_validate(settings, context={"names": names})


def model_of(piece: tree.Piece) -> Any:
    """Return the typed model of a piece, or None when its type is not known."""
    if piece.kind in {tree.PROCESS, "form"}:
        return Form if piece.kind == "form" else Document
    known: Any = fields.kinds if piece.kind == "field" else rules.kinds
    return known.get(piece.slug)


_cache: "OrderedDict[tuple[str, bytes, str], _Entry]" = OrderedDict()
_guard = Lock()


def _settings(kind: str, node: Object) -> Object:
    """Return what is checked as one piece."""
    if kind != "rule":
        return {key: value for key, value in node.items() if key not in tree.LISTS[kind]}
    if node.get("title") in (None, ""):
        return node | {"title": as_title(str(node.get("id", "")))}
    return node


def bare(kind: str, node: Object) -> BaseModel | None:
    """Return a broken piece with its name and type alone, or None when not even these hold."""
    settings = {key: node[key] for key in ("type", "name") if key in node}
    try:
        if kind == "field":
            return fields.parse(settings)
        return (Form if kind == "form" else Document).model_validate(settings)
    except ValidationError:
        return None
