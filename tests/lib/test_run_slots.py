"""Lanes bound how many threads compute at one moment, and never how many wait."""

import threading

import pytest

from kianda.lib.db.run_slots import RunSlots
from tests.threads import at_once


def test_only_so_many_compute_at_one_moment() -> None:
    lanes, together, most = RunSlots(2), [], []

    def work() -> None:
        for _ in range(50):
            with lanes.inside():
                together.append(1)
                most.append(len(together))
                together.pop()

    at_once(6, work)
    assert max(most) <= 2
    assert len(most) == 300


def test_any_number_may_wait_outside_their_lane() -> None:
    lanes = RunSlots(1)
    all_wait = threading.Barrier(5)

    def work() -> None:
        with lanes.inside(), lanes.left():
            # Passed only when all five are here at once, with one lane among them.
            all_wait.wait(timeout=10)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not all_wait.broken


def test_a_thread_that_enters_twice_takes_one_lane() -> None:
    lanes = RunSlots(1)
    with lanes.inside(), lanes.inside():
        pass
    assert free(lanes)


def test_a_lane_is_free_again_after_a_failure() -> None:
    lanes = RunSlots(1)

    def fails() -> None:
        with lanes.inside(), lanes.left():
            raise ValueError

    with pytest.raises(ValueError):
        fails()
    assert free(lanes)


def test_who_has_no_lane_leaves_none() -> None:
    lanes = RunSlots(1)
    with lanes.left():
        assert free(lanes)
    with lanes.inside():
        assert not free(lanes)
    assert free(lanes)


def free(lanes: RunSlots) -> bool:
    """Tell whether another thread could enter now."""
    seen: list[bool] = []

    def look() -> None:
        entered = lanes._free.acquire(blocking=False)
        seen.append(entered)
        if entered:
            lanes._free.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return seen[0]
