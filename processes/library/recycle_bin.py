"""The recycle bin of designs: for 30 days they can be restored, then they are gone for good."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import record
from kianda.lib.errors import Flaw, Invalid, Missing
from kianda.lib.names import slug_flaw
from processes.definition.raw_document import with_names
from processes.designer.copy_store import digest_of
from processes.designs.lifecycle import page_name_flaw
from processes.document_cache import document_of
from processes.instances.process_ids import last_number_given
from processes.models import DesignVersion, ProcessDesign, WorkingCopy

KEPT = timedelta(days=30)
BATCH = 20


def binned_designs() -> QuerySet[ProcessDesign]:
    """Return the designs in the recycle bin, the last deleted first."""
    rows = ProcessDesign.everything.filter(deleted_at__isnull=False)
    rows = rows.select_related("draft", "deleted_by").defer("draft__document")
    return rows.order_by("-deleted_at", "-pk")


def binned_design(pk: int) -> ProcessDesign:
    """Return one of them; raises Missing."""
    found = binned_designs().filter(pk=pk).first()
    if found is None:
        raise Missing(_("This design is not in the recycle bin."))
    return found


def gone_at(design: ProcessDesign) -> datetime:
    """Return when a design in the bin is removed for good."""
    assert design.deleted_at is not None  # it is in the bin
    return design.deleted_at + KEPT


def restore_design(*, pk: int, user: User, name: str = "") -> ProcessDesign:
    """Take a design out of the bin with all its versions; under another name when it has one.

    Raises Invalid at /name while another process has the name.
    """
    with transaction.atomic():
        design = _locked(pk)
        wish = name.strip() or design.name
        _refuse(wish)
        if wish != design.name:
            _rename(design, wish)
        assert design.draft is not None  # a design is made with its first version
        pattern = document_of(design.draft).process_id
        given = last_number_given(pattern=pattern, process=wish)
        design.last_number = max(design.last_number, given)
        design.deleted_at = design.deleted_by = None
        try:
            with transaction.atomic():
                design.save()
        except IntegrityError as error:
            raise _taken(wish) from error
        record(user, action="restored", kind="process", name=wish)
    return design


def remove_for_good(*, pk: int, user: User) -> None:
    """Delete a design of the bin with its versions, never to come back."""
    with transaction.atomic():
        design = _locked(pk)
        record(user, action="removed", kind="process", name=design.name)
        design.delete()


def prune_bin(moment: datetime) -> int:
    """Remove what was in the bin for its 30 days; returns how many."""
    old = ProcessDesign.everything.filter(deleted_at__lt=moment - KEPT).order_by("deleted_at")
    pks = list(old.values_list("pk", flat=True)[:BATCH])
    for pk in pks:
        with transaction.atomic():
            design = ProcessDesign.everything.get(pk=pk)
            record(
                None, action="removed", kind="process", name=design.name, detail=_("30 days over")
            )
            design.delete()
    return len(pks)


def _locked(pk: int) -> ProcessDesign:
    rows = ProcessDesign.everything.select_for_update()
    found = rows.filter(pk=pk, deleted_at__isnull=False).first()
    if found is None:
        raise Missing(_("This design is not in the recycle bin."))
    return found


def _refuse(name: str) -> None:
    if flaw := slug_flaw(name) or page_name_flaw(name):
        raise Invalid(errors=[Flaw("/name", flaw)])
    if ProcessDesign.objects.filter(name=name).exists():
        raise _taken(name)


def _taken(name: str) -> Invalid:
    return Invalid.at(
        "/name",
        _("There is a process %(name)s by now. Restore this one under another name.")
        % {"name": name},
    )


def _rename(design: ProcessDesign, name: str) -> None:
    """Write every version anew under another name.

    New rows, not changed ones: a version never changes, and is remembered by its key.
    """
    names = {design.name: name}
    rows = list(design.versions.order_by("pk"))
    draft, published = design.draft_id, design.published_id
    made: dict[int | None, DesignVersion] = {None: None}  # type: ignore[dict-item]
    design.draft = design.published = None
    design.versions.all().delete()
    for row in rows:
        old, row.pk = row.pk, None
        row.document = with_names(row.document, processes=names)
        row.save(force_insert=True)
        made[old] = row
    design.name, design.draft, design.published = name, made[draft], made[published]
    _rename_copy(design, names)


def _rename_copy(design: ProcessDesign, names: dict[str, str]) -> None:
    copy = WorkingCopy.objects.filter(design=design).first()
    if copy is not None:
        unsaved = copy.digest != copy.base_digest
        copy.document = with_names(copy.document, processes=names)
        copy.digest, copy.base = digest_of(copy.document), design.draft
        copy.base_digest = "" if unsaved else copy.digest
        copy.save()
