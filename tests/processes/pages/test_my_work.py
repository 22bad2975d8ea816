"""My work: what waits for a person, and nothing else."""

from typing import Any

import pytest

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import process, text_field

pytestmark = pytest.mark.django_db


def two_forms(**owners: Any) -> dict[str, Any]:
    made = process(text_field("days"), name="leave")
    made["forms"][0] |= {"name": "asking", "title": "Asking", "owners": owners}
    made["forms"].append({"name": "decision", "title": "Decision", "fields": []})
    return made


@pytest.fixture
def made(ada: Any) -> Any:
    def make(**owners: Any) -> Any:
        create_design(raw=two_forms(**owners), user=ada)
        publish_design(name="leave", user=ada)
        return create_instance(process="leave", mode="live", data={}, user=ada)

    return make


def test_an_open_form_given_to_a_person_waits_in_their_work_alone(made: Any, ben: Any) -> None:
    instance = made(users=["ben"])
    shown = text_of(client_of(ben).get("/work/"))
    assert instance.process_id in shown
    assert "Asking" in shown
    other = client_of(make_user("olga", "User"))
    assert "Nothing is waiting for you" in text_of(other.get("/work/"))


def test_a_form_given_to_a_group_waits_for_each_of_its_people(made: Any) -> None:
    team = make_user("tess", "User", "Payroll")
    instance = made(groups=["Payroll"])
    assert instance.process_id in text_of(client_of(team).get("/work/"))


def test_the_rail_says_how_much_waits(made: Any, ben: Any) -> None:
    client = client_of(ben)
    assert "My work 1 waiting" not in text_of(client.get("/instances/"))
    made(users=["ben"])
    assert "My work 1 waiting" in text_of(client.get("/instances/"))


def test_a_search_without_hits_repeats_what_was_asked(made: Any, ben: Any) -> None:
    made(users=["ben"])
    shown = text_of(client_of(ben).get("/work/?q=nowhere"))
    assert "nowhere" in shown
    assert "leave-1" not in shown


def test_the_list_is_one_look_for_any_number(
    made: Any, ben: Any, ada: Any, django_assert_max_num_queries: Any
) -> None:
    made(users=["ben"])
    client = client_of(ben)
    client.get("/work/")
    for _ in range(8):
        create_instance(process="leave", mode="live", data={}, user=ada)
    with django_assert_max_num_queries(24):
        assert "leave-9" in text_of(client.get("/work/"))


def test_a_form_that_is_never_submitted_is_nobodys_work(ada: Any) -> None:
    create_design(raw=process(text_field("token"), name="kept"), user=ada)
    publish_design(name="kept", user=ada)
    create_instance(process="kept", mode="live", data={}, user=ada)
    assert "Nothing is waiting for you" in text_of(client_of(ada).get("/work/"))
