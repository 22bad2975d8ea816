"""Django's admin shows the rows; changes go through the product's own doors."""

from django.contrib import admin

from kianda.lib.admin import ReadOnly
from processes.models import Change, DesignVersion, ProcessDesign, ProcessInstance, Run


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
