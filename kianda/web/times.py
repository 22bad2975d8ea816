"""Moments and durations in words, in the zone that is active."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext


def moment_words(moment: datetime, *, now: datetime | None = None, seconds: bool = False) -> str:
    """Write a moment as "Today 14:05", "Fri 20 Nov, 16:02", with the year when it is another."""
    local = timezone.localtime(moment)
    today = timezone.localtime(now or timezone.now()).date()
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    near = near_words(local.date(), today=today)
    return f"{near} {clock}" if near else f"{day_words(local.date(), today=today)}, {clock}"


def moment_in_sentence(moment: datetime, *, now: datetime | None = None) -> str:
    """Write a moment inside a sentence: "today 14:05", "Fri 20 Nov, 16:02"."""
    now = now or timezone.now()
    words, today = moment_words(moment, now=now), timezone.localtime(now).date()
    near = near_words(timezone.localtime(moment).date(), today=today)
    return words[0].lower() + words[1:] if near else words


def day_words(day: date, *, today: date) -> str:
    """Write a day as "Today", "Fri 20 Nov", or "20 Nov 2025"."""
    near = near_words(day, today=today)
    return near or date_format(
        day, "MONTH_DAY_FORMAT" if day.year == today.year else "SHORT_DATE_FORMAT"
    )


def near_words(day: date, *, today: date) -> str:
    """Write a day as "Today", "Yesterday" or "Tomorrow"; as nothing when it is another."""
    return {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}.get((day - today).days, "")


def full_words(moment: datetime) -> str:
    """Write a moment in full, with the zone and in UTC: the title of a time."""
    local = timezone.localtime(moment)
    zone = timezone.get_current_timezone_name()
    text = f"{date_format(local)}, {local:%H:%M:%S} {zone}"
    if zone == "UTC":
        return text
    other = moment.astimezone(timezone.get_default_timezone())
    day = "" if other.date() == local.date() else f"{date_format(other, 'SHORT_DATE_FORMAT')}, "
    return f"{text} ({day}{other:%H:%M:%S} UTC)"


def distance_words(moment: datetime, *, now: datetime | None = None) -> str:
    """Write how far a moment is: "in 40 min", "48 min ago", "now"."""
    gap = moment - (now or timezone.now())
    if abs(gap) < timedelta(seconds=1):
        return _("now")
    words = span_words(abs(gap), is_distance=True)
    said = _("in %(span)s") if gap > timedelta(0) else _("%(span)s ago")
    return said % {"span": words}


def span_words(span: timedelta, *, is_distance: bool = False) -> str:
    """Write a length of time in at most two units: "22 h 54 min", "4 days", "50 s".

    `is_distance`: as languages with cases write it after "in" and "ago".
    """
    total = round(span.total_seconds())
    if total < 60:
        return _("%(n)s s") % {"n": total}
    minutes, hours, days = total // 60 % 60, total // 3600 % 24, total // 86_400
    if days >= 2:
        said = ngettext("%(n)s day", "%(n)s days", days)
        if is_distance:
            said = npgettext("after in, before ago", "%(n)s day", "%(n)s days", days)
        return said % {"n": days}
    hours += 24 * days
    if not hours:
        return _("%(n)s min") % {"n": minutes}
    said = _("%(hours)s h %(minutes)s min") if minutes else _("%(hours)s h")
    return said % {"hours": hours, "minutes": minutes}


def exact_span_words(span: timedelta) -> str:
    """Write a length of time as `span_words`, with seconds while they matter: "1 min 30 s"."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    if not 0 < minutes < 10 or not seconds:
        return span_words(span)
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}


def duration_words(milliseconds: float) -> str:
    """Write how long something took: "162 ms", "2.4 s", "3 min"."""
    if milliseconds < 1000:
        return _("%(n)s ms") % {"n": round(milliseconds)}
    if milliseconds < 60_000:
        return _("%(n)s s") % {"n": number_format(milliseconds / 1000, 1)}
    return span_words(timedelta(milliseconds=milliseconds))
