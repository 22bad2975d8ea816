"""An instance of leave, published."""

from typing import Any

import pytest

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.factories import make_user
from tests.processes.stories import published


@pytest.fixture
def make(ada: Any) -> Any:
    """Return a function that publishes a process of leave and makes an instance of it."""
    make_user("olga", "User")

    def made(raw: dict[str, Any]) -> ProcessInstance:
        published(raw, user=ada)
        return create_instance(process="leave", mode="live", data={}, user=ada)

    return made
