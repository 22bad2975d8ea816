"""The outbox as people see it: found, sent again, marked as done."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import record
from kianda.lib.errors import Conflict, Flaw, Invalid
from kianda.lib.pointers import pointer
from kianda.lib.secrets import seal
from kianda.lib.word_search import holds_word
from kianda.mail import ports
from kianda.mail.access import get_message, reads_all
from kianda.mail.addresses import BadAddress, MailAddress, read_address
from kianda.mail.letters import MOST_RECIPIENTS
from kianda.mail.models import (
    OVER,
    TO_SEND,
    MailMessage,
    MailRecipient,
    MailSearch,
    MailState,
    MailTry,
)

ATTENTION = (MailState.REJECTED, MailState.MAY_HAVE_BEEN_SENT)
LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Retried:
    """How many messages a server has not taken yet, and what was said of the latest of them."""

    count: int
    words: str


def shown_text(message: MailMessage) -> str | None:
    """Return what a message says, without what has authority; None when nothing is shown of it."""
    if not message.can_be_read:
        return None
    if not message.private:
        return str(message.content["text"])
    return message.content.get("shown") or None


def attachments_of(message: MailMessage) -> list[str]:
    """Return the names of the files that go with a message."""
    files = message.content.get("files", ()) if message.can_be_read else ()
    return [str(one["name"]) for one in files]


def forget_text(message: MailMessage) -> None:
    """Keep of a message that no key opens to whom it went and when; one to be sent is rejected."""
    MailMessage.objects.filter(pk=message.pk).update(
        subject=seal(message, "subject", ""), content=seal(message, "content", {})
    )


def searched(rows: QuerySet[MailMessage], text: str) -> QuerySet[MailMessage]:
    """Return those whose recipients, Process ID or subject hold each word."""
    for word in text.split()[:8]:
        named = MailRecipient.objects.filter(holds_word(word, "address", "name"))
        told = MailSearch.objects.filter(text__contains=word.casefold())
        rows = rows.filter(Q(pk__in=named.values("message")) | Q(pk__in=told.values("message")))
    return rows


def in_state(rows: QuerySet[MailMessage], state: str) -> QuerySet[MailMessage]:
    """Return those in a state; raises Invalid for a word that is none."""
    if state not in MailState.values:
        known = ", ".join(MailState.values)
        raise Invalid(_("Choose one of %(known)s.") % {"known": known})
    return rows.filter(state=state)


def counts(states: Collection[str], rows: QuerySet[MailMessage] | None = None) -> dict[str, int]:
    """Return how many messages, of all or of some, are in some states."""
    some = MailMessage.objects.all() if rows is None else rows
    found = some.filter(state__in=states).order_by().values_list("state")
    return {**dict.fromkeys(states, 0), **dict(found.annotate(n=Count("pk")))}


def waiting_for_settings() -> int:
    """Return how many messages wait because a server refused the sign-in."""
    return MailMessage.objects.exclude(refused_login="").filter(state__in=TO_SEND).count()


def retried() -> Retried | None:
    """Return what is tried again by itself, and why; None when nothing is."""
    rows = MailRecipient.objects.filter(state=MailState.RETRYING, message__refused_login="")
    latest = rows.order_by("-at").first()
    if latest is None:
        return None
    return Retried(rows.values("message").distinct().count(), latest.words)


def lately(rows: QuerySet[MailMessage], moment: datetime) -> tuple[int, int]:
    """Return how many of some messages are of the last seven days, and how many of these sent."""
    rows = rows.filter(planned_at__gt=moment - LATELY)
    return rows.count(), rows.filter(state=MailState.SENT).count()


def failed_addresses(message: MailMessage) -> list[str]:
    """Return to whom Send again sends it when nobody else is named."""
    return [row.address for row in message.recipients.all() if row.state not in OVER] or [
        row.address for row in message.recipients.all() if row.state == MailState.DONE
    ]


def send_again(pk: int, *, to: Sequence[str] | None, user: User) -> MailMessage:
    """Send a message once more, to those who have not got it, or to the addresses of `to`.

    Who has not got it and is not among `to` is done with. Raises Invalid, and Conflict.
    """
    message = get_message(pk, user)
    wanted = failed_addresses(message) if to is None else to
    addresses = {one.address: one for one in _read(wanted)}
    _must_be_sendable(message, addresses, user)
    moment = timezone.now()
    with transaction.atomic():
        _take(
            message,
            state=MailState.PLANNED,
            due_at=moment,
            first_tried_at=None,
            finished_at=None,
            refused_login="",
            # Who knows the server's settings says whether a sign-in is tried once more.
            insists=reads_all(user),
            reserved=False,
        )
        rows = message.recipients.exclude(state=MailState.SENT)
        rows.exclude(address__in=addresses).update(state=MailState.DONE, at=moment)
        known = set(message.recipients.values_list("address", flat=True))
        message.recipients.filter(address__in=addresses).update(
            state=MailState.PLANNED, words="", at=moment
        )
        MailRecipient.objects.bulk_create(
            # In no header: there, those whom it was written for stay as they are.
            MailRecipient(message=message, kind="bcc", address=one.address, name=one.name)
            for one in addresses.values()
            if one.address not in known
        )
        _note(message, "sent_again", user, addresses)
        transaction.on_commit(lambda: ports.wake([pk]))
    return get_message(pk, user)


def mark_done(pk: int, *, user: User) -> MailMessage:
    """Say that nothing is left to do about a message; what waits of it is not sent any more."""
    message = get_message(pk, user)
    if message.state in OVER:
        raise Conflict(_("This message needs no further action."))
    moment = timezone.now()
    with transaction.atomic():
        _take(message, state=MailState.DONE, due_at=None, finished_at=moment, refused_login="")
        open_rows = message.recipients.exclude(state=MailState.SENT)
        left = list(open_rows.values_list("address", flat=True))
        open_rows.update(state=MailState.DONE, at=moment)
        _note(message, "marked_done", user, left)
    return get_message(pk, user)


def _take(message: MailMessage, **changed: object) -> None:
    """Change a message that is as it was read and that no worker holds; raises Conflict."""
    moment = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=moment)
    same = MailMessage.objects.filter(free, pk=message.pk, state=message.state)
    taken = same.exclude(state=MailState.SENDING)
    if not taken.update(holder="", lease_until=None, **changed):
        raise Conflict(_("This message is being sent. Try again in a moment."))


def _must_be_sendable(message: MailMessage, addresses: Collection[str], user: User) -> None:
    known = {row.address for row in message.recipients.all()}
    if not addresses:
        sentence = _("Everyone has received it. Enter an address to send it again.")
        raise Invalid.at("/to", sentence)
    if message.private and not known.issuperset(addresses):
        raise Invalid.at(
            "/to",
            _("This message contains a personal link. Send it only to its original recipients."),
        )
    if not reads_all(user) and not known.issuperset(addresses):
        raise Invalid.at("/to", _("Only Administrators can send a message to other addresses."))
    if len(known.union(addresses)) > MOST_RECIPIENTS:
        raise Invalid.at(
            "/to", _("A message can have at most %(most)d recipients.") % {"most": MOST_RECIPIENTS}
        )


def _read(texts: Sequence[str]) -> list[MailAddress]:
    found, flaws = [], []
    for at, text in enumerate(texts[: MOST_RECIPIENTS + 1]):
        try:
            found.append(read_address(text))
        except BadAddress as error:
            flaws.append(Flaw(pointer("to", at), str(error)))
    if flaws:
        raise Invalid(errors=flaws)
    return found


def _note(
    message: MailMessage,
    outcome: Literal["sent_again", "marked_done"],
    user: User,
    addresses: Iterable[str],
) -> None:
    """Keep who did what; a `MailTry` beside those of workers, and a line in the audit log."""
    answers = [{"address": address} for address in addresses]
    MailTry.objects.create(
        message=message, at=timezone.now(), by=user, outcome=outcome, answers=answers
    )
    detail = ", ".join(one["address"] for one in answers)[:500]
    record(
        user,
        action="sent again" if outcome == "sent_again" else "marked as done",
        kind="message",
        name=str(message.pk),
        detail=detail,
    )
