"""Files that nothing needs any more: uploads that were never saved, what no value names by now.

What the values, the history or a run of an instance still names stays, in the recycle bin too.
Contents without a row, as a restored backup leaves them, go as well. All in small batches, each of
which may be interrupted anywhere.
"""

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from kianda.lib.secrets import WrongKeyRing
from processes.files import storage
from processes.models import Change, File, ProcessInstance, Run, RunPoint

LOOSE = timedelta(hours=24)
LOOK_AGAIN = timedelta(days=1)
BATCH = 200
FEW = 20

logger = logging.getLogger(__name__)


def prune_files(moment: datetime) -> int:
    """Remove what nothing needs any more; return how many files went."""
    before = moment - LOOSE
    gone = File.objects.filter(
        Q(state=File.State.REMOVING)
        | Q(attached_at=None, created_at__lt=before)
        | Q(attached_at__isnull=False, instance=None)
    )
    count = _remove(gone, before)
    count += _remove(_unnamed(moment), before)
    return count + _without_rows(before)


def _remove(files: QuerySet[File] | Iterable[File], before: datetime) -> int:
    rows = files[:BATCH] if isinstance(files, QuerySet) else files
    count = 0
    for file in rows:
        # Somebody may have saved it since it was found.
        still = File.objects.filter(pk=file.pk, instance=file.instance_id)
        if not still.filter(attached_at=file.attached_at).update(state=File.State.REMOVING):
            continue
        storage.discard(file.key)
        count += File.objects.filter(pk=file.pk, state=File.State.REMOVING).delete()[0]
    return count


def _unnamed(moment: datetime) -> list[File]:
    """Return files of instances that name them nowhere; those looked at longest ago come first."""
    old = File.objects.filter(instance__isnull=False, attached_at__lt=moment - LOOSE)
    due = old.filter(Q(looked_at=None) | Q(looked_at__lt=moment - LOOK_AGAIN))
    rows = list(due.order_by(F("looked_at").asc(nulls_first=True), "attached_at")[:BATCH])
    File.objects.filter(pk__in=[file.pk for file in rows]).update(looked_at=moment)
    by_instance: dict[int, list[File]] = {}
    for file in rows:
        by_instance.setdefault(file.instance_id or 0, []).append(file)
    return [
        file
        for pk, files in by_instance.items()
        for file in _not_in(pk, files)
    ]  # fmt: skip


def _not_in(instance: int, files: list[File]) -> list[File]:
    left = {str(file.pk): file for file in files}
    try:
        for said in _all_that_names(instance):
            text = json.dumps(said)
            left = {number: file for number, file in left.items() if number not in text}
            if not left:
                break
    except WrongKeyRing:
        # What does not open may name any of them.
        return []
    return list(left.values())


def _all_that_names(instance: int) -> Iterable[Any]:
    yield from ProcessInstance.everything.filter(pk=instance).values_list("values", flat=True)
    yield from Change.objects.filter(instance=instance).values_list("fields", flat=True).iterator()
    runs = Run.objects.filter(instance=instance)
    # What is in them may be written whole meanwhile, into a run that is read after them.
    points = RunPoint.objects.filter(run__instance=instance)
    for point in points.iterator():
        yield [point.journal, point.steps]
    open_ones = runs.filter(Q(unsaved_answer=True) | Q(finished=None))
    for run in open_ones.only("unsaved_values", "journal", "steps").iterator():
        yield [run.unsaved_values, run.journal, run.steps]


def _without_rows(before: datetime) -> int:
    """Remove contents that no row knows, and say which rows have none."""
    found: dict[str, bool] = {}
    count = 0
    for key, _is_part in storage.left_behind(before):
        found[key] = True
        if len(found) >= BATCH:
            count, found = count + _discarded(found), {}
    return count + _discarded(found)


def _discarded(keys: Iterable[str]) -> int:
    wanted = set(keys)
    known = set(File.objects.filter(key__in=wanted).values_list("key", flat=True))
    for key in wanted - known:
        logger.warning("A content without a file was removed: %s", key)
        storage.discard(key)
    return len(wanted - known)


def missing_contents(most: int = FEW) -> list[File]:
    """Return files whose contents are gone, of those that were stored last."""
    rows = _whole_files().order_by("-created_at")[:most]
    kept = storage.whole_files()
    return [file for file in rows if not kept.exists(storage.place_of(file.key))]


def all_missing_contents() -> tuple[int, str]:
    """Return how many of all files have no content, and the name of one."""
    missing = set(_whole_files().values_list("key", flat=True)) - set(storage.kept_keys())
    # Not one that was deleted meanwhile, with its row.
    example = _whole_files().filter(key__in=sorted(missing)[:FEW]).first()
    return (len(missing), example.name) if example else (0, "")


def _whole_files() -> QuerySet[File]:
    return File.objects.filter(state__in=[File.State.READY, File.State.SCANNING])
