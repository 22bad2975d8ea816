"""Counters of the web processes, kept in files so that any of them can show the sum of all."""

import os
import time
from threading import Lock

from django.conf import settings

FOLDER = settings.KIANDA_DATA_DIR / "metrics"
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
# The library reads this when it is imported, and then keeps its values in files of that folder.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)

from prometheus_client import Histogram  # noqa: E402

from kianda.lib.process_names import lives  # noqa: E402

REQUEST_SECONDS = Histogram(
    "kianda_request_seconds",
    "Requests of the web server by method and kind of answer, with their duration.",
    ["method", "status"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)
# More than all methods and kinds of answer take, so that the library never enlarges its file.
ROOM = 131_072
# A disk that is full is not asked at each request.
AGAIN_S = 10.0
_lock = Lock()
_process_with_room = 0
_try_again_at = 0.0


def count_request(method: str, status: str, seconds: float) -> None:
    """Count one request, unless the disk has no room for the counters."""
    if _has_room():
        REQUEST_SECONDS.labels(method, status).observe(seconds)


def forget_ended_processes() -> None:
    """Remove the files of processes that have ended; a counter may begin at zero again.

    Those of another web server on this data directory stay.
    """
    for file in FOLDER.iterdir():
        pid = file.stem.removeprefix("histogram_")
        if not (pid.isdigit() and lives(int(pid))):
            file.unlink(missing_ok=True)


def _has_room() -> bool:
    """Fill the file of this process with zeros before the library maps it into its memory.

    A mapped page that a full disk cannot take ends the process, with no error to catch. Written
    zeros have their place; that they cannot be written is an error as any other.
    """
    global _process_with_room, _try_again_at
    pid = os.getpid()
    if _process_with_room == pid:
        return True
    with _lock:
        if _process_with_room == pid:
            return True
        if time.monotonic() < _try_again_at:
            return False
        # Under another name until it is whole: another process may be adding up the files.
        unfinished = FOLDER / f"{pid}.unfinished"
        try:
            unfinished.write_bytes(bytes(ROOM))
            unfinished.replace(FOLDER / f"histogram_{pid}.db")
        except OSError:
            unfinished.unlink(missing_ok=True)
            _try_again_at = time.monotonic() + AGAIN_S
            return False
        _process_with_room = pid
        return True
