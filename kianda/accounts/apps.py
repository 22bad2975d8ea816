"""Accounts: who may do what, API tokens, the audit log."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's entry for the app."""

    name = "kianda.accounts"
    label = "accounts"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"
