"""The scenario on the pages: its definition without a call, and what its form sends."""

from collections.abc import Callable
from typing import Any

from processes.models import ProcessInstance
from processes.services.documents import document_of
from processes.services.values import stored_values
from tests.processes.conftest import RULES, with_rules

Make = Callable[..., ProcessInstance]


def local(**changes: Any) -> dict[str, Any]:
    """Return the scenario's definition without the rule that calls out."""
    return with_rules([RULES[0], RULES[2]], **changes)


def values_of(instance: ProcessInstance) -> dict[str, Any]:
    fresh = ProcessInstance.objects.select_related("version").get(pk=instance.pk)
    return dict(stored_values(document_of(fresh.version), fresh))


def sent(instance: ProcessInstance, **typed: str) -> dict[str, str]:
    """Return what the form posts when only these fields were changed."""
    now = values_of(instance)
    known = {name: now[name] for name in ("grant_type", "client_id", "redirect_url", "last_error")}
    revision = ProcessInstance.objects.get(pk=instance.pk).revision
    return {
        "revision": str(revision),
        **{f"v-{name}": value for name, value in {**known, **typed}.items()},
    }
