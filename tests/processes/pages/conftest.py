"""The scenario of the pages as rows."""

from typing import Any

import pytest

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessDesign, ProcessInstance
from processes.selectors import get_design
from tests.factories import OPEN_TO_ALL
from tests.processes.conftest import VALUES, local


@pytest.fixture
def design(ada: Any) -> ProcessDesign:
    create_design(raw=local(security=OPEN_TO_ALL), user=ada)
    publish_design(name="token-refresh", user=ada)
    return get_design("token-refresh")


@pytest.fixture
def instance(design: ProcessDesign, ada: Any) -> ProcessInstance:
    return create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)
