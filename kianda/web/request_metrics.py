"""Counters of the web processes, kept in files so that any of them can show the sum of all."""

import os
from threading import Lock

from django.conf import settings

FOLDER = settings.KIANDA_DATA_DIR / "metrics"
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
# The library reads this when it is imported, and then keeps its values in files of that folder.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)

from prometheus_client import Histogram  # noqa: E402

REQUEST_SECONDS = Histogram(
    "kianda_request_seconds",
    "Requests of the web server by method and kind of answer, with their duration.",
    ["method", "status"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)
# More than all methods and kinds of answer take, so that the library never enlarges its file.
ROOM = 131_072
_lock = Lock()
_process_with_room = 0


def count_request(method: str, status: str, seconds: float) -> None:
    """Count one request, unless the disk has no room for the counters."""
    if _has_room():
        REQUEST_SECONDS.labels(method, status).observe(seconds)


def forget_earlier_processes() -> None:
    """Remove the files of processes that have ended; a counter may begin at zero again."""
    for file in FOLDER.iterdir():
        file.unlink(missing_ok=True)


def _has_room() -> bool:
    """Fill the file of this process with zeros before the library maps it into its memory.

    A mapped page that a full disk cannot take ends the process, with no error to catch. Written
    zeros have their place; that they cannot be written is an error as any other.
    """
    global _process_with_room
    with _lock:
        if _process_with_room == os.getpid():
            return True
        # Under another name until it is whole: another process may be adding up the files.
        unfinished = FOLDER / f"{os.getpid()}.unfinished"
        try:
            unfinished.write_bytes(bytes(ROOM))
            unfinished.replace(FOLDER / f"histogram_{os.getpid()}.db")
        except OSError:
            unfinished.unlink(missing_ok=True)
            return False
        _process_with_room = os.getpid()
        return True
