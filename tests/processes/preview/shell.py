"""The addresses of a preview, what its form sends, and how it is worked."""

from typing import Any

from processes.models import ProcessInstance
from tests.processes.conftest import VALUES
from tests.processes.stories import values_of

SHELL = "/designs/token-refresh/preview/instance/token-refresh-1/"
FRAME = f"{SHELL}form/"


def typed(**more: Any) -> dict[str, Any]:
    """Return what a browser posts for the form, nothing changed."""
    fields = ("grant_type", "client_id", "redirect_url", "access_token", "expires_in",
              "created_at", "last_error")  # fmt: skip
    values = {**VALUES, "grant_type": "refresh_token"}
    return {**{f"v-{name}": values.get(name, "") for name in fields}, "revision": "1", **more}


def stored() -> dict[str, Any]:
    return values_of(ProcessInstance.objects.get())
