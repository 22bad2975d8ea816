"""What comes in from outside, before it is looked at: what no definition could keep is refused."""

import math
from typing import Any

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.pointers import pointer
from processes.definition.tree import Path
from processes.language.limits import LIMITS


def refuse_unstorable(value: Any, place: Path = ()) -> None:
    """Refuse what JSON or a database cannot hold, or what is nested too deep; raises Invalid."""
    waiting: list[tuple[Path, Any]] = [(place, value)]
    while waiting:
        path, item = waiting.pop()
        if len(path) > LIMITS.levels:
            raise Invalid.at(
                pointer(*path[:8]),
                _("This is nested deeper than %(depth)s levels.") % {"depth": LIMITS.levels},
            )
        if isinstance(item, dict):
            if not all(isinstance(key, str) and not _flaw(key) for key in item):
                raise Invalid.at(pointer(*path), _("A key has a character that cannot be stored."))
            waiting += [((*path, key), inner) for key, inner in item.items()]
        elif isinstance(item, (list, tuple)):
            waiting += [((*path, at), inner) for at, inner in enumerate(item)]
        elif flaw := _flaw(item):
            raise Invalid.at(pointer(*path), flaw)


def _flaw(item: Any) -> str:
    if isinstance(item, float) and not math.isfinite(item):
        return _("The number is too large.")
    if item is not None and not isinstance(item, (str, bool, int, float)):
        return _("This is not a text, number, list or object.")
    if isinstance(item, str) and "\0" in item:
        return _("The character NUL cannot be stored.")
    if isinstance(item, str) and not item.isascii() and _has_half(item):
        return _("Half a surrogate pair is not a character.")
    return ""


def _has_half(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)
