"""Accounts: who may do what, API tokens, the audit log."""

from django.apps import AppConfig
from django.db.models.signals import post_init, post_migrate, post_save, pre_save
from django.utils.translation import gettext_lazy


class AccountsConfig(AppConfig):
    """Django's entry for the app."""

    name = "kianda.accounts"
    label = "accounts"
    verbose_name = gettext_lazy("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """See to the groups of the roles after each migration, and to what signing in counts."""
        from allauth.account.signals import user_logged_in as let_in
        from allauth.mfa.models import Authenticator
        from allauth.mfa.signals import (
            authenticator_added,
            authenticator_removed,
            authenticator_reset,
        )
        from allauth.socialaccount.signals import social_account_added, social_account_removed
        from axes.signals import user_locked_out
        from django.contrib.auth.signals import (
            user_logged_in,
            user_logged_out,
            user_login_failed,
        )
        from django.core.signals import request_finished, request_started

        from kianda.accounts import factor_secrets
        from kianda.accounts.authentication import signed_in, was_locked_out
        from kianda.accounts.roles import make_groups
        from kianda.accounts.services.directory import begin_request, end_request
        from kianda.accounts.services.key_ring import refuses_unbound
        from kianda.accounts.sign_in_events import (
            codes_made,
            entered,
            factor_added,
            factor_removed,
            left,
            provider_connected,
            provider_disconnected,
            refused,
        )
        from kianda.lib.sealing import refuse_unbound_if

        refuse_unbound_if(refuses_unbound)
        post_init.connect(factor_secrets.read_out, sender=Authenticator, dispatch_uid="kianda.mfa")
        pre_save.connect(factor_secrets.bind, sender=Authenticator, dispatch_uid="kianda.mfa")
        post_save.connect(factor_secrets.read_out, sender=Authenticator, dispatch_uid="kianda.mfa")
        user_logged_in.connect(signed_in, dispatch_uid="kianda.guessing")
        authenticator_added.connect(factor_added, dispatch_uid="kianda.audit")
        authenticator_removed.connect(factor_removed, dispatch_uid="kianda.audit")
        authenticator_reset.connect(codes_made, dispatch_uid="kianda.audit")
        social_account_added.connect(provider_connected, dispatch_uid="kianda.audit")
        social_account_removed.connect(provider_disconnected, dispatch_uid="kianda.audit")
        let_in.connect(entered, dispatch_uid="kianda.audit")
        user_logged_out.connect(left, dispatch_uid="kianda.audit")
        user_login_failed.connect(refused, dispatch_uid="kianda.audit")
        user_locked_out.connect(was_locked_out, dispatch_uid="kianda.guessing")
        request_started.connect(begin_request, dispatch_uid="kianda.directory")
        request_finished.connect(end_request, dispatch_uid="kianda.directory")
        post_migrate.connect(make_groups, sender=self, dispatch_uid="kianda.roles")
