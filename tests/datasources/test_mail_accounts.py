"""A mail account as a datasource: over the API, on its page, tested, and used by mail."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from datasources.http.sockets import tls_context
from datasources.models import Datasource
from datasources.services.datasources import create_datasource
from datasources.services.status import standing_of
from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Invalid
from kianda.mail import accounts, ports
from kianda.mail.delivery import deliver_due
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage
from kianda.mail.planning import plan_letters
from processes.designs.lifecycle import create_design, publish_design
from processes.designs.stored_catalog import StoredCatalog
from processes.library.exporter import masked_datasource
from processes.library.import_file import read_bundle
from processes.library.importer import ImportChoice, carry_out
from tests.certificates import LOOPBACK, certificate
from tests.datasources.api.addresses import LIST, pointers
from tests.factories import Api
from tests.mail_server import MailServer
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
ONE = f"{LIST}company-mail/"
PASSWORD = "s3cret-word"
ACCOUNT: dict[str, Any] = {
    "kind": "email",
    "name": "company-mail",
    "title": "Company mail",
    "host": "mail.example.org",
    "auth": {"scheme": "basic", "username": "kianda", "password": PASSWORD},
    "from": "Kianda <kianda@example.org>",
}


@pytest.fixture
def manager(api: Api, dan: Any) -> APIClient:
    return api(dan)


@pytest.fixture
def page(dan: Any) -> Client:
    return client_of(dan)


@pytest.fixture
def made(manager: APIClient) -> Any:
    response = manager.post(LIST, ACCOUNT)
    assert response.status_code == 201, response.json()
    return response.json()


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Iterator[MailServer]:
    """A server that wants TLS and a password."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    settings.KIANDA_SMTP = None
    tls_context.cache_clear()
    context, root = certificate(tmp_path, name=LOOPBACK)
    tls_context().load_verify_locations(root)
    with MailServer(tls=context, users={"kianda": PASSWORD}) as running:
        yield running
    tls_context.cache_clear()


def leading_to(server: MailServer, **changed: Any) -> dict[str, Any]:
    return {**ACCOUNT, "host": "127.0.0.1", "port": server.port, "timeout_s": 5, **changed}


def posted(**changed: Any) -> dict[str, Any]:
    """Return what the page posts."""
    return {
        "/title": "Company mail", "/host": "mail.example.org", "/port": "",
        "/security": "starttls", "/auth/username": "kianda", "/auth/password": "",
        "/from": "Kianda <kianda@example.org>", "/reply_to": "", "/rate": "", "/timeout_s": "60",
        **{f"/{key}": value for key, value in changed.items()},
    }  # fmt: skip


# --- the API --------------------------------------------------------------------------------------


def test_an_account_is_stored_with_its_defaults_and_its_password_hidden(
    made: Any, manager: APIClient
) -> None:
    assert made["port"] is None
    assert (made["security"], made["rate"], made["timeout_s"]) == ("starttls", None, 60)
    assert repr(made["timeout_s"]) == "60"
    assert made["auth"] == {"scheme": "basic", "username": "kianda", "password": "********"}
    assert PASSWORD not in json.dumps(manager.get(LIST).json())
    row = Datasource.objects.get()
    assert (row.kind, row.base_url) == ("email", "smtp://mail.example.org:587")
    assert ports.find_account("company-mail").password == PASSWORD
    assert PASSWORD not in repr(ports.find_account("company-mail"))


def test_a_datasource_that_names_no_kind_is_a_rest_service(manager: APIClient) -> None:
    body = {"name": "plain", "base_url": "https://api.example.org"}
    assert manager.post(LIST, body).json()["kind"] == "rest"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"host": ""}, "/host"),
        ({"host": "https://mail.example.org"}, "/host"),
        ({"host": "mail.example.org:587"}, "/host"),
        ({"host": "10.0.0.5"}, "/host"),
        ({"host": "169.254.169.254"}, "/host"),
        ({"port": 0}, "/port"),
        ({"port": 70_000}, "/port"),
        ({"security": "ssl"}, "/security"),
        ({"security": "none"}, "/security"),
        ({"auth": {"scheme": "bearer", "token": "x"}}, "/auth/scheme"),
        ({"auth": {"scheme": "basic", "username": ""}}, "/auth/username"),
        ({"auth": {"scheme": "basic", "username": "a\r\nRCPT TO:<x@y>"}}, "/auth/username"),
        ({"auth": {"scheme": "basic", "username": "a", "password": "********"}}, "/auth/password"),
        ({"from": "nobody"}, "/from"),
        ({"from": "a@example.org\r\nBcc: b@example.org"}, "/from"),
        ({"reply_to": "a b"}, "/reply_to"),
        ({"rate": 0}, "/rate"),
        ({"timeout_s": 121}, "/timeout_s"),
        ({"timeout_s": True}, "/timeout_s"),
        ({"methods": []}, "/methods"),
        ({"kind": "soap"}, "/kind"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    manager: APIClient, changed: dict[str, Any], place: str
) -> None:
    assert pointers(manager.post(LIST, {**ACCOUNT, **changed})) == {place}
    assert not Datasource.objects.exists()


def test_a_password_stays_until_it_would_go_to_another_server(
    made: Any, manager: APIClient
) -> None:
    assert manager.patch(ONE, {"title": "Mail"}).status_code == 200
    assert manager.patch(ONE, {"auth": made["auth"] | {"username": "k2"}}).status_code == 200
    assert ports.find_account("company-mail").password == PASSWORD
    for moved in ({"host": "evil.example.org"}, {"port": 2525}, {"security": "tls"}):
        assert pointers(manager.patch(ONE, moved)) == {"/auth/password"}
    auth = {"scheme": "basic", "username": "kianda", "password": "another"}
    assert manager.patch(ONE, {"host": "new.example.org", "auth": auth}).status_code == 200


@pytest.mark.parametrize(
    ("name", "typed"), [("port", "abc"), ("port", "70000"), ("host", "a b"), ("security", "ssl")]
)
def test_an_address_that_is_not_valid_does_not_ask_for_the_password_again(
    made: Any, manager: APIClient, page: Client, name: str, typed: str
) -> None:
    assert pointers(manager.patch(ONE, {name: typed})) == {f"/{name}"}
    said = "The address of the service changed."
    for changed, asks in (({name: typed}, False), ({"port": "2525"}, True)):
        sent = posted(**changed) | {"revision": "1"}
        answer = page.post("/datasources/company-mail/", sent)
        assert answer.status_code == 422
        assert (said in text_of(answer)) == asks
    assert ports.find_account("company-mail").password == PASSWORD


def test_a_kind_does_not_become_another_one(made: Any, manager: APIClient) -> None:
    assert pointers(manager.patch(ONE, {"kind": "rest"})) == {"/kind"}


def test_an_account_has_no_methods_and_says_so(made: Any, manager: APIClient, page: Client) -> None:
    sentence = "Company mail is a mail account. It has no REST methods"
    called = manager.post(f"{ONE}methods/send/call/", {})
    assert (called.status_code, called.json()["detail"]) == (404, f"{sentence}.")
    opened = page.get("/datasources/company-mail/methods/new/")
    assert opened.status_code == 404
    assert sentence in text_of(opened)


def test_rules_are_told_that_an_account_has_no_methods(made: Any, ada: Any) -> None:
    assert StoredCatalog().datasource("company-mail").method("x") is None
    assert [one.name for one in StoredCatalog().datasources()] == []
    rule = {"type": "find_items", "id": "r", "datasource": "company-mail", "method": "x"}
    button = {"type": "button", "name": "go", "rules": [rule]}
    form = {"name": "f", "title": "F", "fields": [button]}
    create_design(raw={"name": "p", "title": "P", "forms": [form]}, user=ada)
    with pytest.raises(Invalid) as raised:
        publish_design(name="p", user=ada)
    assert [flaw.detail for flaw in raised.value.errors] == [
        "The datasource company-mail has no REST method x."
    ]


def test_an_account_is_exported_without_its_password(made: Any, page: Client) -> None:
    given = page.get("/datasources/company-mail/export/").json()
    assert given["auth"]["password"] == "********"
    document = StoredCatalog().datasource("company-mail")
    assert masked_datasource(document)["auth"]["password"] == "********"


def test_an_account_comes_into_another_workspace_and_its_password_is_asked_for(admin: Any) -> None:
    create_datasource(raw=ACCOUNT, user=admin)
    exported = masked_datasource(StoredCatalog().datasource("company-mail"))
    Datasource.objects.all().delete()
    bundle = {
        "format": "kianda-designs",
        "format_version": 1,
        "processes": [{"definition": {"name": "p", "title": "P", "forms": [{"name": "f"}]}}],
        "datasources": [exported],
    }
    read = read_bundle(json.dumps(bundle).encode())
    choices = {"datasource:company-mail": ImportChoice("make", "company-mail")}
    done = carry_out(read, choices, user=admin)
    assert [(todo.kind, todo.sentence) for todo in done.todo] == [("datasource", "Password")]
    row = Datasource.objects.get()
    assert (row.kind, row.base_url) == ("email", "smtp://mail.example.org:587")
    assert standing_of(row).reason == "The password is missing"


# --- testing --------------------------------------------------------------------------------------


def test_testing_signs_in_and_sends_nothing(server: MailServer, manager: APIClient) -> None:
    manager.post(LIST, leading_to(server))
    found = manager.post(f"{ONE}test/", {}).json()
    assert (found["ok"], found["status"]) == (True, None)
    assert found["detail"] == "Signed in to 127.0.0.1 as kianda."
    assert server.received == []
    assert Datasource.objects.get().last_test_ok


def test_a_test_message_arrives(server: MailServer, manager: APIClient) -> None:
    manager.post(LIST, leading_to(server))
    found = manager.post(f"{ONE}test/", {"to": "mark@example.org"}).json()
    assert found["ok"]
    assert found["detail"] == "127.0.0.1 answered: 250 2.0.0 OK queued as 4GxK2p"
    [mail] = server.received
    assert mail.recipients == ["mark@example.org"]
    assert mail.message["Subject"] == "Test message of Company mail"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.detail) == ("tested", "Test message to mark@example.org")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"auth": {"scheme": "basic", "username": "kianda", "password": "no"}}, "Sign-in refused."),
        ({"auth": {"scheme": "none"}}, "127.0.0.1 answered: 530"),
        ({"host": "mail.invalid"}, "mail.invalid cannot be reached"),
    ],
)
def test_a_test_that_fails_says_why(
    server: MailServer, manager: APIClient, changed: dict[str, Any], words: str
) -> None:
    assert manager.post(LIST, leading_to(server, **changed)).status_code == 201
    found = manager.post(f"{ONE}test/", {"to": "mark@example.org"}).json()
    assert not found["ok"]
    assert found["detail"].startswith(words)
    assert server.received == []


def test_a_recipient_that_is_refused_is_told(server: MailServer, manager: APIClient) -> None:
    server.does.recipients["mark@example.org"] = "550 5.1.1 No such user here"
    manager.post(LIST, leading_to(server))
    found = manager.post(f"{ONE}test/", {"to": "mark@example.org"}).json()
    assert found["detail"] == "127.0.0.1 answered: 550 5.1.1 No such user here"
    assert not found["ok"]


def test_a_test_message_needs_an_address(made: Any, manager: APIClient) -> None:
    for to in ("nobody", "a@example.org\nBcc: b@example.org", 7):
        assert pointers(manager.post(f"{ONE}test/", {"to": to})) == {"/to"}
    manager.post(LIST, {"name": "plain", "base_url": "https://api.example.org"})
    assert pointers(manager.post(f"{LIST}plain/test/", {"to": "a@example.org"})) == {"/to"}


# --- the page -------------------------------------------------------------------------------------


def test_an_account_is_made_on_its_page(page: Client) -> None:
    shown = page.get("/datasources/new/email/")
    assert "New mail account" in text_of(shown)
    assert "An address, or Name &lt;address&gt;. Your mail server must" in shown.content.decode()
    answer = page.post("/datasources/new/email/", posted(**{"auth/password": PASSWORD}))
    assert answer["Location"] == "/datasources/company-mail/"
    shown = page.get("/datasources/company-mail/")
    assert "Saved. Leave empty to keep it." in text_of(shown)
    assert PASSWORD not in shown.content.decode()
    assert "Mail account" in text_of(page.get("/datasources/?q=mail+account"))


def test_what_is_wrong_stands_beside_its_field(page: Client) -> None:
    answer = page.post("/datasources/new/email/", posted(host="", title="", port="x"))
    assert answer.status_code == 422
    said = text_of(answer)
    assert "Enter the server, such as mail.example.org." in said
    assert "Enter a display name." in said
    assert "Enter a whole number." in said
    assert not Datasource.objects.exists()


def test_a_page_without_a_password_keeps_it_and_one_without_a_user_drops_it(
    made: Any, page: Client
) -> None:
    page.post("/datasources/company-mail/", posted(title="Mail", revision=1) | {"revision": "1"})
    assert ports.find_account("company-mail").title == "Mail"
    assert ports.find_account("company-mail").password == PASSWORD
    page.post("/datasources/company-mail/", posted(**{"auth/username": ""}) | {"revision": "2"})
    assert ports.find_account("company-mail").username == ""


def test_whoever_comes_second_sees_what_has_changed(made: Any, page: Client) -> None:
    page.post("/datasources/company-mail/", posted(rate="30") | {"revision": "1"})
    second = page.post("/datasources/company-mail/", posted(rate="10") | {"revision": "1"})
    assert second.status_code == 409
    assert "You changed this in another window" in text_of(second)
    assert ports.find_account("company-mail").per_minute == 30


def test_the_settings_in_the_form_are_tested_and_not_saved(
    server: MailServer, page: Client, made: Any
) -> None:
    typed = posted(
        host="127.0.0.1",
        port=str(server.port),
        **{"auth/password": PASSWORD, "to": "m@example.org"},
    )
    address = "/datasources/company-mail/test/"
    assert "Signed in to 127.0.0.1 as kianda." in text_of(
        page.post(address, typed | {"act": "test"})
    )
    assert server.received == []
    sent = page.post(address, typed | {"act": "send"})
    assert "queued as 4GxK2p" in text_of(sent)
    assert [mail.recipients for mail in server.received] == [["m@example.org"]]
    nowhere = page.post(address, typed | {"act": "send", "/to": ""})
    assert nowhere.status_code == 422
    assert "Enter an address for the test message." in text_of(nowhere)
    assert ports.find_account("company-mail").host == "mail.example.org"


def test_designers_read_an_account_and_change_nothing(made: Any, ada: Any) -> None:
    designer = client_of(ada)
    shown = designer.get("/datasources/company-mail/")
    assert "read only" in text_of(shown)
    assert "Send test message" not in text_of(shown)
    assert designer.post("/datasources/company-mail/", posted(title="X")).status_code == 403
    assert designer.get("/datasources/new/email/").status_code == 403


# --- the workspace's account ----------------------------------------------------------------------


def test_messages_leave_by_the_account_that_is_the_workspaces(
    server: MailServer, manager: APIClient, admin: Any
) -> None:
    manager.post(LIST, leading_to(server, rate=600, reply_to="hr@example.org"))
    accounts.choose_account("company-mail", user=admin)
    plan_letters([Letter(key="k", to=("mark@example.org",), subject="S", text="T")])
    deliver_due()
    assert MailMessage.objects.get().state == "sent"
    assert server.received[0].message["Reply-To"] == "hr@example.org"
    assert server.received[0].user == "kianda"


def test_the_workspaces_account_is_not_deleted_and_the_use_is_named(
    made: Any, manager: APIClient, admin: Any, api: Api
) -> None:
    accounts.choose_account("company-mail", user=admin)
    refused = api(admin).delete(ONE)
    assert refused.status_code == 409
    assert refused.json()["detail"] == "It is in use by mail of the workspace."
    asked = client_of(admin).get("/datasources/company-mail/delete/")
    assert "mail of the workspace" in text_of(asked)
    accounts.choose_account("", user=admin)
    assert manager.delete(ONE).status_code == 204


def test_only_administrators_change_the_account_by_which_reset_links_leave(
    made: Any, manager: APIClient, api: Api, admin: Any, page: Client
) -> None:
    accounts.choose_account("company-mail", user=admin)
    evil = {"host": "evil.example.org", "auth": {"scheme": "none"}}
    assert manager.patch(ONE, evil).status_code == 403
    assert "only administrators may" in manager.post(f"{ONE}test/", {}).json()["detail"]
    assert manager.put(f"{ONE}security/", {"editors": {"users": ["dan"]}}).status_code == 403
    assert manager.delete(ONE).status_code == 403
    assert (
        page.post("/datasources/company-mail/", posted(host="evil.example.org")).status_code == 403
    )
    assert "Send test message" not in text_of(page.get("/datasources/company-mail/"))
    assert api(admin).patch(ONE, {"title": "Mail"}).status_code == 200


def test_another_account_of_the_same_name_is_not_the_workspaces(
    made: Any, api: Api, manager: APIClient, admin: Any
) -> None:
    accounts.choose_account("company-mail", user=admin)
    assert api(admin).delete(f"{ONE}?force=true").status_code == 204
    assert accounts.chosen_account() == ""
    assert manager.post(LIST, ACCOUNT | {"host": "evil.example.org"}).status_code == 201
    assert accounts.account_of("") is None
