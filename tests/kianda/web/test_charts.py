"""The shapes of charts: where each number of a table is drawn."""

import pytest

from kianda.web.charts import Point, PointPart, ValueScale, bars, columns, line


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
        ([1, 1], [0, 1]), ([2], [0, 1, 2]), ([-4, 4], [-5, 0, 5]),
        ([3_000_000], [0, 1_000_000, 2_000_000, 3_000_000]),
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


def test_few_columns_are_no_wider_than_many_and_stand_in_the_middle_of_their_room() -> None:
    assert [(one.middle, one.width) for one in columns(points(3)).shapes] == [(50, 12)]
    assert [(one.middle, one.width) for one in columns(points(3, 4)).shapes] == [(25, 12), (75, 12)]
    assert {one.width for one in columns(points(*range(10))).shapes} == {6}


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


def split(*pairs: tuple[float | None, float | None]) -> list[Point]:
    return [
        Point(f"Label {at}", (first or 0) + (second or 0), "whole", "",
              (PointPart(first, "a", str(first)), PointPart(second, "b", str(second))))
        for at, (first, second) in enumerate(pairs)
    ]  # fmt: skip


def test_parts_are_stacked_and_the_whole_is_written_once_at_the_end() -> None:
    lower, upper, alone = columns(split((6, 4), (10, 0))).shapes
    assert (lower.series, upper.series, alone.series) == (1, 2, 1)
    assert upper.y + upper.height == pytest.approx(lower.y - 1, abs=0.02)
    assert upper.y == alone.y
    assert [one.number for one in (lower, upper, alone) if one.has_number] == ["whole", "whole"]
    first, second = bars(split((6, 4))).shapes
    assert (first.right, second.x, second.right) == (60, 60, 100)
    assert [one.shown for one in (first, second)] == ["Label 0", ""]


def test_parts_of_which_one_is_below_zero_go_both_ways() -> None:
    above, below = columns(split((5, -5))).shapes
    assert above.y + above.height == below.y


def test_two_lines_share_a_scale_and_each_is_interrupted_by_itself() -> None:
    chart = line(split((1, 9), (2, None), (3, 10)))
    assert [one.series for one in chart.lines] == [1]
    assert {one.series for one in chart.shapes} == {1, 2}
    assert chart.grid[-1].value >= 10
    # The axis has a label where the first line has no value, too.
    assert [one.shown for one in line(split((None, 1))).shapes] == ["Label 0"]
