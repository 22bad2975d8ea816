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
        """Say what wakes a worker, and which datasource the workspace uses."""
        from kianda.lib import usage
        from kianda.mail import ports
        from kianda.mail.accounts import uses_of_datasource
        from kianda.mail.tasks import wake

        usage.register("datasource", uses_of_datasource)

        ports.register_waker(wake)
