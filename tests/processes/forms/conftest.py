"""A request of leave, and who approves it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.processes.forms.leave import APPROVAL, leave
from tests.processes.stories import made, published


@pytest.fixture
def boss(ben: Any) -> Any:
    """Ben approves."""
    return ben


@pytest.fixture
def asked(api: Callable[..., Any], ada: Any, boss: Any) -> tuple[Any, str]:
    """A request of leave that Ada made and has not submitted."""
    client = api(ada)
    return client, made(client, published(leave(APPROVAL), user=ada), why="rest")
