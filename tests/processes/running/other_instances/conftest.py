"""The shop and its orders, published."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.processes.running.other_instances.shop import ORDERS, shop
from tests.processes.stories import made, published


@pytest.fixture
def tell(api: Callable[..., Any], ada: Any) -> Callable[..., tuple[Any, str]]:
    """Return a function that publishes orders and a shop with rules, and makes a shop."""

    def story(*rules: dict[str, Any], **data: Any) -> tuple[Any, str]:
        client = api(ada)
        published(ORDERS, user=ada)
        return client, made(client, published(shop(*rules), user=ada), **data)

    return story
