"""What two people changed, put together."""

from typing import Any

import pytest

from datasources.merging import merge


@pytest.mark.parametrize(
    ("was", "mine", "theirs", "value", "conflict"),
    [
        (1, 1, 1, 1, None),
        (1, 2, 1, 2, None),
        (1, 1, 3, 3, False),
        (1, 2, 2, 2, False),
        (1, 2, 3, 2, True),
        (None, 2, 3, 2, True),
    ],
)
def test_what_only_one_changed_is_taken(
    was: Any, mine: Any, theirs: Any, value: Any, conflict: bool | None
) -> None:
    merged = merge({"a": was}, {"a": mine}, {"a": theirs}, keys=["a"])
    assert merged.values == {"a": value}
    assert [one.conflict for one in merged.differences] == ([] if conflict is None else [conflict])
