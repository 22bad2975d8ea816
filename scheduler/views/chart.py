"""The drawing of a task's last hours or days: marks or columns, its token's strip, its words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kianda.lib.i18n import grouped
from kianda.lib.validity_strip import Strip
from kianda.web import times
from scheduler import listing
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import occurrences_of
from scheduler.services.due_times import next_five
from scheduler.token_selectors import KeptToken
from scheduler.views import timeline

GAPS_SAID = 5
SHAPES: Mapping[str, str | Promise] = {
    "succeeded": gettext_lazy("succeeded"),
    "by hand": gettext_lazy("manually or by webhook"),
    "failed": gettext_lazy("failed"),
    "left out": gettext_lazy("skipped"),
    "open": gettext_lazy("in progress"),
}
Counts = Sequence[tuple[int, str, int]]


def drawing(
    task: ScheduledTask, window: timeline.TimelineWindow, kept: KeptToken | None, now: datetime
) -> dict[str, Any]:
    """Return what the drawing shows, and what is said about it."""
    scale = timeline.Scale(window, now)
    edges = scale.edges()
    counts = listing.counts_between(task, edges)
    ahead = next_five(task, now) if window.ahead else []
    in_columns = not window.ahead or sum(one[2] for one in counts) > timeline.MOST_MARKS
    recent = [] if in_columns else _recent(task, scale)
    shapes = _shapes(counts, recent)
    return {
        "bars": timeline.columns(scale, edges, counts) if in_columns else [],
        "marks": timeline.marks(scale, recent, ahead), "ticks": scale.ticks(),
        "now_at": scale.place(now), "planned": bool(ahead), "kept": kept, "shapes": shapes,
        **_token(kept, scale, shapes),
    }  # fmt: skip


def _recent(task: ScheduledTask, scale: timeline.Scale) -> list[Occurrence]:
    rows = occurrences_of(task).filter(planned_at__gte=scale.start)
    return list(rows.only("planned_at", "started_at", "outcome", "trigger", "count"))


def _shapes(counts: Counts, recent: Iterable[Occurrence]) -> list[tuple[str, str | Promise, int]]:
    """Count what is drawn, by its shape; in columns what was done by hand is not told apart."""
    found: Counter[str] = Counter()
    for one in recent:
        found[timeline.shape_of(one.outcome, one.trigger)] += one.count
    if not found:
        for _number, outcome, count in counts:
            found[timeline.shape_of(outcome)] += count
    return [(shape, word, found[shape]) for shape, word in SHAPES.items() if found[shape]]


def _token(
    kept: KeptToken | None, scale: timeline.Scale, shapes: Sequence[tuple[str, Any, int]]
) -> dict[str, Any]:
    """Return when the token was valid: places, the words beside the title, those for readers."""
    said = [str(scale.window.title), _counted(shapes)]
    strip = kept.strip if kept else None
    if kept is None or strip is None:
        return {"said": ". ".join(said) + "."}
    facts = _facts(strip, scale)
    said += [facts, *_gaps_said(strip.gaps)]
    return {
        "valid": scale.scaled(strip.valid), "gaps": scale.scaled(strip.missing),
        "gap_words": scale.gap_words(strip.gaps), "facts": facts, "said": ". ".join(said) + ".",
        "ahead": _ahead(kept, scale),
    }  # fmt: skip


def _ahead(kept: KeptToken, scale: timeline.Scale) -> str:
    """Return how far the token lasts beyond now, as a width."""
    until = kept.validity.until
    if until is None or until <= scale.now or not scale.window.ahead:
        return ""
    return f"{min(scale.share(until), 100) - scale.share(scale.now):.2f}%"


def _gaps_said(gaps: list[tuple[datetime, datetime]]) -> list[str]:
    return [
        _("Not valid from %(left)s to %(right)s") % {
            "left": times.moment_in_sentence(left), "right": times.moment_in_sentence(right),
        }
        for left, right in gaps[:GAPS_SAID]
    ]  # fmt: skip


def _counted(shapes: Sequence[tuple[str, Any, int]]) -> str:
    whole = sum(count for _shape, _word, count in shapes)
    said = ngettext("%(n)s occurrence", "%(n)s occurrences", whole) % {"n": grouped(whole)}
    return said + "".join(f", {grouped(count)} {word}" for _shape, word, count in shapes)


def _facts(strip: Strip, scale: timeline.Scale) -> str:
    """Say how long the token was valid, of the time since it is known."""
    if not strip.valid:
        return _("no token")
    known = 100 - strip.valid[0].x
    share = min(sum(one.width for one in strip.valid) / known, 1.0) if known else 1.0
    length = times.span_words(scale.window.length * known / 100 * share)
    percent = f"{share * 100:.1f}".removesuffix(".0")
    said = _("token valid %(length)s (%(share)s %%)") % {"length": length, "share": percent}
    gaps = len(strip.gaps)
    if not gaps:
        return said
    return f"{said}, " + ngettext("%(n)s gap", "%(n)s gaps", gaps) % {"n": gaps}
