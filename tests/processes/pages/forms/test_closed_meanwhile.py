"""A form is closed, or given to others, while somebody fills it in: what they typed is not lost."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from processes.instances.lifecycle import create_instance
from processes.instances.quick_actions import reassign
from processes.instances.sending_back import send_back
from processes.models import ProcessInstance
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
LONG = "No, because of the audit. " * 40 + "Ask again in June."


@pytest.fixture
def people() -> Office:
    return office()


@pytest.fixture
def waiting(people: Office) -> ProcessInstance:
    """Return a request that waits for Mark's decision."""
    definition = leave_request(see=["everyone"])
    definition["forms"][1]["fields"][0:0] = [
        {"type": "list", "name": "kinds", "multiple": True, "choices": ["Paid", "Unpaid"]},
        {"type": "secret", "name": "code"},
    ]
    published(definition, user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)
    return ProcessInstance.objects.get(pk=made.pk)


def decides(people: Office, made: ProcessInstance, *, act: str) -> Any:
    """Let Mark send what he has typed since he opened the page of `made`."""
    sent = {"act": act, "revision": str(made.revision), "v-answer": LONG, "v-code": "s3cret",
            "v-kinds": ["Paid", "Unpaid"]}  # fmt: skip
    return client_of(people.mark).post(f"/instances/{made.process_id}/", sent)


@pytest.mark.parametrize("act", ["save", "press:decide"])
def test_what_was_typed_stands_beside_a_form_that_was_sent_back(
    people: Office, waiting: ProcessInstance, act: str
) -> None:
    send_back(process_id=waiting.process_id, form="asking", note="When?", user=people.root)
    page = decides(people, waiting, act=act)
    said = text_of(page)
    assert page.status_code == 409
    assert "The form Decision is not open" in said
    assert "Your entries were not saved. Copy what you still need:" in said
    assert f"Answer {LONG}" in said
    assert "Kinds Paid, Unpaid" in said
    assert "s3cret" not in page.content.decode()
    waiting.refresh_from_db()
    assert waiting.values["answer"] == ""


@pytest.mark.parametrize("act", ["save", "press:decide"])
def test_what_was_typed_stands_beside_a_form_that_was_given_to_others(
    people: Office, waiting: ProcessInstance, act: str
) -> None:
    reassign(process_id=waiting.process_id, form="decision", users=["tom"], groups=[],
             user=people.root)  # fmt: skip
    page = decides(people, waiting, act=act)
    said = text_of(page)
    assert page.status_code == 403
    assert "The form Decision is with tom. Only they can change it." in said
    assert LONG in said


def test_what_somebody_may_not_see_any_more_is_not_shown_to_them(
    people: Office, waiting: ProcessInstance
) -> None:
    Group.objects.get(name="hr").user_set.clear()
    page = client_of(people.helen).post(
        f"/instances/{waiting.process_id}/",
        {"act": "save", "revision": str(waiting.revision), "v-remark": "for HR", "v-answer": "no"},
    )
    assert page.status_code == 403
    assert "for HR" not in page.content.decode()
