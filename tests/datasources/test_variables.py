"""Variables of the installation: where they stand, who may place secret ones, what they move."""

import json
from typing import Any

import pytest

from datasources.auth.variables import VariableValue
from datasources.models import Datasource, Variable
from datasources.rest.document import RestDatasource
from datasources.rest.variables import with_variables
from datasources.selectors import get_datasource, shown
from datasources.services.connection_tests import test_connection as tested
from datasources.services.datasources import (
    call_method,
    create_datasource,
    get_document,
    patch_datasource,
)
from datasources.services.variables import replace_variables, shown_variables
from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Forbidden, InUse, Invalid
from kianda.lib.secret_names import MASK
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import always, answer, serving

pytestmark = pytest.mark.django_db

HOST = {"name": "crm_host", "value": "auth.example.org", "secret": False}
KEY = {"name": "crm_key", "value": "k-secret-1", "secret": True}


def put(admin: Any, *variables: dict[str, Any]) -> None:
    replace_variables(raw={"variables": list(variables)}, user=admin)


def flaws(admin: Any, *variables: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        put(admin, *variables)
    return {flaw.pointer: flaw.detail for flaw in caught.value.errors}


def raw(**changes: Any) -> dict[str, Any]:
    return raw_datasource(base_url="https://{{crm_host}}/v1", methods=[], **changes)


def test_a_call_takes_the_values_of_now(admin: Any, settings: Any) -> None:
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    method = {
        "name": "call", "url_path": "/thing",
        "query": [{"name": "tenant", "value": "t-{{ tenant }}"}, {"name": "plain", "value": "a"}],
        "request_headers": [{"name": "X-Note", "value": "key {{crm_key}}"}],
    }  # fmt: skip
    with serving(always(answer(b'{"said": "key k-secret-1"}'))) as server:
        tenant = {"name": "tenant", "value": "eu 1"}
        put(admin, {**HOST, "value": f"127.0.0.1:{server.port}"}, KEY, tenant)
        create_datasource(
            raw={
                "name": "crm", "title": "CRM", "base_url": "http://{{crm_host}}/v1",
                "auth": {"scheme": "api_key", "key": "{{crm_key}}"}, "methods": [method],
            },
            user=admin,
        )  # fmt: skip
        said = call_method(name="crm", method="call", inputs={}, user=admin)
        assert said["status"] == 200
        assert said["body"] == {"said": "key ********"}
        assert tested(name="crm", user=admin, to="")["ok"] is True
    head = server.requests[0].split(b"\r\n")
    assert head[0] == b"GET /v1/thing?tenant=t-eu+1&plain=a HTTP/1.1"
    assert b"X-API-Key: k-secret-1" in head
    assert b"X-Note: key k-secret-1" in head
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert server.requests[1].startswith(b"GET /v1 HTTP/1.1")


def test_an_export_keeps_the_names(admin: Any) -> None:
    put(admin, HOST, KEY)
    auth = {"scheme": "bearer", "token": "{{crm_key}}"}
    create_datasource(raw=raw(auth=auth), user=admin)
    told = shown(get_datasource("token-service"))
    assert told["base_url"] == "https://{{crm_host}}/v1"
    assert told["auth"] == auth
    stored = json.dumps(get_document("token-service").plain())
    assert "k-secret-1" not in stored
    assert "auth.example.org" not in stored
    # And what is typed beside a variable is a secret of its own.
    patch_datasource(
        name="token-service",
        changes={"auth": {"scheme": "bearer", "token": "own-{{crm_key}}"}}, user=admin,
    )  # fmt: skip
    assert shown(get_datasource("token-service"))["auth"]["token"] == MASK


def test_a_variable_that_is_not_there_is_told_where_it_stands(admin: Any) -> None:
    put(admin, HOST)
    parameter = {"name": "a", "value": "{{nothing}}"}
    body = raw(auth={"scheme": "bearer", "token": "{{none}}"})
    body |= {"methods": [{"name": "m", "query": [parameter]}], "base_url": "https://{{no}}"}
    with pytest.raises(Invalid) as caught:
        create_datasource(raw=body, user=admin)
    assert {flaw.pointer: flaw.detail.split(".")[0] for flaw in caught.value.errors} == {
        "/base_url": "The variable no does not exist",
        "/auth/token": "The variable none does not exist",
        "/methods/0/query/0/value": "The variable nothing does not exist",
    }


def test_a_call_whose_variable_is_gone_says_which(admin: Any) -> None:
    put(admin, HOST)
    create_datasource(raw={**raw(), "methods": [{"name": "call"}]}, user=admin)
    Variable.objects.all().delete()
    said = call_method(name="token-service", method="call", inputs={}, user=admin)
    assert said["error"]["kind"] == "configuration"
    assert "The variable crm_host, used at /base_url, does not exist." in said["error"]["message"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("10.0.0.1", "is not a public address"),
        ("a b", "from the address"),
        ("user:pw@x.example", "Remove the credentials"),
        ("", ""),
    ],
)
def test_a_variable_makes_an_address_that_is_guarded(admin: Any, value: str, words: str) -> None:
    put(admin, {**HOST, "value": value})
    with pytest.raises(Invalid) as caught:
        create_datasource(raw=raw(), user=admin)
    assert [flaw.pointer for flaw in caught.value.errors] == ["/base_url"]
    assert words in caught.value.errors[0].detail
    put(admin, HOST)
    create_datasource(raw=raw(), user=admin)
    told = flaws(admin, {**HOST, "value": value})
    assert list(told) == ["/variables/0/value"]
    assert words in told["/variables/0/value"]


def test_allowed_addresses_hold_for_what_a_variable_makes(admin: Any) -> None:
    put(admin, HOST)
    create_datasource(raw=raw(allowed_addresses=["auth.example.org"]), user=admin)
    told = flaws(admin, {**HOST, "value": "other.example.org"})
    assert "is not an allowed address of" in told["/variables/0/value"]


def test_a_variable_that_moves_secrets_to_another_server_is_refused(admin: Any) -> None:
    put(admin, HOST, KEY)
    create_datasource(raw=raw(auth={"scheme": "bearer", "token": "own-token"}), user=admin)
    moved = {**HOST, "value": "evil.example.org"}
    told = flaws(admin, moved, KEY)
    assert "to another server" in told["/variables/0/value"]
    put(admin, {**HOST, "value": "AUTH.example.org"}, KEY)
    changes = {"auth": {"scheme": "bearer", "token": "{{crm_key}}"}}
    patch_datasource(name="token-service", changes=changes, user=admin)
    put(admin, moved, KEY)
    assert shown_variables()[0]["value"] == "evil.example.org"


def test_a_secret_variable_stands_in_no_address(admin: Any) -> None:
    put(admin, {**HOST, "secret": True})
    with pytest.raises(Invalid, match="has errors") as caught:
        create_datasource(raw=raw(), user=admin)
    assert "A URL is visible to many people" in caught.value.errors[0].detail
    put(admin, HOST)
    create_datasource(raw=raw(), user=admin)
    told = flaws(admin, {**HOST, "secret": True})
    assert "which many people can see. It cannot be secret" in told["/variables/0/value"]


def test_administrators_alone_send_secret_variables_somewhere_new(admin: Any, dan: Any) -> None:
    put(admin, HOST, KEY)
    auth = {"scheme": "bearer", "token": "{{crm_key}}"}
    with pytest.raises(Forbidden, match="secret variable crm_key"):
        create_datasource(raw=raw(auth=auth), user=dan)
    create_datasource(raw=raw(auth=auth), user=admin)
    patch_datasource(name="token-service", changes={"title": "New"}, user=dan)
    for changes in (
        {"base_url": "https://evil.example.org", "auth": auth},
        {"base_url": "https://{{crm_host}}.evil.example", "auth": auth},
    ):
        with pytest.raises(Forbidden):
            patch_datasource(name="token-service", changes=changes, user=dan)
    # One that is not secret is for everybody.
    create_datasource(raw={**raw(), "name": "other"}, user=dan)


def test_what_is_masked_or_left_out_stays(admin: Any) -> None:
    put(admin, HOST, KEY)
    assert [one["value"] for one in shown_variables()] == ["auth.example.org", MASK]
    put(admin, {"name": "crm_host"}, {"name": "crm_key", "value": MASK, "secret": True})
    assert {row.name: row.value for row in Variable.objects.all()} == {
        "crm_host": "auth.example.org", "crm_key": "k-secret-1",
    }  # fmt: skip
    told = flaws(admin, HOST, {"name": "crm_key", "secret": False, "value": MASK})
    assert "This was secret until now." in told["/variables/1/value"]
    put(admin, HOST, {"name": "crm_key", "secret": False, "value": "open"})
    assert shown_variables()[1]["value"] == "open"


def test_one_that_is_in_use_does_not_go(admin: Any) -> None:
    put(admin, HOST, KEY)
    create_datasource(raw=raw(), user=admin)
    assert [one["used_by"] for one in shown_variables()] == [
        [{"kind": "datasource", "name": "token-service",
          "url": "/api/v1/datasources/token-service/"}], [],
    ]  # fmt: skip
    with pytest.raises(InUse, match="crm_host is used by token-service"):
        put(admin, KEY)
    put(admin, HOST)
    assert [one["name"] for one in shown_variables()] == ["crm_host"]


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"name": "1a"}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "crm_host"}, "name"),
        ({"value": "x"}, "name"),
        ({"name": "a", "value": 5}, "value"),
        ({"name": "a", "value": "x\ny"}, "value"),
        ({"name": "a", "value": MASK}, "value"),
        ({"name": "a", "secret": "yes"}, "secret"),
        ({"name": "a", "kind": "x"}, "kind"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(admin: Any, item: Any, place: str) -> None:
    assert list(flaws(admin, HOST, item)) == [f"/variables/1/{place}"]
    assert Variable.objects.count() == 0


def test_values_are_encrypted_and_changes_are_in_the_audit_log(admin: Any) -> None:
    put(admin, HOST, KEY)
    put(admin, HOST, {**KEY, "value": "k-secret-2"})
    put(admin, HOST)
    told = AuditEntry.objects.filter(kind="variable").order_by("pk")
    assert [(one.action, one.name) for one in told] == [
        ("created", "crm_host"), ("created", "crm_key"), ("changed", "crm_key"),
        ("deleted", "crm_key"),
    ]  # fmt: skip
    assert "k-secret" not in str(list(told.values()))


def test_braces_without_a_name_are_text(admin: Any, dan: Any) -> None:
    parameter = {"name": "a", "value": "{{ 1 + 1 }} {{}} {{a b}}"}
    body = raw_datasource(methods=[{"name": "m", "query": [parameter]}])
    create_datasource(raw=body, user=dan)
    assert get_document("token-service").methods[0].query[0].value == parameter["value"]
    assert Datasource.objects.count() == 1


def test_what_answers_hold_is_kept_as_it_is_when_variables_are_filled_in() -> None:
    schema = {"type": ["object"], "properties": {"first-name": {"type": ["string"]}}}
    method = {"name": "get", "answer_schema": schema, "query": [{"name": "q", "value": "{{word}}"}]}
    source = RestDatasource.model_validate(raw_datasource(methods=[method]))
    filled = with_variables(source, {"word": VariableValue("open", secret=False)})
    assert filled.methods[0].query[0].value == "open"
    assert filled.methods[0].answer_schema is source.methods[0].answer_schema
    assert filled.methods[0].output_paths() == source.methods[0].output_paths()
    assert "response.body.first_name" in filled.methods[0].output_paths()
