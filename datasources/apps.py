"""Datasources: talking to the outside world."""

from collections.abc import Collection

from django.apps import AppConfig
from django.urls import reverse

from kianda.lib import usage


class DatasourcesConfig(AppConfig):
    """Django's entry for the app."""

    name = "datasources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the app below how datasources use its groups."""
        from datasources.connections.telling import (
            CERTIFICATE,
            THING,
            seen_certificates,
            seen_connections,
        )
        from datasources.http.sign_in_session import SignInSession
        from datasources.selectors import uses_of_group
        from datasources.services.recycle_bin import DATASOURCES
        from datasources.smtp.accounts import StoredAccounts
        from datasources.smtp.client import carry
        from kianda.accounts.services import recycle_bin
        from kianda.accounts.sso.adapter import register_sessions
        from kianda.mail import ports as mail
        from kianda.messages.readers import register_things

        register_sessions(SignInSession)
        recycle_bin.register(DATASOURCES)
        mail.register(carrier=carry, accounts=StoredAccounts())
        register_things(THING, seen_connections)
        register_things(CERTIFICATE, seen_certificates)
        usage.register("group", uses_of_group)
        usage.register_page("datasource", _page_of_datasource)
        usage.register_page("mail account", lambda _use: reverse("messages"))
        usage.register_finder("datasource", _pages_by_name)


def _pages_by_name(names: Collection[str]) -> dict[str, str]:
    from datasources.models import Datasource

    found = Datasource.objects.filter(name__in=names).values_list("name", flat=True)
    return {name: reverse("datasource", args=[name]) for name in found}


def _page_of_datasource(use: usage.Use) -> str:
    return reverse("datasource", args=[use["name"]])
