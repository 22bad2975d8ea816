"""The recycle bin of designs: for 30 days they can be restored, then they are gone for good."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import record
from kianda.lib.errors import Flaw, Invalid, Missing
from kianda.lib.names import slug_flaw
from kianda.lib.recycle_bin import in_bin, locked_in_bin, over
from processes.definition.raw_document import with_names
from processes.designer.copy_store import digest_of
from processes.designs.lifecycle import page_name_flaw
from processes.document_cache import document_of
from processes.instances.process_ids import last_number_given
from processes.instances.recycle_bin import instances_over, remove_instance, take_out
from processes.models import DesignVersion, ProcessDesign, ProcessInstance, WorkingCopy

BATCH = 20
# No version has such a number.
_ASIDE = 1_000_000_000


def binned_designs() -> QuerySet[ProcessDesign]:
    """Return the designs in the recycle bin, the last deleted first."""
    return in_bin(ProcessDesign).select_related("draft").defer("draft__document")


def binned_design(pk: int) -> ProcessDesign:
    """Return one of them; raises Missing."""
    found = binned_designs().filter(pk=pk).first()
    if found is None:
        raise Missing(_("This design is not in the recycle bin."))
    return found


def restore_design(*, pk: int, user: User, name: str = "") -> ProcessDesign:
    """Take a design out of the bin with all its versions; under another name when it has one.

    The instances that were deleted with it come back too. Raises Invalid at /name while another
    process has the name.
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
        with_it = ProcessInstance.everything.filter(design=design, deleted_at=design.deleted_at)
        design.deleted_at = design.deleted_by = None
        try:
            with transaction.atomic():
                design.save()
        except IntegrityError as error:
            raise _taken(wish) from error
        take_out(with_it, user=user)
        record(user, action="restored", kind="process", name=wish)
    return design


def remove_for_good(*, pk: int, user: User) -> None:
    """Delete a design of the bin with its versions and instances, never to come back."""
    with transaction.atomic():
        design = _locked(pk)
        record(user, action="removed", kind="process", name=design.name)
        _delete(design)


def prune_bin(moment: datetime) -> int:
    """Remove what was in the bin for its 30 days; returns how many."""
    pks = over(ProcessDesign, moment, most=BATCH)
    for pk in pks:
        with transaction.atomic():
            design = ProcessDesign.everything.get(pk=pk)
            record(
                None, action="removed", kind="process", name=design.name, detail=_("30 days over")
            )
            _delete(design)
    instances = instances_over(moment)
    for pk in instances:
        remove_instance(pk=pk, user=None, why=_("30 days over"))
    return len(pks) + len(instances)


def _delete(design: ProcessDesign) -> None:
    # What is left of its instances is in the bin; they hold its versions.
    design.instances.all().delete()
    design.delete()


def _locked(pk: int) -> ProcessDesign:
    return locked_in_bin(ProcessDesign, pk, missing=_("This design is not in the recycle bin."))


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
    # The new rows take their numbers; the old ones stay until no instance is of them.
    design.versions.update(major=F("major") + _ASIDE)
    for row in rows:
        old, row.pk = row.pk, None
        row.document = with_names(row.document, processes=names)
        row.save(force_insert=True)
        made[old] = row
        ProcessInstance.everything.filter(version=old).update(version=row)
    design.versions.filter(major__gte=_ASIDE).delete()
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
