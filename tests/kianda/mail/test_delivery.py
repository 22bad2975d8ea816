"""What becomes of each recipient, whatever a server does; nothing is sent twice."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from datasources.http.sockets import tls_context
from kianda.mail import delivery
from kianda.mail.delivery import deliver_due, wait_before_next
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailState
from kianda.mail.planning import plan_letters
from kianda.mail.recovery import prune, recover
from tests.certificates import LOOPBACK, certificate
from tests.datasources.servers import Visit, serving
from tests.mail_server import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREE = ("anna@example.org", "ben@example.org", "cleo@example.org")


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server that is the workspace's."""
    with MailServer() as made:
        settings.KIANDA_SMTP = made.settings
        yield made


def plan(key: str = "k", **changed: Any) -> MailMessage:
    given: dict[str, Any] = {"to": ("mark@example.org",), "subject": "Decide", "text": "A leave"}
    plan_letters([Letter(key=key, **{**given, **changed})])
    return MailMessage.objects.get(key=key)


def sent(**changed: Any) -> MailMessage:
    """Plan a message, send what is due and return it as it is then."""
    pk = plan(**changed).pk
    deliver_due()
    return MailMessage.objects.get(pk=pk)


def told(message: MailMessage) -> dict[str, tuple[str, str]]:
    """Return the state of each recipient, and the server's words."""
    return {row.address: (row.state, row.words) for row in message.recipients.all()}


def later(**span: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**span), tick=True)


def test_a_message_reaches_the_server_as_it_was_written(server: MailServer) -> None:
    found = sent(
        to=("Zoë Ní Bhriain <zoe@example.org>",),
        cc=("ben@example.org",),
        bcc=("hr@example.org",),
        subject="Leave of Zoë: 5 days… decide",
        text="Grüße\n.\nafter a dot\n",
        html="<p>Grüße</p>",
        reply_to=("emma@example.org",),
        calendar="BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n",
        headers=(("List-Unsubscribe", f"<https://k.example/{'a' * 120}>"),),
    )
    assert found.state == MailState.SENT
    [mail] = server.received
    assert mail.sender == "kianda@example.org"
    assert mail.recipients == ["zoe@example.org", "ben@example.org", "hr@example.org"]
    read = mail.message
    assert read["Subject"] == "Leave of Zoë: 5 days… decide"
    assert read["From"] == "Kianda <kianda@example.org>"
    assert read["To"] == "Zoë Ní Bhriain <zoe@example.org>"
    assert read["Cc"] == "ben@example.org"
    assert read["Reply-To"] == "emma@example.org"
    assert read["List-Unsubscribe"] == f"<https://k.example/{'a' * 120}>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert b"hr@example.org" not in mail.content
    assert mail.text.splitlines() == ["Grüße", ".", "after a dot"]
    assert "<p>Grüße</p>" in read.get_body(("html",)).get_content()
    calendar = [part for part in read.walk() if part.get_content_type() == "text/calendar"]
    assert [part["Content-Type"].params["method"] for part in calendar] == ["REQUEST"]
    assert all(sign < 128 for sign in mail.content)
    assert told(found)["hr@example.org"] == ("sent", "250 2.0.0 OK queued as 4GxK2p")


def test_one_of_three_is_refused_and_the_others_get_it_once(server: MailServer) -> None:
    server.does.recipients["ben@example.org"] = "550 5.1.1 No such user here"
    found = sent(to=THREE)
    assert found.state == MailState.REJECTED
    assert told(found) == {
        "anna@example.org": ("sent", "250 2.0.0 OK queued as 4GxK2p"),
        "ben@example.org": ("rejected", "550 5.1.1 No such user here"),
        "cleo@example.org": ("sent", "250 2.0.0 OK queued as 4GxK2p"),
    }
    assert found.due_at is None
    with later(days=1):
        deliver_due()
    assert [mail.recipients for mail in server.received] == [
        ["anna@example.org", "cleo@example.org"]
    ]


def test_all_refused_and_no_text_leaves(server: MailServer) -> None:
    server.does.recipients["mark@example.org"] = "550 no"
    assert told(sent()) == {"mark@example.org": ("rejected", "550 no")}
    assert server.received == []


def test_who_is_greylisted_gets_it_later_and_nobody_else_again(server: MailServer) -> None:
    greylisted = "451 4.7.1 Greylisted, try again in 5 minutes"
    server.does.recipients["ben@example.org"] = [greylisted, greylisted, "250 OK"]
    found = sent(to=THREE)
    assert (found.state, found.tries) == (MailState.RETRYING, 1)
    assert told(found)["ben@example.org"] == ("retrying", greylisted)
    assert found.due_at > timezone.now() + timedelta(seconds=40)
    deliver_due()
    assert len(server.received) == 1
    with later(minutes=2):
        deliver_due()
    with later(minutes=10):
        deliver_due()
        deliver_due()
    found.refresh_from_db()
    assert (found.state, found.tries) == (MailState.SENT, 3)
    assert [mail.recipients for mail in server.received] == [
        ["anna@example.org", "cleo@example.org"],
        ["ben@example.org"],
    ]
    assert [row.outcome for row in found.attempts.all()] == ["retrying", "retrying", "sent"]
    assert found.recipients.get(address="ben@example.org").tries == 3
    assert found.recipients.get(address="anna@example.org").tries == 1


def test_the_wait_doubles_to_four_hours_and_many_do_not_come_together() -> None:
    minute, hours = timedelta(minutes=1), timedelta(hours=4)
    for tries, middle in ((1, minute), (2, 2 * minute), (5, 16 * minute), (9, hours), (500, hours)):
        waits = {wait_before_next(tries) for _ in range(50)}
        assert len(waits) > 1
        assert all(middle * 0.8 <= wait <= middle * 1.2 for wait in waits)


def test_after_two_days_it_is_given_up(server: MailServer) -> None:
    server.does.recipients["mark@example.org"] = "451 later"
    found = sent()
    with later(days=2, minutes=1):
        deliver_due()
    found.refresh_from_db()
    assert told(found) == {"mark@example.org": ("rejected", "Stopped after 2 days. 451 later")}
    assert found.due_at is None


def test_a_connection_cut_after_the_text_is_told_and_never_repeated(server: MailServer) -> None:
    server.does.cut_at = "data"
    found = sent()
    assert found.state == MailState.MAY_HAVE_BEEN_SENT
    assert told(found) == {
        "mark@example.org": (
            "may_have_been_sent",
            "The connection to 127.0.0.1 was lost after the message had been sent.",
        )
    }
    server.does.cut_at = ""
    with later(days=1):
        recover(timezone.now())
        deliver_due()
    assert len(server.received) == 1


def test_a_server_that_says_nothing_to_the_text_may_have_it(
    server: MailServer, settings: Any
) -> None:
    server.does.wait_at = "data"
    settings.KIANDA_SMTP["timeout_s"] = 0.3
    found = sent()
    assert found.state == MailState.MAY_HAVE_BEEN_SENT
    server.go_on()


@pytest.mark.parametrize("bad", ["cut", "slow"])
def test_a_server_that_breaks_off_before_the_text_is_asked_again(
    server: MailServer, settings: Any, bad: str
) -> None:
    settings.KIANDA_SMTP["timeout_s"] = 0.3
    setattr(server.does, {"cut": "cut_at", "slow": "wait_at"}[bad], "mail")
    found = sent()
    words = {
        "cut": "127.0.0.1 closed the connection before the message was sent.",
        "slow": "127.0.0.1 did not answer within 0.3 s.",
    }
    assert told(found) == {"mark@example.org": ("retrying", words[bad])}
    server.go_on()
    server.does.cut_at = server.does.wait_at = ""
    with later(minutes=5):
        deliver_due()
    assert len(server.received) == 1


def test_nobody_listens_and_the_message_waits(server: MailServer, settings: Any) -> None:
    settings.KIANDA_SMTP = {**server.settings, "port": 1}
    [(state, words)] = told(sent()).values()
    assert state == "retrying"
    assert words == "127.0.0.1 cannot be reached: Connection refused."


@pytest.mark.parametrize(
    ("reply", "state"),
    [("451 4.3.0 try later", "retrying"), ("554 5.7.1 spam", "rejected"), ("250 OK", "sent")],
)
def test_the_reply_to_the_text_decides(server: MailServer, reply: str, state: str) -> None:
    server.does.data = reply
    assert told(sent()) == {"mark@example.org": (state, reply)}


def test_a_message_that_is_too_large_for_the_server_does_not_leave(settings: Any) -> None:
    with MailServer(size=1_048_576) as server:
        settings.KIANDA_SMTP = server.settings
        [(state, words)] = told(sent(text="word " * 400_000)).values()
        assert state == "rejected"
        assert words.startswith("127.0.0.1 accepts messages of up to 1.0 MB; this one has ")
        assert server.received == []


def test_without_an_account_messages_are_kept_here_only(settings: Any) -> None:
    settings.KIANDA_SMTP = None
    found = sent()
    assert found.state == MailState.DONE
    words = "Not sent: no mail account is set."
    assert told(found) == {"mark@example.org": ("done", words)}


def test_an_account_that_is_not_there_is_named(server: MailServer) -> None:
    assert told(sent(account="harbour")) == {
        "mark@example.org": ("rejected", "No mail account named harbour.")
    }


# --- TLS and sign-in ------------------------------------------------------------------------------


@pytest.fixture
def certificates(tmp_path: Path) -> Iterator[Any]:
    """A certificate for 127.0.0.1 whose authority is trusted."""
    tls_context.cache_clear()
    context, root = certificate(tmp_path, name=LOOPBACK)
    tls_context().load_verify_locations(root)
    yield context
    tls_context.cache_clear()


def test_a_password_goes_over_tls(certificates: Any, settings: Any) -> None:
    with MailServer(tls=certificates, users={"kianda": "s3cret-word"}) as server:
        account = {"security": "starttls", "username": "kianda", "password": "s3cret-word"}
        settings.KIANDA_SMTP = server.settings | account
        assert sent().state == MailState.SENT
        assert server.received[0].user == "kianda"


def test_tls_from_the_start(certificates: Any, settings: Any) -> None:
    with MailServer(tls=certificates, implicit_tls=True) as server:
        settings.KIANDA_SMTP = {**server.settings, "security": "tls"}
        assert sent().state == MailState.SENT


def test_tls_that_is_asked_for_and_not_offered_sends_nothing(
    server: MailServer, settings: Any
) -> None:
    settings.KIANDA_SMTP = {**server.settings, "security": "starttls"}
    assert told(sent()) == {
        "mark@example.org": (
            "retrying",
            "127.0.0.1 does not offer STARTTLS, so nothing was sent.",
        )
    }


def test_a_certificate_that_nobody_trusts_sends_nothing(tmp_path: Path, settings: Any) -> None:
    context, _root = certificate(tmp_path, name=LOOPBACK)
    with MailServer(tls=context) as server:
        settings.KIANDA_SMTP = {**server.settings, "security": "starttls"}
        [(state, words)] = told(sent()).values()
    assert state == "retrying"
    assert words.startswith("127.0.0.1 has no valid TLS connection, so nothing was sent: ")
    assert words.endswith("add its authority to those that the operating system trusts.")


def test_a_server_that_begins_without_tls_is_told_from_one_with_a_wrong_certificate(
    certificates: Any, settings: Any
) -> None:
    with MailServer(tls=certificates) as server:
        settings.KIANDA_SMTP = {**server.settings, "security": "tls"}
        [(state, words)] = told(sent()).values()
        assert server.received == []
    assert state == "retrying"
    assert words == (
        f"127.0.0.1 does not begin with TLS at port {server.port}, so nothing was sent. "
        "Choose STARTTLS, or another port."
    )


def test_a_server_that_wants_tls_is_tried_again_when_the_settings_are_others(
    certificates: Any, settings: Any
) -> None:
    with MailServer(tls=certificates, require_starttls=True) as server:
        settings.KIANDA_SMTP = server.settings
        found = sent()
        [(state, words)] = told(found).values()
        assert (state, found.due_at) == ("retrying", None)
        assert "530" in words
        with later(days=3):
            assert not recover(timezone.now())
            settings.KIANDA_SMTP = {**server.settings, "security": "starttls"}
            assert recover(timezone.now())
            deliver_due()
    assert len(server.received) == 1


def test_a_refused_sign_in_is_not_repeated_for_each_message(
    certificates: Any, settings: Any
) -> None:
    with MailServer(tls=certificates, users={"kianda": "right-word"}) as server:
        wrong = {"security": "starttls", "username": "kianda", "password": "wrong-word"}
        settings.KIANDA_SMTP = server.settings | wrong
        first = sent(key="first")
        [(state, words)] = told(first).values()
        assert (state, first.due_at) == ("retrying", None)
        assert words.startswith("Sign-in refused. 127.0.0.1 answered: 535")
        assert "wrong-word" not in words
        for at in range(5):
            plan(key=f"more-{at}")
        deliver_due()
        with later(days=1):
            recover(timezone.now())
            deliver_due()
        assert server.sign_ins == [("kianda", False)]
        settings.KIANDA_SMTP = {**settings.KIANDA_SMTP, "password": "right-word"}
        recover(timezone.now())
        deliver_due()
        assert len(server.received) == 6
        assert set(MailMessage.objects.values_list("state", flat=True)) == {"sent"}


# --- rate, leases, age ----------------------------------------------------------------------------


def test_the_rate_of_an_account_is_kept(server: MailServer, settings: Any) -> None:
    settings.KIANDA_SMTP["per_minute"] = 2
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for at in range(5):
            plan(key=f"m-{at}")
        for expected in (1, 2, 3, 4, 5, 5):
            deliver_due()
            deliver_due()
            assert len(server.received) == expected
            clock.shift(30)


def test_a_worker_that_lost_its_lease_sends_nothing(server: MailServer) -> None:
    message = plan()
    claimed = delivery._claim(timezone.now())
    assert claimed is not None
    slow = MailMessage.objects.get(**claimed)
    with later(hours=1):
        recover(timezone.now())
        deliver_due()
    delivery.Delivery(slow).carry_out()
    message.refresh_from_db()
    assert message.state == MailState.SENT
    assert len(server.received) == 1


def test_two_workers_claim_one_message_once(server: MailServer) -> None:
    plan()
    assert delivery._claim(timezone.now()) is not None
    assert delivery._claim(timezone.now()) is None


def test_many_workers_at_one_moment_send_each_message_once(server: MailServer) -> None:
    for at in range(12):
        plan(key=f"m-{at}", to=THREE)
    at_once(4, deliver_due)
    assert len(server.received) == 12
    assert set(MailMessage.objects.values_list("state", "tries")) == {("sent", 1)}


def test_what_is_planned_at_one_moment_under_one_key_is_one_message(server: MailServer) -> None:
    at_once(4, lambda: plan(key="same", to=THREE))
    deliver_due()
    [mail] = server.received
    assert mail.recipients == list(THREE)


def test_a_message_that_cannot_be_read_keeps_no_other_back(server: MailServer) -> None:
    broken = plan(key="broken")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kianda_mail_mailmessage SET content = 'x' WHERE id = %s", [broken.pk]
        )
    plan(key="sound")
    deliver_due()
    assert len(server.received) == 1
    assert MailMessage.objects.defer("content").get(key="sound").state == MailState.SENT
    assert MailMessage.objects.defer("content").get(key="broken").state == MailState.REJECTED
    assert "was changed in the database" in broken.recipients.get().words


def test_a_database_that_is_away_is_waited_for_with_the_answer(server: MailServer) -> None:
    message, failures = plan(to=THREE), iter(range(4))

    def away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Right after the text has left, when what the server said is to be stored.
        if server.received and next(failures, None) is not None:
            raise OperationalError("the database is away")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        deliver_due()
    assert next(failures, None) is None
    message.refresh_from_db()
    assert (message.state, message.tries) == (MailState.SENT, 1)
    assert set(message.recipients.values_list("state", "tries")) == {("sent", 1)}
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"250-and so on\r\n", "closed the connection before the message was sent."),
        (b"220 " + b"x" * 10_000 + b"\r\n", "closed the connection before the message was sent."),
        (b"HTTP/1.1 400 Bad Request\r\n", "answered: -1"),
        (b"554 5.7.1 Your address is blocked\r\n", "answered: 554 5.7.1 Your address is blocked"),
    ],
)
def test_a_server_that_speaks_without_end_or_another_language_ends_no_worker(
    settings: Any, said: bytes, words: str
) -> None:
    def talk(visit: Visit) -> None:
        with suppress(OSError):
            for _ in range(10_000):
                visit.write(said)

    with serving(talk) as talker:
        port = int(talker.url.rpartition(":")[2])
        settings.KIANDA_SMTP = {
            "host": "127.0.0.1", "port": port, "security": "none", "sender": "k@example.org",
            "timeout_s": 5,
        }  # fmt: skip
        [(state, told_words)] = told(sent()).values()
    assert state == "retrying"
    assert words in told_words


def test_a_clock_that_is_put_back_keeps_no_message_waiting(server: MailServer) -> None:
    with later(days=300):
        plan()
    recover(timezone.now())
    deliver_due()
    assert len(server.received) == 1


def test_old_messages_go_those_that_failed_later_those_that_wait_never(
    server: MailServer, settings: Any
) -> None:
    server.does.recipients = {"no@example.org": "550 no", "later@example.org": "451 later"}
    for name in ("yes", "no", "later"):
        sent(key=name, to=(f"{name}@example.org",))
    kept = timedelta(days=settings.KIANDA_RETENTION_DAYS)

    def keys() -> set[str]:
        return set(MailMessage.objects.values_list("key", flat=True))

    assert prune(timezone.now() + kept - timedelta(hours=1)) == 0
    assert prune(timezone.now() + kept + timedelta(hours=1)) == 1
    assert keys() == {"no", "later"}
    assert prune(timezone.now() + 4 * kept) == 1
    assert keys() == {"later"}
