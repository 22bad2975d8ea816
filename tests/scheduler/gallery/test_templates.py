"""The gallery offers its templates to who may use them: a list that is fetched, an approval."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Invalid
from processes.document_cache import document_of
from processes.instances.form_states import form_states
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.running import runs
from scheduler.gallery import TEMPLATES
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.stories import values_of
from tests.scheduler.gallery.wizard import APPROVAL, LIST, WIZARD, answered, nothing_is_there

pytestmark = pytest.mark.django_db


def test_a_designer_without_datasources_is_told_which_role_is_missing(ada: Any) -> None:
    client = client_of(ada)
    assert "you need the role Data source manager" in text_of(client.get("/designs/templates/"))
    refused = client.get(WIZARD)
    assert refused.status_code == 403
    assert client.get(APPROVAL).status_code == 200
    assert client_of(ada).get("/designs/templates/nothing/").status_code == 404


def test_the_gallery_is_for_designers_and_names_every_template(admin: Any, ben: Any) -> None:
    page = text_of(client_of(admin).get("/designs/templates/"))
    for one in TEMPLATES:
        assert str(one.title) in page
    for path in ("/designs/templates/", WIZARD):
        assert client_of(ben).get(path).status_code == 403


def test_a_list_is_fetched_into_a_table(provider: HTTPServer, admin: Any) -> None:
    client = client_of(admin)
    rows = {"data": {"rows": [{"id": 7, "name": "Seven", "else": 1}, {"id": 8}]}}
    provider.expect_request("/api/items", headers={"Authorization": "Bearer tok-123456"}
                            ).respond_with_json(rows)  # fmt: skip
    sent = {
        "service": "Shop", "base_url": provider.url_for("/").rstrip("/"),
        "list_path": "/api/items", "token": "tok-123456", "place": "data.rows",
        "columns": "id, name", "every": "60",
    }  # fmt: skip
    assert client.post(LIST, answered(**sent)).status_code == 303
    client.post("/designs/templates/made/shop-list/press/")
    run = Run.objects.get()
    assert (run.status, run.error) == ("succeeded", None)
    values = values_of(ProcessInstance.objects.get())
    assert values["items"] == [{"id": "7", "name": "Seven"}, {"id": "8", "name": ""}]
    assert "tok-123456" not in json.dumps(run.steps)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"columns": "id, first name"}, "first name cannot be a column"),
        ({"columns": " , "}, "Enter 1 to 20 names."),
        ({"place": "data..rows"}, "Enter names separated by dots, such as data.rows"),
        ({"list_path": "items"}, "Start the path with /."),
    ],
)
def test_a_list_that_cannot_be_is_told(admin: Any, wrong: dict[str, str], sentence: str) -> None:
    sent = {
        "service": "Shop", "base_url": "https://shop.example", "list_path": "/items",
        "columns": "id", "every": "60", **wrong,
    }  # fmt: skip
    response = client_of(admin).post(LIST, answered(**sent))
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert nothing_is_there()


def test_an_approval_goes_from_who_asks_to_who_decides(ada: Any, ben: Any) -> None:
    group = Group.objects.create(name="Managers")
    boss = ben
    boss.groups.add(group)
    client = client_of(ada)
    sent = {"service": "Purchase", "approver": "group:Managers", "with_amount": "on"}
    answer = client.post(APPROVAL, answered(**sent))
    assert answer["Location"] == "/designs/templates/made/purchase/"
    assert "New record" in text_of(client.get(answer["Location"]))
    asked = {"subject": "A chair", "amount": 120, "reason": "The old one broke."}
    made = create_instance(process="purchase", mode="live", data=asked, user=ada)

    def press(target: str, user: Any, **data: Any) -> Run:
        return runs.trigger(
            process_id=made.process_id, target=target, user=user, trigger="button", data=data
        )

    assert press("send_request", ada).status == "succeeded"
    instance = ProcessInstance.objects.select_related("version", "design").get()
    states = {one.form: one for one in form_states(instance, document_of(instance.version))}
    assert (states["approval"].status, states["approval"].groups) == ("current", ("Managers",))
    assert instance.status == "Waiting for a decision"
    with pytest.raises(Invalid) as refused:
        press("approval_reject", boss)
    assert [flaw.pointer for flaw in refused.value.errors] == ["/data/approval_comment"]
    assert press("approval_reject", boss, approval_comment="Too dear").status == "succeeded"
    assert ProcessInstance.objects.get().status == "Rejected"


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("approval-request", "approver"), ("leave-request", "keeper"),
        ("purchase-approval", "second"), ("it-ticket", "team"),
    ],
)  # fmt: skip
def test_nobody_is_chosen_before_somebody_does(ada: Any, slug: str, name: str) -> None:
    page = client_of(ada).get(f"/designs/templates/{slug}/")
    assert page.context["form"].control(name).value in {"", None}
    assert f'id="f-{name}-box"' in page.content.decode()


@pytest.mark.parametrize("ref", ["group:Nobody", "", "group:", "ada", "everyone", "user:zoe"])
def test_who_decides_must_be_there(ada: Any, ref: str) -> None:
    make_user("zoe", "User", is_active=False)
    response = client_of(ada).post(APPROVAL, answered(service="X", approver=ref))
    assert response.status_code == 422
    assert response.context["form"].control("approver").errors
    assert nothing_is_there()
