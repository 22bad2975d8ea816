"""Mail that the product sends."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class MailConfig(AppConfig):
    """Django's entry for the app."""

    name = "kianda.mail"
    label = "kianda_mail"
    verbose_name = gettext_lazy("Mail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what wakes a worker."""
        from kianda.mail import ports
        from kianda.mail.tasks import wake

        ports.register_waker(wake)
