"""Uploads for a field: refused before a byte is sent when the field would not take the file.

What is saved is checked again then: a design may change while a file is on its way.
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Invalid, Missing
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.fields import FileUpload
from processes.files.uploads import Uploader, begin_upload, clean_name
from processes.instances.claim import linked_instance, read_instance
from processes.instances.sent_values import takes_values
from processes.models import File, ProcessDesign
from processes.rights.instance_rights import InstanceRights
from processes.rights.link_rights import rights_for


def begin_field_upload(by: Uploader, about: Mapping[str, str], size: int) -> File:
    """Begin an upload: `filename`, and for which `field` of a `process_id` or a new `process`.

    Raises Invalid, Forbidden, Missing, Conflict for a field that does not take it, and what
    `begin_upload` raises.
    """
    name, field = clean_name(about.get("filename")), about.get("field", "")
    process = ""
    if by.link is not None or about.get("process_id"):
        process = _refuse_by_instance(by, about.get("process_id", ""), field, name, size)
    elif about.get("process"):
        process = _refuse_by_process(about["process"], field, name, size)
    return begin_upload(by, name=name, size=size, process=process, field=field[:64])


def _refuse_by_instance(by: Uploader, process_id: str, field: str, name: str, size: int) -> str:
    if by.link is not None:
        instance, document = linked_instance(by.link)
    else:
        instance, document = read_instance(process_id, by.user)
    rights = rights_for(by.user, by.link, instance, document)
    _refuse_misfit(document, rights, field, name, size)
    rights.changes_field(field).or_refuse()
    if not rights.manages and not takes_values(instance, document, field):
        raise Conflict(
            _("%(field)s takes no files now: its form is not open, or it is hidden or switched "
              "off.") % {"field": document.fields[field].title}
        )  # fmt: skip
    return document.name


def _refuse_by_process(process: str, field: str, name: str, size: int) -> str:
    design = ProcessDesign.objects.filter(name=process).select_related("published", "draft").first()
    version = (design.published or design.draft) if design is not None else None
    if version is None:
        raise Missing(_("There is no process %(process)s.") % {"process": process})
    document = document_of(version)
    found = document.fields.get(field)
    if isinstance(found, FileUpload):
        _refuse_by_settings(found, name, size)
    return document.name


def _refuse_misfit(
    document: Document, rights: InstanceRights, field: str, name: str, size: int
) -> None:
    found = document.fields.get(field)
    if not isinstance(found, FileUpload) or not rights.sees(field):
        words = _("The process %(process)s has no field %(name)s that takes files.")
        raise Invalid.at("/field", words % {"process": document.name, "name": field})
    _refuse_by_settings(found, name, size)


def _refuse_by_settings(field: FileUpload, name: str, size: int) -> None:
    if sentence := field.refusal(name, size):
        raise Invalid.at("/content", sentence)
