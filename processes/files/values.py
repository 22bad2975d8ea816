"""Files in values: what a person or a rule names is looked up, and never believed."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Stale
from processes.definition.document import Document
from processes.fields import FilesField
from processes.fields.base import FormField
from processes.files.uploads import Uploader, is_number
from processes.language.values import Value, ValueFailure, files_in
from processes.models import File, ProcessInstance
from processes.rights.files import sees_file
from processes.rights.instance_rights import InstanceRights


def file_value(file: File) -> dict[str, Any]:
    """Return a file as a file field holds it."""
    return {
        "id": str(file.pk), "name": file.name, "size": Decimal(file.size),
        "media_type": file.media_type,
    }  # fmt: skip


class KnownFiles(NamedTuple):
    """Which files may be named: those of the instance, and own uploads that nothing holds yet.

    `rights`: of a person, who names only what they get at; without, of the rules of the instance.
    """

    by: Uploader
    instance: ProcessInstance | None = None
    rights: InstanceRights | None = None

    def filled(
        self, field: FormField, raw: Any, stored: Value, document: Document
    ) -> tuple[Any, list[tuple[str, str]]]:
        """Return what was sent for a file field with what is known of the files, and the flaws."""
        if not field.holds_files:
            return raw, []
        try:
            sent = field.to_python(raw)
        except ValueFailure:
            return raw, []  # The field says so itself.
        kept = {one["id"]: one for one in files_in(stored)}
        asked = [one["id"] for one in files_in(sent) if one["id"] not in kept]
        rows = self.rows(asked)
        wrong = [
            (f"/{at}" if isinstance(sent, list) else "", sentence)
            for at, one in enumerate(files_in(sent))
            if one["id"] not in kept
            and (sentence := _flaw_of(rows.get(one["id"]), one["id"], field, document))
        ]
        if wrong:
            return raw, wrong
        found = [
            kept[one["id"]] if one["id"] in kept else file_value(rows[one["id"]])
            for one in files_in(sent)
        ]
        return (found if isinstance(sent, list) else next(iter(found), None)), []

    def rows(self, numbers: Collection[str]) -> dict[str, File]:
        """Return those of the named files that may be named, by their number."""
        if not numbers:
            return {}
        wanted = [one for one in numbers if is_number(one)]
        rows = {str(file.pk): file for file in self.by.own().filter(pk__in=wanted)}
        if self.instance is not None and self.instance.pk is not None:
            attached = File.objects.filter(instance=self.instance, pk__in=wanted)
            rows |= {
                str(file.pk): file
                for file in attached.exclude(state=File.State.REMOVING)
                if self.rights is None or sees_file(file, self.rights)
            }
        return rows


def why_not(file: File | None, number: str) -> str:
    """Return why a file that was named cannot be used, as a sentence; nothing when it can."""
    if file is None:
        # Whether somebody else has such a file is not told.
        return _("You cannot use the file %(id)s here. Upload it first.") % {"id": number}
    if file.state == File.State.UPLOADING:
        return _("%(name)s is still being uploaded. Wait, or remove it.") % {"name": file.name}
    if file.state == File.State.REFUSED:
        return _("%(name)s did not pass the file check. Remove it.") % {"name": file.name}
    return ""


def _flaw_of(file: File | None, number: str, field: FormField, document: Document) -> str:
    sentence = why_not(file, number)
    if file is None or sentence:
        return sentence
    if isinstance(field, FilesField) and not field.takes_any:
        came = document.fields.get(file.field) if file.process == document.name else None
        if came is None or came.slug() != field.slug():
            return _("%(name)s is not a signature from this form. Sign in the form.") % {
                "name": file.name
            }
    return ""


def new_files(
    document: Document, before: Mapping[str, Value], after: Mapping[str, Value]
) -> list[tuple[str, list[str]]]:
    """Return the files that values name and did not name before, field by field."""
    found = []
    for name in document.file_fields:
        known = {one["id"] for one in files_in(before.get(name))}
        fresh = [one["id"] for one in files_in(after.get(name)) if one["id"] not in known]
        found += [(name, fresh)] if fresh else []
    return found


def attach(instance: ProcessInstance, added: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Give new files of values to their instance; call inside the transaction that saves them.

    Raises Stale when one was taken away, or given to another instance, since it was looked up.
    """
    for field, numbers in added:
        loose = File.objects.filter(pk__in=numbers, attached_at=None)
        loose.exclude(state__in=[File.State.REMOVING, File.State.UPLOADING]).update(
            instance=instance, attached_at=timezone.now(), field=field,
            process=instance.design.name,
        )  # fmt: skip
        own = File.objects.filter(Q(instance=instance), pk__in=numbers)
        # One that an answer brought has no field yet: it came for the first that holds it.
        own.filter(field="").update(field=field)
        # Whoever prunes has found a file named nowhere before: it stays, for it is attached anew.
        named = own.exclude(state=File.State.REMOVING).update(attached_at=timezone.now())
        if named != len(set(numbers)):
            raise Stale(
                _("A file was removed or saved elsewhere while you were editing. Upload it again.")
            )
