"""Files as pages list them and link to them: downloaded, as small pictures; rights are asked."""

import io
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.web.downloads import download
from kianda.web.pages import page
from processes.files.access import files_of, open_file, readable_file
from processes.files.thumbnails import KIND, small_picture
from processes.files.uploads import Uploader
from processes.language.file_types import PICTURES, file_size
from processes.models import File
from processes.rights.files import fields_holding
from processes.views.common import person
from processes.views.instances.form_page import FormPage


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


class FileOnPage(NamedTuple):
    """A file: where it is read, whether it can be by now, in which field it stands."""

    file: File
    url: str
    size: str
    is_picture: bool
    # Nothing when it can be read.
    state: str
    place: str


def file_lines(form_page: FormPage) -> list[FileOnPage]:
    """Return the files that the person gets at, the newest first."""
    if not form_page.document.file_fields and not form_page.instance.files.exists():
        return []
    found = files_of(form_page.instance, form_page.rights)
    return [_line(file, form_page) for file in reversed(found)]


def _line(file: File, form_page: FormPage) -> FileOnPage:
    states = {
        File.State.SCANNING: _("not checked yet"),
        File.State.REFUSED: _("refused by the check of files"),
    }
    state = states.get(File.State(file.state), "")
    fields = form_page.document.fields
    here = [
        fields[name].title
        for name in fields_holding(str(file.pk), form_page.instance.values)
        if name in fields and form_page.rights.sees(name)
    ]
    url = "" if state else f"/files/{file.pk}/{quote(file.name, safe='')}"
    is_picture = not state and file.media_type in PICTURES
    place = ", ".join(here) or _("in the history only")
    return FileOnPage(file, url, file_size(file.size), is_picture, state, place)
