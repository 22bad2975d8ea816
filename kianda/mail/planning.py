"""Planning letters: rows in the transaction of what they tell of; a worker is woken after it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from kianda.mail import ports
from kianda.mail.letters import CheckedLetter, Letter, check_letter
from kianda.mail.models import MailMessage, MailRecipient, MailSearch


def plan_letters(
    letters: Iterable[Letter],
    *,
    run: int | None = None,
    process_id: str = "",
    by: User | None = None,
) -> None:
    """Write letters as rows, to be sent once the transaction of the caller is kept.

    `run` is the key of the run that sends them. A letter whose key is planned already is passed
    over. Raises Invalid, naming every flaw, before anything is written.
    """
    checked = {letter.key: check_letter(letter) for letter in letters}
    if not checked:
        return
    with transaction.atomic():
        known = MailMessage.objects.filter(key__in=checked).values_list("key", flat=True)
        for key in known:
            del checked[key]
        moment = timezone.now()
        rows = [
            _row(each, moment, run=run, process_id=process_id, by=by) for each in checked.values()
        ]
        # Who plans the same key in the same moment is first, or we are; the other writes nothing.
        MailMessage.objects.bulk_create(rows, ignore_conflicts=True)
        ours = dict(
            MailMessage.objects.filter(key__in=checked, recipients__isnull=True).values_list(
                "key", "pk"
            )
        )
        MailRecipient.objects.bulk_create(
            MailRecipient(
                message_id=ours[key],
                kind=addressee.kind,
                address=addressee.address.address,
                name=addressee.address.name,
            )
            for key, each in checked.items()
            if key in ours
            for addressee in each.addressees
        )
        MailSearch.objects.bulk_create(
            MailSearch.of(ours[key], each.letter.subject, process_id)
            for key, each in checked.items()
            if key in ours
        )
        pks = sorted(ours.values())
        transaction.on_commit(lambda: ports.wake(pks))


def _row(
    checked: CheckedLetter,
    moment: datetime,
    *,
    run: int | None,
    process_id: str,
    by: User | None,
) -> MailMessage:
    letter = checked.letter
    content: dict[str, Any] = {
        "text": letter.text,
        "shown": letter.shown,
        "about": list(letter.about),
        "html": letter.html,
        "calendar": letter.calendar,
        "reply_to": [str(address) for address in checked.reply_to],
        "headers": [list(pair) for pair in letter.headers],
        "files": [dict(one) for one in letter.files],
    }
    return MailMessage(
        key=letter.key,
        account=letter.account,
        subject=letter.subject,
        content=content,
        private=letter.private,
        run=run,
        process_id=process_id,
        by=by,
        planned_at=moment,
        due_at=moment,
    )
