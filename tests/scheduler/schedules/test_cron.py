"""A cron line that is refused: which part of it, and in which of the five fields."""

import pytest

from scheduler.schedules.cron import read_line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("61 * * * *", "61 is not a minute from 0 to 59."),
        ("mon 0 * * *", "mon is not a minute from 0 to 59."),
        ("*/0 * * * *", "*/0 is not a minute from 0 to 59."),
        ("*/7 25 * * *", "25 is not an hour from 0 to 23."),
        ("0 9,25,17 * * *", "25 is not an hour from 0 to 23."),
        ("0 9, * * *", "9, is not an hour from 0 to 23."),
        ("0 0 1-32 * *", "1-32 is not a day of the month from 1 to 31."),
        ("0 0 * 13 *", "13 is not a month from 1 to 12 or jan to dec."),
        ("0 0 * * 8", "8 is not a day of the week from 0 to 7 or sun to sat."),
    ],
)
def test_the_part_that_no_cron_line_has_there_is_named(line: str, said: str) -> None:
    with pytest.raises(ValueError, match="This is not a cron line") as caught:
        read_line(line)
    assert str(caught.value).startswith(f"This is not a cron line: {said} Enter minute, hour,")
