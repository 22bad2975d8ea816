"""Both ways to the database: prepared statements with shared commits, and Django's plain ORM."""

from typing import Any

import pytest


@pytest.fixture(params=[False, True], ids=["prepared", "plain"])
def either_way(request: pytest.FixtureRequest, settings: Any) -> bool:
    """Go one way, then the other; tell whether it is the plain one."""
    plain: bool = request.param
    if settings.KIANDA_PLAIN_ORM and not plain:
        # What is prepared once stays so: the tests that follow would no longer go the plain way.
        pytest.skip("The suite runs on the plain ORM.")
    settings.KIANDA_PLAIN_ORM = plain
    return plain
