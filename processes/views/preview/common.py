"""The addresses of a preview, and what its pages have in common."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER
from kianda.lib.errors import Missing
from processes.instances.claim import read_instance
from processes.models import ProcessInstance
from processes.views.common import person

MAKERS = (ADMINISTRATOR, DESIGNER)
WIDTHS = ("desktop", "tablet", "phone")
_BREAKPOINTS, _LAST = "preview-breakpoints", "preview-last-run"
_MOST_KEPT = 20

View = Callable[..., HttpResponseBase]


def framed(view: View) -> View:
    """Let pages of ours, and nobody else, show this one in a frame."""
    allowed: View = csp_replace({"frame-ancestors": ["'self'"]})(view)
    return xframe_options_sameorigin(allowed)


def shell_url(name: str, process_id: str = "") -> str:
    """Return the address of the preview page of an instance, or of a new preview."""
    if process_id:
        return reverse("preview", args=[name, process_id])
    return reverse("preview-new", args=[name])


def frame_url(name: str, process_id: str = "") -> str:
    """Return the address of what stands in the frame."""
    if process_id:
        return reverse("preview-frame", args=[name, process_id])
    return reverse("preview-new-frame", args=[name])


def preview_instance(request: HttpRequest, name: str, process_id: str) -> ProcessInstance:
    """Return a preview instance of a design; raises Missing for any other."""
    instance = read_instance(process_id, person(request))[0]
    if instance.design.name != name or instance.mode != ProcessInstance.Mode.PREVIEW:
        raise Missing(
            _("%(process_id)s is no preview record of %(name)s.")
            % {"process_id": process_id, "name": name}
        )
    return instance


def breakpoints_of(request: HttpRequest, name: str) -> list[str]:
    """Return the rules of a design before which this person wants to pause."""
    return list(request.session.get(_BREAKPOINTS, {}).get(name, ()))


def keep_breakpoints(request: HttpRequest, name: str, rules: list[str]) -> None:
    """Remember them while the person is signed in."""
    _keep(request, _BREAKPOINTS, name, rules)


def last_debugged(request: HttpRequest, process_id: str) -> int | None:
    """Return the run of an instance that this person debugged last."""
    found: int | None = request.session.get(_LAST, {}).get(process_id)
    return found


def keep_last_debugged(request: HttpRequest, process_id: str, run_pk: int) -> None:
    """Remember it, so that its trace stays in view when it has ended."""
    _keep(request, _LAST, process_id, run_pk)


def _keep(request: HttpRequest, key: str, name: str, value: Any) -> None:
    kept: dict[str, Any] = {**request.session.get(key, {})}
    kept.pop(name, None)
    newest = list(kept.items())[-(_MOST_KEPT - 1) :]
    request.session[key] = {**dict(newest), name: value}
