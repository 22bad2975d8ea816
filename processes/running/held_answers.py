"""Answers of calls that the database has not taken yet: held in memory, then also in a file each.

What a call brought, such as a rotated token, cannot be asked for again. While the database is away
its run waits here, for as long as it takes. A file beside it, encrypted with the key ring, outlives
the process; `processes.running.spooled_answers` reads what a dead one has left.
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db import outages
from kianda.lib.secrets import encrypt
from processes.engine.trace import RunTrace
from processes.models import Run

logger = logging.getLogger(__name__)

SUFFIX, PART = ".answer", ".part"
# A write that takes longer than this waits for the database: the answer goes to the disk meanwhile.
SPOOLED_AFTER_S = 0.5
PURPOSE = "an answer of a run"


@dataclass
class HeldAnswer:
    """What one call brought, with the durable point that it follows."""

    run: Run
    holder: str
    # The points of the journal before the call and after it.
    follows: str
    journal: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    since: float = field(default_factory=time.monotonic)
    _path: Path | None = None
    _file: int | None = None
    _over: bool = False
    # Whether the log has it.
    told: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def content(self) -> dict[str, Any]:
        """Return all that is needed to store it in another process."""
        return {
            "run": self.run.pk,
            "process_id": self.run.process_id,
            "started": str(self.run.started),
            "holder": self.holder,
            "follows": self.follows,
            "at": str(timezone.now()),
            "journal": self.journal,
            "steps": self.steps,
        }

    @property
    def is_kept(self) -> bool:
        """Tell whether it lies on the disk."""
        return self._path is not None

    def keep_on_disk(self) -> None:
        """Write it to its file, unless it is there. A disk that takes nothing leaves the memory."""
        with self._guard:
            if self._path is not None or self._over:
                return
            try:
                name = f"run-{self.run.pk}-{self.journal['point']}"
                self._path, self._file = _write(name, encrypt(self.content, purpose=PURPOSE))
            except OSError as error:
                if not self.told:
                    logger.warning(
                        "The answer of run %s is held in memory alone: %s", self.run.pk, error
                    )

    def forget(self) -> None:
        """Remove its file: the database has it."""
        with self._guard:
            self._over = True
            if self._path is not None:
                try:
                    self._path.unlink(missing_ok=True)
                except OSError as error:
                    # Whoever reads it finds that it is stored.
                    logger.warning("%s could not be removed: %s", self._path, error)
            self._let_go()

    def let_go(self) -> None:
        """Leave its file, if there is one, to whoever stores it: this process does not."""
        with self._guard:
            self._over = True
            self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._path = self._file = None


def _write(name: str, text: str) -> tuple[Path, int]:
    """Write a file that is whole or not there; its lock says that its holder lives."""
    folder = Path(settings.KIANDA_SPOOL_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    part, path = folder / f"{name}{PART}", folder / f"{name}{SUFFIX}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    file = os.open(part, flags, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.fdopen(file, "w", closefd=False) as out:
            out.write(text)
        os.fsync(file)
        part.rename(path)
        sync_folder(folder)
    except BaseException:
        os.close(file)
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise
    return path, file


def sync_folder(folder: Path) -> None:
    """Have the disk know what the folder lists."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class _Watch:
    """Looks after the answers of this process: one whose write takes long goes to the disk."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Watch nothing, as after a fork: what the parent holds is the parent's."""
        self._guard = threading.Lock()
        self._answers: dict[int, HeldAnswer] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, answer: HeldAnswer) -> Iterator[None]:
        """Look after an answer while the block runs."""
        with self._guard:
            self._answers[id(answer)] = answer
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="answers", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._guard:
                del self._answers[id(answer)]

    def _look(self) -> None:
        idle = 0
        while True:
            time.sleep(SPOOLED_AFTER_S / 2)
            with self._guard:
                idle = 0 if self._answers else idle + 1
                if idle > 20:
                    # The next answer starts it again.
                    self._thread = None
                    return
                late = time.monotonic() - SPOOLED_AFTER_S
                answers = [answer for answer in self._answers.values() if answer.since < late]
            for answer in answers:
                answer.keep_on_disk()


_watch = _Watch()
os.register_at_fork(after_in_child=_watch.renew)


def store(answer: HeldAnswer, write: Callable[[], None], *, trace: RunTrace) -> None:
    """Have the database take an answer, however long it is away.

    `write` is tried until it succeeds; its step tells of the outage then. What it raises otherwise
    leaves the answer held, for the caller to settle.
    """
    before = trace.current.reason if trace.current else ""
    with _watch.over(answer):
        for pause in outages.pauses():
            try:
                write()
            except Error as error:
                if not outages.noticed(error):
                    raise
                _wait(answer, pause)
                _tell(answer, trace, before)
                answer.steps = trace.so_far()
            else:
                break
    if answer.told or answer.is_kept:
        # The next durable point has it.
        _tell(answer, trace, before)


def _wait(answer: HeldAnswer, pause: float) -> None:
    answer.keep_on_disk()
    if not answer.told:
        logger.warning("The answer of run %s waits for the database", answer.run.pk)
    answer.told = True
    outages.pause(pause)


def _tell(answer: HeldAnswer, trace: RunTrace, before: str) -> None:
    """Note on the step under way for how long its answer has waited."""
    said = _(
        "The database was unavailable for %(seconds)s s after the response, which was stored "
        "afterwards."
    ) % {"seconds": max(1, round(time.monotonic() - answer.since))}
    if trace.current is not None:
        trace.current.note(f"{before} {said}".strip())
