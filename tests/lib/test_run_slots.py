"""Lanes bound how many threads compute at one moment, and never how many wait."""

import threading

import pytest

from kianda.lib.db.run_slots import RunSlots
from tests.threads import at_once


def test_only_so_many_compute_at_one_moment() -> None:
    slots, together, most = RunSlots(2), [], []

    def work() -> None:
        for _ in range(50):
            with slots.inside():
                together.append(1)
                most.append(len(together))
                together.pop()

    at_once(6, work)
    assert max(most) <= 2
    assert len(most) == 300


def test_any_number_may_wait_outside_their_lane() -> None:
    slots = RunSlots(1)
    all_wait = threading.Barrier(5)

    def work() -> None:
        with slots.inside(), slots.left():
            # Passed only when all five are here at once, with one slot among them.
            all_wait.wait(timeout=10)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not all_wait.broken


def test_a_thread_that_enters_twice_takes_one_lane() -> None:
    slots = RunSlots(1)
    with slots.inside(), slots.inside():
        pass
    assert free(slots)


def test_a_lane_is_free_again_after_a_failure() -> None:
    slots = RunSlots(1)

    def fails() -> None:
        with slots.inside(), slots.left():
            raise ValueError

    with pytest.raises(ValueError):
        fails()
    assert free(slots)


def test_who_has_no_lane_leaves_none() -> None:
    slots = RunSlots(1)
    with slots.left():
        assert free(slots)
    with slots.inside():
        assert not free(slots)
    assert free(slots)


def free(slots: RunSlots) -> bool:
    """Tell whether another thread could enter now."""
    seen: list[bool] = []

    def look() -> None:
        entered = slots._free.acquire(blocking=False)
        seen.append(entered)
        if entered:
            slots._free.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return seen[0]
