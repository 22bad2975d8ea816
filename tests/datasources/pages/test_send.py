"""Send, without a browser: what is sent, and what of the answer is shown."""

import base64
import html
import re
from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, get_document
from kianda.accounts.models import AuditEntry
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import EDITED, METHOD, NEW_METHOD, value_of, wrong
from tests.datasources.servers import always, answer, serving
from tests.pages import text_of

pytestmark = pytest.mark.django_db
TOKEN = b'{"access_token": "tok-777", "expires_in": 3600, "items": [{"id": 7}], "n": 1.50}'


def send(client: Client, url: str = f"{METHOD}send/", **typed: str) -> Any:
    return client.post(url, EDITED | {"act": "send"} | typed)


def test_send_tries_what_stands_in_the_editor_and_shows_the_answer_once(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer(TOKEN))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = send(
            manager,
            **{"/url_path": "/not/saved", "/input/body.client_secret": "sec-1",
               "/input/body.grant_type": "refresh_token"},
        )  # fmt: skip
    request = server.requests[0]
    assert request.startswith(b"POST /not/saved HTTP/1.1")
    assert request.endswith(b"grant_type=refresh_token&client_secret=sec-1")
    said = text_of(page)
    assert page["Cache-Control"] == "no-store"
    assert '"tok-777"' in said
    assert "1.5" in said
    assert "sec-1" not in page.content.decode()
    assert "5 fields are not in the response definition" in said
    assert "items.0.id" in said
    assert value_of(page, "/input/body.grant_type") == "refresh_token"
    assert get_document("token-service").method("refresh-token").url_path == "/oauth/token"
    assert AuditEntry.objects.filter(action="called", detail="refresh-token").count() == 1
    assert "tok-777" not in manager.get(METHOD).content.decode()


def test_a_list_is_offered_as_a_whole_beside_its_first_item(
    loopback: None, manager: Client, dan: Any
) -> None:
    found = b'{"suppliers": [{"id": 1, "orders": [{"no": 5}]}, {"id": 2}], "n": [{}]}'
    with serving(always(answer(found))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = send(manager)
    add_all = re.findall(r'value="(take:[^"]+)"', page.content.decode())[-1]
    page = manager.post(METHOD, EDITED | {"act": add_all})
    taken = {
        value_of(page, f"/response_body/{at}/name"): value_of(page, f"/response_body/{at}/path")
        for at in range(4)
    }
    assert taken == {
        "suppliers": "suppliers", "suppliers_id": "suppliers.0.id",
        "suppliers_orders": "suppliers.0.orders", "n": "n",
    }  # fmt: skip


def test_a_new_method_can_be_sent_before_it_is_saved(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer(TOKEN))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url, methods=[]), user=dan)
        page = send(manager, f"{NEW_METHOD}send/")
    assert '"tok-777"' in text_of(page)
    assert get_document("token-service").methods == []


def test_json_samples_are_sent_as_what_they_are(loopback: None, manager: Client, dan: Any) -> None:
    typed = {"/content_type": "json", "/input/body.grant_type": "12", "/query/0/name": "q",
             "/input/query.q": "12", "/input/body.client_secret": "NaN"}  # fmt: skip
    with serving(always(answer())) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        send(manager, **typed)
    assert server.requests[0].endswith(b'{"grant_type":12,"client_secret":"NaN"}')
    assert b"?q=12 " in server.requests[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (answer(b"Sorry", status="503 Service Unavailable", media_type="text/plain"), "Sorry"),
        (answer(b"<b>no</b>", media_type="text/html"), "&lt;b&gt;no&lt;/b&gt;"),
        (answer(b"", status="204 No Content"), "The response has no body."),
        (b"nonsense\r\n\r\n", "Token service"),
    ],
)
def test_whatever_comes_back_is_shown(
    loopback: None, manager: Client, dan: Any, data: bytes, says: str
) -> None:
    with serving(always(data)) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = send(manager)
    assert page.status_code == 200
    assert says in page.content.decode()


NOT_JSON = "The Content-Type says JSON, but the response could not be read as JSON"


@pytest.mark.parametrize(
    ("media_type", "body", "says"),
    [
        ("application/json", b'{"id": 7,\n "n": }', f"{NOT_JSON}: line 2, column 7."),
        ("application/problem+json; charset=utf-8", b"Sorry", f"{NOT_JSON}: line 1, column 1."),
        ("application/json", b'{"n": NaN}', f"{NOT_JSON}."),
        ("application/json; charset=utf-8", b'{"n": "\xff"}', f"{NOT_JSON}."),
    ],
)
def test_an_answer_that_came_as_json_and_is_none_is_said_to_be_shown_as_text(
    loopback: None, manager: Client, dan: Any, media_type: str, body: bytes, says: str
) -> None:
    with serving(always(answer(body, media_type=media_type))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        assert says in text_of(send(manager))


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b'"a text"'), ("application/json", b'{"id": 7}'),
        ("application/json", b" "), ("text/plain", b"Sorry"),
        ("application/x-ndjson", b'{"id": 7}\n{"id": 8}'),
    ],
)  # fmt: skip
def test_nothing_is_said_of_json_where_it_is_that_or_nobody_announced_it(
    loopback: None, manager: Client, dan: Any, media_type: str, body: bytes
) -> None:
    with serving(always(answer(body, media_type=media_type))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        assert NOT_JSON not in text_of(send(manager))


def test_what_an_imported_method_describes_is_not_offered_once_more(
    loopback: None, manager: Client, dan: Any
) -> None:
    described = {"type": ["object"], "properties": {
        "id": {"type": ["integer"]},
        "lines": {"type": ["array"], "items": {
            "type": ["object"], "properties": {"sku": {"type": ["string"]}}}},
    }}  # fmt: skip
    found = b'{"id": 7, "lines": [{"sku": "A1", "price": 3}], "note": "new"}'
    raw = raw_datasource()
    raw["methods"][0]["answer_schema"] = described
    with serving(always(answer(found))) as server:
        create_datasource(raw=raw | {"base_url": server.url}, user=dan)
        said = text_of(send(manager))
    assert "2 fields are not in the response definition" in said
    offered = said.partition("not in the response definition")[2]
    assert "lines.0.price" in offered
    assert "note" in offered
    assert "lines.0.sku" not in offered


def test_the_fields_of_an_error_are_not_offered_for_the_response_definition(
    loopback: None, manager: Client, dan: Any
) -> None:
    refused = answer(b'{"error": "invalid_client"}', status="400 Bad Request")
    with serving(always(refused)) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        said = text_of(send(manager))
    assert "invalid_client" in said
    assert "not in the response definition" not in said


def test_a_large_answer_is_cut_on_the_page(loopback: None, manager: Client, dan: Any) -> None:
    with serving(always(answer(b"x" * 300_000, media_type="text/plain"))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = send(manager)
    assert "Cut at 256 KB" in text_of(page)
    assert text_of(page).count("x" * 1000) == 262
    whole = re.search(r'href="data:application/octet-stream;base64,([^"]+)"', page.content.decode())
    assert base64.b64decode(html.unescape(whole[1])) == b"x" * 300_000


def test_the_request_of_a_trial_is_a_command_without_its_secrets(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer(b"{}"))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = send(manager, **{"/input/body.client_secret": "sec-1"})
    command = html.unescape(re.search(r'data-copy="(curl [^"]+)"', page.content.decode())[1])
    assert command.startswith("curl --request POST")
    assert f"{server.url}/oauth/token" in command
    assert "sec-1" not in page.content.decode()


def test_what_cannot_be_sent_is_told_beside_its_control(made: Datasource, manager: Client) -> None:
    page = send(manager, **{"/url_path": "/a/{customer}", "/input/path.customer": ""})
    assert "The path parameter customer" in text_of(page)
    assert wrong(page)
    part = manager.post(
        f"{METHOD}send/",
        EDITED | {"/url_path": "no", "act": "send"},
        headers={"HX-Request": "true", "HX-Target": "answer"},
    )
    assert (part.status_code, part["HX-Retarget"]) == (422, "#me")
    assert "<html" not in part.content.decode()
    assert "f-url_path" in wrong(part)


def test_an_unknown_process_id_is_told(made: Datasource, manager: Client) -> None:
    page = send(manager, process_id="nothing-1")
    assert wrong(page) == ["f-process_id"]
    assert "Check 1 field. Nothing has been sent." in text_of(page)
    assert send(manager, process_id="nothing-1", act="inputs").status_code == 200


def test_what_was_sent_with_a_decimal_number_is_shown_as_a_command(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer(b'{"id": 7}'))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = send(
            manager,
            **{"/content_type": "json", "/request_body/0/type": "number",
               "/input/body.grant_type": "2.50"},
        )  # fmt: skip
    assert server.requests[0].endswith(b'{"grant_type":2.5}')
    assert page.status_code == 200
    assert """--data-raw '{"grant_type":2.5}'""" in html.unescape(page.content.decode())
