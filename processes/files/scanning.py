"""The check of files by a program of the installation's own, such as a scanner for viruses.

`KIANDA_SCAN_COMMAND` gets the path as its last argument; no shell is asked. It ends with 0 for a
file that is clean and with 1 for one that is refused; whatever else it does, the file is not
checked yet and waits for the next time.
"""

import logging
import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from processes.files import storage
from processes.models import File

SECONDS = 120
# Also how long a file waits whose checker has died meanwhile.
AGAIN = timedelta(seconds=SECONDS + 60)
MOST_AT_ONCE = 20
CLEAN, REFUSED = 0, 1

logger = logging.getLogger(__name__)


def check_waiting(moment: datetime) -> int:
    """Check the files whose time has come; return how many were looked at."""
    due = File.objects.filter(state=File.State.SCANNING, check_at__lte=moment)
    waiting = list(due.order_by("check_at").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(check_file(pk) for pk in waiting)


def check_file(pk: object) -> bool:
    """Check one file, once at a time; tell whether it was looked at."""
    moment = timezone.now()
    mine = File.objects.filter(pk=str(pk), state=File.State.SCANNING)
    if not mine.filter(check_at__lte=moment).update(check_at=moment + AGAIN):
        return False
    file = mine.first()
    if file is None:
        return False
    if not settings.KIANDA_SCAN_COMMAND:
        # It was taken away: nothing is left that could say more.
        mine.update(state=File.State.READY, check_at=None)
        return True
    status, said = _asked(file)
    if status == CLEAN:
        mine.update(state=File.State.READY, finding="", check_at=None)
    elif status == REFUSED:
        mine.update(state=File.State.REFUSED, finding=said, check_at=None)
        logger.warning("The check of files refused %s.", file.pk)
    else:
        mine.update(finding=said)
        logger.error("The check of files did not work (%s): %s", status, said)
    return True


def _asked(file: File) -> tuple[int | None, str]:
    """Return how the program ended, None where it did not, and the first line that it wrote."""
    content = storage.open_whole(file.key)
    if content is None:
        return None, "The content is gone."
    # A copy without a name of its own: what a person called it is no argument of a program.
    with closing(content), tempfile.TemporaryDirectory(prefix="kianda-check-") as made:
        path = Path(made) / "file"
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        try:
            done = subprocess.run(  # noqa: S603 - the installation's own program, no shell
                [*settings.KIANDA_SCAN_COMMAND, str(path)],
                capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as failure:
            return None, f"{type(failure).__name__}: {getattr(failure, 'strerror', '') or ''}"[:500]
    lines = (done.stdout or done.stderr).decode(errors="replace").strip().splitlines()
    return done.returncode, (lines[0] if lines else "").replace(str(path), file.name)[:500]
