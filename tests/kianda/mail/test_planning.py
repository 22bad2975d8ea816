"""Letters are rows of the transaction that they tell of; Django's own mails are letters too."""

from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail
from django.db import connection, transaction

from kianda import settings as product
from kianda.accounts.services.key_ring import encrypted_columns
from kianda.lib.errors import Invalid
from kianda.mail.backend import OutboxBackend
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailRecipient, MailState
from kianda.mail.planning import plan_letters
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox(settings: Any) -> None:
    """Send as the product does; pytest-django keeps mails in memory."""
    settings.EMAIL_BACKEND = product.EMAIL_BACKEND


def letter(key: str = "leave-7/told", **changed: Any) -> Letter:
    given: dict[str, Any] = {"to": ("mark@example.org",), "subject": "Decide", "text": "A leave"}
    return Letter(key=key, **{**given, **changed})


def test_a_letter_is_planned_for_each_of_its_recipients() -> None:
    emma = make_user("emma")
    plan_letters(
        [letter(to=("Mark Murphy <mark@example.org>",), bcc=("hr@example.org",))],
        run=7,
        process_id="leave-7",
        by=emma,
    )
    row = MailMessage.objects.get()
    assert (row.state, row.run, row.process_id, row.by) == (MailState.PLANNED, 7, "leave-7", emma)
    assert row.due_at == row.planned_at
    assert [(each.kind, each.address, each.name, each.state) for each in row.recipients.all()] == [
        ("to", "mark@example.org", "Mark Murphy", "planned"),
        ("bcc", "hr@example.org", "", "planned"),
    ]


def test_the_same_key_is_planned_once_whoever_repeats_it() -> None:
    plan_letters([letter(), letter()])
    plan_letters([letter(to=("anna@example.org",)), letter("leave-8/told")])
    assert sorted(MailMessage.objects.values_list("key", flat=True)) == [
        "leave-7/told",
        "leave-8/told",
    ]
    assert set(MailRecipient.objects.values_list("address", flat=True)) == {"mark@example.org"}


def test_a_transaction_that_is_taken_back_sends_nothing() -> None:
    with transaction.atomic():
        plan_letters([letter()])
        transaction.set_rollback(True)
    assert not MailMessage.objects.exists()


def test_one_bad_letter_leaves_all_of_them_unwritten() -> None:
    with pytest.raises(Invalid):
        plan_letters([letter(), letter("other", to=("nobody",))])
    assert not MailMessage.objects.exists()


def test_subject_and_text_are_encrypted_and_known_to_the_change_of_keys() -> None:
    plan_letters([letter(subject="The key is 4711", text="hunter2-hunter2", html="<b>hunter3</b>")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM kianda_mail_mailmessage")
        stored = str(cursor.fetchall())
    assert "4711" not in stored
    assert "hunter" not in stored
    assert MailMessage.objects.get().content["text"] == "hunter2-hunter2"
    assert {(MailMessage, "subject"), (MailMessage, "content")} <= set(encrypted_columns())


def test_mails_of_django_are_letters_that_nobody_reads_on_a_page() -> None:
    assert send_mail("Reset", "the link", None, ["emma@example.org"], html_message="<p>it</p>") == 1
    row = MailMessage.objects.get()
    assert row.private
    assert row.content["text"] == "the link"
    assert row.content["html"] == "<p>it</p>"
    send_mail("Reset", "the link", None, ["emma@example.org"])
    assert MailMessage.objects.count() == 2


def test_a_mail_of_django_with_a_file_is_refused_and_told() -> None:
    mail = EmailMultiAlternatives("a", "b", None, ["emma@example.org"])
    mail.attach("a.txt", "text")
    with pytest.raises(Invalid, match="Files cannot be attached"):
        mail.send()
    assert get_connection(fail_silently=True).send_messages([mail]) == 0
    assert not MailMessage.objects.exists()


def test_headers_of_a_mail_of_django_are_kept_but_for_those_of_the_account() -> None:
    mail = EmailMultiAlternatives(
        "a",
        "b",
        "evil@example.org",
        ["emma@example.org"],
        reply_to=["hr@example.org"],
        headers={
            "List-Unsubscribe": "<https://k.example/u>",
            "From": "evil@example.org",
            "X-Kianda-Private": "1",
        },
    )
    mail.send()
    content = MailMessage.objects.get().content
    assert content["headers"] == [["List-Unsubscribe", "<https://k.example/u>"]]
    assert content["reply_to"] == ["hr@example.org"]


def test_whoever_asks_is_told_whether_mails_leave(settings: Any) -> None:
    backend: Any = get_connection()
    settings.KIANDA_SMTP = None
    assert not backend.leaves
    settings.KIANDA_SMTP = {"host": "h", "port": 25, "sender": "k@example.org"}
    assert backend.leaves


def test_the_product_sends_by_the_outbox() -> None:
    assert f"{OutboxBackend.__module__}.{OutboxBackend.__name__}" == product.EMAIL_BACKEND
