"""The self-check: what is not as it should be, in sentences, each with its mend."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.accounts.services.addresses import shared_addresses, shared_words
from kianda.accounts.services.key_ring import check_key_ring, refuses_unbound
from kianda.accounts.services.users import able_administrators
from kianda.checks import settings_are_sound
from kianda.lib.i18n import grouped
from kianda.lib.secrets import WrongKeyRing
from kianda.mail import accounts, outbox
from kianda.ops import liveness
from kianda.ops.health import broker_answers, is_migrated
from kianda.ops.lost_secrets import place_of_lost
from kianda.web import times
from processes.files.pruning import missing_contents
from processes.instances.form_states import left_alone
from processes.models import Run
from scheduler.models import Occurrence
from scheduler.services import unplanned

LITTLE_FREE = 0.1
LEAST_FREE = 1_000_000_000
# So many records are named.
MOST_NAMED = 3
LONG_WAIT = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """One sentence of the self-check: how bad it is, what it is, how to mend it.

    Its kind is "bad", "warn" or "ok"; "" is none of these, but a choice that is still open.
    """

    kind: str
    sentence: str
    mend: str = ""


def findings(*, now: datetime) -> list[Finding]:
    """Return what the self-check says, the worst first; never empty."""
    found = [
        *_parts(now), *_broker(), *_database(), *_key_ring(), *_settings(), *_disk(),
        *_planning(now), *_waiting(now), *_administrators(),
        *_addresses(), *_left_alone(), *_mail(), *_files(),
    ]  # fmt: skip
    order = {"bad": 0, "warn": 1, "": 2, "ok": 3}
    return sorted(found, key=lambda finding: order[finding.kind])


def _parts(now: datetime) -> Iterator[Finding]:
    silent = liveness.silent(now=now)
    for part in silent:
        yield Finding("bad", f"{part.sentence(now)}.", part.consequence)
    if not silent:
        yield Finding("ok", _("The scheduler and a worker are running."))


def _broker() -> Iterator[Finding]:
    if broker_answers():
        yield Finding("ok", _("The message broker responds."))
    else:
        mend = _("Runs wait in the database until it is back. Check CELERY_BROKER_URL.")
        yield Finding("bad", _("The message broker does not respond."), mend)


def _database() -> Iterator[Finding]:
    if is_migrated():
        yield Finding("ok", _("The database matches this version."))
    else:
        mend = _("Run python manage.py migrate.")
        yield Finding("bad", _("The database is missing migrations of this version."), mend)


def _key_ring() -> Iterator[Finding]:
    try:
        check_key_ring()
    except WrongKeyRing as error:
        yield Finding("bad", str(error))
        return
    if place := place_of_lost():
        said = _("Stored secrets cannot be read with any key of the key ring, such as %(place)s.")
        mend = _(
            "Add their key to KIANDA_SECRET_KEYS. If it is lost permanently, run manage.py "
            "discard_lost_secrets."
        )
        yield Finding("bad", said % {"place": place}, mend)
    else:
        yield Finding("ok", _("The key ring matches the encrypted data."))
    if not refuses_unbound():
        said = _("Secrets from an older version are not bound to their rows yet.")
        mend = _(
            "This happens within minutes after an upgrade. To do it now, run manage.py "
            "rotate_secrets."
        )
        yield Finding("warn", said, mend)
    if len(settings.KIANDA_SECRET_KEYS) > 1:
        said = _("The key ring holds %(n)s keys.") % {"n": len(settings.KIANDA_SECRET_KEYS)}
        mend = _("After manage.py rotate_secrets has run, remove the old keys.")
        yield Finding("warn", said, mend)


def _settings() -> Iterator[Finding]:
    for message in settings_are_sound():
        kind = "bad" if message.is_serious() else "warn"
        yield Finding(kind, str(message.msg), str(message.hint or ""))
    if not settings.HTTPS and not settings.EMBEDDED:
        said = _("Connections to Kianda are not encrypted. Passwords can be intercepted.")
        yield Finding("warn", said, _("Set KIANDA_PUBLIC_URL to an https address behind a proxy."))


def _disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(Path(settings.KIANDA_DATA_DIR))
    share = usage.free / usage.total
    said = _("%(free)s of the disk is free.") % {"free": f"{share:.0%}"}
    if usage.free < LEAST_FREE:
        yield Finding("bad", said, _("Free up space before the database stops working."))
    elif share < LITTLE_FREE:
        yield Finding("warn", said, _("Free up space, or lower KIANDA_RETENTION_DAYS."))
    else:
        yield Finding("ok", said)


def _files() -> Iterator[Finding]:
    gone = missing_contents()
    if gone:
        said = _("The contents of files are missing, such as %(name)s.")
        mend = _("Restore the file folder from a backup, or check KIANDA_FILE_STORAGE.")
        yield Finding("bad", said % {"name": gone[0].name}, mend)


def _planning(now: datetime) -> Iterator[Finding]:
    count = unplanned(now)
    if not count:
        yield Finding("ok", _("All due scheduled tasks are planned."))
        return
    said = ngettext(
        "%(n)s scheduled task is due but not planned.",
        "%(n)s scheduled tasks are due but not planned.",
        count,
    )
    mend = _("Check the log of beat and the clocks of all machines.")
    yield Finding("bad", said % {"n": count}, mend)


def _waiting(now: datetime) -> Iterator[Finding]:
    oldest = [
        Run.objects.filter(status=Run.Status.QUEUED).aggregate(at=Min("queued"))["at"],
        Occurrence.objects.filter(outcome__isnull=True, started_at__isnull=True).aggregate(
            at=Min("queued_at")
        )["at"],
    ]
    since = min((at for at in oldest if at), default=None)
    if since is None or now - since < LONG_WAIT:
        yield Finding("ok", _("No run has been waiting too long."))
        return
    said = _("Runs have been waiting for %(span)s.") % {"span": times.span_words(now - since)}
    yield Finding("warn", said, _("Start more workers, or check what the running ones do."))


def _administrators() -> Iterator[Finding]:
    count = able_administrators().count()
    if not count:
        said = _("No Administrator has a password, so no one can manage Kianda.")
        yield Finding("bad", said, _("Set one with python manage.py changepassword NAME."))
    if count == 1:
        said = _("There is only one Administrator.")
        yield Finding(
            "warn",
            said,
            _("Add a second administrator, so that a lost password does not lock you out."),
        )


def _addresses() -> Iterator[Finding]:
    shared = shared_addresses()
    if shared:
        yield Finding("warn", shared_words(shared[0]), _("Change it under Users."))


def _left_alone() -> Iterator[Finding]:
    rows = left_alone()
    named = list(rows.values_list("process_id", flat=True)[:MOST_NAMED])
    if not named:
        return
    count = rows.count()
    said = ngettext(
        "%(n)s record waits for people who are deactivated: %(names)s.",
        "%(n)s records wait for people who are deactivated: %(names)s.",
        count,
    )
    names = ", ".join([*named, *(["…"] if count > len(named) else [])])
    mend = _("Reassign the open forms, or choose a substitute for the person under Users.")
    yield Finding("warn", said % {"n": grouped(count), "names": names}, mend)


def _mail() -> Iterator[Finding]:
    settings_page = _("Choose one under Administration, Messages, or set KIANDA_SMTP_URL.")
    name = accounts.chosen_account()
    if accounts.account_of("") is not None:
        yield from _messages()
    elif name:
        said = _("The mail account %(name)s no longer exists. Messages are rejected.") % {
            "name": name
        }
        yield Finding("bad", said, settings_page)
    else:
        said = _("No mail account is set. Messages are not sent.")
        # Who tries the product out has none, and reads them on the page.
        yield Finding("" if settings.EMBEDDED else "warn", said, settings_page)


def _messages() -> Iterator[Finding]:
    if waiting := outbox.waiting_for_settings():
        said = ngettext(
            "The mail server refuses the sign-in: %(n)s message is waiting.",
            "The mail server refuses the sign-in: %(n)s messages are waiting.",
            waiting,
        )
        yield Finding("bad", said % {"n": waiting}, _("Correct the mail account and test it."))
    failed = sum(outbox.counts(outbox.ATTENTION).values())
    if failed:
        said = ngettext("%(n)s message needs attention.", "%(n)s messages need attention.", failed)
        yield Finding("warn", said % {"n": failed}, _("Check them under Administration, Messages."))
    refused = outbox.retried()
    if refused:
        said = ngettext(
            "%(n)s message could not be sent yet: %(words)s",
            "%(n)s messages could not be sent yet, the latest: %(words)s",
            refused.count,
        )
        mend = _("It is retried. If this lasts, check the mail account and test it.")
        yield Finding("warn", said % {"n": refused.count, "words": refused.words}, mend)
    if not waiting and not failed and not refused:
        yield Finding("ok", _("Mail is sent, and no message needs attention."))
