"""Scheduler: when rules fire by themselves."""

from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    """Django's entry for the app."""

    name = "scheduler"
    default_auto_field = "django.db.models.BigAutoField"
