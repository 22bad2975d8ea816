"""An edit that was made on an older revision, fitted to what the definition is now."""

from collections.abc import Iterable

from processes.definition import tree
from processes.definition.tree import Gone, Object
from processes.designer.editing.add_edits import AddForm
from processes.designer.editing.base import Edit, Place
from processes.designer.editing.change_edits import ChangeSettings
from processes.designer.editing.patched_document import applied
from processes.designer.editing.patches import Misfit, Patch, inverse, same


def as_it_was(document: Object, later: Iterable[Patch]) -> Object | None:
    """Return the definition before these patches, the newest first; None when they do not fit."""
    try:
        for patch in later:
            document = applied(document, inverse(patch))
    except Misfit:
        return None
    return document


def fitted(edit: Edit, was: Object, now: Object) -> Edit:
    """Return the edit as it is meant now: what was not changed is left out, positions follow.

    `was` is the definition that its maker has seen.
    """
    if isinstance(edit, ChangeSettings):
        return edit.model_copy(update={"settings": _changed(edit, was)})
    if isinstance(edit, AddForm):
        forms = Place(owner=tree.PROCESS, key="forms", at=edit.at)
        return edit.model_copy(update={"at": _follow(forms, was, now, moved="").at})
    place = edit.goes_to()
    if place is None:
        return edit
    moved = str(getattr(edit, "target", ""))
    return edit.model_copy(update={"place": _follow(place, was, now, moved=moved)})


def _changed(edit: ChangeSettings, was: Object) -> Object:
    """Return the settings that the maker of the edit has changed, not only sent."""
    try:
        node = tree.find(was, edit.target).node
    except Gone:
        return dict(edit.settings)
    return {
        key: value
        for key, value in edit.settings.items()
        if key not in node or not same(node[key], value)
    }


def _follow(place: Place, was: Object, now: Object, *, moved: str) -> Place:
    """Return the place behind the same neighbour as before."""
    if place.at is None:
        return place
    before, after = (_list(document, place, moved) for document in (was, now))
    at = min(place.at, len(before))
    neighbour = before[at - 1] if at else ""
    if at and neighbour in after:
        return place.model_copy(update={"at": after.index(neighbour) + 1})
    return place.model_copy(update={"at": min(at, len(after))})


def _list(document: Object, place: Place, moved: str) -> list[str]:
    try:
        held = tree.find(document, place.owner).node.get(place.key)
    except Gone:
        return []
    targets = [tree.target_of(tree.HELD[place.key], item) for item in held or ()]
    return [target for target in targets if target != moved]
