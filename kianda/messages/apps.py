"""What the product tells people by itself."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class MessagesConfig(AppConfig):
    """Django's entry for the app."""

    name = "kianda.messages"
    label = "kianda_messages"
    verbose_name = gettext_lazy("Messages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say which mails are not sent any more."""
        from kianda.mail import ports
        from kianda.messages.readers import refusal_of

        ports.register_refusal(refusal_of)
