"""Django's admin shows the rows; changes go through the product's own doors."""

from django.contrib import admin

from kianda.lib.admin import ReadOnly
from scheduler.models import Heartbeat, Occurrence, ScheduledTask


@admin.register(ScheduledTask)
class TaskAdmin(ReadOnly):
    """Scheduled tasks; the hash of a hook's token is not shown."""

    list_display = ("name", "process_name", "process_id", "target", "enabled", "next_run_at")
    list_filter = ("enabled", "last_outcome")
    search_fields = ("name", "process_name", "process_id")
    exclude = ("hook_digest",)


@admin.register(Occurrence)
class OccurrenceAdmin(ReadOnly):
    """Occurrences."""

    list_display = ("planned_at", "task_name", "process_id", "trigger", "count", "outcome", "run")
    list_filter = ("outcome", "trigger")
    list_select_related = ("run",)
    search_fields = ("task_name", "process_id")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    """Signs of life."""

    list_display = ("part", "name", "at")
