"""Delivery: a message is claimed, carried to a server, and what became of each recipient is stored.

No transaction is open while a server is spoken to. That the text is about to leave is written
before it does, so that whoever finds a dead worker's message knows which may have been sent.
"""

import logging
import random
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import Error, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db import outages
from kianda.lib.db.waiting import give_back_connection, waiting
from kianda.lib.masking import Masker
from kianda.lib.process_names import new_name
from kianda.lib.sealing import SealedElsewhere
from kianda.mail import accounts, ports
from kianda.mail.addresses import read_address
from kianda.mail.composing import composed
from kianda.mail.models import OVER, TO_SEND, MailMessage, MailState, MailTry
from kianda.mail.ports import MailAccount, MayHaveBeenSent, NothingSent, Outgoing, ServerReply

logger = logging.getLogger(__name__)

# Longer than a carrier may work at one message: two spans of the longest timeout of an account.
LEASE = timedelta(seconds=300)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVES_UP_AFTER = timedelta(days=2)
LONGEST_WORDS = 500
# Several workers look for the first one: each finds one that is still free.
AT_ONCE = 20
ENDS = (
    "state", "first_tried_at", "due_at", "finished_at", "holder", "lease_until", "reserved",
    "insists", "refused_login",
)  # fmt: skip
# A message is as far as the part of it that has come least far; what failed goes before the rest.
ORDER = (
    MailState.SENDING, MailState.RETRYING, MailState.PLANNED, MailState.REJECTED,
    MailState.MAY_HAVE_BEEN_SENT, MailState.SENT, MailState.DONE,
)  # fmt: skip


class LeaseLost(Exception):
    """Another worker has the message now; this one must not send it."""


class RecipientResult(NamedTuple):
    """What became of one recipient."""

    state: MailState
    words: str


def deliver_due(*, most: int = 1000) -> int:
    """Send what is due, one message after the other; returns how many were taken up."""
    for count in range(most):
        claimed = _claim(timezone.now())
        if claimed is None:
            return count
        try:
            Delivery(MailMessage.objects.get(**claimed)).carry_out()
        except Exception:
            # One that cannot even be read must not keep the others back: its lease passes.
            logger.exception("Message %s could not be worked at", claimed["pk"])
    return most


def wait_before_next(tries: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time, never just as long."""
    wait = min(FIRST_WAIT * 2.0 ** min(tries - 1, 20), LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - keeps many from coming together


def state_of(states: Iterable[str]) -> MailState:
    """Return the state of a message by those of its recipients."""
    found = set(states)
    return next((state for state in ORDER if state in found), MailState.DONE)


def due(moment: datetime) -> Q:
    """Return the condition of messages that a worker may claim."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=moment)
    return Q(state__in=TO_SEND, due_at__lte=moment) & free


def _claim(moment: datetime) -> dict[str, Any] | None:
    """Claim the first message that is due; return its key and its holder."""
    rows = MailMessage.objects.filter(due(moment)).order_by("due_at", "pk")
    for pk in list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        holder = new_name()
        ours = MailMessage.objects.filter(due(moment), pk=pk)
        if ours.update(holder=holder, lease_until=moment + LEASE):
            return {"pk": pk, "holder": holder}
    return None


class Delivery:
    """One claimed message on its way."""

    def __init__(self, message: MailMessage) -> None:
        """Take a message whose lease is ours."""
        self.message = message
        self.everybody = list(message.recipients.all())
        self.left = [row for row in self.everybody if row.state in TO_SEND]
        self.account: MailAccount | None = accounts.account_of(message.account)
        self._masker = Masker([self.account.password] if self.account else [])
        self._begun = False
        # Whose try is counted already.
        self._counted: set[int] = set()

    def carry_out(self) -> None:
        """Send it, or say why not; whatever happens is stored, unless somebody else has it now."""
        try:
            if moved := self._why_moved():
                self._store_for_all(RecipientResult(MailState.REJECTED, moved))
            elif refusal := ports.refusal_of(self.message.content.get("about", ())):
                self._store_for_all(RecipientResult(MailState.DONE, refusal))
            elif self.account is None:
                self._no_account()
            elif self._may_leave(self.account):
                self._store(self._sent_by(self.account), server=self.account.host)
        except LeaseLost:
            logger.warning("Message %s is somebody else's now", self.message.pk)

    def _why_moved(self) -> str:
        """Return why the message cannot be sent as it was written, if it does not open here."""
        try:
            _opened = self.message.subject, self.message.content
        except SealedElsewhere as moved:
            return moved.detail
        return "" if self.message.can_be_read else _("This message can no longer be read.")

    def _no_account(self) -> None:
        name = self.message.account or accounts.chosen_account()
        if name:
            words = _("No mail account named %(name)s.") % {"name": name}
            result = RecipientResult(MailState.REJECTED, words)
        else:
            result = RecipientResult(MailState.DONE, _("Not sent: no mail account is set."))
        self._store_for_all(result)

    def _store_for_all(self, result: RecipientResult) -> None:
        self._store({row.address: result for row in self.left})

    def _may_leave(self, account: MailAccount) -> bool:
        """Tell whether it may leave now; else put it back, until its turn or other settings."""
        message, moment = self.message, timezone.now()
        if not message.insists:
            mark = accounts.fingerprint(account)
            others = MailMessage.objects.filter(refused_login=mark).exclude(pk=message.pk)
            if others.exists():
                self._put_back(due_at=None, refused_login=mark)
                return False
        if message.reserved:
            return True
        turn = accounts.turn_of(account, moment)
        if turn > moment:
            self._put_back(due_at=turn, reserved=True)
        return turn <= moment

    def _put_back(self, **changed: object) -> None:
        self._ours().update(holder="", lease_until=None, **changed)

    def _sent_by(self, account: MailAccount) -> dict[str, RecipientResult]:
        """Return what became of each recipient that was left."""
        try:
            with waiting():
                reply = ports.carry(
                    account, self._outgoing(account), about_to_send=self._about_to_send
                )
        except LeaseLost:
            raise
        except NothingSent as failure:
            return self._nothing_sent(failure, account)
        except MayHaveBeenSent as failure:
            return self._under_way(RecipientResult(MailState.MAY_HAVE_BEEN_SENT, str(failure)))
        except Exception:
            # Our own mistake: what had left may be there, what had not is tried again.
            logger.exception("Message %s could not be sent", self.message.pk)
            words = _("An error occurred in Kianda. Check the log of the worker.")
            if self._begun:
                return self._under_way(RecipientResult(MailState.MAY_HAVE_BEEN_SENT, words))
            return self._nothing_sent(NothingSent(words), account)
        return self._under_way(_result(reply)) if reply is not None else {}

    def _outgoing(self, account: MailAccount) -> Outgoing:
        if not account.sender:
            words = _("The mail account %(name)s has no sender. Enter its settings again.")
            raise NothingSent(words % {"name": account.title})
        content = composed(self.message, self.everybody, account)
        sender = read_address(account.sender).address
        return Outgoing(sender, [row.address for row in self.left], content)

    def _nothing_sent(
        self, failure: NothingSent, account: MailAccount
    ) -> dict[str, RecipientResult]:
        if failure.login_refused:
            self.message.refused_login = accounts.fingerprint(account)
        state = MailState.REJECTED if failure.permanent else MailState.RETRYING
        open_states = (*TO_SEND, MailState.SENDING)
        return {
            row.address: RecipientResult(state, failure.words)
            for row in self.left
            if row.state in open_states
        }

    def _under_way(self, result: RecipientResult) -> dict[str, RecipientResult]:
        return {row.address: result for row in self.left if row.state == MailState.SENDING}

    def _about_to_send(self, replies: Mapping[str, ServerReply]) -> bool:
        """Store what the server has said of the recipients; the accepted ones are under way."""
        moment = timezone.now()
        results = {address: _result(reply) for address, reply in replies.items()}
        accepted = [at for at, result in results.items() if result.state == MailState.SENT]
        results |= dict.fromkeys(accepted, RecipientResult(MailState.SENDING, ""))
        with transaction.atomic():
            ours = self._ours().filter(lease_until__gt=moment, state__in=TO_SEND)
            if not ours.update(state=MailState.SENDING, lease_until=moment + LEASE):
                raise LeaseLost
            self._write(results, moment)
        give_back_connection()
        self._begun = True
        return bool(accepted)

    def _store(self, results: Mapping[str, RecipientResult], *, server: str = "") -> None:
        """Store what became of the recipients; a database that is away is waited for.

        What a server has said it says once: without it nobody would know whether it was sent.
        """
        before = [(row, row.state, row.tries, row.words) for row in self.left]
        counted, until = set(self._counted), time.monotonic() + LEASE.total_seconds() / 2
        for pause_s in outages.pauses():
            try:
                self._store_once(results, server=server)
            except Error as error:
                if not outages.noticed(error) or time.monotonic() > until:
                    raise
                self._counted = set(counted)
                for row, state, tries, words in before:
                    row.state, row.tries, row.words = state, tries, words
                outages.pause(pause_s)
            else:
                return

    def _store_once(self, results: Mapping[str, RecipientResult], *, server: str) -> None:
        moment, message = timezone.now(), self.message
        first = message.first_tried_at or moment
        with transaction.atomic():
            # One that was taken for dead may still say how it really ended.
            ours = self._ours().exclude(state__in=OVER)
            if not ours.update(tries=F("tries") + 1):
                raise LeaseLost
            self._write(results, moment)
            if not message.refused_login and moment - first > GIVES_UP_AFTER:
                self._write(self._given_up(), moment)
            self._end(moment, first)
            MailTry.objects.create(
                message=message,
                at=moment,
                server=server,
                outcome=message.state,
                answers=[
                    {"address": row.address, "state": row.state, "words": row.words}
                    for row in self.left
                ],
            )

    def _write(self, results: Mapping[str, RecipientResult], moment: datetime) -> None:
        for row in self.left:
            result = results.get(row.address)
            if result is None:
                continue
            row.tries += row.pk not in self._counted
            self._counted.add(row.pk)
            row.state, row.at = result.state, moment
            row.words = self._masker.text(result.words)[:LONGEST_WORDS]
            row.save(update_fields=["tries", "state", "at", "words"])

    def _end(self, moment: datetime, first: datetime) -> None:
        """Let go of the message, with its state and the moment of its next try."""
        message = self.message
        message.state = state_of(row.state for row in self.everybody)
        again = message.state in TO_SEND
        wait = wait_before_next(max((row.tries for row in self.left), default=1))
        message.first_tried_at = first
        message.due_at = moment + wait if again and not message.refused_login else None
        message.finished_at = None if again else moment
        message.holder, message.lease_until = "", None
        message.reserved = message.insists = False
        message.save(update_fields=ENDS)
        if self._begun and self.account is not None:
            release(moment, login=accounts.fingerprint(self.account))

    def _given_up(self) -> dict[str, RecipientResult]:
        days = GIVES_UP_AFTER.days
        return {
            row.address: RecipientResult(
                MailState.REJECTED,
                _("Stopped after %(days)d days. %(words)s") % {"days": days, "words": row.words},
            )
            for row in self.left
            if row.state == MailState.RETRYING
        }

    def _ours(self) -> QuerySet[MailMessage]:
        return MailMessage.objects.filter(pk=self.message.pk, holder=self.message.holder)


def release(moment: datetime, *, login: str) -> int:
    """Let messages be tried again that wait because a sign-in was refused."""
    waiting_rows = MailMessage.objects.filter(refused_login=login, state__in=TO_SEND)
    return waiting_rows.update(refused_login="", due_at=moment)


def _result(reply: ServerReply) -> RecipientResult:
    words = f"{reply.code} {reply.words}".strip()
    if 200 <= reply.code < 300:
        return RecipientResult(MailState.SENT, words)
    return RecipientResult(MailState.REJECTED if reply.code >= 500 else MailState.RETRYING, words)
