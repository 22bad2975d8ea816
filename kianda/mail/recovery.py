"""What dead workers, lost messages of the broker and clocks that were set have left behind."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kianda.lib.process_names import gone
from kianda.mail import accounts
from kianda.mail.delivery import LEASE, LONGEST_WAIT, due, release, state_of
from kianda.mail.models import OVER, TO_SEND, MailMessage, MailState, MailTry

# How far the clocks of two machines may lie apart before a moment counts as one of the future.
APART = timedelta(seconds=10)
BATCH = 500


def recover(moment: datetime, *, everything: bool = False) -> bool:
    """Put right what was left; tell whether something is due.

    A message whose worker died before its text left is tried again. One whose text may have left
    is not: that is a person's decision. With `everything`, which the embedded product says at its
    start, no worker lives.
    """
    held = MailMessage.objects.filter(state__in=(*TO_SEND, MailState.SENDING)).exclude(holder="")
    if not everything:
        dead = gone(held.values_list("holder", flat=True)[:BATCH])
        held = held.filter(Q(lease_until__lt=moment) | Q(holder__in=dead))
    held.filter(state__in=TO_SEND).update(holder="", lease_until=None)
    for message in held.filter(state=MailState.SENDING)[:BATCH]:
        _settle(message, moment)
    _come_back(moment)
    _release_logins(moment)
    return MailMessage.objects.filter(due(moment)).exists()


def _settle(message: MailMessage, moment: datetime) -> None:
    """Say of each recipient that was under way that the message may have been sent."""
    words = _("The worker stopped while it was sending the message.")
    with transaction.atomic():
        same = MailMessage.objects.filter(
            pk=message.pk, holder=message.holder, state=MailState.SENDING
        )
        if not same.update(state=MailState.MAY_HAVE_BEEN_SENT):
            return
        under_way = message.recipients.filter(state=MailState.SENDING)
        answers = [
            {"address": address, "state": MailState.MAY_HAVE_BEEN_SENT, "words": words}
            for address in under_way.values_list("address", flat=True)
        ]
        under_way.update(state=MailState.MAY_HAVE_BEEN_SENT, words=words, at=moment)
        state = state_of(message.recipients.values_list("state", flat=True))
        again = state in TO_SEND
        # The holder stays: should it live after all, it may still say how it ended.
        same = MailMessage.objects.filter(pk=message.pk)
        same.update(
            state=state,
            lease_until=None,
            due_at=moment if again else None,
            finished_at=None if again else moment,
        )
        MailTry.objects.create(message=message, at=moment, outcome=state, answers=answers)


def _come_back(moment: datetime) -> None:
    """Let what is of the future count as of now: the machine's clock was put back since."""
    free = MailMessage.objects.filter(state__in=TO_SEND, holder="")
    free.filter(state=MailState.PLANNED, reserved=False, tries=0, due_at__gt=moment + APART).update(
        due_at=moment
    )
    longest = moment + LONGEST_WAIT * 1.2
    free.filter(reserved=False, due_at__gt=longest + APART).update(due_at=longest)
    taken = MailMessage.objects.filter(state__in=(*TO_SEND, MailState.SENDING))
    far = taken.filter(lease_until__gt=moment + LEASE + APART)
    far.update(lease_until=moment + LEASE)


def _release_logins(moment: datetime) -> None:
    """Try those again whose account has other settings than those that a server refused."""
    stuck = MailMessage.objects.filter(state__in=TO_SEND).exclude(refused_login="")
    for name, mark in set(stuck.order_by().values_list("account", "refused_login")):
        account = accounts.account_of(name)
        if account is None or accounts.fingerprint(account) != mark:
            release(moment, login=mark)


def prune(moment: datetime, *, batches: int = 20) -> int:
    """Delete messages past their time, as runs are: what ended badly stays three times as long."""
    kept = timedelta(days=settings.KIANDA_RETENTION_DAYS)
    deleted = 0
    for _batch in range(batches):
        old = MailMessage.objects.filter(
            Q(finished_at__lt=moment - kept, state__in=OVER) | Q(finished_at__lt=moment - 3 * kept)
        ).order_by("finished_at")
        pks = list(old.values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        MailMessage.objects.filter(pk__in=pks).delete()
        deleted += len(pks)
    return deleted
