"""The project package as an app: commands, static files, system checks."""

from django.apps import AppConfig


class KiandaConfig(AppConfig):
    """Django's entry for the project package."""

    name = "kianda"
