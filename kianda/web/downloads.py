"""Contents of people on their way out: never run as a page of ours, in parts when asked."""

import re
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

# What a browser shows without running anything of it. A PDF is not among them: the viewer of a
# browser does not open one in a sandbox, and may run scripts outside of it.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Whatever it is: no script, no form, nothing loaded, and no origin.
POLICY = "sandbox; default-src 'none'"
PIECE = 256_000
# No file has more bytes than such a number says; Python refuses to read far longer ones.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")


def download(
    request: HttpRequest,
    content: IO[bytes],
    *,
    name: str,
    size: int,
    media_type: str,
    etag: str,
    attached: bool = False,
) -> HttpResponseBase:
    """Return a content as the answer: shown where that is safe, else to be saved.

    `Range` and `If-None-Match` are honoured.
    """
    tag = f'"{etag}"'
    if unchanged := get_conditional_response(request, etag=tag):
        content.close()
        return _guarded(unchanged, name, media_type, attached=attached)
    first, last = _asked_part(request, size, tag)
    if first > last and size:
        content.close()
        refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return _guarded(refused, name, media_type, attached=attached)
    is_part = (first, last) != (0, size - 1)
    body = _Part(content, first, last - first + 1)
    answer = StreamingHttpResponse(body, status=206 if is_part else 200)
    if is_part:
        answer["Content-Range"] = f"bytes {first}-{last}/{size}"
    answer["Content-Length"] = str(last - first + 1)
    answer["ETag"] = tag
    return _guarded(answer, name, media_type, attached=attached)


def _guarded(
    answer: HttpResponseBase, name: str, media_type: str, *, attached: bool
) -> HttpResponseBase:
    shown = media_type in SHOWN and not attached
    answer["Content-Type"] = media_type or "application/octet-stream"
    answer["Content-Disposition"] = content_disposition_header(not shown, name) or "attachment"
    answer["Content-Security-Policy"] = POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Accept-Ranges"] = "bytes"
    # Rights may be taken away: asked again each time, sent again only when it changed.
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _asked_part(request: HttpRequest, size: int, tag: str) -> tuple[int, int]:
    """Return the first and the last byte that are wanted; the first behind the last if none is."""
    whole = (0, size - 1)
    found = _RANGE.match(request.headers.get("Range", "").strip())
    if found is None or not (found[1] or found[2]):
        return whole
    if request.headers.get("If-Range", tag) != tag:
        return whole
    if not found[1]:
        return (size - min(int(found[2]), size), size - 1) if int(found[2]) else (size, 0)
    first, last = int(found[1]), int(found[2] or size)
    if found[2] and last < first:
        return whole
    return (first, min(last, size - 1)) if first < size else (size, 0)


class _Part:
    """Some bytes of a content, piece by piece; it is closed with the answer."""

    def __init__(self, content: IO[bytes], first: int, count: int) -> None:
        self._content, self._left = content, count
        content.seek(first)

    def __iter__(self) -> "_Part":
        return self

    def __next__(self) -> bytes:
        piece = self._content.read(min(PIECE, self._left)) if self._left > 0 else b""
        if not piece:
            self.close()
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Close the content."""
        self._content.close()
