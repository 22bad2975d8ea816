"""The scenario on the pages: its definition without a call, and what its form sends."""

from processes.models import ProcessInstance
from tests.processes.stories import values_of


def sent(instance: ProcessInstance, **typed: str) -> dict[str, str]:
    """Return what the form posts when only these fields were changed."""
    now = values_of(instance)
    known = {name: now[name] for name in ("grant_type", "client_id", "redirect_url", "last_error")}
    revision = ProcessInstance.objects.get(pk=instance.pk).revision
    return {
        "revision": str(revision),
        **{f"v-{name}": value for name, value in {**known, **typed}.items()},
    }
