"""Kinds of file: what their endings say, and which of them are wanted."""

import mimetypes
import re
from collections.abc import Collection
from decimal import Decimal
from fnmatch import fnmatchcase

from kianda.lib.i18n import gettext as _

UNKNOWN = "application/octet-stream"
# What is shown small.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# One kind as a setting has it: `pdf`, `image/*`, `application/pdf`.
TOLD = re.compile(r"[a-z0-9]{1,12}|[a-z]+/(\*|[a-z0-9][a-z0-9.+-]*)")

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
# What Python's own table does not know in every version.
_MORE = {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".odt": f"{_OPEN}.text",
    ".ods": f"{_OPEN}.spreadsheet",
    ".odp": f"{_OPEN}.presentation",
    ".md": "text/markdown",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".avif": "image/avif",
    ".log": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".7z": "application/x-7z-compressed",
    ".gz": "application/gzip",
    ".rtf": "application/rtf",
    ".eml": "message/rfc822",
    ".xml": "text/xml",
    ".js": "text/javascript",
}
# Without what the machine says: a file is of one kind everywhere.
_TABLE = mimetypes.MimeTypes(filenames=())
for _ending, _kind in _MORE.items():
    _TABLE.add_type(_kind, _ending)


def ending_of(name: str) -> str:
    """Return the ending of a file's name in small letters, without its dot."""
    head, dot, ending = name.rpartition(".")
    return ending.lower() if dot and head else ""


def type_by_name(name: str) -> str:
    """Return the media type that a name claims, or nothing."""
    ending = ending_of(name)
    return _TABLE.types_map[True].get(f".{ending}", "") if ending else ""


def wanted_types(text: str) -> list[str]:
    """Return the kinds in a setting: endings without their dot, and media types."""
    found = (one.strip().lower().lstrip(".") for one in re.split(r"[,;\s]+", text))
    return [*dict.fromkeys(one for one in found if one)]


def is_allowed(name: str, media_type: str, wanted: Collection[str]) -> bool:
    """Tell whether a file is of one of the wanted kinds; all are where none is named.

    `media_type` is what its content says; before that is known its name has to do.
    """
    if not wanted:
        return True
    kind, ending = media_type or type_by_name(name), ending_of(name)
    return any(
        fnmatchcase(kind, one)
        if "/" in one
        else one == ending or (kind not in {"", UNKNOWN} and kind == type_by_name(f"x.{one}"))
        for one in wanted
    )


def file_size(size: int | Decimal) -> str:
    """Return a size as people read it: `17 bytes`, `12 KB`, `3.4 MB`."""
    number = int(size)
    if number < 1_000:
        return _("%(count)s bytes") % {"count": number}
    power = 1 if number < 1_000_000 else 2 if number < 1_000_000_000 else 3
    scaled, unit = number / 1_000**power, ("KB", "MB", "GB")[power - 1]
    digits = 1 if scaled < 10 and power > 1 else 0
    return f"{f'{scaled:,.{digits}f}'.removesuffix('.0')} {unit}"
