"""Django's admin shows the rows; changes go through the product's own doors."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from scheduler.models import Heartbeat, Occurrence, ScheduledTask

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:  # Only the stubs know the parameter.
    Base = admin.ModelAdmin


class ReadOnly(Base):
    """Shows rows; a hand edit could break a promise, so there is none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False


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
