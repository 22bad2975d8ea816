"""Notifications by mail: at once, in a daily summary, or not at all, as each person chose."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.accounts.services.profiles import in_language_of, known_zone
from kianda.mail.addresses import BadAddress, read_address
from kianda.mail.letters import LONGEST_SUBJECT, Letter, left_out
from kianda.mail.planning import plan_letters
from kianda.mail.rendering import Pieces, render_body
from kianda.messages.kinds import KINDS, NotificationKind
from kianda.messages.lines import Line, as_lines
from kianda.messages.models import MailChoice, MailTiming, Notification, SummaryHour
from kianda.messages.readers import still_read
from kianda.messages.stop_links import StopLink, stop_url

USUAL_HOUR: Final = 8
# More lines than this nobody reads in a mail.
MOST_LINES: Final = 50


class MailReader(NamedTuple):
    """A person with when they are mailed about a kind, and by which clock."""

    user: User
    timing: str
    zone: ZoneInfo
    hour: int

    def due_after(self, moment: datetime) -> datetime | None:
        """Return when the next daily summary is due, for whoever gets this kind in one."""
        return self.next_summary(moment) if self.timing == MailTiming.DAILY else None

    def next_summary(self, moment: datetime) -> datetime:
        """Return when this person's next daily summary is due."""
        today = moment.astimezone(self.zone).date()
        for day in (today, today + timedelta(days=1)):
            due = datetime.combine(day, time(self.hour), tzinfo=self.zone)
            if due > moment:
                return due
        return moment + timedelta(days=1)


def mail_readers(users: QuerySet[User], kind: type[NotificationKind]) -> list[MailReader]:
    """Return how some people are mailed about a kind; who has no address is not."""
    rows = list(users.select_related("profile", "summary_hour").order_by("pk"))
    chosen = (
        dict(MailChoice.objects.filter(kind=kind.slug, user__in=rows).values_list("user", "timing"))
        if rows
        else {}
    )
    return [_reader(user, chosen.get(user.pk, kind.mail)) for user in rows]


def _reader(user: User, timing: str) -> MailReader:
    profile, hour = getattr(user, "profile", None), getattr(user, "summary_hour", None)
    zone = known_zone(profile.zone if profile else "")
    timing = timing if can_be_mailed(user) else MailTiming.OFF
    return MailReader(user, timing, zone, hour.hour if hour else USUAL_HOUR)


def can_be_mailed(user: User) -> bool:
    """Tell whether a person has an address that a mail can be sent to."""
    try:
        read_address(user.email)
    except BadAddress:
        return False
    return True


def mail_timings(user: User) -> dict[str, str]:
    """Return when a person is mailed, by the kinds of notifications."""
    chosen = dict(MailChoice.objects.filter(user=user).values_list("kind", "timing"))
    return {slug: chosen.get(slug, kind.mail) for slug, kind in KINDS.items()}


def summary_hour(user: User) -> int:
    """Return at which hour a person gets the daily summary."""
    row = SummaryHour.objects.filter(user=user).first()
    return row.hour if row else USUAL_HOUR


def choose_mails(
    user: User, timings: Mapping[str, str], *, hour: int | None = None, moment: datetime
) -> None:
    """Keep when a person wants to be mailed; what waits for a summary follows at once.

    Kinds and hours that there are not are left as they were.
    """
    known = {
        kind: timing
        for kind, timing in timings.items()
        if kind in KINDS and timing in MailTiming.values
    }
    with transaction.atomic():
        for kind, timing in known.items():
            MailChoice.objects.update_or_create(user=user, kind=kind, defaults={"timing": timing})
        if hour is not None and 0 <= hour <= 23:
            SummaryHour.objects.update_or_create(user=user, defaults={"hour": hour})
        waiting = Notification.objects.filter(user=user, mail_due_at__isnull=False)
        daily = [kind for kind, timing in mail_timings(user).items() if timing == MailTiming.DAILY]
        waiting.exclude(kind__in=daily).update(mail_due_at=None)
        fresh = User.objects.select_related("profile", "summary_hour").get(pk=user.pk)
        waiting.update(mail_due_at=_reader(fresh, MailTiming.DAILY).next_summary(moment))


def stop_mails(link: StopLink, *, moment: datetime) -> None:
    """Stop the mails that a link speaks of: about its kind, or all that come once a day."""
    timings = mail_timings(link.user)
    stopped = (
        [link.kind.slug]
        if link.kind
        else [kind for kind, timing in timings.items() if timing == MailTiming.DAILY]
    )
    choose_mails(link.user, dict.fromkeys(stopped, MailTiming.OFF), moment=moment)


def plan_mails(lines: Sequence[Line]) -> None:
    """Plan a mail for each line of what has happened once, in the transaction that it tells of."""
    about = str(lines[0].notification.data.get("process_id", "")) if lines else ""
    plan_letters([_letter_at_once(line) for line in lines], process_id=about)


def _letter_at_once(line: Line) -> Letter:
    with in_language_of(line.notification.user):
        return _letter_about(line)


def _letter_about(line: Line) -> Letter:
    user, kind = line.notification.user, line.kind
    told = [(line.sentence, line.detail, _in_full(line.notification.url))]
    why = _("You get this email because of “%(kind)s” in your notification settings.")
    pk = line.notification.pk
    return _letter(
        user, line.sentence, told, key=f"notification-{pk}", about=[pk],
        why=why % {"kind": kind.title}, stop=stop_url(user, kind.slug),
    )  # fmt: skip


def send_summaries(moment: datetime, *, most: int = 500) -> int:
    """Plan the daily summaries that are due; returns how many.

    What a summary tells waits no longer once it is planned, in one transaction: whoever else looks
    at the same time, or again after being killed, finds nothing left to tell.
    """
    due = Notification.objects.filter(mail_due_at__lte=moment).order_by()
    people = list(due.values_list("user", flat=True).distinct()[:most])
    return sum(_send_summary(pk, moment) for pk in people)


@transaction.atomic
def _send_summary(pk: int, moment: datetime) -> bool:
    # Locked: two workers may find the same person at the same time.
    user = User.objects.select_for_update().filter(pk=pk).first()
    rows = Notification.objects.filter(user=pk, mail_due_at__isnull=False, kind__in=KINDS)
    read = still_read(user, rows) if user is not None else rows.none()
    waiting = list(read.select_related("by").order_by("-pk"))
    Notification.objects.filter(user=pk, mail_due_at__isnull=False).update(mail_due_at=None)
    if user is None or not waiting or not can_be_mailed(user):
        return False
    with in_language_of(user):
        plan_letters([_summary(user, waiting)])
    return True


def _summary(user: User, waiting: Sequence[Notification]) -> Letter:
    lines, count = as_lines(waiting[:MOST_LINES]), len(waiting)
    subject = ngettext("%(n)s notification today", "%(n)s notifications today", count)
    return _letter(
        user, subject % {"n": count},
        [(line.sentence, line.detail, _in_full(line.notification.url)) for line in lines],
        # The number: what is left of a summary that was not sent is another one.
        key=f"summary-{user.pk}-{waiting[0].pk}-{count}",
        about=[line.notification.pk for line in lines],
        why=_("You get this summary once a day."), stop=stop_url(user, ""),
    )  # fmt: skip


Told = tuple[str, str, str]


def _letter(
    user: User,
    subject: str,
    told: Sequence[Told],
    *,
    key: str,
    about: Sequence[int],
    why: str,
    stop: str,
) -> Letter:
    settings_url = _in_full(reverse("notifications"))
    pieces: list[tuple[str, bool]] = []
    lines: list[str] = []
    for sentence, detail, url in told:
        pieces += [("**", False), (sentence, True), ("**\n\n", False)]
        pieces += [(detail, True), ("\n\n", False)] if detail else []
        pieces += [(f"[{_('Open')}](", False), (url, True), (")\n\n", False)]
        lines += [sentence, *([detail] if detail else []), url, ""]
    pieces += [
        ("---\n\n", False), (why, True), (f" [{_('Stop these emails')}](", False), (stop, True),
        (f") · [{_('Notification settings')}](", False), (settings_url, True), (")", False),
    ]  # fmt: skip
    lines += ["-- ", why, f"{_('Stop these emails')}: {stop}",
              f"{_('Notification settings')}: {settings_url}", ""]  # fmt: skip
    title, text = " ".join(subject.split())[:LONGEST_SUBJECT], "\n".join(lines)
    return Letter(
        to=(user.email,), subject=_printable(title), text=text, html=_html(pieces, title), key=key,
        private=True, shown=text.replace(stop, left_out()), about=tuple(about),
        headers=(
            ("List-Unsubscribe", f"<{stop}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Auto-Submitted", "auto-generated"),
        ),
    )  # fmt: skip


def _html(pieces: Pieces, title: str) -> str:
    return render_body(pieces, title=title).document


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())


def _in_full(path: str) -> str:
    return f"{settings.KIANDA_PUBLIC_URL}{path}"
