"""A preview of the scenario."""

from typing import Any

import pytest

from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.processes.conftest import RULES, VALUES, with_rules


@pytest.fixture
def design(token_service: Any, ada: Any) -> Any:
    """The design of the scenario, a draft."""
    return create_design(raw=with_rules(RULES), user=ada)


@pytest.fixture
def made(design: Any, ada: Any) -> ProcessInstance:
    """A preview instance of it."""
    return create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)
