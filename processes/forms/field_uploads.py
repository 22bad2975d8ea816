"""Uploads for a field: refused before a byte is sent when the field would not take the file.

What is saved is checked again then: a design may change while a file is on its way.
"""

from collections.abc import Mapping

from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Conflict, Invalid, Missing
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.fields import FilesField
from processes.files.uploads import Uploader, begin_upload, clean_name
from processes.instances.claim import linked_instance, read_instance
from processes.instances.sent_values import takes_values
from processes.models import File, ProcessDesign
from processes.rights.link_rights import rights_for
from processes.rights.querysets import known_designs


def begin_field_upload(by: Uploader, about: Mapping[str, str], size: int) -> File:
    """Begin an upload: `filename`, and for which `field` of a `process_id` or a new `process`.

    Raises Invalid, Forbidden, Missing, Conflict for a field that does not take it, and what
    `begin_upload` raises.
    """
    name, field = clean_name(about.get("filename")), about.get("field", "")
    document = None
    if by.link is not None or about.get("process_id"):
        document = _document_of_instance(by, about.get("process_id", ""), field)
    elif about.get("process"):
        document = _document_of_process(about["process"], by)
    found = document.fields.get(field) if document is not None else None
    process = document.name if document is not None else ""
    if not isinstance(found, FilesField):
        return begin_upload(by, name=name, size=size, process=process, field=field[:64])
    if sentence := found.refusal(name, size):
        raise Invalid.at("/content", sentence)
    return begin_upload(
        by, name=found.name_of_upload(name, by=_called(by), moment=_now()), size=size,
        process=process, field=field,
    )  # fmt: skip


def _called(by: Uploader) -> str:
    return "" if by.user is None else display_name(by.user)


def _now() -> str:
    return timezone.now().strftime("%Y-%m-%d %H:%M UTC")


def _document_of_instance(by: Uploader, process_id: str, field: str) -> Document:
    """Return the definition of an instance whose field takes files from this person just now."""
    if by.link is not None:
        instance, document = linked_instance(by.link)
    else:
        instance, document = read_instance(process_id, by.user)
    rights = rights_for(by.user, by.link, instance, document)
    found = document.fields.get(field)
    if not isinstance(found, FilesField) or not rights.sees(field):
        words = _("The process %(process)s has no field %(name)s that takes files.")
        raise Invalid.at("/field", words % {"process": document.name, "name": field})
    rights.changes_field(field).or_refuse()
    if not rights.manages and not takes_values(instance, document, field):
        raise Conflict(
            _("%(field)s takes no files now: its form is not open, or it is hidden or switched "
              "off.") % {"field": found.title}
        )  # fmt: skip
    return document


def _document_of_process(process: str, by: Uploader) -> Document:
    known = known_designs(by.user) if by.user is not None else ProcessDesign.objects.none()
    design = known.filter(name=process).select_related("published", "draft").first()
    version = (design.published or design.draft) if design is not None else None
    if version is None:
        raise Missing(_("There is no process %(process)s.") % {"process": process})
    return document_of(version)
