"""What is offered while somebody writes: names after `[`, functions in a formula."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from processes.designer.settings_forms.answer_trees import every_leaf
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.source_trees import Branch, Leaf, system_tree
from processes.designer.settings_forms.value_chips import title_of
from processes.language.functions import EVERY_FUNCTION
from processes.language.references import is_early_name

MOST = 50
FUNCTION = "function"
# The boxes that take values.
WITH_PARTS = frozenset({"value", "result", "error", "item"})


@dataclass(frozen=True)
class Completion:
    """One line of the list: what it writes, what it is called, where it belongs."""

    value: str
    title: str
    group: str
    icon: str = ""


def offers(
    scope: EditorScope, which: str, words: str, *, functions: bool = False
) -> list[Completion]:
    """Return what fits the words written so far, the best first, at most fifty.

    `functions`: these too, after the names.
    """
    names = [] if which == FUNCTION else [*_names(scope, which)]
    calls = [*_functions()] if functions or which == FUNCTION else []
    low = words.lower().strip()
    if not low:
        return [*names[: MOST // 2 if calls else MOST], *calls][:MOST]
    found = [*names, *calls]
    ranked = sorted(
        ((rank, at) for at, offer in enumerate(found) if (rank := _rank(offer, low)) is not None)
    )
    return [found[at] for _rank_, at in ranked[:MOST]]


def _rank(offer: Completion, low: str) -> int | None:
    """Return how well an offer fits: begins so, has a part that does, holds it, not at all."""
    name = offer.value.strip("[]").lower()
    if name.startswith(low):
        return 0
    if any(part.startswith(low) for part in name.split(".")) or offer.title.lower().startswith(low):
        return 1
    return 2 if low in name or low in offer.title.lower() else None


def _names(scope: EditorScope, which: str) -> Iterator[Completion]:
    for branch in tree_of(scope, which):
        for leaf in every_leaf(branch):
            yield Completion(leaf.value, leaf.said or leaf.title, str(branch.title), leaf.icon)
    if which in WITH_PARTS:
        yield from _parts_of_fields(scope)


def _parts_of_fields(scope: EditorScope) -> Iterator[Completion]:
    """Yield what is read through fields of people and files: `[manager.email]`, `[offer.name]`."""
    for field, parts in scope.names.tables.items():
        kind = scope.names.fields[field]
        if kind.names_people or kind.holds_files:
            for part in parts:
                name, title = f"{field}.{part}", scope.titles[field]
                yield Completion(f"[{name}]", title_of(name, scope), title, kind.kind_icon)


def _functions() -> Iterator[Completion]:
    for function in EVERY_FUNCTION:
        about = _(function.description)
        yield Completion(f"{function.name}(", function.signature, about, "calculator")


def tree_of(scope: EditorScope, which: str) -> list[Branch]:
    """Return the tree of a box; defaults know only what is known before an instance is there."""
    if which != "early":
        return scope.tree(which)
    leaves = [leaf for branch in system_tree() for leaf in branch.leaves]
    return [Branch(_("Known at the start"), "person", [one for one in leaves if _is_early(one)])]


def _is_early(leaf: Leaf) -> bool:
    return is_early_name(leaf.value.strip("[]"))
