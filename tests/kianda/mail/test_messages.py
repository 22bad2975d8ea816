"""Administration, Messages: what was sent, what the server said, sent again, marked as done."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from datasources.services.datasources import create_datasource
from kianda.accounts.models import AuditEntry
from kianda.mail import accounts, outbox
from kianda.mail.delivery import deliver_due
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailRecipient, MailState
from kianda.mail.planning import plan_letters
from kianda.ops.self_check import findings
from tests.factories import Api
from tests.mail_server import MailServer
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/messages/"
THREE = ("anna@example.org", "ben@example.org", "Cleo Byrne <cleo@example.org>")
ACCOUNT: dict[str, Any] = {
    "kind": "email", "name": "company-mail", "title": "Company mail", "host": "mail.example.org",
    "from": "k@example.org",
}  # fmt: skip


@pytest.fixture
def page(admin: Any) -> Client:
    return client_of(admin)


@pytest.fixture
def calls(api: Api, admin: Any) -> APIClient:
    return api(admin)


@pytest.fixture
def server(settings: Any) -> Any:
    with MailServer() as made:
        settings.KIANDA_SMTP = made.settings
        yield made


def plan(key: str = "k", **changed: Any) -> MailMessage:
    given: dict[str, Any] = {"to": ("mark@example.org",), "subject": "Decide", "text": "A leave"}
    about = {name: changed.pop(name) for name in ("run", "process_id") if name in changed}
    plan_letters([Letter(key=key, **{**given, **changed})], **about)
    return MailMessage.objects.get(key=key)


def sent(**changed: Any) -> MailMessage:
    made = plan(**changed)
    deliver_due()
    made.refresh_from_db()
    return made


def states(message: MailMessage) -> dict[str, str]:
    return dict(message.recipients.values_list("address", "state"))


# --- reading --------------------------------------------------------------------------------------


def test_the_list_tells_of_each_message_and_counts_what_needs_a_person(
    server: MailServer, page: Client, calls: APIClient
) -> None:
    server.does.recipients = {"ben@example.org": "550 5.1.1 No such user here"}
    sent(key="1", to=THREE, subject="Invoice 2026-118", process_id="order-117", run=7)
    sent(key="2", subject="Welcome")
    shown = text_of(page.get("/messages/"))
    assert "1 message needs attention" in shown
    assert "2 in the last 7 days, 1 accepted by the mail server." in shown
    assert "Invoice 2026-118" in shown
    assert "order-117" in shown
    assert "550 5.1.1 No such user here" in shown
    assert "3 addresses" in shown
    [second, first] = calls.get(LIST).json()["results"]
    assert (second["state"], first["state"]) == ("sent", "rejected")
    assert (first["process_id"], first["run"], first["tries"]) == ("order-117", "7", 1)
    assert [one["state"] for one in first["recipients"]] == ["sent", "rejected", "sent"]
    assert "text" not in first


def test_what_waits_is_queued_in_the_list_and_beside_the_button_that_sends_again(
    page: Client, server: MailServer
) -> None:
    waiting = plan()
    for shown in (page.get("/messages/"), page.get(f"/messages/{waiting.pk}/")):
        assert "Queued" in text_of(shown)
        assert "Planned" not in text_of(shown)
    deliver_due()
    again = page.post(f"/messages/{waiting.pk}/send/", {"/to": "mark@example.org"}, follow=True)
    assert "Message queued." in text_of(again)


def test_messages_are_found_by_state_person_instance_and_subject(
    server: MailServer, page: Client, calls: APIClient
) -> None:
    server.does.recipients = {"ben@example.org": "550 no"}
    sent(key="anna", to=("Anna Doyle <anna@example.org>",), process_id="leave-7")
    sent(key="ben", to=("ben@example.org",), subject="The INVOICE of May")
    subjects = {row.key: str(row.pk) for row in MailMessage.objects.all()}

    def found(query: str) -> set[str]:
        return {row["id"] for row in calls.get(f"{LIST}?{query}").json()["results"]}

    for query in (
        "search=doyle",
        "search=anna@",
        "search=leave-7",
        "process_id=leave-7",
        "state=sent",
    ):
        assert found(query) == {subjects["anna"]}, query
    for query in ("search=invoice", "search=ben+may", "state=rejected"):
        assert found(query) == {subjects["ben"]}, query
    assert found("search=nobody") == set()
    assert calls.get(f"{LIST}?state=lost").json()["errors"][0]["pointer"] == "/state"
    assert "The INVOICE of May" in text_of(page.get("/messages/?search=invoice"))
    assert "No results for" in text_of(page.get("/messages/?search=nobody"))
    assert "The INVOICE" not in text_of(page.get("/messages/?state=sent"))


def test_one_message_tells_each_try_in_the_words_of_the_server(
    server: MailServer, page: Client, calls: APIClient
) -> None:
    server.does.recipients = {"mark@example.org": ["451 4.7.1 Greylisted", "250 OK"]}
    made = sent()
    MailMessage.objects.update(due_at=timezone.now())
    deliver_due()
    found = calls.get(f"{LIST}{made.pk}/").json()
    assert [one["outcome"] for one in found["attempts"]] == ["retrying", "sent"]
    assert found["attempts"][0]["answers"] == [
        {"address": "mark@example.org", "state": "retrying", "words": "451 4.7.1 Greylisted"}
    ]
    assert found["text"] == "A leave"
    shown = text_of(page.get(f"/messages/{made.pk}/"))
    assert "451 4.7.1 Greylisted" in shown
    assert "Attempt at 127.0.0.1" in shown
    assert "A leave" in shown


def test_what_carries_a_personal_link_is_shown_to_nobody(page: Client, calls: APIClient) -> None:
    made = plan(text="https://k.example/reset/4711", private=True)
    found = calls.get(f"{LIST}{made.pk}/").json()
    assert (found["private"], found["text"]) == (True, None)
    whole = page.get(f"/messages/{made.pk}/").content.decode() + json.dumps(found)
    assert "4711" not in whole
    assert "Not shown because it contains a personal link." in whole


@pytest.mark.parametrize("who", ["ada", "ben", "dan"])
def test_only_administrators_see_messages(request: Any, api: Api, who: str) -> None:
    made, user = plan(), request.getfixturevalue(who)
    for path, status in (
        ("/messages/", 403), (f"/messages/{made.pk}/", 404), ("/messages/account/", 403),
    ):  # fmt: skip
        assert client_of(user).get(path).status_code == status
    for path, status in ((LIST, 403), (f"{LIST}{made.pk}/", 404), ("/api/v1/mail-settings/", 403)):
        assert api(user).get(path).status_code == status


def test_a_message_that_is_not_there_is_not_found(page: Client, calls: APIClient) -> None:
    assert page.get("/messages/4711/").status_code == 404
    assert calls.get(f"{LIST}4711/").status_code == 404
    assert calls.post(f"{LIST}4711/resend/", {}).status_code == 404


def test_a_page_of_many_messages_asks_few_questions(
    page: Client, django_assert_max_num_queries: Any
) -> None:
    for at in range(30):
        plan(key=str(at), to=THREE)
    page.get("/messages/")
    with django_assert_max_num_queries(25):
        assert page.get("/messages/?page=1").status_code == 200


# --- sending again --------------------------------------------------------------------------------


def test_it_is_sent_again_to_who_has_not_got_it(server: MailServer, calls: APIClient) -> None:
    server.does.recipients = {"ben@example.org": ["550 no", "250 OK"]}
    made = sent(to=THREE)
    answer = calls.post(f"{LIST}{made.pk}/resend/", {})
    assert (answer.status_code, answer.json()["state"]) == (200, "planned")
    deliver_due()
    assert set(states(made).values()) == {"sent"}
    assert [mail.recipients for mail in server.received] == [
        ["anna@example.org", "cleo@example.org"],
        ["ben@example.org"],
    ]
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.kind, entry.name) == ("sent again", "message", str(made.pk))
    assert entry.detail == "ben@example.org"


def test_it_is_sent_to_another_address_and_the_one_that_failed_is_done(
    server: MailServer, page: Client
) -> None:
    server.does.recipients = {"ben@example.org": "550 no"}
    made = sent(to=THREE)
    posted = page.post(f"/messages/{made.pk}/send/", {"/to": "Ben <ben.new@example.org>\n\n"})
    assert posted["Location"] == f"/messages/{made.pk}/"
    deliver_due()
    made.refresh_from_db()
    assert states(made) == {
        "anna@example.org": "sent",
        "ben@example.org": "done",
        "cleo@example.org": "sent",
        "ben.new@example.org": "sent",
    }
    assert made.state == MailState.SENT
    assert server.received[1].recipients == ["ben.new@example.org"]
    assert "ben.new" not in str(server.received[1].message["To"])
    assert "admin sent it again" in text_of(page.get(f"/messages/{made.pk}/"))


def test_what_may_have_been_sent_is_sent_again_by_a_person_alone(
    server: MailServer, calls: APIClient
) -> None:
    server.does.cut_at = "data"
    made = sent()
    assert made.state == MailState.MAY_HAVE_BEEN_SENT
    server.does.cut_at = ""
    calls.post(f"{LIST}{made.pk}/resend/", {})
    deliver_due()
    assert states(made) == {"mark@example.org": "sent"}
    assert len(server.received) == 2


def test_a_refused_sign_in_is_tried_once_more_when_somebody_sends_again(
    server: MailServer, calls: APIClient, settings: Any
) -> None:
    server.does.mail = "530 5.7.0 Authentication required"
    first, second = sent(key="1"), sent(key="2")
    assert first.refused_login
    assert second.refused_login == first.refused_login
    assert outbox.waiting_for_settings() == 2
    server.does.mail = "250 OK"
    calls.post(f"{LIST}{second.pk}/resend/", {})
    deliver_due()
    assert set(MailMessage.objects.values_list("state", flat=True)) == {"sent"}


def test_a_message_that_everybody_has_needs_an_address(
    server: MailServer, page: Client, calls: APIClient
) -> None:
    made = sent()
    answer = calls.post(f"{LIST}{made.pk}/resend/", {})
    assert answer.json()["errors"] == [
        {"pointer": "/to", "detail": "Everyone has received it. Enter an address to send it again."}
    ]
    refused = page.post(f"/messages/{made.pk}/send/", {"/to": " "})
    assert refused.status_code == 422
    assert "Everyone has received it." in text_of(refused)
    assert calls.post(f"{LIST}{made.pk}/resend/", {"to": ["mark@example.org"]}).status_code == 200


@pytest.mark.parametrize(
    ("to", "places"),
    [
        (["nobody", "a@example.org\r\nBcc: x@y.example"], {"/to/0", "/to/1"}),
        ([f"p{at}@example.org" for at in range(5000)], {"/to"}),
        ("mark@example.org", {"/to"}),
        ([7], {"/to/0"}),
    ],
)
def test_bad_addresses_are_refused_and_nothing_changes(
    server: MailServer, calls: APIClient, to: Any, places: set[str]
) -> None:
    server.does.recipients = {"mark@example.org": "550 no"}
    made = sent()
    answer = calls.post(f"{LIST}{made.pk}/resend/", {"to": to})
    assert answer.status_code == 400
    assert {flaw["pointer"] for flaw in answer.json()["errors"]} == places
    assert states(made) == {"mark@example.org": "rejected"}


def test_a_personal_link_goes_to_nobody_else(server: MailServer, calls: APIClient) -> None:
    server.does.recipients = {"mark@example.org": "550 no"}
    made = sent(private=True)
    answer = calls.post(f"{LIST}{made.pk}/resend/", {"to": ["admin@example.org"]})
    assert answer.status_code == 400
    assert "Send it only to its original recipients." in answer.json()["detail"]
    assert calls.post(f"{LIST}{made.pk}/resend/", {"to": ["mark@example.org"]}).status_code == 200


# --- done -----------------------------------------------------------------------------------------


def test_what_is_marked_as_done_needs_nobody_any_more(
    server: MailServer, page: Client, calls: APIClient
) -> None:
    server.does.recipients = {"ben@example.org": "451 later"}
    made = sent(to=THREE)
    page.post(f"/messages/{made.pk}/done/")
    made.refresh_from_db()
    assert (made.state, made.due_at) == (MailState.DONE, None)
    assert states(made)["ben@example.org"] == "done"
    assert states(made)["anna@example.org"] == "sent"
    MailMessage.objects.update(due_at=timezone.now())
    deliver_due()
    assert len(server.received) == 1
    again = calls.post(f"{LIST}{made.pk}/done/")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "This message needs no further action.",
    )
    assert page.post(f"/messages/{made.pk}/done/").status_code == 409


def test_a_message_in_the_hands_of_a_worker_is_not_touched(calls: APIClient) -> None:
    made = plan()
    MailMessage.objects.update(
        state=MailState.SENDING, holder="x", lease_until=timezone.now() + timedelta(minutes=1)
    )
    for act in ("resend", "done"):
        answer = calls.post(f"{LIST}{made.pk}/{act}/", {} if act == "resend" else None)
        assert answer.status_code == 409, answer.json()
        assert "is being sent" in answer.json()["detail"]


# --- the account, and what System says ------------------------------------------------------------


def test_the_account_is_chosen_on_the_page_and_over_the_api(
    page: Client, calls: APIClient, admin: Any, settings: Any
) -> None:
    settings.KIANDA_SMTP = None
    create_datasource(raw=ACCOUNT, user=admin)
    assert "No mail account is set" in text_of(page.get("/messages/"))
    assert "Company mail" in text_of(page.get("/messages/account/"))
    assert page.post("/messages/account/", {"account": "company-mail"}).status_code == 303
    assert accounts.chosen_account() == "company-mail"
    assert "No mail account is set" not in text_of(page.get("/messages/"))
    assert page.post("/messages/account/", {"account": "unknown"}).status_code == 422
    unknown = calls.put("/api/v1/mail-settings/", {"account": "unknown"})
    assert unknown.json()["errors"] == [
        {"pointer": "/account", "detail": "No mail account named unknown."}
    ]
    cleared = calls.put("/api/v1/mail-settings/", {"account": ""})
    assert cleared.json() == {"account": "", "by_environment": False}
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.kind) == ("changed", "mail account")


def test_the_operators_server_wins_and_its_password_is_nowhere(
    page: Client, calls: APIClient, settings: Any
) -> None:
    settings.KIANDA_SMTP = {
        "host": "mail.example.org", "port": 587, "username": "k", "password": "s3cret-word",
        "sender": "k@example.org",
    }  # fmt: skip
    dialog = page.get("/messages/account/")
    assert "Mail is sent through the server in KIANDA_SMTP_URL" in text_of(dialog)
    settings_answer = calls.get("/api/v1/mail-settings/")
    assert settings_answer.json() == {"account": "", "by_environment": True}
    everything = dialog.content + settings_answer.content + page.get("/system/").content
    assert b"s3cret-word" not in everything


def found(kind: str) -> str:
    return " ".join(one.sentence for one in findings(now=timezone.now()) if one.kind == kind)


def test_system_says_what_is_missing(settings: Any, admin: Any) -> None:
    settings.KIANDA_SMTP = None
    assert "No mail account is set. Messages are not sent." in found("")
    settings.EMBEDDED = False
    assert "No mail account is set. Messages are not sent." in found("warn")
    create_datasource(raw=ACCOUNT, user=admin)
    accounts.choose_account("company-mail", user=admin)
    assert "Mail is sent, and no message needs attention." in found("ok")
    made = plan()
    MailMessage.objects.update(state=MailState.REJECTED)
    assert "1 message needs attention." in found("warn")
    MailMessage.objects.update(state=MailState.RETRYING, refused_login="x")
    assert "The mail server refuses the sign-in: 1 message is waiting." in found("bad")
    made.delete()
    MailRecipient.objects.all().delete()


def test_system_says_why_mail_is_not_sent_yet(server: MailServer) -> None:
    server.does.mail = "451 4.3.0 Try again later"
    sent(key="1")
    assert (
        "1 message could not be sent yet: 127.0.0.1 answered: 451 4.3.0 Try again later"
        in found("warn")
    )
    sent(key="2")
    assert "2 messages could not be sent yet, the latest: 127.0.0.1 answered: 451 4.3.0" in found(
        "warn"
    )
    assert "Mail is sent" not in found("ok")


def test_a_message_of_the_list_is_shown_beside_it(page: Client, server: MailServer) -> None:
    server.does.recipients["mark@example.org"] = "550 5.1.1 No such user here"
    made, other = sent(process_id="leave-1"), plan("other", subject="Another")
    query = f"?state=rejected&message={made.pk}"
    shown = page.get(f"/messages/{query}")
    said, source = text_of(shown), shown.content.decode()
    for words in ("Send again to", "Mark as done", "Attempt at 127.0.0.1", "A leave"):
        assert words in said
    assert source.count('class="is-picked"') == 1
    assert 'href="/messages/?state=rejected"' in source
    assert f'action="/messages/{made.pk}/send/"' in source
    assert "History" in text_of(page.get(f"/messages/?message={other.pk}"))


@pytest.mark.parametrize("picked", ["4711", "x", "-1", "9" * 30, ""])
def test_what_is_not_there_is_not_beside_the_list(page: Client, picked: str) -> None:
    plan()
    shown = page.get(f"/messages/?message={picked}")
    assert shown.status_code == 200
    assert "History" not in text_of(shown)
