"""What was cut or copied: kept with the session, so that it can be pasted into another design."""

from typing import Any

from processes.definition.tree import Piece
from processes.designer.editing.clipboard import text_of

_KEY = "designer-clipboard"


class Clipboard:
    """The clipboard of one session."""

    def __init__(self, session: Any) -> None:
        """Take the session that keeps it."""
        self._session = session

    @property
    def held(self) -> dict[str, Any] | None:
        """Return what is held: kind, title, content, design, target, whether it was cut."""
        found = self._session.get(_KEY)
        return found if isinstance(found, dict) else None

    def cut_of(self, design: str) -> str:
        """Return the target that waits to be moved inside this design."""
        held = self.held or {}
        return str(held.get("target")) if held.get("cut") and held.get("design") == design else ""

    def take(self, design: str, document: dict[str, Any], element: Piece, *, cut: bool) -> None:
        """Hold an element, to be copied or moved."""
        self._session[_KEY] = {
            "kind": element.kind, "title": element.title, "design": design, "cut": cut,
            "target": element.target, "content": text_of(document, [element.target]),
        }  # fmt: skip

    def moved(self) -> None:
        """Note that what was cut has been put in its place: from now on it is a copy."""
        held = self.held
        if held is not None:
            self._session[_KEY] = held | {"cut": False}
