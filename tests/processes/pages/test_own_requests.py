"""My requests: what a person has started, by process and number; nothing else."""

from typing import Any

import pytest

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from processes.running import runs
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    """An office with leave requests and parking permits."""
    found = office()
    published(leave_request(), user=found.dora)
    parking = {"name": "parking", "title": "Parking permit", "forms": [{"name": "form"}]}
    published(parking, user=found.dora)
    return found


def started(process: str, user: Any, **more: Any) -> str:
    made = create_instance(process=process, data={}, user=user, **{"mode": "live", **more})
    return made.process_id


def requests_of(user: Any, query: str = "") -> str:
    answer = client_of(user).get(f"/requests/{query}")
    assert answer.status_code == 200
    return text_of(answer)


def test_a_person_finds_what_they_have_started_with_its_status(people: Office) -> None:
    sent, draft = started("leave", people.emma), started("leave", people.emma)
    theirs = started("leave", people.mark)
    tried = started("parking", people.dora, mode="preview")
    runs.trigger(process_id=sent, target="send", user=people.emma, trigger="button")
    page = requests_of(people.emma)
    assert page.index(draft) < page.index(sent)
    assert "Not submitted yet" in page
    assert "Decision" in page
    assert theirs not in page
    assert tried not in requests_of(people.dora)


def test_they_are_narrowed_by_process_and_number(people: Office) -> None:
    leave, parking = started("leave", people.emma), started("parking", people.emma)
    page = requests_of(people.emma, "?process=parking")
    assert parking in page
    assert leave not in page
    assert leave in requests_of(people.emma, f"?q={leave.upper()}")
    assert "Clear filters" in requests_of(people.emma, "?q=nothing-like-it")


def test_there_are_pages(people: Office) -> None:
    first = started("leave", people.emma)
    for _ in range(25):
        started("leave", people.emma)
    assert "1\N{EN DASH}25 of 26" in requests_of(people.emma)
    assert first in requests_of(people.emma, "?page=2")


def test_what_may_not_be_seen_any_more_is_not_there(people: Office) -> None:
    process_id = started("leave", people.emma)
    runs.trigger(process_id=process_id, target="send", user=people.emma, trigger="button")
    ProcessInstance.objects.update(security={"see": ["group:hr"]}, has_own_see=True)
    page = requests_of(people.emma)
    assert process_id not in page
    assert "You have not started a request yet" in page
