"""Pages say what people are called, not by which name they sign in."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from kianda.accounts.services.users import deactivate_person
from processes.instances.lifecycle import create_instance, patch_instance
from processes.instances.sending_back import send_back
from processes.models import ProcessInstance, Run
from tests.factories import SEEN_BY_ALL, api_client
from tests.pages import client_of, text_of
from tests.processes.definitions import process, text_field
from tests.processes.rights.office import Office, office, publish, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    found = office()
    for user, name in ((found.emma, "Emma Doyle"), (found.mark, "Mark Murphy"),
                       (found.root, "Ruth Ryan")):  # fmt: skip
        user.first_name, user.last_name = name.split()
        user.save()
    return found


@pytest.fixture
def waiting(people: Office) -> ProcessInstance:
    """Return Emma's request, which waits for Mark; Ruth has corrected it."""
    publish(people, see=["everyone"])
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)
    patch_instance(process_id=made.process_id, data={"days": "4"}, user=people.root)
    return ProcessInstance.objects.get(pk=made.pk)


def page(user: Any, path: str) -> str:
    answer = client_of(user).get(path)
    assert answer.status_code == 200
    return text_of(answer)


def test_an_instance_says_for_whom_it_waits_and_who_did_what(
    people: Office, waiting: ProcessInstance
) -> None:
    place = f"/instances/{waiting.process_id}/"
    seen = page(people.tom, place)
    assert "Now with Mark Murphy." in seen
    assert "Completed by Emma Doyle" in seen
    assert "Ruth Ryan changed" in seen
    assert "Ruth Ryan, manually" in page(people.tom, f"{place}changes/")
    assert "Now with you, open since today" in page(people.mark, place)
    assert "It goes back to Emma Doyle." in page(people.mark, f"{place}forms/asking/send-back/")
    assert "Now with Mark Murphy." in page(people.root, f"{place}forms/decision/reassign/")
    for list_of in (f"{place}runs/", f"{place}changes/", "/runs/", "/"):
        assert "Emma Doyle" in page(people.root, list_of), list_of


def test_who_has_a_form_and_was_deactivated_is_said_to_be_so(
    people: Office, waiting: ProcessInstance
) -> None:
    place = f"/instances/{waiting.process_id}/"
    assert "deactivated" not in page(people.tom, place) + page(people.emma, "/requests/")
    deactivate_person(people.mark, by=people.root)
    seen = page(people.tom, place)
    assert "Now with Mark Murphy (deactivated)." in seen
    assert seen.count("Mark Murphy (deactivated)") == 2, "once among the steps"
    assert "Mark Murphy (deactivated)" in page(people.emma, "/requests/")
    assert "Now with Mark Murphy (deactivated)." in page(
        people.root, f"{place}forms/decision/reassign/"
    )
    assert "(deactivated)" not in page(people.root, f"{place}changes/"), "what was done stays"


def test_the_history_names_who_asked_over_the_api(people: Office) -> None:
    publish(people, see=["everyone"])
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    place = f"/instances/{made.process_id}/"
    api_client(people.emma).post(f"/api/v1{place}trigger/", {"target": "send"})
    assert "Emma Doyle sent" in page(people.tom, place)
    for path in (f"{place}changes/", f"{place}runs/"):
        assert "API · Emma Doyle" in page(people.tom, path), path
    run = page(people.tom, f"/runs/{Run.objects.get().pk}/")
    assert "API · Emma Doyle · version" in run


def test_work_that_was_sent_back_says_by_whom(people: Office, waiting: ProcessInstance) -> None:
    send_back(process_id=waiting.process_id, form="asking", note="When?", user=people.mark)
    assert "Sent back by Mark Murphy" in page(people.emma, f"/instances/{waiting.process_id}/")
    assert "Mark Murphy" in page(people.emma, "/work/")


def test_a_list_looks_all_names_up_at_once(
    people: Office, waiting: ProcessInstance, django_assert_max_num_queries: Any
) -> None:
    place, before = f"/instances/{waiting.process_id}/changes/", 0
    for many in (1, 6):
        for number in range(many):
            name = f"ann{many}{number}"
            user = type(people.emma).objects.create_user(name, first_name="Ann", last_name=name)
            user.groups.add(*Group.objects.filter(name="Administrator"))
            patch_instance(process_id=waiting.process_id, data={"days": name}, user=user)
        client = client_of(people.root)
        with django_assert_max_num_queries(before or 100) as asked:
            assert client.get(place).status_code == 200
        before = before or len(asked)


def test_the_list_of_all_records_tells_of_people_by_name_where_a_design_summarises_nothing(
    people: Office,
) -> None:
    raw = process(
        text_field("days"), {"type": "user_picker", "name": "deputy"}, security=SEEN_BY_ALL
    )
    published(raw, user=people.dora)
    data = {"days": "3", "deputy": "user:mark"}
    create_instance(process=raw["name"], mode="live", data=data, user=people.emma)
    seen = page(people.tom, "/instances/")
    assert "Deputy Mark Murphy" in seen
    assert "user:mark" not in seen
