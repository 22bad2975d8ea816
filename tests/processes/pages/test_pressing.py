"""Buttons pressed on the page of an instance, without a browser, and what is done once only."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from kianda.web.form_once import new_token
from processes.designs.lifecycle import save_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.running import runs
from tests.pages import client_of, text_of
from tests.processes.conftest import VALUES, answers, local
from tests.processes.pages.scenario import sent
from tests.processes.stories import Make, values_of

pytestmark = pytest.mark.django_db


def test_pressing_a_button_runs_it_with_what_was_typed(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    path = f"/instances/{instance.process_id}/"
    body = {**sent(instance, client_id="typed"), "act": "press:refresh"}
    assert client_of(ada).post(path, body)["Location"] == path
    run = Run.objects.get()
    assert (run.status, run.trigger, run.run_as_name) == ("succeeded", "button", "ada")
    assert provider.log[0][0].form["client_id"] == "typed"
    assert values_of(instance)["access_token"] == "at-new"


def test_for_htmx_the_values_change_in_place_and_say_so(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    response = client_of(ada).post(
        f"/instances/{instance.process_id}/",
        {**sent(instance), "act": "press:refresh"},
        headers={"HX-Request": "true", "HX-Target": "instance"},
    )
    assert response.status_code == 200
    page = response.content.decode()
    assert "<html" not in page
    assert 'value="at-new"' in page
    assert "changed now" in page
    assert "View details" in page


def test_a_form_sent_twice_has_one_effect_and_leads_to_the_same_place(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    body = {**sent(instance), "act": "press:refresh", "once": new_token()}
    client = client_of(ada)
    first = client.post(f"/instances/{instance.process_id}/", body)
    second = client.post(f"/instances/{instance.process_id}/", body)
    assert Run.objects.count() == len(provider.log) == 1
    assert second.status_code == first.status_code == 303
    assert client.get(second["Location"]).status_code == 200


def test_a_refused_form_may_be_sent_again_with_its_token(design: Any, ada: Any) -> None:
    body = {"mode": "live", "once": new_token()}
    client = client_of(ada)
    assert client.post("/start/token-refresh/", body).status_code == 422
    made = {**body, "v-client_id": "c"}
    places = [client.post("/start/token-refresh/", made)["Location"] for _ in range(2)]
    assert places == ["/instances/token-refresh-1/"] * 2
    assert ProcessInstance.objects.count() == 1


def test_an_invalid_value_stands_beside_its_field_when_a_button_is_pressed(
    instance: Any, ada: Any
) -> None:
    body = {**sent(instance, expires_in="soon"), "act": "press:refresh"}
    response = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert response.status_code == 422
    assert '"soon" is not a number' in text_of(response)
    assert not Run.objects.exists()


def test_a_button_that_is_not_there_is_said(instance: Any, ada: Any) -> None:
    body = {**sent(instance), "act": "press:nothing"}
    response = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert response.status_code == 422
    assert "no field nothing" in text_of(response)


def test_a_busy_instance_names_the_run_and_keeps_what_was_typed(
    instance: Any, ada: Any, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    Run.objects.filter(pk=run.pk).update(status="running")
    client = client_of(ada)
    for act in ("save", "press:refresh"):
        body = {**sent(instance, redirect_url="typed"), "act": act}
        response = client.post(f"/instances/{instance.process_id}/", body)
        assert response.status_code == 409
        assert f"/runs/{run.pk}/" in response.content.decode()
        assert 'value="typed"' in response.content.decode()


def test_a_preview_is_pressed_at_its_newest_draft(design: Any, ada: Any) -> None:
    made = create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)
    save_design(name="token-refresh", raw=local(description="newer"), user=ada)
    body = {**sent(made), "act": "press:refresh"}
    response = client_of(ada).post(f"/instances/{made.process_id}/", body)
    assert response.status_code == 303
    assert Run.objects.get().version == "1.1"
