"""The resumable uploads of tus 1.0 (https://tus.io), for which there are clients in any language.

Core, creation with and without a first piece, termination. A door hands over headers and the body,
and answers with what comes back: nothing here knows what serves it.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import IO, NamedTuple, TypeAlias

from django.utils.translation import gettext as _

from kianda.lib.errors import ApplicationError, Conflict, Invalid, PreconditionFailed
from processes.files.uploads import PIECE, append, finish, most_bytes
from processes.models import File

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination"
CONTENT_TYPE = "application/offset+octet-stream"
Headers: TypeAlias = Mapping[str, str]
# Makes the row: what the client says of the file, and how many bytes it has.
Begin: TypeAlias = Callable[[Mapping[str, str], int], File]


class TusAnswer(NamedTuple):
    """A status, headers, and the file that it is about."""

    status: int
    headers: dict[str, str]
    file: File | None = None


def options() -> TusAnswer:
    """Say what is understood here."""
    return TusAnswer(
        204,
        {
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(most_bytes()),
        },
    )


def create(headers: Headers, body: IO[bytes], begin: Begin) -> TusAnswer:
    """Begin an upload, and take its first piece when it comes along."""
    _refuse_version(headers)
    if "Upload-Defer-Length" in headers:
        raise Invalid.at("/size", _("Send the size of the file in bytes as Upload-Length."))
    file = begin(metadata_of(headers), _number(headers, "Upload-Length"))
    if headers.get("Content-Type", "").partition(";")[0].strip() == CONTENT_TYPE:
        file = _received(file, 0, body)
    elif file.size == 0:
        file = finish(file)
    return TusAnswer(201, _standing(file), file)


def standing(headers: Headers, file: File) -> TusAnswer:
    """Say how much is there: from there it goes on."""
    _refuse_version(headers)
    if file.state == File.State.UPLOADING and file.received == file.size:
        # Its last piece arrived, and nobody was told.
        file = finish(file)
    made = {**_standing(file), "Upload-Length": str(file.size), "Cache-Control": "no-store"}
    return TusAnswer(200, made, file)


def go_on(headers: Headers, file: File, body: IO[bytes]) -> TusAnswer:
    """Take what comes behind what is there. A line that is cut keeps what has arrived."""
    _refuse_version(headers)
    if headers.get("Content-Type", "").partition(";")[0].strip() != CONTENT_TYPE:
        raise UnknownBody(_("Send the bytes as %(type)s.") % {"type": CONTENT_TYPE})
    offset = _number(headers, "Upload-Offset")
    if file.is_whole and offset == file.size:
        return TusAnswer(204, _standing(file), file)
    return TusAnswer(204, _standing(file := _received(file, offset, body)), file)


class UnknownBody(ApplicationError):
    """A body that is no piece of a file."""

    status = 415


def metadata_of(headers: Headers) -> dict[str, str]:
    """Return what a client says of a file: `filename`, and for which field it is."""
    found = {}
    for pair in filter(
        None, (one.strip() for one in headers.get("Upload-Metadata", "").split(","))
    ):
        name, _blank, coded = pair.partition(" ")
        try:
            found[name] = base64.b64decode(coded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            words = _(
                "Upload-Metadata is not valid. Each entry is a name, a space and a base64 value."
            )
            raise Invalid.at("", words) from error
    return found


def _received(file: File, offset: int, body: IO[bytes]) -> File:
    if file.received != offset:
        raise Conflict(
            _("The server has %(count)s bytes of the file. Continue from there.")
            % {"count": file.received},
            offset=file.received,
        )
    try:
        while piece := body.read(PIECE):
            file = append(file, offset=file.received, chunk=piece)
    except (OSError, EOFError) as cut:
        # What serves us raises this when the line is cut: nobody is there to be told.
        raise Conflict(_("The connection was lost.")) from cut
    return finish(file) if file.received == file.size else file


def _standing(file: File) -> dict[str, str]:
    return {"Tus-Resumable": VERSION, "Upload-Offset": str(file.received)}


def _number(headers: Headers, name: str) -> int:
    text = headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid.at("", _("%(header)s must be a whole number.") % {"header": name})
    return int(text)


def _refuse_version(headers: Headers) -> None:
    if headers.get("Tus-Resumable") != VERSION:
        raise PreconditionFailed(_("Send the header Tus-Resumable: %(version)s.") % {
            "version": VERSION})  # fmt: skip
