"""Files that come with a form, from a browser without scripts: stored, and named in the form."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from kianda.lib.errors import ApplicationError, Flaw
from kianda.lib.pointers import pointer
from processes.fields import FilesField
from processes.fields.base import FormField
from processes.files.uploads import Uploader, store_for
from processes.files.values import file_value
from processes.forms.control_values import PREFIX
from processes.language.values import to_json
from processes.models import DesignVersion, File
from processes.tasks import send_check
from processes.views.common import person
from processes.views.instances.new_instance_form import NewInstanceForm

UPLOAD = "upload-"


def take_uploads(request: HttpRequest, fields: Mapping[str, FormField], by: Uploader) -> list[Flaw]:
    """Store the files that came along, and name them in what was posted; return what was refused.

    `fields`: those that the person can fill in; a file for any other is dropped.
    """
    post, flaws = request.POST.copy(), list[Flaw]()
    for name, field in fields.items():
        takes = isinstance(field, FilesField) and field.takes_any
        sent = request.FILES.getlist(UPLOAD + name) if takes else []
        for one in sent:
            try:
                file = _stored(one, field, by)
            except ApplicationError as refusal:
                said = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
                flaws.append(Flaw(pointer("data", name), f"{field.title}: {said}"))
                continue
            written = json.dumps(to_json(file_value(file)), ensure_ascii=False)
            before = post.getlist(PREFIX + name) if getattr(field, "several", False) else []
            post.setlist(PREFIX + name, [*before, written])
    request.POST = post  # type: ignore[assignment]
    return flaws


def first_form(request: HttpRequest, version: DesignVersion, *, mode: str) -> NewInstanceForm:
    """Return the first form of a new instance, with what was typed and files that came along."""
    form = NewInstanceForm(version, person(request), request.POST, mode=mode)
    if not request.FILES:
        return form
    refused = take_uploads(request, form.fields, Uploader(person(request)))
    form = NewInstanceForm(version, person(request), request.POST, mode=mode)
    form.refused = refused
    return form


def _stored(sent: Any, field: FormField, by: Uploader) -> File:
    file = store_for(by, sent.chunks(), name=sent.name, field=field.name)
    send_check(file)
    return file
