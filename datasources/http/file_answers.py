"""Answers that are files: received into a file of this disk, bounded, and told from web pages."""

import errno
import weakref
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _

from datasources.http.unpacking import UNPACK, unpacked
from datasources.rest.errors import CallFailed
from datasources.rest.received_files import (
    HEAD,
    PIECE,
    ReceivedFile,
    bare,
    is_named_page,
    name_of,
    page_in_words,
)
from datasources.rest.request import PreparedCall
from datasources.rest.response import keepable
from kianda.lib.i18n import grouped

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def received(raw: urllib3.HTTPResponse, call: PreparedCall, *, title: str) -> ReceivedFile:
    """Return the content of an answer; raises CallFailed for one that is too large.

    Whatever breaks on the way is raised as it is.
    """
    content = _new_content()
    try:
        size = _written(raw, content, most=_most_bytes(call), title=title)
    except BaseException:
        content.close()
        raise
    media_type = bare(raw.headers.get("Content-Type", ""))
    disposition = raw.headers.get("Content-Disposition", "")
    name = keepable(name_of(disposition, call.url, media_type, secrets=call.secrets))
    is_page = is_named_page(disposition)
    found = ReceivedFile(name or _("file"), size, media_type, content, is_page)
    weakref.finalize(found, content.close)
    return found


def refusal_of(found: ReceivedFile, *, title: str, status: int) -> str:
    """Return why an answer is no file, as a sentence; nothing when it is one."""
    if not found.size:
        return _("%(title)s answered %(status)s without a file: the response is empty.") % {
            "title": title, "status": status,
        }  # fmt: skip
    said = None if found.is_page else page_in_words(head_of(found), found.media_type)
    if said is None:
        return ""
    if not said:
        return _("%(title)s answered with a web page in place of a file.") % {"title": title}
    words = _("%(title)s answered with a web page in place of a file: %(said)s.")
    return words % {"title": title, "said": said.rstrip(".")}


def head_of(found: ReceivedFile) -> bytes:
    """Return how a content begins."""
    found.content.seek(0)
    return found.content.read(HEAD)


def _new_content() -> IO[bytes]:
    # Beside the uploads, where there is space for files; it has no name, so nothing stays of it.
    folder = Path(settings.KIANDA_UPLOAD_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return TemporaryFile(dir=folder)


def _most_bytes(call: PreparedCall) -> int:
    most = int(settings.KIANDA_MAX_FILE_MB * 1_000_000)
    return min(most, call.most_of_a_file) if call.most_of_a_file else most


def _written(raw: urllib3.HTTPResponse, content: IO[bytes], *, most: int, title: str) -> int:
    announced = raw.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(title, most)
    size = 0
    for piece in _pieces(raw, most):
        size += len(piece)
        if size > most:
            raise _too_large(title, most)
        _write(content, piece, title)
    return size


def _pieces(raw: urllib3.HTTPResponse, most: int) -> Iterator[bytes]:
    """Yield what comes until nothing comes: only then is it known that nothing is missing."""
    coding = raw.headers.get("Content-Encoding", "")
    if not any(name.strip() in UNPACK for name in coding.lower().split(",")):
        while piece := raw.read(PIECE, decode_content=False):
            yield piece
        return
    # It was asked for as it is; one that is packed all the same is unpacked as a whole.
    data = bytearray()
    while len(data) <= most and (piece := raw.read(PIECE, decode_content=False)):
        data += piece
    yield unpacked(bytes(data), coding, most=most) if len(data) <= most else bytes(data)


def _write(content: IO[bytes], piece: bytes, title: str) -> None:
    try:
        content.write(piece)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        words = _("There is no space left on this server for the file that %(title)s sent.")
        raise CallFailed("too_large", words % {"title": title}) from error


def _too_large(title: str, most: int) -> CallFailed:
    return CallFailed(
        "too_large",
        _("%(title)s answered with a file of more than %(most)s bytes.")
        % {"title": title, "most": grouped(most)},
    )
