"""The shapes of charts: where each number of a table is drawn."""

import pytest

from kianda.web.charts import Point, ValueScale, bars, columns, line


def points(*values: float | None) -> list[Point]:
    return [Point(f"Label {at}", one, str(one)) for at, one in enumerate(values)]


def test_the_longest_bar_takes_the_room_and_the_others_their_share() -> None:
    chart = bars(points(40, 10, 0, None))
    assert [one.width for one in chart.shapes] == [100, 25, 0, 0]
    assert chart.height == 4 * 32


def test_bars_below_zero_go_to_the_left_of_it() -> None:
    below, above = bars(points(-10, 30)).shapes
    assert (below.x, below.right) == (0, 25)
    assert (above.x, above.right) == (25, 100)


@pytest.mark.parametrize(
    ("values", "grid"),
    [
        ([0, 14], [0, 5, 10, 15]), ([0.3], [0, 0.1, 0.2, 0.3]), ([], [0, 1]), ([0], [0, 1]),
        ([-4, 4], [-5, 0, 5]), ([3_000_000], [0, 1_000_000, 2_000_000, 3_000_000]),
    ],
)  # fmt: skip
def test_lines_across_are_at_round_numbers_around_all_values(
    values: list[float | None], grid: list[float]
) -> None:
    assert [one.value for one in ValueScale(values).grid] == grid


def test_columns_stand_on_zero_and_end_at_their_value() -> None:
    chart = columns(points(10, 5))
    axis = next(one.y for one in chart.grid if one.is_axis)
    high, low = chart.shapes
    assert high.y + high.height == low.y + low.height == axis
    assert low.height == pytest.approx(high.height / 2, abs=0.02)


def test_many_columns_have_few_labels_and_no_numbers() -> None:
    shapes = columns(points(*range(60))).shapes
    assert sum(bool(one.shown) for one in shapes) == 6
    assert not any(one.has_number for one in shapes)
    assert sum(bool(one.shown) and not one.is_minor for one in shapes) == 3


def test_a_line_is_interrupted_where_there_is_no_value() -> None:
    chart = line(points(1, 2, None, 4, 3))
    assert len(chart.lines) == 2
    assert len(chart.shapes) == 4
    assert [one.written for one in chart.shapes if one.has_number] == ["4", "3"]
