"""The states of things, as a pill shows them."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Status: its kind, icon and word. One table for runs, occurrences, tasks, datasources, people.
PILLS: Mapping[str, tuple[str, str, str | Promise]] = {
    "succeeded": ("ok", "check-circle-fill", _("Succeeded")),
    "running": ("run", "arrow-repeat", _("Running")),
    "queued": ("", "hourglass-split", _("Queued")),
    "failed": ("bad", "x-octagon-fill", _("Failed")),
    "interrupted": ("warn", "exclamation-triangle-fill", _("Interrupted")),
    "skipped": ("warn", "skip-forward-circle-fill", _("Skipped")),
    "missed": ("warn", "clock-history", _("Missed")),
    "coalesced": ("warn", "skip-forward-circle-fill", _("Merged")),
    "refused": ("", "slash-circle", _("Refused")),
    "waiting": ("", "hourglass-split", _("Waiting")),
    "stopped": ("", "stop-circle", _("Stopped")),
    "paused": ("", "pause-circle-fill", _("Paused")),
    "finished": ("", "flag", _("Finished")),
    "scheduled": ("", "alarm", _("Scheduled")),
    "draft": ("", "pencil", _("Draft")),
    "published": ("ok", "check-circle-fill", _("Published")),
    "preview": ("run", "eye", _("Preview")),
    "live": ("", "record-circle", _("Live")),
    "open": ("", "circle", pgettext_lazy("a status", "Open")),
    "closed": ("", "lock", _("Closed")),
    "submitted": ("ok", "check-circle-fill", _("Submitted")),
    "ok": ("ok", "check-circle-fill", _("OK")),
    "valid": ("ok", "check-circle-fill", _("Valid")),
    "expired": ("bad", "x-octagon-fill", _("Expired")),
    "active": ("ok", "check-circle-fill", _("Active")),
    "inactive": ("", "slash-circle", _("Deactivated")),
    "invited": ("", "envelope", _("Invited")),
    "revoked": ("", "slash-circle", _("Revoked")),
    "verified": ("ok", "check-circle-fill", _("Verified")),
    "unverified": ("", "question-circle", _("Not verified")),
    # Connections.
    "healthy": ("ok", "check-circle-fill", _("Connected")),
    "refreshing": ("run", "arrow-repeat", _("Refreshing")),
    "failing": ("warn", "arrow-repeat", _("Retrying")),
    "needs_attention": ("bad", "x-octagon-fill", _("Needs attention")),
    "disconnected": ("", "plug", _("Not connected")),
    "refreshed": ("ok", "check-circle-fill", _("Refreshed")),
    "lost_answer": ("warn", "question-circle", _("Response lost")),
    "no_progress": ("warn", "exclamation-triangle-fill", _("Not extended")),
    # Messages.
    "planned": ("", "hourglass-split", _("Queued")),
    "sending": ("run", "arrow-repeat", _("Sending")),
    "sent": ("ok", "check-circle-fill", _("Sent")),
    "retrying": ("warn", "arrow-repeat", _("Retrying")),
    "rejected": ("bad", "x-octagon-fill", _("Rejected")),
    "may_have_been_sent": ("warn", "question-circle", _("May have been sent")),
    "done": ("", "check-circle", _("Done")),
    "untested": ("", "question-circle", _("Not tested")),
}
