"""Files that answers bring: what they are called, and whether it is a file at all. Plain Python."""

import mimetypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from html import unescape
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

PIECE = 256 * 1024
LONGEST_NAME, LONGEST_ENDING = 200, 12
# So much of a content is looked at to tell a web page.
HEAD = 16 * 1024
_PAGES = ("text/html", "application/xhtml+xml")
_BEGINS_PAGE = (b"<!doctype html", b"<html")
_PAGE_NAMES = (".html", ".htm", ".xhtml")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
# What says nothing of the kind gives no ending; nor does a page, which is rarely what was meant.
_NO_ENDING = frozenset(
    {"application/octet-stream", "binary/octet-stream", "application/x-download", *_PAGES}
)
# Without what the machine knows besides: a name is the same on each.
_ENDINGS = mimetypes.MimeTypes()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ReceivedFile:
    """The content of an answer, in a file without a name that is gone when nobody holds it.

    `media_type` is what the answer says; what it is, whoever keeps it finds out. `is_page` tells
    that the answer itself calls it a web page.
    """

    name: str
    size: int
    media_type: str
    content: IO[bytes]
    is_page: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """Return what rules and traces read of it as long as it is kept nowhere."""
        return {"name": self.name, "size": self.size, "media_type": self.media_type}

    def pieces(self) -> Iterator[bytes]:
        """Yield its content, each time from the beginning."""
        self.content.seek(0)
        while piece := self.content.read(PIECE):
            yield piece


def name_of(disposition: str, url: str, media_type: str, *, secrets: Iterable[str] = ()) -> str:
    """Return what a file is called: as its answer says, else as its address ends.

    Empty where neither tells; an address that ends with a secret does not.
    """
    name = _named(disposition)
    if not name:
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        name = "" if any(secret in name for secret in secrets) else name
    name = name.strip()
    if name and not 1 < len(PurePosixPath(name).suffix) <= LONGEST_ENDING:
        name += _ending(media_type)
    return name


def bare(content_type: str) -> str:
    """Return a media type without its parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()


def is_named_page(disposition: str) -> bool:
    """Tell whether an answer says that its file is a web page: then one is meant."""
    return _named(disposition).lower().endswith(_PAGE_NAMES)


def page_in_words(head: bytes, media_type: str) -> str | None:
    """Return what a web page says that came in place of a file; None for anything else."""
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_BEGINS_PAGE)
    if not (begins or media_type in _PAGES):
        return None
    found = _TITLE.search(head.decode(errors="replace"))
    return " ".join(unescape(found[1]).split()) if found else ""


def _named(disposition: str) -> str:
    """Return the name in a Content-Disposition; one with a charset goes before one without."""
    if not disposition:
        return ""
    header = Message()
    header["Content-Disposition"] = disposition
    found: list[Any] = [
        value
        for name, value in header.get_params([], header="Content-Disposition")
        if name.lower() == "filename" and value
    ]
    value = next((one for one in found if isinstance(one, tuple)), next(iter(found), ""))
    return _decoded(collapse_rfc2231_value(value))


def _decoded(name: str) -> str:
    """Return a name that was sent as plain bytes, or in the words of emails, as it is meant."""
    if name.startswith("=?"):
        try:
            return str(make_header(decode_header(name)))
        except (HeaderParseError, LookupError, ValueError):
            return name
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def _ending(media_type: str) -> str:
    return "" if media_type in _NO_ENDING else (_ENDINGS.guess_extension(media_type) or "")
