"""What a person may see: instances, runs, designs."""

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, USER, has_role
from kianda.lib.db.prepared_statements import PreparedQuery
from kianda.lib.errors import Missing
from processes.models import DesignVersion, ProcessDesign, ProcessInstance, Run


def visible_instances(user: User | None) -> QuerySet[ProcessInstance]:
    """Return the instances that a person may see.

    Designers and administrators see all; users see live ones and the previews they made.
    """
    rows = ProcessInstance.objects.all()
    if user is None or not user.is_active:
        return rows.none()
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return rows
    if has_role(user, USER):
        return _seen_by(user.pk)
    return rows.none()


def _seen_by(user_pk: int) -> QuerySet[ProcessInstance]:
    return ProcessInstance.objects.filter(Q(mode=ProcessInstance.Mode.LIVE) | Q(created_by=user_pk))


def visible_instance(process_id: str, user: User | None, *, lock: bool) -> ProcessInstance | None:
    """Return one instance, with design and version, when the person may see it; locked if asked."""
    key = process_id.lower()
    if user is None or not user.is_active:
        return None
    if lock and connection.features.has_select_for_update:
        # The row alone, and first: a statement that has waited for a lock sees the rows it joins
        # as they were before, so an instance that was moved meanwhile would not be found at all.
        _LOCKED.first(key)
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return _ONE_OF_ALL.first(key)
    return _ONE_SEEN_BY.first(key, user.pk) if has_role(user, USER) else None


def _one(rows: QuerySet[ProcessInstance], key: str) -> QuerySet[ProcessInstance]:
    return rows.filter(key=key).select_related("version", "design").defer("version__document")


# Every run begins with these, so their text is made once.
_LOCKED = PreparedQuery(
    lambda key: ProcessInstance.objects.select_for_update().only("pk").filter(key=key), "key"
)
_ONE_OF_ALL = PreparedQuery(lambda key: _one(ProcessInstance.objects.all(), key), "key")
_ONE_SEEN_BY = PreparedQuery(lambda key, pk: _one(_seen_by(pk), key), "key", -4711)


def still_as_read(instance: ProcessInstance) -> ProcessInstance | None:
    """Return the row of an instance when it still is as it was read; it is locked from here on.

    Its `has_left` tells whether any run on it has left an answer unstored.
    """
    row = _STATE.first(instance.pk)
    if row is None or any(getattr(row, one) != getattr(instance, one) for one in _STATE_COLUMNS):
        return None
    return row


# Each act on an instance makes a new revision, but for a run that only shows or hides something.
_STATE_COLUMNS = ("revision", "version_id", "display")
_LEFT = Run.objects.filter(instance=OuterRef("pk"), unsaved_answer=True)
_STATE = PreparedQuery(
    lambda pk: (
        ProcessInstance.objects.select_for_update()
        .only(*_STATE_COLUMNS)
        .annotate(has_left=Exists(_LEFT))
        .filter(pk=pk)
    ),
    -4711,
)


def visible_runs(user: User) -> QuerySet[Run]:
    """Return the runs that a person may see: those of visible instances.

    Runs of an instance that is gone, or in the recycle bin, are for designers and administrators.
    """
    rows = Run.objects.select_related("run_as")
    if not user.is_active:
        return rows.none()
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return rows
    if has_role(user, USER):
        return rows.filter(
            Q(instance__mode=ProcessInstance.Mode.LIVE) | Q(instance__created_by=user),
            instance__deleted_at__isnull=True,
        )
    return rows.none()


def get_design(name: str) -> ProcessDesign:
    """Return a design with its draft and published version; raises Missing."""
    design = (
        ProcessDesign.objects.select_related("draft", "published", "modified_by")
        .filter(name=name)
        .first()
    )
    if design is None:
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    return design


def get_version(design: ProcessDesign, number: str) -> DesignVersion:
    """Return a version by its number, `0.3`; raises Missing."""
    major, _dot, minor = number.partition(".")
    if not (_is_number(major) and _is_number(minor)):
        raise Missing(
            _("%(process)s has no version %(number)s.") % {"process": design.name, "number": number}
        )
    version = design.versions.filter(major=int(major), minor=int(minor)).first()
    if version is None:
        raise Missing(
            _("%(process)s has no version %(number)s.") % {"process": design.name, "number": number}
        )
    return version


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9
