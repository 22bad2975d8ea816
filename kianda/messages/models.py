"""Notifications: what somebody was told, and what they do not want to be told."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notification(models.Model):
    """One line behind the bell of one person. Its words are made when it is read."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    data = models.JSONField(default=dict, help_text="What the words of its kind are made of.")
    url = models.CharField(max_length=300, help_text="The page that it leads to.")
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_of_a_person"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="unread_notifications"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class SwitchedOff(models.Model):
    """A kind of notification that somebody does not want."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="switched_off"
    )
    kind = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_switch_per_person_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"
