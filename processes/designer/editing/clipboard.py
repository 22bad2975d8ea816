"""Copies of pieces: as text for the clipboard, and renewed under free names."""

import json
from collections.abc import Callable, Sequence

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from processes.definition import tree
from processes.definition.tree import Object
from processes.designer.editing.patched_document import applied
from processes.designer.editing.sanitizing import refuse_unstorable
from processes.designer.editing.uses import rename_references
from processes.language.limits import LIMITS

FORMAT = "kianda"
NewName = Callable[[str, str], str]


def text_of(document: Object, targets: Sequence[str]) -> str:
    """Return pieces of one kind as the text of a clipboard; raises Gone."""
    found = [tree.find(document, target) for target in targets]
    kinds = {element.kind for element in found}
    if len(kinds) != 1 or kinds == {tree.PROCESS}:
        raise Invalid.at("", _("Choose only forms, only fields or only rules."))
    pieces = [element.node for element in found]
    return json.dumps({FORMAT: kinds.pop(), "pieces": pieces}, ensure_ascii=False)


def read(content: str) -> tuple[str, list[Object]]:
    """Return the kind and the pieces of a clipboard's text; raises Invalid with a sentence."""
    if len(content) > LIMITS.bytes:
        raise Invalid.at("/content", _("This is larger than a definition can be (1 MB)."))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Invalid.at(
            "/content", _("This is not a copied form, field or rule, or only a part of one.")
        ) from error
    refuse_unstorable(found, ("content",))
    kind = found.get(FORMAT) if isinstance(found, dict) else None
    pieces = found.get("pieces") if isinstance(found, dict) else None
    if kind not in tree.HELD.values() or not isinstance(pieces, list) or not pieces:
        raise Invalid.at(
            "/content",
            _("This was not copied from a design. Copy a form, field or rule, then paste."),
        )
    if not all(_is_whole(str(kind), piece) for piece in pieces):
        raise Invalid.at(
            "/content", _("A part of this %(kind)s is missing, or has no name.") % {"kind": kind}
        )
    return str(kind), pieces


def _is_whole(kind: str, piece: object) -> bool:
    """Tell whether a piece and all in it have names, and types where they need them."""
    if not isinstance(piece, dict):
        return False
    return all(
        element.target and (element.kind == "form" or isinstance(element.node.get("type"), str))
        for element in tree.walk_piece(kind, piece)
    )


def renewed(kind: str, piece: Object, new_name: NewName) -> Object:
    """Return a copy under free names; what refers to a piece inside refers to the copy's."""
    copy: Object = json.loads(json.dumps(piece))
    names = {}
    for element in list(tree.walk_piece(kind, copy)):
        old = tree.name_of(element.target)
        new = new_name(element.kind, old)
        if element.kind == "rule":
            element.node["id"] = new
        elif new != old:
            names[old] = new
    return _with_names(kind, copy, names) if names else copy


def _with_names(kind: str, piece: Object, names: dict[str, str]) -> Object:
    """Return a piece with its forms and fields renamed, and what refers to them inside it."""
    forms = [piece] if kind == "form" else [{"name": "", "fields": [piece]}]
    alone: Object = {"forms": forms}
    patch = tuple(rename_references(alone, names))
    alone = applied(alone, patch)
    made: Object = tree.at(alone, ("forms", 0) if kind == "form" else ("forms", 0, "fields", 0))
    for element in tree.walk_piece(kind, made):
        if element.kind != "rule" and element.node.get("name") in names:
            element.node["name"] = names[element.node["name"]]
    return made
