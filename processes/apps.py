"""Processes: designs, instances, and the rules that run on them."""

from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    """Django's entry for the app."""

    name = "processes"
    default_auto_field = "django.db.models.BigAutoField"
