"""A step of the machine's clock is seen, in both directions; slow corrections are none."""

import pytest

from scheduler.services.clock_steps import ClockWatch


class Clocks:
    """A clock that can be set and one that cannot, both at noon of some day."""

    def __init__(self) -> None:
        self.wall, self.steady = 43_200.0, 100.0
        self.watch = ClockWatch(wall=lambda: self.wall, steady=lambda: self.steady)

    def pass_by(self, seconds: float, *, step: float = 0) -> None:
        self.steady += seconds
        self.wall += seconds + step


@pytest.mark.parametrize("step", [30, 3_600, 86_400 * 30, -30, -3_600, -86_400 * 30])
def test_after_a_step_the_clock_is_not_trusted_for_the_time_that_is_asked_for(step: float) -> None:
    clocks = Clocks()
    assert clocks.watch.is_even(for_s=30)
    clocks.pass_by(5, step=step)
    assert not clocks.watch.is_even(for_s=30)
    clocks.pass_by(29)
    assert not clocks.watch.is_even(for_s=30)
    clocks.pass_by(1)
    assert clocks.watch.is_even(for_s=30)
    assert not clocks.watch.is_even(for_s=3_600)


def test_a_step_that_is_taken_back_is_two_steps() -> None:
    clocks = Clocks()
    clocks.pass_by(5, step=3_600)
    assert not clocks.watch.is_even(for_s=30)
    clocks.pass_by(25, step=-3_600)
    assert not clocks.watch.is_even(for_s=30)
    clocks.pass_by(10)
    assert not clocks.watch.is_even(for_s=30)


def test_a_clock_that_is_corrected_little_by_little_makes_no_step() -> None:
    clocks = Clocks()
    for _ in range(100):
        clocks.pass_by(5, step=0.5)
        assert clocks.watch.is_even(for_s=30)
