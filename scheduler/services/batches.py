"""A batch of occurrences, carried out side by side by threads of this process."""

import functools
import logging
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import close_old_connections

from scheduler.services.execution import execute

# So many occurrences go in one message at most: the others are for other workers.
BATCH = 16
# Beside those that take messages. Whoever waits for a provider keeps one.
THREADS = 24

logger = logging.getLogger(__name__)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="occurrences")


# A forked process has none of its parent's threads.
os.register_at_fork(after_in_child=_threads.cache_clear)


def execute_batch(occurrence_pks: Sequence[int]) -> None:
    """Carry them out side by side and return when all have ended; each fails alone.

    While all threads are at work, this one carries them out one after the other.
    """
    left = deque(occurrence_pks)

    def work() -> None:
        while left:
            try:
                pk = left.popleft()
            except IndexError:
                # Another thread was first.
                return
            _execute_one(pk)

    helpers = [_threads().submit(work) for _ in occurrence_pks[1:]]
    work()
    wait([helper for helper in helpers if not helper.cancel()])


def _execute_one(pk: int) -> None:
    try:
        execute(pk)
    except Exception:
        # What is left of it is taken up again by the sweep, or was closed with its reason.
        logger.exception("Occurrence %s could not be carried out", pk)
    finally:
        close_old_connections()
