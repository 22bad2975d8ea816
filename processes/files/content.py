"""What a file is by its content, and why it is refused: names and what browsers say prove nothing.

Nothing is unpacked and nothing is run here; only so much is read as the answer needs.
"""

import re
import struct
import zipfile
from html import unescape
from typing import IO

import puremagic
from django.utils.translation import gettext as _

from processes.language.file_types import UNKNOWN, type_by_name

HEAD = 65_536
# A container that says it grows beyond both is a bomb for whoever opens it.
MOST_UNPACKED = 200_000_000
MOST_TIMES = 100
# The table of contents of a container is read whole, so it is not read when it is larger.
MOST_CONTENTS = 8_000_000

ZIP, PDF, SVG, HTML, PLAIN = (
    "application/zip", "application/pdf", "image/svg+xml", "text/html", "text/plain"
)  # fmt: skip
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OFFICE_FOLDERS = {
    "word/": f"{_OFFICE}.wordprocessingml.document",
    "xl/": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/": f"{_OFFICE}.presentationml.presentation",
}
# Kinds that begin in a way of their own: whatever has another content is not one of them.
_SIGNED = frozenset({
    PDF, SVG, ZIP, "image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "video/mp4",
    "application/gzip", "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation", *_OFFICE_FOLDERS.values(),
})  # fmt: skip
_WRITTEN = ("text/", "application/json", "application/yaml", "message/")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKUP = re.compile(r"\s*(<\?xml[^>]*>|<!--.*?-->|<!doctype[^>]*>|\s)*<([a-z:]+)", re.S)
# The prefix of a tag is whatever its drawing chose.
_ACTIVE = re.compile(
    r"<\s*([^\s<>/:]+:)?(script|foreignobject|iframe|embed|object)\b|\son\w+\s*=", re.I
)
_ADDRESS, _BREAKS = re.compile("javascript:", re.I), re.compile(r"[\t\r\n]")


def media_type_of(content: IO[bytes], name: str) -> str:
    """Return the kind that a content is of; among written ones the name tells: they look alike."""
    content.seek(0)
    head = content.read(HEAD)
    claimed = type_by_name(name)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _kind_of_container(content)
    if head.startswith(b"%PDF-"):
        return PDF
    if _is_written(head):
        return _kind_of_text(head.decode(errors="replace"), claimed)
    return _kind_by_signature(head, claimed)


def refusal_of(content: IO[bytes], name: str, media_type: str) -> str:
    """Return why nobody should be given this file, as a sentence; nothing when it is fine."""
    # Half a document says nothing of its kind: it is damaged, whatever its name claims.
    if _is_container(media_type) and (flaw := _flaw_of_container(content, name)):
        return flaw
    if _lies(type_by_name(name), media_type):
        if not content.seek(0, 2):
            return _("%(name)s is empty. Choose another file.") % {"name": name}
        words = _(
            "The name %(name)s does not match its content (%(kind)s). Rename the file "
            "or choose another."
        )
        return words % {"name": name, "kind": media_type}
    if media_type == SVG and _is_active(content):
        return _("%(name)s contains a script. Save the drawing without scripts.") % {"name": name}
    return ""


def _is_container(media_type: str) -> bool:
    return media_type == ZIP or media_type.startswith(_OFFICE) or "opendocument" in media_type


def _lies(claimed: str, found: str) -> bool:
    if not claimed or claimed == found:
        return False
    if claimed in _SIGNED:
        return True
    # What is meant to be read is text of any kind, or unknown: in an encoding of its own.
    return claimed.startswith(_WRITTEN) and found != UNKNOWN and not found.startswith(
        (*_WRITTEN, SVG)
    )  # fmt: skip


def _is_written(head: bytes) -> bool:
    if _CONTROL.search(head):
        return False
    try:
        # The last character may be cut.
        (head[:-4] if len(head) == HEAD else head).decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > len(head) - 8
    return True


def _kind_of_text(text: str, claimed: str) -> str:
    found = _MARKUP.match(text.lstrip("\ufeff").lower())
    tag = found[2].rpartition(":")[2] if found else ""
    if tag == "svg":
        return SVG
    if claimed.startswith(_WRITTEN):
        return claimed
    return HTML if tag in {"html", "head", "body", "script"} else PLAIN


def _kind_by_signature(head: bytes, claimed: str) -> str:
    if head.startswith((b"MZ", b"\x7fELF")):
        return "application/x-executable"
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        matches = []
    kinds = [one.mime_type for one in matches if one.mime_type]
    if claimed in kinds:
        return claimed
    if kinds:
        return str(kinds[0])
    return claimed if claimed and claimed not in _SIGNED else UNKNOWN


def _kind_of_container(content: IO[bytes]) -> str:
    if not _is_readable(content):
        return ZIP
    try:
        with zipfile.ZipFile(content) as packed:
            names = packed.namelist()
            if "[Content_Types].xml" in names:
                return next(
                    (kind for folder, kind in _OFFICE_FOLDERS.items()
                     if any(name.startswith(folder) for name in names)),
                    ZIP,
                )  # fmt: skip
            if names[:1] == ["mimetype"] and packed.getinfo("mimetype").file_size < 100:
                told = packed.read("mimetype").decode("ascii", "replace").strip()
                return told if told in _SIGNED else ZIP
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return ZIP
    return ZIP


def _flaw_of_container(content: IO[bytes], name: str) -> str:
    said = {"name": name}
    if not _is_readable(content):
        return _("%(name)s is damaged, or too large when unpacked. Choose another file.") % said
    try:
        with zipfile.ZipFile(content) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return _("%(name)s is damaged and cannot be opened. Choose another file.") % said
    size = content.seek(0, 2)
    if unpacked > MOST_UNPACKED and unpacked > MOST_TIMES * size:
        return _("%(name)s is too large when unpacked. Choose a smaller file.") % said
    return ""


def _is_readable(content: IO[bytes]) -> bool:
    """Tell whether the table of contents of a container is there, and no larger than is read."""
    end = content.seek(0, 2)
    content.seek(max(0, end - HEAD - 22))
    tail = content.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return False
    return bool(struct.unpack_from("<I", tail, at + 12)[0] <= MOST_CONTENTS)


def _is_active(content: IO[bytes]) -> bool:
    content.seek(0)
    kept = ""
    while block := content.read(1_000_000):
        text = kept + block.decode(errors="replace")
        # A browser reads references as the signs they stand for, and addresses without breaks.
        if _ACTIVE.search(text) or _ADDRESS.search(_BREAKS.sub("", unescape(text))):
            return True
        kept = text[-200:]
    return False
