"""The icons of the pages, taken from the sprite that Bootstrap Icons come in.

A page holds the few that it shows. A browser that was sent to the sprite had to read a megabyte,
with two thousand icons, in every tab that it opened.
"""

import re
from functools import cache
from importlib.resources import files

_SPRITE = files("js_lib_bootstrap_icons") / "static/bootstrap-icons/bootstrap-icons.svg"
_SYMBOL = re.compile(r'<symbol\b[^>]* viewBox="0 0 16 16"[^>]* id="([^"]+)">(.*?)</symbol>')


@cache
def _shapes() -> dict[str, str]:
    """Return what each icon is drawn of, by its name."""
    return dict(_SYMBOL.findall(_SPRITE.read_text()))


def is_icon(name: str) -> bool:
    """Tell whether there is an icon of this name."""
    return name in _shapes()


def drawn(name: str, *, classes: str) -> str:
    """Return an icon as markup: decoration, hidden from readers; an unknown one is empty."""
    shapes = _shapes().get(name, "")
    return f'<svg class="{classes}" viewBox="0 0 16 16" aria-hidden="true">{shapes}</svg>'
