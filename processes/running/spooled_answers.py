"""Answers that a process left on the disk: given to the database before their runs are ended."""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.utils.translation import gettext as _

from kianda.lib.db import outages
from kianda.lib.secrets import WrongKeyRing, decrypt
from processes.instances.unsaved import left_in_copy, stored_since
from processes.models import Run, RunPoint
from processes.models.run_points import UNREADABLE, journal_of
from processes.running.held_answers import PART, PURPOSE, SUFFIX, HeldAnswer

logger = logging.getLogger(__name__)

# What a process that was killed had not finished writing.
_STALE_S = 600
_TRIES, _PAUSE_S = 4, 0.5


class Fate(Enum):
    """What came of an answer: stored, to be tried again, or its run is not in this database."""

    STORED, LATER, HOMELESS = range(3)


def deliver() -> frozenset[int]:
    """Store each answer whose process is gone; return the runs of those whose process lives.

    Once its run has the answer, whoever takes the run over goes on from there.
    """
    folder = Path(settings.KIANDA_SPOOL_DIR)
    alive = set()
    try:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            if not _delivered(path):
                alive.add(int(path.name.split("-")[1]))
        _clear(folder)
    except OSError as error:
        logger.warning("The folder of kept answers %s cannot be read: %s", folder, error)
    return frozenset(alive)


def deliver_when_possible() -> None:
    """Do so from a thread of its own, which waits for a database that is away."""

    def work() -> None:
        for seconds in outages.pauses():
            try:
                deliver()
            except Error as error:
                if not outages.noticed(error):
                    raise
            else:
                break
            outages.pause(seconds)
        connection.close()

    threading.Thread(target=work, name="kept answers", daemon=True).start()


def _delivered(path: Path) -> bool:
    """Store what a file holds; False while its process lives and will do it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        _read(path)
        return True
    finally:
        os.close(file)


def _read(path: Path) -> None:
    try:
        content = decrypt(path.read_text(), purpose=PURPOSE, also_unbound=True)
    except (WrongKeyRing, ValueError) as error:
        _set_aside(path, str(error))
        return
    fate = _store(content)
    if fate is Fate.STORED:
        path.unlink(missing_ok=True)
    elif fate is Fate.HOMELESS:
        _set_aside(path, f"there is no run {content['run']} of {content['process_id']}")


def _set_aside(path: Path, why: str) -> None:
    """Keep a file that cannot be stored, out of the way: somebody may need what it holds."""
    kept = path.with_suffix(".unclaimed")
    logger.error("The kept answer %s cannot be stored (%s); it is kept as %s", path, why, kept.name)
    path.rename(kept)


def _clear(folder: Path) -> None:
    for part in folder.glob(f"*{PART}"):
        if time.time() - part.stat().st_mtime > _STALE_S:
            part.unlink(missing_ok=True)


def settle(answer: HeldAnswer) -> None:
    """Store the answer of a run that was taken over meanwhile, or leave it on the disk.

    The successor closes such a run at once; what it could not know is added to it.
    """
    for _try in range(_TRIES):
        if _store(answer.content) is Fate.STORED:
            answer.forget()
            return
        time.sleep(_PAUSE_S)
    answer.keep_on_disk()
    answer.let_go()


def _run_of(content: Mapping[str, Any]) -> Run | None:
    rows = Run.objects.select_for_update(of=("self",))
    run = rows.filter(pk=content["run"], process_id=content["process_id"]).first()
    # The number alone may be that of another run, when a backup was restored since.
    started = datetime.fromisoformat(content["started"])
    return run if run is not None and run.started == started else None


@transaction.atomic
def _store(content: Mapping[str, Any]) -> Fate:
    """Give an answer to its run."""
    run = _run_of(content)
    if run is None:
        return Fate.HOMELESS
    if run.status != Run.Status.RUNNING:
        _add_to_closed(run, content)
        return Fate.STORED
    try:
        point = journal_of(run).get("point")
    except UNREADABLE:
        # Whoever takes the run over closes it, and the answer is added then.
        return Fate.LATER
    if point != content["follows"]:
        # The commit that seemed to fail had arrived.
        return Fate.STORED
    if run.holder != content["holder"]:
        return Fate.LATER
    said = _(
        "The database was unavailable when the response came (%(at)s UTC). It was saved on disk "
        "and stored later."
    ) % {"at": f"{datetime.fromisoformat(content['at']):%H:%M:%S}"}
    run.journal = dict(content["journal"])
    run.steps = noted(content["steps"], said)
    run.save(update_fields=["journal", "steps"])
    RunPoint.objects.filter(run=run.pk).delete()
    logger.warning("The answer of run %s that was kept on disk is stored", run.pk)
    return Fate.STORED


def _add_to_closed(run: Run, content: Mapping[str, Any]) -> None:
    """Add an answer to a run that was closed without it, to be stored by whoever looks at it."""
    interrupted_there = run.status == Run.Status.INTERRUPTED and _shape(run.steps) == _shape(
        content["steps"]
    )
    values = left_in_copy(content["journal"]["copy"])
    if not interrupted_there or not values or values.items() <= (run.unsaved_values or {}).items():
        return
    wanted = _still_wanted(run, values, base_revision=content["journal"]["base_revision"])
    if wanted:
        said = _("Its response came later. It is saved with this run and can be stored.")
        run.unsaved_answer = True
        run.unsaved_values = {**(run.unsaved_values or {}), **wanted}
    else:
        said = _("Its response came later and was not stored: its fields have newer values.")
    error = run.error or {}
    run.error = {**error, "message": f"{error.get('message', '')} {said}".strip()}
    run.save(update_fields=["unsaved_answer", "unsaved_values", "error"])
    logger.warning("The late answer of run %s is kept with it", run.pk)


def _still_wanted(run: Run, values: Mapping[str, Any], *, base_revision: int) -> dict[str, Any]:
    """Return what is not older than the form: of fields that nobody has stored since."""
    instance = run.instance
    if instance is None:
        return dict(values)
    newer = stored_since(instance.pk, base_revision)
    now = {**instance.values, **(instance.secrets or {})}
    return {
        name: value
        for name, value in values.items()
        if name not in newer and now.get(name) != value
    }


def _shape(steps: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return how far a run had come: its steps, and those in the last of them, row by row."""
    shape = [len(steps)]
    groups = steps[-1].get("groups") if steps else None
    return [*shape, len(groups), *_shape(groups[-1]["steps"])] if groups else shape


def noted(steps: Sequence[Mapping[str, Any]], sentence: str) -> list[dict[str, Any]]:
    """Return steps with a sentence at the one that is under way, however deep it stands."""
    made = [dict(step) for step in steps]
    if made:
        last = made[-1]
        if last.get("groups"):
            *groups, group = last["groups"]
            inner = noted(group["steps"], sentence)
            last["groups"] = [*groups, {**group, "steps": inner}]
        else:
            last["reason"] = f"{last.get('reason') or ''} {sentence}".strip()
    return made
