"""Designs in the recycle bin: restored with their versions, if need be under another name."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.recycle_bin import BinKind
from kianda.lib.i18n import grouped
from kianda.lib.names import slug_flaw
from kianda.lib.recycle_bin import in_bin
from processes.definition.raw_document import with_names
from processes.designer.copy_store import digest_of
from processes.designs.lifecycle import page_name_flaw
from processes.document_cache import document_of
from processes.instances.process_ids import last_number_given
from processes.instances.recycle_bin import take_out
from processes.library.catalogue import free_name
from processes.models import DesignVersion, ProcessDesign, ProcessInstance, WorkingCopy

# No version has such a number.
_ASIDE = 1_000_000_000


class BinnedDesigns(BinKind[ProcessDesign]):
    """Designs, with their versions and the instances that were deleted with them."""

    slug = "designs"
    audit_kind = "process"
    icon = "diagram-3"
    roles = (DESIGNER,)
    model = ProcessDesign

    def shown(self) -> QuerySet[ProcessDesign]:
        """Return the rows with the numbers of their newest versions."""
        return in_bin(ProcessDesign).select_related("draft").defer("draft__document")

    def name_of(self, row: ProcessDesign) -> str:
        """Return its name."""
        return row.name

    def title_of(self, row: ProcessDesign) -> str:
        """Return its title."""
        return row.title

    def free_name(self, wish: str) -> str:
        """Return a name that no process has."""
        return free_name(wish)

    def name_flaw(self, name: str) -> str | None:
        """Return why no process may have a name."""
        return slug_flaw(name) or page_name_flaw(name)

    def words_of_renaming(self, row: ProcessDesign) -> str:
        """Say what it means to come back under another name."""
        return _("This one can be restored under another name; its versions and rules follow.")

    def bring_back(self, row: ProcessDesign, *, user: User, name: str) -> None:
        """Restore it; numbers of Process IDs go on where they were, for none is given twice."""
        if name != row.name:
            _rename(row, name)
        assert row.draft is not None  # a design is made with its first version
        pattern = document_of(row.draft).process_id
        given = last_number_given(pattern=pattern, process=name)
        row.last_number = max(row.last_number, given)
        with_it = ProcessInstance.everything.filter(design=row, deleted_at=row.deleted_at)
        row.deleted_at = row.deleted_by = None
        row.save()
        take_out(with_it, user=user)

    def over(self, moment: datetime) -> list[int]:
        """Return those without instances: of these there may be many, and they go one by one."""
        pks = ProcessDesign.everything.filter(pk__in=super().over(moment), instances__isnull=True)
        return list(pks.values_list("pk", flat=True))

    def delete(self, row: ProcessDesign) -> None:
        """Delete it with its versions, and the instances that hold them: all are in the bin."""
        row.instances.all().delete()
        row.delete()

    def words_of_restoring(self, row: ProcessDesign) -> str:
        """Say what comes back with it."""
        return _(
            "The design comes back with all its versions and the records that were deleted with "
            "it. Its scheduled tasks that create records run again."
        )

    def words_of_removing(self, row: ProcessDesign) -> str:
        """Say what goes with it, its instances too."""
        versions, instances = row.versions.count(), row.instances.count()
        words = ngettext(
            "Deletes the design with its %(n)s version.",
            "Deletes the design with its %(n)s versions.",
            versions,
        ) % {"n": grouped(versions)}
        if instances:
            more = ngettext(
                "%(n)s of its records, in the recycle bin, is deleted, too.",
                "%(n)s of its records, in the recycle bin, are deleted, too.",
                instances,
            )
            words = f"{words} {more % {'n': grouped(instances)}}"
        return words


DESIGNS = BinnedDesigns()


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
