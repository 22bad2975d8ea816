"""A process of leave, and where its instances stand."""

from typing import Any

from processes.document_cache import document_of
from processes.instances.form_states import FormState, form_states
from processes.models import ProcessInstance
from tests.processes.definitions import button, set_rule, text_field


def form(name: str, *fields: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields), **settings}


def leave(*forms: dict[str, Any]) -> dict[str, Any]:
    """Return a process of leave: the request, the boss, the books."""
    return {
        "name": "leave",
        "forms": [
            form(
                "wish",
                text_field("why", required=True),
                text_field("mail", mode="email"),
                button("send", {"type": "submit"}),
                rules=[set_rule("note", "asked by [user.name]")],
            ),
            *forms,
            form("books", text_field("note")),
        ],
    }


APPROVAL = form(
    "approval",
    text_field("verdict"),
    button("approve", set_rule("verdict", "yes"), {"type": "submit", "status": "Approved"}),
    button("back", {"type": "go_to_form", "form": "wish", "make_current": True}),
    button("stop_it", {"type": "close", "status": "Refused"}),
    owners={"users": ["ben"]},
)


def states(process_id: str) -> dict[str, str]:
    return {state.form: state.status for state in all_states(process_id)}


def all_states(process_id: str) -> list[FormState]:
    instance = row(process_id)
    return form_states(instance, document_of(instance.version))


def row(process_id: str) -> ProcessInstance:
    return ProcessInstance.objects.get(process_id=process_id)
