"""ETag and If-Match: nobody overwrites what they have not read."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from kianda.lib.errors import PreconditionFailed, Stale


def etag_of(*parts: Any) -> str:
    """Return the ETag of an object from what changes with it, such as its id and revision."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def check_if_match(request: Request, etag: str) -> None:
    """Raise PreconditionFailed when the request has an If-Match that does not name `etag`."""
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return
    # A proxy that compresses marks our tag as weak; the caller still means this object.
    named = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    if etag not in named:
        raise PreconditionFailed()


def unchanged_since(
    request: Request, seen: str, etag: Callable[[Any], str]
) -> Callable[[Any], None]:
    """Return the check, to be made under the lock of a row, that it still has the ETag seen."""

    def check(row: Any) -> None:
        if etag(row) != seen:
            raise PreconditionFailed() if "If-Match" in request.headers else Stale()

    return check


def tagged(response: Response, etag: str) -> Response:
    """Return the response with its ETag."""
    response["ETag"] = etag
    return response
