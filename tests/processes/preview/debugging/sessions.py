"""A debugging session: begun, and what its run holds."""

from typing import Any

from processes.models import ProcessInstance, Run
from processes.preview import debugger
from processes.preview.debug_session import Session, read_session


def start(instance: ProcessInstance, user: Any, **more: Any) -> Run:
    """Press Refresh in the debugger."""
    return debugger.start(
        process_id=instance.process_id, target="refresh", user=user, trigger="button", **more
    )


def session_at(run: Run) -> Session:
    """Return the session as its run has kept it."""
    session = read_session(Run.objects.get(pk=run.pk))
    assert session is not None
    return session


def working(run: Run) -> dict[str, Any]:
    """Return the values that the rules work on."""
    return dict(session_at(run).working.values)


def statuses(run: Run) -> list[str]:
    """Return what became of each step so far."""
    return [step["status"] for step in Run.objects.get(pk=run.pk).steps]
