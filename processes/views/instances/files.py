"""Files as pages link to them: downloaded, and as small pictures; rights are asked each time."""

import io
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase

from kianda.web.downloads import download
from kianda.web.pages import page
from processes.files.access import open_file, readable_file
from processes.files.thumbnails import KIND, small_picture
from processes.files.uploads import Uploader
from processes.views.common import person


@page()
def file(request: HttpRequest, file_id: UUID, name: str) -> HttpResponseBase:
    """Send a file: shown where that is safe, else to be saved. Its name in the address is for us.

    So whoever saves it by its address gets that name.
    """
    found = readable_file(file_id, Uploader(person(request)))
    return download(
        request, open_file(found), name=found.name, size=found.size,
        media_type=found.media_type, etag=found.sha256, attached="download" in request.GET,
    )  # fmt: skip


@page()
def small(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """Send a picture small."""
    found = readable_file(file_id, Uploader(person(request)))
    picture = small_picture(found)
    if picture is None:
        raise Http404
    return download(
        request, io.BytesIO(picture), name=f"{found.name}.png", size=len(picture),
        media_type=KIND, etag=f"{found.sha256}-small",
    )  # fmt: skip
