"""Files that a person gives to a method to try it: uploaded, or written out in JSON."""

import binascii
import io
import mimetypes
from base64 import b64decode
from contextlib import nullcontext
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from datasources.rest.document import RestMethod
from datasources.rest.sent_files import UNKNOWN, SentFile
from kianda.lib.errors import Invalid
from kianda.lib.pointers import pointer

_KEYS = {"name", "content"}


def uploaded_file(upload: "UploadedFile[Any]") -> SentFile:
    """Return an upload as a call sends it; it is read anew for each attempt."""

    def opening() -> Any:
        upload.seek(0)
        # Whoever closes it throws it away; the request does so at its end.
        return nullcontext(upload)

    name = upload.name or _("file")
    return SentFile(name, upload.size or 0, _type_of(name), opening)


def with_files(method: RestMethod, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a trial with the files that are written out in them.

    Raises Invalid at the place of one that cannot be read.
    """
    return {
        target: _read(value, target) if method.takes_file(target) else value
        for target, value in inputs.items()
    }


def _read(value: Any, target: str) -> Any:
    if isinstance(value, list):
        return [_read(one, target) for one in value]
    if value in (None, "") or isinstance(value, SentFile):
        return value
    if not isinstance(value, dict) or value.keys() != _KEYS:
        raise _unreadable(target)
    name, text = value["name"], value["content"]
    if not (isinstance(name, str) and name.strip() and isinstance(text, str)):
        raise _unreadable(target)
    try:
        content = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable(target) from None
    return SentFile(name[:200], len(content), _type_of(name), lambda: io.BytesIO(content))


def _unreadable(target: str) -> Invalid:
    words = _('Send a file as {"name": "offer.pdf", "content": "..."}, with the content as base64.')
    return Invalid.at(pointer("input", target), words)


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or UNKNOWN
