"""Files as pages list them and link to them; a record as it is printed, and as a PDF."""

import hashlib
import io
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Missing
from kianda.web.downloads import download
from kianda.web.pages import page, render_page
from processes.files.access import files_of, open_file, readable_file
from processes.files.thumbnails import KIND, small_picture
from processes.files.uploads import Uploader
from processes.instances.claim import read_instance
from processes.language.file_types import PICTURES, file_size
from processes.models import File
from processes.printing.printed_record import PrintedRecord, printed_record
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
        File.State.REFUSED: _("did not pass the file check"),
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
    place = ", ".join(here) or _("only in the history")
    return FileOnPage(file, url, file_size(file.size), is_picture, state, place)


@page()
def printed(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Show a record without what cannot be printed; `?comments=1` with what was said about it."""
    record = _record(request, process_id)
    with_comments = request.GET.get("comments") == "1"
    context = {
        "record": record, "with_comments": with_comments,
        "created": on_paper(record.created), "changed": on_paper(record.changed),
        "steps": [
            (title, state, on_paper(done) if done else "") for title, state, done in record.steps
        ],
        "comments": [(one, on_paper(one.at)) for one in record.comments],
    }  # fmt: skip
    return render_page(request, "instances/print.html", context)


@page()
def pdf(request: HttpRequest, process_id: str) -> HttpResponseBase:
    """Send a record as a PDF, to be saved."""
    # What draws it takes 44 MB and a quarter of a second to load; most processes never need it.
    from processes.printing.pdf import pdf_of

    record = _record(request, process_id)
    content = pdf_of(record, moment=on_paper, picture=_small)
    return download(
        request, io.BytesIO(content), name=f"{record.number}.pdf", size=len(content),
        media_type="application/pdf", etag=hashlib.sha256(content).hexdigest(), attached=True,
    )  # fmt: skip


def _record(request: HttpRequest, process_id: str) -> PrintedRecord:
    user = person(request)
    instance, document = read_instance(process_id, user)
    with_comments = request.GET.get("comments") == "1"
    return printed_record(instance, document, user, with_comments=with_comments)


def _small(file: File) -> bytes | None:
    try:
        return small_picture(file)
    except (Conflict, Missing):
        # Not there just now: its name is printed.
        return None


def on_paper(moment: datetime) -> str:
    """Write a moment so that it is right tomorrow too."""
    local = timezone.localtime(moment)
    return f"{date_format(local, 'D j M Y')}, {local:%H:%M}"
