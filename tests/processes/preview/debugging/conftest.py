"""A preview to be debugged."""

from typing import Any

import pytest

from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.processes.conftest import RULES, VALUES, with_rules
from tests.processes.stories import Make


@pytest.fixture
def preview(token_service: Any, ada: Any) -> Make:
    """Return a function that makes a preview instance of the scenario."""

    def make(rules: list[dict[str, Any]] = RULES, **values: Any) -> ProcessInstance:
        create_design(raw=with_rules(rules), user=ada)
        return create_instance(
            process="token-refresh", mode="preview", data={**VALUES, **values}, user=ada
        )

    return make
