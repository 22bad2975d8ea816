"""Parts with rights of their own are seen, changed and pressed by those whom they name."""

from typing import Any

import pytest

from processes import listing
from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import Change, ProcessInstance, Run
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, publish, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    return office()


@pytest.fixture
def request_of_emma(people: Office) -> ProcessInstance:
    """Emma is ill for three days; Mark is to decide, and HR sees every request."""
    publish(people, see=["participants", "group:hr"])
    made = create_instance(
        process="leave", mode="live", data={"days": "3", "illness": "flu"}, user=people.emma
    )
    assert send(made, people.emma, days="4", illness="measles").status == Run.Status.SUCCEEDED
    return ProcessInstance.objects.get(pk=made.pk)


def data_for(user: Any, instance: ProcessInstance) -> dict[str, Any]:
    answer = api_client(user).get(f"/api/v1/instances/{instance.process_id}/")
    assert answer.status_code == 200, answer.data
    return dict(answer.data["data"])


def test_a_field_is_there_for_those_alone_who_see_it(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    assert data_for(people.emma, request_of_emma) == {
        "days": "4", "illness": "measles", "answer": ""
    }  # fmt: skip
    assert data_for(people.mark, request_of_emma) == {"days": "4", "answer": ""}
    assert data_for(people.helen, request_of_emma)["remark"] == ""
    assert data_for(people.root, request_of_emma).keys() == {"days", "illness", "answer", "remark"}


def test_pages_history_and_runs_leave_out_what_a_person_does_not_see(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    place = f"/instances/{request_of_emma.process_id}/"
    run = Run.objects.latest("pk")
    for user, sees in ((people.emma, True), (people.mark, False), (people.helen, True)):
        client = client_of(user)
        for url in (place, f"{place}changes/", f"{place}runs/", f"/runs/{run.pk}/", "/instances/"):
            answer = client.get(url)
            assert answer.status_code == 200
            if not sees:
                assert "measles" not in answer.content.decode(), url
        assert ("measles" in text_of(client.get(place))) or not sees or user == people.emma
        shown = api_client(user).get(f"/api/v1/runs/{run.pk}/").data
        assert ("measles" in str(shown)) == sees, user


def test_a_run_says_that_something_is_left_out(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    run = Run.objects.latest("pk")
    steps = api_client(people.mark).get(f"/api/v1/runs/{run.pk}/").data["steps"]
    whole = api_client(people.root).get(f"/api/v1/runs/{run.pk}/").data["steps"]
    assert len(steps) == len(whole)
    assert "you cannot see are hidden" in text_of(client_of(people.mark).get(f"/runs/{run.pk}/"))
    assert "you cannot see are hidden" not in text_of(
        client_of(people.root).get(f"/runs/{run.pk}/")
    )


def test_a_search_does_not_find_by_a_value_that_a_person_does_not_see(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    for user, words, found in (
        (people.emma, "measles", 1), (people.mark, "measles", 0), (people.helen, "measles", 1),
        (people.mark, request_of_emma.process_id, 1), (people.tom, request_of_emma.process_id, 0),
    ):  # fmt: skip
        assert listing.instances(user, words=words).rows.count() == found, (user, words)


def test_what_a_person_does_not_see_is_a_field_that_is_not_there(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    for name in ("illness", "remark"):
        answer = api_client(people.mark).patch(
            f"/api/v1/instances/{request_of_emma.process_id}/",
            {"data": {name: "guess"}, "revision": request_of_emma.revision},
        )
        assert answer.status_code == 400
        assert answer.data["errors"] == [
            {"pointer": f"/data/{name}", "detail": f"The process leave has no field {name}."}
        ]


def test_a_list_of_its_own_decides_who_changes_a_part(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    place = f"/api/v1/instances/{request_of_emma.process_id}/"
    revision = request_of_emma.revision

    def change(user: Any, **data: Any) -> int:
        return int(api_client(user).patch(place, {"data": data, "revision": revision}).status_code)

    # Helen owns no form, but the panel in it is hers.
    assert change(people.helen, answer="no") == 403
    assert change(people.emma, answer="yes") == 403
    assert change(people.mark, answer="perhaps") == 200
    revision += 1
    assert change(people.helen, remark="seen the certificate") == 200


def test_a_button_is_pressed_by_those_it_names(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    place = f"/api/v1/instances/{request_of_emma.process_id}/trigger/"
    mark = api_client(people.mark).post(place, {"target": "cancel"})
    assert mark.status_code == 403
    assert mark.data["detail"] == "Only the creator."
    emma = api_client(people.emma).post(place, {"target": "cancel"})
    assert emma.status_code == 200
    assert emma.data["status"] == "succeeded", emma.data


def test_the_page_offers_only_what_a_person_may_do(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    place = f"/instances/{request_of_emma.process_id}/"
    pages = {user.username: text_of(client_of(user).get(place)) for user in people[:3]}
    assert "Cancel" in pages["emma"]
    assert "Decide" not in pages["emma"]
    assert "Cancel" not in pages["mark"]
    assert "Decide" in pages["mark"]
    assert "File" not in pages["mark"]
    assert "Remark" in pages["helen"]


def test_a_form_that_is_not_open_is_closed_to_all_but_those_who_manage(
    people: Office, request_of_emma: ProcessInstance
) -> None:
    place = f"/api/v1/instances/{request_of_emma.process_id}/"
    body = {"data": {"days": "9"}, "revision": request_of_emma.revision}
    answer = api_client(people.emma).patch(place, body)
    assert answer.status_code == 409
    assert "is completed" in answer.data["detail"]
    assert api_client(people.mark).patch(place, body).status_code == 403
    assert api_client(people.root).patch(place, body).status_code == 200
    said = Change.objects.filter(instance=request_of_emma).latest("pk").fields
    assert {"field": "form:asking", "before": "completed", "after": "changed"} in said


def test_nobody_fills_in_somebody_elses_form_while_they_start_an_instance(people: Office) -> None:
    publish(people)
    answer = api_client(people.emma).post(
        "/api/v1/instances/", {"process": "leave", "data": {"days": "3", "answer": "yes"}}
    )
    assert answer.status_code == 403
    hidden = api_client(people.emma).post(
        "/api/v1/instances/", {"process": "leave", "data": {"days": "3", "remark": "x"}}
    )
    assert hidden.status_code == 400
    assert not ProcessInstance.objects.exists()


def test_columns_are_kept_from_those_who_do_not_see_or_change_them(people: Office) -> None:
    definition = leave_request(see=["everyone"], change=["everyone"])
    definition["forms"][0]["fields"] = [
        {"type": "table", "name": "lines", "columns": [
            {"type": "text", "name": "what"},
            {"type": "text", "name": "price", "edit": ["group:hr"]},
            {"type": "text", "name": "margin", "see": ["group:hr"]},
        ]},
    ]  # fmt: skip
    published(definition, user=people.root)
    made = create_instance(process="leave", mode="live", user=people.root, data={"lines": [
        {"what": "Pen", "price": "2", "margin": "half"}, {"what": "Ink", "price": "5"},
    ]})  # fmt: skip
    assert data_for(people.tom, made)["lines"] == [
        {"what": "Pen", "price": "2"}, {"what": "Ink", "price": "5"},
    ]  # fmt: skip

    def change(user: Any, *rows: dict[str, str]) -> ProcessInstance:
        instance = ProcessInstance.objects.get(pk=made.pk)
        return patch_instance(
            process_id=made.process_id, data={"lines": list(rows)}, user=user,
            revision=instance.revision,
        )  # fmt: skip

    changed = change(people.tom, {"what": "Pencil"}, {"what": "Ink"}, {"what": "Paper"})
    assert changed.values["lines"] == [
        {"what": "Pencil", "price": "2", "margin": "half"},
        {"what": "Ink", "price": "5", "margin": ""},
        {"what": "Paper", "price": "", "margin": ""},
    ]
    refused = api_client(people.tom).patch(
        f"/api/v1/instances/{made.process_id}/",
        {"data": {"lines": [{"what": "Pen", "price": "1"}]}, "revision": changed.revision},
    )
    assert refused.status_code == 403
    assert refused.data["detail"] == "You cannot change the column price."
    assert change(people.helen, {"what": "Pen", "price": "1"}).values["lines"][0]["price"] == "1"
    page = text_of(client_of(people.tom).get(f"/instances/{made.process_id}/"))
    assert "Price" in page
    assert "Margin" not in page
