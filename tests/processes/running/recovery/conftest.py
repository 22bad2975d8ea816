"""A run that its process left at some point."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from processes.models import ProcessInstance, Run
from tests.processes.conftest import answers
from tests.processes.running.recovery.dying import Died, diary_of
from tests.processes.stories import Make


@pytest.fixture
def died_after(make_token: Make, provider: HTTPServer, ada: Any) -> Died:
    """Return `died_after(phase)`: the instance and run that a process left at that point."""

    def died(
        phase: str | None, *, rules: list[Any] | None = None, trigger: str = "button"
    ) -> tuple[ProcessInstance, Run]:
        if not provider.handlers:
            answers(provider)
        instance = make_token(rules)
        run = diary_of(instance, ada, trigger=trigger).die_after(phase)
        provider.clear_log()
        assert run.status == "running"
        return instance, run

    return died
