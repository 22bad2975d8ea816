"""The pieces of a definition and where they stand; bears with a broken one."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from kianda.lib.errors import Conflict
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import as_title
from kianda.lib.pointers import pointer
from processes.definition.document import Document, Form
from processes.fields import fields
from processes.language.labels import piece_in_words, setting_in_words
from processes.rules import Rule, rules

Object = dict[str, Any]
Path = tuple[str | int, ...]

PROCESS = "process"
# Which lists a piece may hold, by its kind, and what stands in them.
LISTS: dict[str, tuple[str, ...]] = {
    "process": ("rules", "forms"),
    "form": ("rules", "load_rules", "fields"),
    "field": ("rules", "fields"),
    "rule": ("rules",),
}
HELD = {"forms": "form", "fields": "field", "rules": "rule", "load_rules": "rule"}
STRUCTURE = frozenset(HELD)


class Gone(Conflict):
    """A piece that somebody else has taken out of the design."""

    title = gettext_noop("No longer there")
    sentence = gettext_noop("This piece of the design is no longer there.")


class Element(NamedTuple):
    """A piece: its target, kind, and place; who holds it, in which list, at which position."""

    target: str
    kind: str
    path: Path
    node: Object
    owner: str
    list: str
    at: int


def kind_of(target: str) -> str:
    """Return `field` for `field:amount`."""
    return target.partition(":")[0]


def name_of(target: str) -> str:
    """Return `amount` for `field:amount`; empty for the process."""
    return target.partition(":")[2]


def name_key(kind: str) -> str:
    """Return the setting that a piece of this kind is known by."""
    return "id" if kind == "rule" else "name"


def target_of(kind: str, node: object) -> str:
    """Return the target of a piece; empty when it has no name."""
    name = node.get(name_key(kind)) if isinstance(node, Mapping) else None
    return f"{kind}:{name}" if isinstance(name, str) and name else ""


def walk(document: Object) -> Iterator[Element]:
    """Yield the process and every piece in it, each before what it holds."""
    yield Element(PROCESS, PROCESS, (), document, "", "", 0)
    yield from _within(document, PROCESS, PROCESS, ())


def walk_piece(kind: str, node: Object) -> Iterator[Element]:
    """Yield a piece that stands alone, and every piece in it."""
    target = target_of(kind, node)
    yield Element(target, kind, (), node, "", "", 0)
    yield from _within(node, kind, target, ())


def _within(node: Object, kind: str, owner: str, path: Path) -> Iterator[Element]:
    for key in LISTS[kind]:
        held = node.get(key)
        if not isinstance(held, list):
            continue
        inner = HELD[key]
        for at, item in enumerate(held):
            if isinstance(item, dict):
                place, target = (*path, key, at), target_of(inner, item)
                yield Element(target, inner, place, item, owner, key, at)
                yield from _within(item, inner, target, place)


def find(document: Object, target: str) -> Element:
    """Return a piece; raises Gone."""
    for element in walk(document):
        if element.target == target:
            return element
    raise gone(target)


def gone(target: str) -> Gone:
    """Return the error for a piece that is not there."""
    kind, name = kind_of(target), name_of(target)
    if kind not in HELD.values() or not name:
        return Gone(_("The design has no piece %(target)s.") % {"target": target})
    return Gone(
        _("The %(kind)s %(name)s is no longer there.")
        % {"kind": piece_in_words(kind), "name": name}
    )


def at(node: Any, path: Path) -> Any:
    """Return what stands at a path; raises LookupError."""
    for part in path:
        node = node[part]
    return node


def place_of(document: Object, place: str) -> tuple[str, str]:
    """Return the target of the innermost piece that a pointer lies in, and the pointer from there.

    A place that is not there counts for the piece that lacks it.
    """
    node, kind, target, rest = document, PROCESS, PROCESS, list(_parts(place))
    while len(rest) >= 2 and rest[0] in LISTS[kind]:
        held = node.get(rest[0])
        index = int(rest[1]) if rest[1].isdecimal() else -1
        if not isinstance(held, list) or not 0 <= index < len(held):
            break
        inner, item = HELD[rest[0]], held[index]
        if not target_of(inner, item):
            break
        node, kind, target, rest = item, inner, target_of(inner, item), rest[2:]
    return target, pointer(*rest)


def _parts(place: str) -> Iterator[str]:
    for part in place.split("/")[1:]:
        yield part.replace("~1", "/").replace("~0", "~")


def called(element: Element) -> str:
    """Return how a piece is called in sentences: its title, else its name in words."""
    title = element.node.get("title")
    if isinstance(title, str) and title:
        return title
    return as_title(name_of(element.target)) or label_of(element)


def label_of(element: Element) -> str:
    """Return what a piece is: `Text`, `Create item`, `Form`."""
    kind = _kinds(element.kind).get(str(element.node.get("type")))
    return _(kind.label) if kind else piece_in_words(element.kind).capitalize()


def setting_of(element: Element, key: str) -> str:
    """Return what the pages call a setting of a piece, within a sentence."""
    own: dict[str, Any] = {PROCESS: Document, "form": Form}
    kind = own.get(element.kind) or _kinds(element.kind).get(str(element.node.get("type")))
    return setting_in_words(key, kind)


def _kinds(kind: str) -> Mapping[str, Any]:
    known: dict[str, Mapping[str, Any]] = {"field": fields.kinds, "rule": rules.kinds}
    return known.get(kind, {})


def may_stand_in(holder: Object, slug: str) -> bool:
    """Tell whether a rule of a kind can stand in another one, to be done row by row."""
    kind = rules.kinds.get(str(holder.get("type")))
    held = kind.model_fields.get("rules") if kind is not None else None
    return held is not None and slug in _slugs(held.annotation)


def _slugs(annotation: Any) -> set[str]:
    if isinstance(annotation, type) and issubclass(annotation, Rule):
        return {annotation.slug()}
    return {slug for inner in get_args(annotation) for slug in _slugs(inner)}


def may_hold(kind: str, node: Object, key: str) -> bool:
    """Tell whether a piece can hold such a list: only containers hold fields, only loops rules."""
    if key not in LISTS.get(kind, ()):
        return False
    slug = str(node.get("type"))
    if kind == "rule":
        rule = rules.kinds.get(slug)
        return rule is not None and key in rule.model_fields
    if kind == "field":
        field = fields.kinds.get(slug)
        runs = field is not None and (key != "rules" or field.runs_rules)
        return field is not None and runs and key in field.model_fields
    return True
