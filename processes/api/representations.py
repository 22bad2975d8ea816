"""What the API gives for instances and runs."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from processes.definition.document import Document
from processes.document_cache import document_of
from processes.instances.form_states import FormState, form_states
from processes.instances.stored_values import shown, values_to_show
from processes.instances.version_moves import as_in_draft
from processes.language.timestamps import moment_text
from processes.models import DesignVersion, ProcessDesign, ProcessInstance, Run
from processes.rights.check_as import CheckedAct
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_run, seen_values
from processes.selectors import document_of_run


def moment_or_none(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 UTC, or None."""
    return moment_text(moment) if moment else None


def instance_json(
    instance: ProcessInstance, user: User, *, columns: Collection[str] | None = None
) -> dict[str, Any]:
    """Return what a person sees of an instance; a preview is shown as the newest draft has it.

    `columns` are the only fields that are wanted in its `data`.
    """
    document = document_of(instance.version)
    stored = values_to_show(document, instance)
    version, document, values = as_in_draft(instance, document, stored)
    rights = InstanceRights(user, instance, document)
    data = seen_values(shown(document, values), rights)
    if columns is not None:
        data = {name: data[name] for name in columns if name in data}
    return {
        "process_id": instance.process_id,
        "process": instance.design.name,
        "version": str(version),
        "mode": instance.mode,
        "status": instance.status,
        "data": data,
        "revision": instance.revision,
        "created": moment_text(instance.created),
        "modified": moment_text(instance.modified),
    }


def form_states_json(instance: ProcessInstance, user: User) -> list[dict[str, Any]]:
    """Return where each form stands that a person sees, in form order."""
    stored = document_of(instance.version)
    _, document, _ = as_in_draft(instance, stored, values_to_show(stored, instance))
    rights = InstanceRights(user, instance, document)
    states = form_states(instance, document)
    return [_form_state_json(state) for state in states if rights.sees(state.form)]


def _form_state_json(state: FormState) -> dict[str, Any]:
    is_back = state.sent_back_at is not None
    return {
        "form": state.form,
        "title": state.title,
        "status": state.status,
        "users": list(state.users),
        "groups": list(state.groups),
        "started": moment_or_none(state.started_at),
        "completed": moment_or_none(state.completed_at),
        "completed_by": state.completed_by,
        "acted_for": state.acted_for or None,
        "sent_back": {
            "by": state.sent_back_by,
            "at": moment_or_none(state.sent_back_at),
            "note": state.note,
        }
        if is_back
        else None,
    }


def run_json(
    run: Run, user: User, find: Callable[[Run], Document | None] = document_of_run
) -> dict[str, Any]:
    """Return what a person sees of a run, with its trace."""
    seen = seen_run(run, user, find)
    return {
        "id": str(run.pk),
        "process_id": run.process_id,
        "version": run.version,
        "target": run.target,
        "trigger": run.trigger,
        "run_as": run.run_as_name,
        "acted_for": run.acted_for,
        "status": run.status,
        "started": moment_or_none(run.started),
        "finished": moment_or_none(run.finished),
        "error": seen.error,
        "handled_errors": run.handled_errors,
        "saved": run.saved,
        "unsaved_answer": run.unsaved_answer,
        "data": seen.data,
        "display": seen.display,
        "steps": seen.steps,
    }


def checked_act_json(act: CheckedAct) -> dict[str, Any]:
    """Return what somebody may do, and by which line."""
    decision = act.decision
    return {"act": act.act, "on": act.on, "allowed": decision.allowed, "reason": decision.reason}


def design_line(design: ProcessDesign) -> dict[str, Any]:
    """Return a design as a list shows it."""
    return {
        "name": design.name,
        "title": design.title,
        "description": design.description,
        "meta": {
            "version": str(design.draft) if design.draft else None,
            "published_version": str(design.published) if design.published else None,
            "created": moment_text(design.created),
            "modified": moment_text(design.modified),
            "modified_by": design.modified_by.get_username() if design.modified_by else None,
            "warnings": [],
        },
    }


def version_json(version: DesignVersion) -> dict[str, Any]:
    """Return a version as the list of versions shows it."""
    return {
        "version": str(version),
        "published": version.minor == 0,
        "note": version.note,
        "created": moment_text(version.created),
        "created_by": version.created_by.get_username() if version.created_by else None,
    }
