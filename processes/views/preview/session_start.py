"""The start of a debugging session, from the form or from the debugger itself."""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from kianda.web.form_once import leads_to
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.models import ProcessInstance, Run
from processes.preview import debugger
from processes.views.common import person
from processes.views.preview import common


def begin(
    request: HttpRequest,
    instance: ProcessInstance,
    target: str,
    kind: str,
    data: Mapping[str, Any],
    set_by_rules: Collection[str] = (),
    modes: DisplayModes = NO_MODES,
) -> Run:
    """Pause before the first rule of a target, and remember whose trace to show afterwards."""
    name = instance.design.name
    url = common.frame_url(name, instance.process_id)
    run = debugger.start(
        process_id=instance.process_id,
        target=target,
        user=person(request),
        trigger=kind,
        data=data,
        set_by_rules=set_by_rules,
        modes=modes,
        time_zone=timezone.get_current_timezone_name(),
        breakpoints=common.breakpoints_of(request, name),
        on_start=lambda _run: leads_to(request, url),
    )
    common.keep_last_debugged(request, instance.process_id, run.pk)
    return run
