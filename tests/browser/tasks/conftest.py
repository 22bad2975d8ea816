"""What tasks are scheduled on, and what carries them out."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.story_rows import make_order, make_orders


@pytest.fixture
def ready(person: Callable[[str], Any]) -> Any:
    """A published process and an instance of it."""
    make_orders(person("ada"))
    return make_order(person("ada"))
