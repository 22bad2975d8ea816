"""The pages of data sources, without a browser and without script: roles, acts, bad input."""

import base64
import html
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasources.merging import merge
from datasources.models import Datasource
from datasources.services import create_datasource, get_document, patch_datasource
from kianda.accounts.models import AuditEntry
from kianda.lib import usage
from kianda.lib.secret_names import MASK
from kianda.once import new_token
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import always, answer, serving
from tests.pages import SCRIPT, client_of, text_of

pytestmark = pytest.mark.django_db
LIST = "/datasources/"
NEW = "/datasources/new/"
ONE = "/datasources/token-service/"
METHOD = f"{ONE}methods/refresh-token/"
NEW_METHOD = f"{ONE}methods/new/"
SETTINGS = {
    "/title": "Token service", "/base_url": "https://auth.example.org", "/auth/scheme": "none",
    "/timeout_s": "30", "/test_path": "", "/max_answer_bytes": "5242880",
}  # fmt: skip
EDITED = {
    "/title": "Refresh token", "/http_method": "POST", "/url_path": "/oauth/token",
    "/content_type": "form", "/request_body/0/name": "grant_type", "/request_body/0/value": "",
    "/request_body/0/secret": "", "/request_body/1/name": "client_secret",
    "/request_body/1/value": "", "/request_body/1/secret": "",
}  # fmt: skip


@pytest.fixture
def manager(dan: Any) -> Client:
    return client_of(dan)


@pytest.fixture
def made(dan: Any) -> Datasource:
    return create_datasource(raw=raw_datasource(), user=dan)


def value_of(response: Any, name: str) -> str:
    """Return the value that a control of a page shows."""
    tag = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', response.content.decode())
    assert tag, f"there is no control {name}"
    value = re.search(r'value="([^"]*)"', tag[0])
    return html.unescape(value[1]) if value else ""


def wrong(response: Any) -> list[str]:
    """Return the ids of the controls that are marked wrong."""
    assert response.status_code == 422, response.status_code
    tags = re.findall(r"<(?:input|select|textarea)[^>]*is-invalid[^>]*>", response.content.decode())
    return [re.search(r' id="([^"]+)"', tag)[1] for tag in tags]


def base(response: Any) -> dict[str, str]:
    """Return what a page was made from, as its form sends it."""
    return {name: value_of(response, name) for name in ("revision", "was")}


# ---- who may ----------------------------------------------------------------------------------

PAGES = [LIST, ONE, METHOD, f"{ONE}export/"]
CHANGING = [NEW, NEW_METHOD, f"{ONE}delete/", f"{METHOD}delete/"]
ACTS = [
    NEW, ONE, METHOD, NEW_METHOD, f"{ONE}test/", f"{ONE}delete/", f"{METHOD}send/",
    f"{METHOD}duplicate/", f"{METHOD}delete/",
]  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *CHANGING])
def test_a_user_may_not_open_the_pages(made: Datasource, ben: Any, path: str) -> None:
    assert client_of(ben).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_a_designer_reads(made: Datasource, ada: Any, path: str) -> None:
    page = client_of(ada).get(path)
    assert page.status_code == 200
    assert "btn-primary" not in page.content.decode()
    assert "method-send" not in page.content.decode()


@pytest.mark.parametrize("path", CHANGING)
def test_a_designer_finds_no_form_to_change(made: Datasource, ada: Any, path: str) -> None:
    assert client_of(ada).get(path).status_code == 403


@pytest.mark.parametrize("path", ACTS)
def test_a_designer_changes_nothing(made: Datasource, ada: Any, path: str) -> None:
    assert client_of(ada).post(path, SETTINGS | EDITED).status_code == 403
    assert Datasource.objects.get().revision == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in(made: Datasource, client: Client, path: str) -> None:
    assert "/sign-in/" in client.get(path)["Location"]


@pytest.mark.parametrize("path", [f"{LIST}nothing/", f"{ONE}methods/nothing/"])
def test_what_is_not_there_is_404(made: Datasource, manager: Client, path: str) -> None:
    assert manager.get(path).status_code == 404
    assert manager.post(path, EDITED).status_code == 404


# ---- the list ---------------------------------------------------------------------------------


def test_an_empty_workspace_offers_the_first_act(manager: Client) -> None:
    page = text_of(manager.get(LIST))
    assert "No data source yet" in page
    assert "Add a REST Service" in page


def test_the_list_shows_type_status_and_who_changed_it(made: Datasource, manager: Client) -> None:
    page = text_of(manager.get(LIST))
    assert "Token service https://auth.example.org REST Service Ready Not tested yet" in page
    assert "Kianda Instances of this workspace Built in" in page
    assert " dan " in page


def test_a_source_without_methods_or_credentials_is_incomplete(manager: Client, dan: Any) -> None:
    auth = {"scheme": "bearer"}
    create_datasource(raw=raw_datasource(methods=[], auth=auth), user=dan)
    assert "Incomplete Credentials and a REST method are missing" in text_of(manager.get(LIST))


def test_a_failed_test_shows_with_its_reason(made: Datasource, manager: Client) -> None:
    Datasource.objects.update(
        last_test_ok=False, last_test_at=timezone.now(), last_test_detail="It answered 503."
    )
    assert "Test failed It answered 503." in text_of(manager.get(f"{LIST}?status=test_failed"))
    assert "Nothing fits these filters" in text_of(manager.get(f"{LIST}?status=incomplete"))


def rows_of(response: Any) -> list[str]:
    """Return the names of the rows of the list, as they stand."""
    return re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', response.content.decode())


@pytest.mark.parametrize(
    ("status", "names", "said"),
    [
        ("", ["Kianda", "Bare", "Failing", "Fine"], "4 of 4 data sources"),
        ("ready", ["Kianda", "Fine"], "2 of 2 data sources"),
        ("incomplete", ["Bare"], "1 of 1 data source"),
        ("test_failed", ["Failing"], "1 of 1 data source"),
        ("not_tested", ["Bare", "Fine"], "2 of 2 data sources"),
    ],
)
def test_a_status_chooses_the_rows_that_show_it_and_all_are_counted(
    manager: Client, dan: Any, status: str, names: list[str], said: str
) -> None:
    create_datasource(raw=raw_datasource(name="fine", title="Fine"), user=dan)
    create_datasource(raw=raw_datasource(name="bare", title="Bare", methods=[]), user=dan)
    create_datasource(raw=raw_datasource(name="failing", title="Failing"), user=dan)
    tested = {"last_test_ok": False, "last_test_at": timezone.now()}
    Datasource.objects.filter(name="failing").update(**tested)
    page = manager.get(LIST, {"status": status})
    assert rows_of(page) == names
    assert said in text_of(page)


def test_a_source_that_gets_its_first_method_is_ready(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(methods=[]), user=dan)
    assert rows_of(manager.get(LIST, {"status": "incomplete"})) == ["Token service"]
    methods = raw_datasource()["methods"]
    patch_datasource(name="token-service", changes={"methods": methods}, user=dan)
    assert rows_of(manager.get(LIST, {"status": "ready"})) == ["Kianda", "Token service"]


def test_the_built_in_one_counts_on_every_page_and_moves_no_row_away(
    manager: Client, dan: Any
) -> None:
    for number in range(25):
        raw = raw_datasource(name=f"source-{number:02}", title=f"Source {number:02}")
        create_datasource(raw=raw, user=dan)
    first, second = manager.get(LIST), manager.get(f"{LIST}?page=2")
    assert (len(rows_of(first)), rows_of(second)) == (25, ["Source 24"])
    assert "25 of 26 data sources" in text_of(first)
    assert "26 of 26 data sources" in text_of(second)


@pytest.mark.parametrize(
    ("words", "found"),
    [("token", True), ("EXAMPLE.org", True), ("rest", True), ("orders", False), ("\0", True)],
)
def test_the_search_looks_at_name_address_and_type(
    made: Datasource, manager: Client, words: str, found: bool
) -> None:
    page = text_of(manager.get(LIST, {"q": words}))
    assert ("Token service" in page) is found
    assert found or "Nothing fits “orders”" in page


def test_many_are_paged_and_sorted_with_few_queries(manager: Client, dan: Any) -> None:
    for number in range(30):
        raw = raw_datasource(name=f"source-{number:02}", title=f"Source {number:02}")
        create_datasource(raw=raw, user=dan)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        first = text_of(manager.get(LIST))
    assert len(queries) <= 12
    assert "25 of 31 data sources" in first
    assert "Source 23" in first
    assert "Source 24" not in first
    assert "Source 29" in text_of(manager.get(LIST, {"page": "2"}))
    assert "Source 29" in text_of(manager.get(LIST, {"ordering": "-name"}))
    assert manager.get(LIST, {"page": "nonsense", "ordering": "x"}).status_code == 200


def test_htmx_gets_the_rows_alone(made: Datasource, manager: Client) -> None:
    rows = manager.get(LIST, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "<html" not in rows.content.decode()
    assert "Token service" in text_of(rows)


# ---- making one -------------------------------------------------------------------------------


def test_a_data_source_is_made_with_a_name_out_of_its_title(manager: Client) -> None:
    auth = {"/auth/scheme": "bearer", "/auth/token": "tok-12345"}
    made = manager.post(NEW, {**SETTINGS, **auth})
    assert (made.status_code, made["Location"]) == (303, ONE)
    assert get_document("token-service").auth.credentials() == {"token": "tok-12345"}
    page = manager.get(ONE)
    assert "tok-12345" not in page.content.decode()
    assert "Token · set" in text_of(page)


def test_a_form_that_is_sent_twice_makes_one(manager: Client) -> None:
    body = SETTINGS | {"once": new_token()}
    assert [manager.post(NEW, body)["Location"] for _ in range(2)] == [ONE, ONE]
    assert Datasource.objects.count() == 1


BAD = [
    ({"/title": ""}, "f-title", "Enter a display name."),
    ({"/title": "x" * 201}, "f-title", "At most 200 characters."),
    ({"/name": "Not A Slug"}, "f-name", "small letters"),
    ({"/name": "kianda"}, "f-name", "reserved"),
    ({"/base_url": ""}, "f-base_url", "Enter the address"),
    ({"/base_url": "ftp://example.org"}, "f-base_url", "Use https or http"),
    ({"/base_url": "http://169.254.169.254"}, "f-base_url", "169.254.169.254"),
    ({"/base_url": "https://u:p@example.org"}, "f-base_url", "Credentials do not belong"),
    ({"/timeout_s": "soon"}, "f-timeout_s", "Write a number."),
    ({"/timeout_s": "1e999"}, "f-timeout_s", "at most 300"),
    ({"/timeout_s": "nan"}, "f-timeout_s", ""),
    ({"/test_path": "status"}, "f-test_path", "starts with /"),
    ({"/max_answer_bytes": "0"}, "f-max_answer_bytes", "1 or more"),
    ({"/auth/scheme": "magic"}, "f-auth-scheme", "magic"),
    (
        {"/auth/scheme": "api_key", "/auth/name": "a b", "/auth/place": "header"},
        "f-auth-name",
        "",
    ),
]


@pytest.mark.parametrize(("change", "control", "says"), BAD)
def test_bad_input_stands_beside_its_control_and_what_was_typed_stays(
    manager: Client, change: dict[str, str], control: str, says: str
) -> None:
    page = manager.post(NEW, SETTINGS | change)
    assert control in wrong(page)
    assert says in text_of(page)
    assert not Datasource.objects.exists()
    if "/title" not in change:
        assert value_of(page, "/title") == "Token service"


def test_signs_that_no_text_holds_are_replaced(manager: Client) -> None:
    assert manager.post(NEW, SETTINGS | {"/title": "a\0b"})["Location"] == f"{LIST}a-b/"
    assert get_document("a-b").title == "a\ufffdb"


def test_all_errors_come_at_once_and_the_summary_leads_to_them(manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | {"/title": "", "/base_url": "x", "/timeout_s": "y"})
    assert wrong(page) == ["f-title", "f-base_url", "f-timeout_s"]
    assert 'href="#f-base_url"' in page.content.decode()


def test_a_taken_name_is_told_beside_the_name(made: Datasource, manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | {"/name": "token-service"})
    assert wrong(page) == ["f-name"]
    assert "is taken" in text_of(page)


def test_a_typed_secret_never_comes_back_to_the_page(manager: Client) -> None:
    body = {"/title": "", "/auth/scheme": "basic", "/auth/username": "u", "/auth/password": "pw-9"}
    page = manager.post(NEW, SETTINGS | body)
    assert "pw-9" not in page.content.decode()
    assert "enter it again" in text_of(page)
    assert value_of(page, "/auth/username") == "u"


def test_without_script_a_button_shows_the_settings_of_a_scheme(manager: Client) -> None:
    page = manager.post(NEW, SETTINGS | {"act": "scheme", "/auth/scheme": "api_key"})
    assert page.status_code == 200
    assert value_of(page, "/auth/name") == "X-API-Key"
    assert value_of(page, "/title") == "Token service"


def test_htmx_gets_the_settings_of_a_scheme_alone(manager: Client) -> None:
    part = manager.get(
        "/datasources/new/auth/",
        {"/auth/scheme": "basic"},
        headers={"HX-Request": "true", "HX-Target": "auth-fields"},
    )
    assert "<html" not in part.content.decode()
    assert value_of(part, "/auth/username") == ""


# ---- changing one -----------------------------------------------------------------------------


def test_settings_are_stored_and_methods_stay(made: Datasource, manager: Client) -> None:
    page = manager.get(ONE)
    body = SETTINGS | base(page) | {"/title": "Tokens", "/timeout_s": "2.5", "/test_path": "/up"}
    assert manager.post(ONE, body).status_code == 303
    document = get_document("token-service")
    assert (document.title, document.timeout_s, document.test_path) == ("Tokens", 2.5, "/up")
    assert [method.name for method in document.methods] == ["refresh-token"]


def test_an_empty_credential_stays_as_it_is_and_a_tick_removes_it(
    manager: Client, dan: Any
) -> None:
    create_datasource(raw=raw_datasource(auth={"scheme": "bearer", "token": "tok-1"}), user=dan)
    body = SETTINGS | {"/auth/scheme": "bearer", "/auth/token": ""}
    manager.post(ONE, body | base(manager.get(ONE)) | {"/title": "Other"})
    assert get_document("token-service").auth.credentials() == {"token": "tok-1"}
    manager.post(ONE, body | base(manager.get(ONE)) | {"/auth/token!remove": "1"})
    assert get_document("token-service").auth.credentials() == {"token": ""}


def test_another_address_asks_for_every_secret_again(manager: Client, dan: Any) -> None:
    methods = raw_datasource()["methods"]
    methods[0]["request_body"][1]["value"] = "sec-1"
    raw = raw_datasource(auth={"scheme": "bearer", "token": "tok-1"}, methods=methods)
    create_datasource(raw=raw, user=dan)
    moved = {
        **SETTINGS, **base(manager.get(ONE)), "/auth/scheme": "bearer", "/auth/token": "",
        "/base_url": "https://other.example.org",
    }  # fmt: skip
    page = manager.post(ONE, moved)
    place = "/methods/0/request_body/1/value"
    assert wrong(page) == ["f-auth-token", "f-methods-0-request_body-1-value"]
    assert "Refresh token: client_secret" in text_of(page)
    assert manager.post(ONE, moved | {"/auth/token": "t2", place: "s2"}).status_code == 303
    assert set(get_document("token-service").secret_values()) == {"t2", "s2"}


def test_what_somebody_else_saved_is_shown_and_both_go_together(
    made: Datasource, manager: Client, admin: Any
) -> None:
    seen = base(manager.get(ONE))
    patch_datasource(name="token-service", changes={"timeout_s": 7}, user=admin)
    page = manager.post(ONE, SETTINGS | seen | {"/title": "Mine"})
    assert page.status_code == 409
    assert "admin saved this while you were editing" in text_of(page)
    assert "Time limit of a call 30 7 not changed: theirs is taken" in text_of(page)
    assert (value_of(page, "/title"), value_of(page, "/timeout_s")) == ("Mine", "7")
    assert get_document("token-service").title == "Token service"
    again = SETTINGS | base(page) | {"/title": "Mine", "/timeout_s": "7"}
    assert manager.post(ONE, again).status_code == 303
    assert get_document("token-service").title == "Mine"
    assert get_document("token-service").timeout_s == 7


@pytest.mark.parametrize(("take", "stored"), [([], "Mine"), (["title"], "Theirs")])
def test_where_both_changed_the_same_a_person_chooses(
    made: Datasource, manager: Client, admin: Any, take: list[str], stored: str
) -> None:
    seen = base(manager.get(ONE))
    patch_datasource(name="token-service", changes={"title": "Theirs"}, user=admin)
    page = manager.post(ONE, SETTINGS | seen | {"/title": "Mine"})
    assert "Take theirs" in text_of(page)
    assert value_of(page, "/title") == "Mine"
    manager.post(ONE, SETTINGS | base(page) | {"/title": "Mine", "take": take})
    assert get_document("token-service").title == stored


def test_a_form_without_its_revision_never_writes_over(made: Datasource, manager: Client) -> None:
    assert manager.post(ONE, SETTINGS | {"/title": "Blind"}).status_code == 409
    assert get_document("token-service").title == "Token service"


def test_script_in_every_text_is_only_text(manager: Client) -> None:
    body = SETTINGS | {"/title": SCRIPT, "/name": "token-service"}
    assert manager.post(NEW, body).status_code == 303
    manager.post(NEW_METHOD, EDITED | {"/title": SCRIPT, "/name": "m", "/query/0/name": SCRIPT})
    for path in (LIST, ONE, f"{ONE}methods/m/", f"{ONE}delete/", f"{ONE}methods/m/delete/"):
        page = manager.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "alert(1)" in page.content.decode()


def test_the_definition_is_given_as_a_file_with_secrets_masked(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(auth={"scheme": "bearer", "token": "tok-1"}), user=dan)
    answered = manager.get(f"{ONE}export/")
    assert answered["Content-Disposition"] == 'attachment; filename="token-service.json"'
    assert json.loads(answered.content)["auth"] == {"scheme": "bearer", "token": MASK}


# ---- testing and deleting ---------------------------------------------------------------------


def test_the_answer_of_a_connection_test_stands_on_the_page(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer())) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = manager.post(f"{ONE}test/", SETTINGS | {"/title": "Half typed"})
        part = manager.post(f"{ONE}test/", headers={"HX-Request": "true", "HX-Target": "answer"})
        back = manager.post(f"{ONE}test/", {"from": "list"})
        row = {"HX-Request": "true", "HX-Target": "row-token-service"}
        one = manager.post(f"{ONE}test/", {"from": "list"}, headers=row)
    assert "The server answered 200 in" in text_of(page)
    assert value_of(page, "/title") == "Half typed"
    assert get_document("token-service").title == "Token service"
    assert "The server answered 200 in" in text_of(part)
    assert "<html" not in part.content.decode()
    assert 'id="facts" hx-swap-oob="true"' in part.content.decode()
    assert back["Location"] == LIST
    assert 'id="row-token-service"' in one.content.decode()


def test_a_refused_address_is_the_answer_of_the_test(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(base_url="http://localhost:9"), user=dan)
    page = text_of(manager.post(f"{ONE}test/"))
    assert "The connection test failed." in page
    assert "KIANDA_EGRESS_ALLOW" in page
    assert "Test failed" in page


def test_deleting_asks_first(made: Datasource, manager: Client) -> None:
    page = manager.get(f"{ONE}delete/")
    assert "Nothing uses this data source." in text_of(page)
    assert manager.post(f"{ONE}delete/")["Location"] == LIST
    assert not Datasource.objects.exists()
    assert "Token service is deleted." in text_of(manager.get(LIST))


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    use = {"kind": "process", "name": "refresh 1.0", "url": "/api/v1/processes/refresh/"}
    table = {"datasource": [lambda name: [use]], "method": [lambda name: [use]]}
    monkeypatch.setattr(usage, "_checks", table)


@pytest.mark.parametrize("path", [f"{ONE}delete/", f"{METHOD}delete/"])
def test_what_is_in_use_names_who_uses_it_and_only_an_administrator_forces(
    made: Datasource, manager: Client, admin: Any, in_use: None, path: str
) -> None:
    page = manager.get(path)
    assert "It is used by one process refresh 1.0" in text_of(page)
    assert "btn-danger" not in page.content.decode()
    assert manager.post(path).status_code == 422
    assert manager.post(path, {"force": "1"}).status_code == 403
    assert client_of(admin).post(path).status_code == 422
    assert get_document("token-service").methods
    assert client_of(admin).post(path, {"force": "1"}).status_code == 303
    rest = Datasource.objects.first()
    assert rest is None or not get_document("token-service").methods


# ---- REST methods -----------------------------------------------------------------------------


def test_a_method_is_made_row_by_row_without_script(made: Datasource, manager: Client) -> None:
    empty = {"/title": "Get orders", "/http_method": "GET", "/url_path": "/api/orders/{customer}"}
    page = manager.post(NEW_METHOD, empty | {"act": "add:request_headers"})
    assert page.status_code == 200
    assert value_of(page, "/request_headers/0/name") == ""
    typed = empty | {"/request_headers/0/name": "Authorization", "/request_headers/0/value": ""}
    page = manager.post(NEW_METHOD, typed | {"act": "add:query"})
    assert value_of(page, "/request_headers/0/name") == "Authorization"
    typed |= {"/query/0/name": "status", "/query/0/value": "open", "/query/1/name": "gone"}
    page = manager.post(NEW_METHOD, typed | {"act": "remove:query:1"})
    assert 'name="/query/1/name"' not in page.content.decode()
    del typed["/query/1/name"]
    page = manager.post(NEW_METHOD, typed | {"act": "take:items.0.id"})
    assert value_of(page, "/response_body/0/name") == "items_id"
    assert value_of(page, "/response_body/0/path") == "items.0.id"
    typed |= {"/response_body/0/name": "first", "/response_body/0/path": "items.0.id"}
    saved = manager.post(NEW_METHOD, typed)
    assert saved["Location"] == f"{ONE}methods/get-orders/"
    method = get_document("token-service").method("get-orders")
    assert [(p.name, p.value, p.secret) for p in method.request_headers] == [
        ("Authorization", None, True)
    ]
    assert [(p.name, p.value) for p in method.query] == [("status", "open")]
    assert [(p.name, p.path) for p in method.response_body] == [("first", "items.0.id")]


def test_saving_a_method_as_it_was_opened_changes_nothing(
    made: Datasource, manager: Client
) -> None:
    before = Datasource.objects.get().document
    body = EDITED | base(manager.get(METHOD))
    assert manager.post(METHOD, body)["Location"] == METHOD
    assert Datasource.objects.get().document == before
    assert Datasource.objects.get().revision == 1


@pytest.mark.parametrize(
    ("change", "control", "says"),
    [
        ({"/title": ""}, "f-title", "Enter a display name."),
        ({"/url_path": "oauth"}, "f-url_path", "starts with /"),
        ({"/url_path": "/a/{b"}, "f-url_path", "in braces"),
        ({"/url_path": "/" + "x" * 2000}, "f-url_path", "At most 2000"),
        ({"/http_method": "BREW"}, "f-http_method", "Choose one of"),
        ({"/request_body/1/name": "grant_type"}, "f-request_body-1-name", "is taken"),
        ({"/request_body/0/name": "", "/request_body/0/value": "v"}, "f-request_body-0-name", ""),
        ({"/request_headers/0/name": "a b"}, "f-request_headers-0-name", ""),
        ({"/request_headers/0/name": "X", "/request_headers/0/value": "a\nb"},
         "f-request_headers-0-value", "line breaks"),
        ({"/response_body/0/name": "x", "/response_body/0/path": "p" * 501},
         "f-response_body-0-path", "At most 500"),
        ({"/timeout_s": "0"}, "f-timeout_s", "above 0"),
        ({"/content_type": "raw", "/media_type": "nonsense"}, "f-media_type", ""),
    ],
)  # fmt: skip
def test_bad_input_of_a_method_stands_beside_its_control(
    made: Datasource, manager: Client, change: dict[str, str], control: str, says: str
) -> None:
    page = manager.post(METHOD, EDITED | base(manager.get(METHOD)) | change)
    assert control in wrong(page)
    assert says in text_of(page)
    assert Datasource.objects.get().revision == 1


def test_a_taken_name_of_a_method_is_told(made: Datasource, manager: Client) -> None:
    page = manager.post(NEW_METHOD, EDITED | {"/name": "refresh-token"})
    assert wrong(page) == ["f-name"]


def test_a_fixed_secret_is_kept_replaced_and_removed(made: Datasource, manager: Client) -> None:
    def saved(**change: str) -> str | None:
        body = EDITED | base(manager.get(METHOD))
        manager.post(METHOD, body | change)
        return get_document("token-service").method("refresh-token").request_body[1].value

    place = "/request_body/1/value"
    assert saved(**{place: "shh-1"}) == "shh-1"
    assert "shh-1" not in manager.get(METHOD).content.decode()
    assert saved(**{"/title": "Renamed"}) == "shh-1"
    assert saved(**{place: "shh-2"}) == "shh-2"
    assert saved(**{f"{place}!remove": "1"}) is None


def test_a_copy_of_a_method_has_its_secrets_and_a_name_of_its_own(
    made: Datasource, manager: Client
) -> None:
    body = EDITED | base(manager.get(METHOD)) | {"/request_body/1/value": "shh-1"}
    manager.post(METHOD, body)
    for name in ("refresh-token-copy", "refresh-token-copy2"):
        made_copy = manager.post(f"{METHOD}duplicate/")
        assert made_copy["Location"] == f"{ONE}methods/{name}/"
        assert get_document("token-service").method(name).request_body[1].value == "shh-1"


def test_two_people_edit_different_methods_without_meeting(
    made: Datasource, manager: Client, admin: Any
) -> None:
    seen = base(manager.get(METHOD))
    client_of(admin).post(NEW_METHOD, EDITED | {"/title": "Another"})
    assert manager.post(METHOD, EDITED | seen | {"/url_path": "/mine"}).status_code == 303
    document = get_document("token-service")
    assert [method.name for method in document.methods] == ["refresh-token", "another"]
    assert document.method("refresh-token").url_path == "/mine"


def test_two_people_edit_one_method_and_see_each_other(
    made: Datasource, manager: Client, admin: Any
) -> None:
    seen = base(manager.get(METHOD))
    theirs = EDITED | seen | {"/url_path": "/theirs", "/query/0/name": "scope"}
    client_of(admin).post(METHOD, theirs)
    page = manager.post(METHOD, EDITED | seen | {"/url_path": "/mine"})
    assert page.status_code == 409
    assert "URL path /oauth/token /theirs /mine" in text_of(page)
    assert value_of(page, "/url_path") == "/mine"
    assert value_of(page, "/query/0/name") == "scope"


def test_a_method_that_somebody_deleted_meanwhile_can_be_saved_anew(
    made: Datasource, manager: Client, admin: Any
) -> None:
    seen = base(manager.get(METHOD))
    client_of(admin).post(f"{METHOD}delete/")
    assert manager.post(METHOD, EDITED | seen).status_code == 404


# ---- Send -------------------------------------------------------------------------------------

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
    assert "4 fields are not in the response definition" in said
    assert "items.0.id" in said
    assert value_of(page, "/input/body.grant_type") == "refresh_token"
    assert get_document("token-service").method("refresh-token").url_path == "/oauth/token"
    assert AuditEntry.objects.filter(action="called", detail="refresh-token").count() == 1
    assert "tok-777" not in manager.get(METHOD).content.decode()


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
        (answer(b"", status="204 No Content"), "The answer has no body."),
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
    assert send(manager, process_id="nothing-1", act="inputs").status_code == 200


# ---- putting changes together -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "mine", "theirs", "value", "conflict"),
    [
        (1, 1, 1, 1, None),
        (1, 2, 1, 2, None),
        (1, 1, 3, 3, False),
        (1, 2, 2, 2, False),
        (1, 2, 3, 2, True),
        (None, 2, 3, 2, True),
    ],
)
def test_what_only_one_changed_is_taken(
    was: Any, mine: Any, theirs: Any, value: Any, conflict: bool | None
) -> None:
    merged = merge({"a": was}, {"a": mine}, {"a": theirs}, keys=["a"])
    assert merged.values == {"a": value}
    assert [one.conflict for one in merged.differences] == ([] if conflict is None else [conflict])
