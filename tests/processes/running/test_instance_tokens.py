"""Tokens that an instance keeps: read when a call leaves, renewed once, copied nowhere."""

import json
import threading
from typing import Any

import pytest
from django.db import connections
from werkzeug import Request, Response

from datasources.models import Datasource
from datasources.services.access import set_security
from datasources.services.connection_tests import try_settings
from datasources.services.datasources import (
    call_method,
    create_datasource,
    get_document,
    patch_datasource,
)
from kianda.lib.errors import Invalid
from processes.models import ProcessInstance, Run
from tests.processes.conftest import GOOD_ANSWER, definition
from tests.processes.stories import Make, live, published, values_of

pytestmark = pytest.mark.django_db(transaction=True)


class Api:
    """The API behind the token: it takes one token, and counts who asked."""

    def __init__(self) -> None:
        self.takes, self.sent, self.refreshes = "at-old", list[str](), 0
        self.gives = "at-new"

    def me(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "")
        self.sent.append(token)
        good = token in (f"Bearer {self.takes}", f"Token={self.takes}")
        return Response(json.dumps({"token": token}), status=200 if good else 401,
                        content_type="application/json")  # fmt: skip

    def refresh(self, request: Request) -> Response:
        self.refreshes += 1
        self.takes = self.gives
        return Response(json.dumps({**GOOD_ANSWER, "access_token": self.gives}),
                        content_type="application/json")  # fmt: skip


@pytest.fixture
def api(provider: Any) -> Api:
    made = Api()
    provider.expect_request("/me").respond_with_handler(made.me)
    provider.expect_request("/oauth/token").respond_with_handler(made.refresh)
    return made


@pytest.fixture
def kept(make_token: Make) -> ProcessInstance:
    """The instance that keeps the token."""
    return make_token()


def source(provider: Any, kept: ProcessInstance, user: Any, **auth: Any) -> str:
    """Make the datasource that sends the token."""
    create_datasource(
        raw={
            "name": "crm", "title": "CRM", "base_url": provider.url_for("/").rstrip("/"),
            "auth": {
                "scheme": "instance_token", "process_id": kept.process_id,
                "field": "access_token", "on_401": "trigger", "target": "refresh", **auth,
            },
            "methods": [{"name": "me", "url_path": "/me"}],
        },
        user=user,
    )  # fmt: skip
    return "crm"


def store(kept: ProcessInstance, token: str) -> None:
    values = {**kept.values, "access_token": token}
    ProcessInstance.objects.filter(pk=kept.pk).update(values=values)


def called(user: Any) -> dict[str, Any]:
    return call_method(name="crm", method="me", inputs={}, user=user)


def test_the_stored_value_is_read_at_each_call(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    assert called(admin)["status"] == 200
    api.takes = "at-other"
    store(kept, "at-other")
    assert called(admin)["status"] == 200
    assert api.sent == ["Bearer at-old", "Bearer at-other"]
    assert "at-o" not in json.dumps(get_document("crm").plain()), "it is copied nowhere"


@pytest.mark.parametrize(
    ("auth", "sent"),
    [({"prefix": ""}, "at-old"), ({"prefix": "Token"}, "Token at-old")],
)
def test_it_is_put_where_the_service_wants_it(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any, auth: Any, sent: str
) -> None:
    source(provider, kept, admin, on_401="fail", **auth)
    called(admin)
    assert api.sent == [sent]


def test_a_refused_token_is_renewed_once_and_the_call_repeated(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    api.takes = "nobody knows"
    assert called(admin)["status"] == 200
    assert api.sent == ["Bearer at-old", "Bearer at-new"]
    assert api.refreshes == 1
    assert values_of(kept)["access_token"] == "at-new"
    run = Run.objects.get()
    assert (run.trigger, run.run_as) == ("token", admin)


def test_without_a_target_a_refusal_is_a_refusal(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin, on_401="fail")
    api.takes = "nobody knows"
    assert called(admin)["status"] == 401
    assert (api.refreshes, len(api.sent)) == (0, 1)


def test_a_renewal_that_brings_no_other_token_is_not_tried_again(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    api.takes, api.gives = "nobody knows", "at-old"
    assert called(admin)["status"] == 401
    assert (api.refreshes, len(api.sent)) == (1, 1)


def test_many_who_are_refused_at_once_have_it_renewed_once(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    api.takes = "nobody knows"
    statuses: list[int] = []

    def ask() -> None:
        try:
            statuses.append(called(admin)["status"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert statuses == [200] * 6
    assert api.refreshes == 1
    assert Run.objects.filter(trigger="token").count() == 1


def test_a_blank_token_says_which_field_is_blank(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    store(kept, "")
    said = called(admin)
    assert said["error"]["kind"] == "configuration"
    assert f"the field access_token of {kept.process_id} is empty." in said["error"]["message"]
    assert api.sent == []


def test_when_the_person_is_gone_somebody_has_to_save_it_again(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    Datasource.objects.update(modified_by=None)
    api.takes = "nobody knows"
    said = called(admin)
    assert "Save the data source again" in said["error"]["message"]
    assert api.refreshes == 0


PRIVATE = "There is no record"


def test_who_may_not_see_the_instance_saves_no_datasource_that_sends_its_token(
    provider: Any, token_service: Any, ada: Any, admin: Any, dan: Any
) -> None:
    published(definition(security={"start": ["everyone"], "see": ["creator"]}), user=ada)
    kept = live(ada)
    with pytest.raises(Invalid) as caught:
        source(provider, kept, dan)
    assert [flaw.pointer for flaw in caught.value.errors] == ["/auth/process_id"]
    assert PRIVATE in caught.value.errors[0].detail
    source(provider, kept, admin)
    for change in (
        lambda: patch_datasource(name="crm", changes={"base_url": "https://x.example"}, user=dan),
        lambda: patch_datasource(name="crm", changes={"title": "Mine"}, user=dan),
        lambda: try_settings(name="crm", settings={"base_url": "https://x.example"}, user=dan),
        lambda: set_security(name="crm", raw={"editors": {"users": ["dan"]}}, user=dan),
    ):
        with pytest.raises(Invalid):
            change()
    assert get_document("crm").title == "CRM"


@pytest.mark.parametrize(
    ("auth", "place"),
    [
        ({"process_id": "nobody-1"}, "/auth/process_id"),
        ({"field": "nothing"}, "/auth/field"),
        ({"target": "nothing"}, "/auth/target"),
        ({"target": ""}, "/auth"),
        ({"name": "a b"}, "/auth/name"),
        ({"on_401": "wait"}, "/auth/on_401"),
    ],
)
def test_what_is_not_there_is_told_where_it_stands(
    provider: Any, kept: ProcessInstance, admin: Any, auth: Any, place: str
) -> None:
    with pytest.raises(Invalid) as caught:
        source(provider, kept, admin, **auth)
    assert [flaw.pointer for flaw in caught.value.errors] == [place]


def test_an_answer_that_holds_the_token_is_shown_without_it(
    api: Api, provider: Any, kept: ProcessInstance, admin: Any
) -> None:
    source(provider, kept, admin)
    said = called(admin)
    assert said["body"] == {"token": "Bearer ********"}
    assert "at-old" not in json.dumps([said, get_document("crm").masked()])


def test_a_button_that_calls_the_data_source_itself_is_told_so_at_once(
    api: Api, provider: Any, make_token: Make, admin: Any
) -> None:
    rules = [
        {"type": "create_item", "id": "look", "datasource": "crm", "method": "me",
         "on_success": [{"field": "access_token", "value": "[response.body.token]"}]},
        {"type": "save", "id": "save"},
    ]  # fmt: skip
    source(provider, make_token(), admin)
    auth = get_document("crm").masked()["auth"] | {"process_id": make_token(rules).process_id}
    patch_datasource(name="crm", changes={"auth": auth}, user=admin)
    api.takes = "nobody knows"
    assert called(admin)["status"] == 401
    assert len(api.sent) == 2, "the call, and that of the button"
    run = Run.objects.get()
    assert "calls this data source, which needs the token" in run.error["message"]
    assert run.status == "failed"
