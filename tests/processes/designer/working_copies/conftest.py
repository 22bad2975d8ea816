"""The design whose working copy is edited."""

from typing import Any

import pytest

from processes.designs.lifecycle import create_design
from tests.processes.definitions import token_refresh


@pytest.fixture
def made(ada: Any) -> Any:
    """A stored design."""
    return create_design(raw=token_refresh(), user=ada)
