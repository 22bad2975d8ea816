"""Notifications: what somebody was told, and what they do not want to be told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class MailTiming(models.TextChoices):
    """When somebody is mailed what they are told."""

    AT_ONCE = "at_once", gettext_lazy("At once")
    DAILY = "daily", gettext_lazy("Once a day")
    OFF = "off", gettext_lazy("Off")


class Notification(models.Model):
    """What one person was told: a line behind the bell, a mail, or both. Words are made when read.

    `mail_due_at` is set while it waits to be told in a daily summary. It is read by its person as
    long as they see what it is about; what they did not see when they were told is about nothing.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,
    )
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    data = models.JSONField(default=dict, help_text="What the words of its kind are made of.")
    url = models.CharField(max_length=300, help_text="The page that it leads to.")
    about_kind = models.CharField(max_length=20, blank=True)
    about = models.CharField(max_length=120, blank=True, help_text="The key of its thing.")
    read_at = models.DateTimeField(null=True)
    in_bell = models.BooleanField(default=True)
    mail_due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_of_a_person"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="unread_notifications"
            ),
            models.Index(
                fields=["mail_due_at"],
                condition=Q(mail_due_at__isnull=False),
                name="notifications_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class SwitchedOff(models.Model):
    """A kind of notification that somebody does not want behind the bell."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="switched_off",
        db_index=False,
    )
    kind = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_switch_per_person_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class MailChoice(models.Model):
    """When somebody is mailed about a kind of notification, where they have chosen."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="mail_choices",
        db_index=False,
    )
    kind = models.CharField(max_length=40)
    timing = models.CharField(max_length=10, choices=MailTiming.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_mail_choice_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}: {self.timing}"


class SummaryHour(models.Model):
    """At which full hour of their own time zone somebody gets the daily summary."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True,
        related_name="summary_hour",
    )  # fmt: skip
    hour = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.hour}"
