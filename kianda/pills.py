"""The states of things, as a pill shows them."""

from collections.abc import Mapping

# Status: its kind, icon and word. One table for runs, occurrences, tasks, datasources, people.
PILLS: Mapping[str, tuple[str, str, str]] = {
    "succeeded": ("ok", "check-circle-fill", "Succeeded"),
    "running": ("run", "arrow-repeat", "Running"),
    "queued": ("", "hourglass-split", "Queued"),
    "failed": ("bad", "x-octagon-fill", "Failed"),
    "interrupted": ("warn", "exclamation-triangle-fill", "Interrupted"),
    "skipped": ("warn", "skip-forward-circle-fill", "Skipped"),
    "missed": ("warn", "clock-history", "Missed"),
    "coalesced": ("warn", "skip-forward-circle-fill", "Coalesced"),
    "refused": ("bad", "slash-circle", "Refused"),
    "paused": ("", "pause-circle-fill", "Paused"),
    "finished": ("", "flag", "Finished"),
    "scheduled": ("", "alarm", "Scheduled"),
    "draft": ("", "pencil", "Draft"),
    "published": ("ok", "check-circle-fill", "Published"),
    "preview": ("run", "eye", "Preview"),
    "live": ("", "record-circle", "Live"),
    "open": ("", "circle", "Open"),
    "closed": ("", "lock", "Closed"),
    "submitted": ("ok", "check-circle-fill", "Submitted"),
    "ok": ("ok", "check-circle-fill", "In order"),
    "valid": ("ok", "check-circle-fill", "Valid"),
    "expired": ("bad", "x-octagon-fill", "Expired"),
    "active": ("ok", "check-circle-fill", "Active"),
    "inactive": ("", "slash-circle", "Deactivated"),
    "invited": ("", "envelope", "Invited"),
    "revoked": ("", "slash-circle", "Revoked"),
    "untested": ("", "question-circle", "Not tested"),
}
