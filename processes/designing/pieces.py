"""Pieces of a definition checked one by one, and remembered: an edit checks again what it changed.

A piece is checked by the same typed models as the whole; together they find what `parse_document`
finds. A rule is one piece with the rules inside it, which know names that others do not.
"""

import json
from collections import OrderedDict
from threading import Lock
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from kianda.lib.errors import Flaw
from kianda.lib.names import in_words
from kianda.lib.pointers import flaws_of
from processes.designing import tree
from processes.designing.tree import Object
from processes.document import Document, Form
from processes.fields import AnyField, fields
from processes.names import NameTable
from processes.rules import AnyRule, rules

_KEPT = 4_096


class Piece(NamedTuple):
    """A piece without what it holds: its model when it is whole, and what is wrong with it."""

    model: BaseModel | None
    flaws: tuple[Flaw, ...]


class Pieces:
    """The pieces of one definition, and the names that they may refer to."""

    def __init__(self, names: NameTable) -> None:
        """Take the names that the definition knows."""
        self._names = names
        tables = {name: dict(columns) for name, columns in names.tables.items()}
        self._key = json.dumps([dict(names.fields), sorted(names.forms), tables], sort_keys=True)

    def check(self, kind: str, node: Object) -> Piece:
        """Return a piece checked; the places of its flaws are counted from it."""
        settings = _settings(kind, node)
        key = (kind, json.dumps(settings, sort_keys=True), self._key)
        with _guard:
            found = _cache.get(key)
            if found is not None:
                _cache.move_to_end(key)
                return found
        made = self._checked(kind, settings)
        with _guard:
            _cache[key] = made
            while len(_cache) > _KEPT:
                _cache.popitem(last=False)
        return made

    def _checked(self, kind: str, settings: Object) -> Piece:
        try:
            return Piece(self._parsed(kind, settings), ())
        except ValidationError as error:
            model: Any = {"rule": AnyRule, "field": AnyField, "form": Form}.get(kind, Document)
            return Piece(None, tuple(flaws_of(error, settings, model=model)))

    def _parsed(self, kind: str, settings: Object) -> BaseModel:
        if kind == "rule":
            return rules.parse(settings, names=self._names)
        if kind == "field":
            return fields.parse(settings, names=self._names)
        model = Form if kind == "form" else Document
        return model.model_validate(settings, context={"names": self._names})


_cache: "OrderedDict[tuple[str, str, str], Piece]" = OrderedDict()
_guard = Lock()


def _settings(kind: str, node: Object) -> Object:
    """Return what is checked as one piece."""
    if kind != "rule":
        return {key: value for key, value in node.items() if key not in tree.LISTS[kind]}
    if node.get("title") in (None, ""):
        return node | {"title": in_words(str(node.get("id", "")))}
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
