"""The tree of an answer's places: as the method describes it, level by level where it is large."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datasources.rest.answer_schema import AnswerPlace, places_below, whole_of
from datasources.rest.answer_words import about_in_words, title_in_words, type_in_words
from datasources.rest.document import RestMethod
from processes.designer.settings_forms.source_trees import PARTS, Branch, Leaf

# A tree with more places than that opens level by level; a level lists so many.
MOST_AT_ONCE, MOST_IN_A_LEVEL = 300, 200


def answer_tree(method: RestMethod | None) -> list[Branch]:
    """Return the places of an answer: status, headers, body with all that the method describes."""
    status = Branch(gettext_lazy("Status"), "flag", [Leaf("[response.status]", "status", "200")])
    if method is None:
        return [status, Branch(*PARTS["body"], [_whole("response.body", _("whole body"))])]
    headers = [_declared(f"response.headers.{one.name}") for one in method.response_headers]
    whole = _whole("response.body", _("whole body"))
    body = Branch(*PARTS["body"], [whole], described=method.answer_tree is not None)
    body.leaves.extend(_declared(f"response.body.{one.name}") for one in method.response_body)
    if method.answer_tree is not None:
        taken = {one.path or one.name for one in method.response_body}
        _fill(body, whole_of(method.answer_tree), taken)
    found = [status, Branch(*PARTS["header"], headers), body]
    return [branch for branch in found if branch.leaves]


def _whole(name: str, title: str) -> Leaf:
    return Leaf(f"[{name}]", title, name, said=name.removeprefix("response.body."))


def _declared(name: str) -> Leaf:
    rest = name.split(".", 2)[2]
    return Leaf(f"[{name}]", rest, name)


def _fill(branch: Branch, place: AnswerPlace, taken: set[str]) -> None:
    """Put the places below one into its branch; those that have a name of their own are there."""
    for one in places_below(place):
        title, kind = title_in_words(one), type_in_words(one)
        about, name = about_in_words(one.schema), f"response.body.{one.name}"
        if one.has_parts:
            is_list = one.schema.items is not None
            inner = Branch(
                title,
                "list-ul" if is_list else "braces",
                [_whole(name, _("whole list") if is_list else _("whole object"))],
                note=kind,
                help=about,
                part=one.name,
                folded=True,
            )
            _fill(inner, one, taken)
            branch.below.append(inner)
        elif one.path not in taken:
            branch.leaves.append(Leaf(f"[{name}]", title, kind, help=about, said=one.name))


def every_leaf(branch: Branch) -> Iterator[Leaf]:
    """Yield what can be picked of a branch and of all below it."""
    yield from branch.leaves
    for inner in branch.below:
        yield from every_leaf(inner)


# --- level by level -------------------------------------------------------------------------------


def opened_tree(branches: Sequence[Branch]) -> list[Branch]:
    """Return a tree as it is shown first: with all of it, or, when it is large, its upper level."""
    return [_level(one) if _is_large(one) else one for one in branches]


def is_large(branches: Sequence[Branch]) -> bool:
    """Tell whether a tree is opened level by level, and searched by the server."""
    return any(map(_is_large, branches))


def _is_large(branch: Branch) -> bool:
    return branch.described and sum(1 for _leaf in every_leaf(branch)) > MOST_AT_ONCE


def level_below(branches: Sequence[Branch], part: str) -> Branch | None:
    """Return one branch of a large tree as it is shown when it is opened."""
    for one in branches:
        if one.part == part:
            return _level(one)
        if not one.part or f"{part}.".startswith(f"{one.part}."):
            found = level_below(one.below, part)
            if found is not None:
                return found
    return None


def _level(branch: Branch) -> Branch:
    """Return a branch whose own branches are closed and asked for when they are opened."""
    leaves = branch.leaves[:MOST_IN_A_LEVEL]
    below = branch.below[:MOST_IN_A_LEVEL]
    more = len(branch.leaves) + len(branch.below) - len(leaves) - len(below)
    closed = [replace(one, leaves=[], below=[], more=0) for one in below]
    return replace(branch, leaves=leaves, below=closed, more=more)
