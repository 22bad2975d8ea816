"""Datasources: talking to the outside world."""

from django.apps import AppConfig


class DatasourcesConfig(AppConfig):
    """Django's entry for the app."""

    name = "datasources"
    default_auto_field = "django.db.models.BigAutoField"
