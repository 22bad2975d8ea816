"""A gate before SQLite's write lock: who waits is woken soon, not after a growing sleep.

SQLite lets one connection write at a time, and who comes second sleeps up to 100 ms between two
looks. With many threads most of the time goes by in such sleeps. Here they queue at a lock of the
process, and one thread of each process looks at a lock between processes every millisecond. The
gate only orders the waiting: SQLite's own lock stays the one that keeps the data right, and it is
asked all the same when the gate does not open in time.
"""

import fcntl
import itertools
import os
import threading
import time
from pathlib import Path

# A write takes less than a millisecond: who comes meanwhile looks often, then less often.
_SOON_S = 0.0001
_SOON_LOOKS = 20
_LOOK_EVERY_S = 0.001


class Gate:
    """The gate of one database file in this process."""

    def __init__(self, path: Path) -> None:
        """Take the lock file's path; it is opened when first needed."""
        self.path = path
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        # A child must neither share the parent's file, nor inherit a lock that some thread held.
        self._turn = threading.Lock()
        self._file: int | None = None

    def enter(self, *, patience_s: float) -> bool:
        """Wait for the turn; False when it did not come in time."""
        give_up = time.monotonic() + patience_s
        if not self._turn.acquire(timeout=patience_s):
            return False
        try:
            if self._locked(give_up):
                return True
        except BaseException:
            self._turn.release()
            raise
        self._turn.release()
        return False

    def _locked(self, give_up: float) -> bool:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for look in itertools.count():
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    return False
                time.sleep(_SOON_S if look < _SOON_LOOKS else _LOOK_EVERY_S)
            else:
                return True
        return False

    def leave(self) -> None:
        """Let the next one in."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._turn.release()


_gates: dict[str, Gate] = {}
_guard = threading.Lock()


def gate_of(database: str) -> Gate:
    """Return the gate of a database file."""
    path = os.path.realpath(database)
    with _guard:
        if path not in _gates:
            _gates[path] = Gate(Path(f"{path}-gate"))
        return _gates[path]
