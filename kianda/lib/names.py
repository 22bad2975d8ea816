"""What things may be called (contract 1)."""

import re
import unicodedata
from collections.abc import Container
from typing import Any

from kianda.lib.i18n import gettext as _

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")

RESERVED_NAMES = frozenset(
    {"process", "user", "now", "today", "row", "item", "response", "error", "request"}
)
RESERVED_SLUGS = frozenset({"kianda", "import", "new"})

# Letters that are no others with a mark; js/rows/slug.js has the same ones.
_LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
    "\u0131": "i",
})  # fmt: skip


def slug_flaw(name: str) -> str | None:
    """Return what is wrong with the name of a process, datasource or REST method, or None."""
    if not SLUG.match(name) or len(name) > 63:
        return _(
            "Use lower-case letters, digits and single hyphens, at most 63 characters, "
            "such as token-refresh."
        )
    if name in RESERVED_SLUGS:
        return _("The name %(name)s is reserved. Choose another name.") % {"name": name}
    return None


def field_name_flaw(name: str) -> str | None:
    """Return what is wrong with the name of a form or field, or None."""
    if flaw := column_name_flaw(name):
        return flaw
    if name.lower() in RESERVED_NAMES:
        return _("The name %(name)s is reserved. Choose another name.") % {"name": name}
    return None


def column_name_flaw(name: str) -> str | None:
    """Return what is wrong with the name of a column, or None.

    It is only ever named behind its table or `row`, so no name is reserved.
    """
    if not FIELD_NAME.match(name) or len(name) > 64:
        return _("Start with a letter, then use letters, digits and _, at most 64 characters.")
    return None


def unseen_flaw(name: str) -> str | None:
    """Return what is wrong with a name that people tell apart by looking at it, or None."""
    if name.isprintable():
        return None
    return _("The text contains an invisible character. Type it again.")


def as_title(name: str) -> str:
    """Return a name as a title: `access_token` becomes `Access token`."""
    words = re.sub(r"[-_]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def plain_letters(text: str) -> str:
    """Return a text in small letters without marks: `Überstunden für Éire` is uberstunden fur eire.

    Letters of other scripts stay. js/rows/slug.js does the same while a title is typed.
    """
    apart = unicodedata.normalize("NFKD", text).lower()
    bare = "".join(sign for sign in apart if not unicodedata.category(sign).startswith("M"))
    return bare.translate(_LETTERS)


def slugify(text: str, *, fallback: str) -> str:
    """Return a slug made from a title, at most 63 characters."""
    made = re.sub(r"[^a-z0-9]+", "-", plain_letters(text)).strip("-")[:63].rstrip("-")
    return made or fallback


def free_name(wish: str, taken: Container[str], ending: str = "-{}", *, longest: int = 63) -> str:
    """Return a name that is not taken: the wish itself, or with a number behind it."""
    made, number = wish, 1
    while made in taken:
        number += 1
        end = ending.format(number)
        made = wish[: longest - len(end)].rstrip("- ") + end
    return made


def titled(data: Any) -> Any:
    """Return the settings of something that has a name: a title left out is the name in words."""
    if isinstance(data, dict) and data.get("title") in (None, ""):
        name = data.get("name")
        return data | {"title": as_title(name)[:200] if isinstance(name, str) else ""}
    return data
