"""Django's admin shows the rows; changes go through the product's own doors."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from processes.models import Change, DesignVersion, ProcessDesign, ProcessInstance, Run

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


@admin.register(ProcessDesign)
class DesignAdmin(ReadOnly):
    """Designs."""

    list_display = ("name", "title", "draft", "published", "modified", "modified_by")
    search_fields = ("name", "title")


@admin.register(DesignVersion)
class VersionAdmin(ReadOnly):
    """Versions."""

    list_display = ("design", "major", "minor", "created", "created_by", "note")
    list_select_related = ("design", "created_by")
    search_fields = ("design__name",)


@admin.register(ProcessInstance)
class InstanceAdmin(ReadOnly):
    """Instances; secret values are not shown."""

    list_display = ("process_id", "design", "version", "mode", "status", "revision", "modified")
    list_filter = ("mode", "status")
    list_select_related = ("design", "version")
    search_fields = ("process_id",)
    exclude = ("secrets",)


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Runs; the journal and unsaved values, which hold secrets, are not shown."""

    list_display = ("id", "process_id", "target", "trigger", "status", "started", "run_as_name")
    list_filter = ("status", "trigger")
    search_fields = ("process_id",)
    exclude = ("journal", "unsaved_values")


@admin.register(Change)
class ChangeAdmin(ReadOnly):
    """The history of values."""

    list_display = ("instance", "revision", "at", "by_name")
    list_select_related = ("instance",)
    search_fields = ("instance__process_id",)
