"""Leave is asked for on one form and decided on another: their page, and what it posts."""

import re
from typing import Any

from kianda.web.form_once import new_token
from processes.document_cache import document_of
from processes.engine.transitions import ActedBy, submitted
from processes.instances.form_states import standing_of, store_standing
from processes.models import ProcessInstance
from tests.factories import SEEN_BY_ALL
from tests.processes.definitions import button, process, set_rule, text_field


def leave(**owners: Any) -> dict[str, Any]:
    """Return a process of two forms: somebody asks, somebody decides."""
    made = process(
        text_field("days", rules=[set_rule("total", "[days] days")]),
        text_field("total"),
        button("fill", set_rule("total", "none")),
        name="leave",
        security=SEEN_BY_ALL,
    )
    made["forms"][0] |= {"name": "asking", "title": "Asking"}
    made["forms"].append(
        {"name": "decision", "title": "Decision", "owners": owners, "fields": [text_field("word")]}
    )
    return made


def submit(instance: ProcessInstance, form: str, user: Any) -> None:
    """Let a form have been submitted."""
    document = document_of(instance.version)
    moment = ActedBy(user.get_username(), "2026-11-24T10:00:00Z")
    after = submitted(
        document, standing_of(instance), form, creator=user.get_username(), moment=moment
    )
    store_standing(instance, document, after, user=user)


def post(client: Any, instance: ProcessInstance, act: str, **typed: str) -> Any:
    """Post what was typed, as the page's script does."""
    revision = ProcessInstance.objects.get(pk=instance.pk).revision
    body = {"act": act, "revision": str(revision), "once": new_token()}
    own = {"left", "view"}
    body |= {name if name in own else f"v-{name}": value for name, value in typed.items()}
    headers = {"HX-Request": "true", "HX-Target": "instance"}
    return client.post(f"/instances/{instance.process_id}/", body, headers=headers)


def value_in(response: Any, name: str) -> str:
    """Return what stands in the box of a field."""
    found = re.search(rf'value="([^"]*)"\s+id="[^"]*" name="v-{name}"', response.content.decode())
    return found.group(1) if found else ""


def is_closed(response: Any, form: str) -> bool:
    """Tell whether nothing can be typed into a form."""
    page = response.content.decode()
    part = page[page.index(f'id="form-{form}"') :].split('class="k-form-part"')[1]
    return 'name="v-' not in part
