"""An edit that was made on an older revision, fitted to what the definition is now."""

from collections.abc import Iterable

from processes.definition import tree
from processes.definition.tree import Gone, Object
from processes.designer.editing.add_edits import AddForm
from processes.designer.editing.base import Edit, Place
from processes.designer.editing.change_edits import ChangeSettings
from processes.designer.editing.patched_document import applied
from processes.designer.editing.patches import Insert, Misfit, Patch, Set, inverse, same


class NamesSince:
    """What pieces were called at a revision that somebody has seen, and are called now.

    It is led through the edits after that revision, the oldest first.
    """

    def __init__(self) -> None:
        """Begin at the revision."""
        # By what a piece is called now; None for one that was not there.
        self._seen: dict[str, str | None] = {}

    def follow(self, patch: Patch) -> list[str]:
        """Follow one edit; return what it touched, by the names that were seen."""
        marks: dict[str, None] = {}
        for change in patch:
            renamed = isinstance(change, Set) and change.target_after != change.target
            for mark in change.touched():
                piece, slash, setting = mark.partition("/")
                # A new name is that of no piece that was seen.
                if not renamed or slash:
                    marks[f"{self._seen.get(piece) or piece}{slash}{setting}"] = None
            if isinstance(change, Set) and renamed:
                seen = self._seen.pop(change.target, change.target)
                self._seen[change.target_after] = seen
            elif isinstance(change, Insert):
                self._seen |= dict.fromkeys(change.touched())
        return list(marks)

    def now(self, target: str) -> str:
        """Return what a piece is called now."""
        return next((now for now, seen in self._seen.items() if seen == target), target)

    def renamed(self, edit: Edit) -> Edit:
        """Return the edit with the names of now."""
        update: Object = {}
        if target := getattr(edit, "target", ""):
            update["target"] = self.now(target)
        if place := edit.goes_to():
            update["place"] = place.model_copy(update={"owner": self.now(place.owner)})
        return edit.model_copy(update=update)


def as_it_was(document: Object, later: Iterable[Patch]) -> Object | None:
    """Return the definition before these patches, the newest first; None when they do not fit."""
    try:
        for patch in later:
            document = applied(document, inverse(patch))
    except Misfit:
        return None
    return document


def fitted(edit: Edit, was: Object, now: Object, names: NamesSince) -> Edit:
    """Return the edit as it is meant now: what was not changed is left out, positions follow.

    `was` is the definition that its maker has seen; it goes by the names there.
    """
    if isinstance(edit, ChangeSettings):
        return edit.model_copy(update={"settings": _changed(edit, was)})
    if isinstance(edit, AddForm):
        forms = Place(owner=tree.PROCESS, key="forms", at=edit.at)
        return edit.model_copy(update={"at": _follow(forms, was, now, names).at})
    place = edit.goes_to()
    if place is None:
        return edit
    moved = str(getattr(edit, "target", ""))
    return edit.model_copy(update={"place": _follow(place, was, now, names, moved=moved)})


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


def _follow(place: Place, was: Object, now: Object, names: NamesSince, *, moved: str = "") -> Place:
    """Return the place behind the same neighbour as before."""
    if place.at is None:
        return place
    before = _list(was, place.owner, place.key, moved)
    after = _list(now, names.now(place.owner), place.key, names.now(moved))
    at = min(place.at, len(before))
    neighbour = names.now(before[at - 1]) if at else ""
    if at and neighbour in after:
        return place.model_copy(update={"at": after.index(neighbour) + 1})
    return place.model_copy(update={"at": min(at, len(after))})


def _list(document: Object, owner: str, key: str, moved: str) -> list[str]:
    try:
        held = tree.find(document, owner).node.get(key)
    except Gone:
        return []
    targets = [tree.target_of(tree.HELD[key], item) for item in held or ()]
    return [target for target in targets if target != moved]
