"""Files: what is known of each; their contents stand outside the database."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from processes.models.instances import ProcessInstance
from processes.models.links import FormLink


class File(models.Model):
    """One uploaded file: begun, received piece by piece, checked, and attached to an instance."""

    class State(models.TextChoices):
        UPLOADING = "uploading"
        SCANNING = "scanning"
        READY = "ready"
        REFUSED = "refused"
        # Nobody gets at it any more; its content goes, and then this row.
        REMOVING = "removing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instance = models.ForeignKey(
        ProcessInstance, null=True, on_delete=models.SET_NULL, related_name="files",
        help_text="Null until it is attached, and again when the instance is removed for good.",
    )  # fmt: skip
    attached_at = models.DateTimeField(null=True, help_text="Null: in no value of any instance.")
    process = models.CharField(max_length=63, blank=True)
    field = models.CharField(max_length=64, blank=True, help_text="For which it was uploaded.")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=120, blank=True, help_text="By its content.")
    size = models.PositiveBigIntegerField(help_text="In bytes; announced until all is received.")
    received = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=64, unique=True, help_text="Its name in the storage.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADING)
    finding = models.CharField(
        max_length=500, blank=True, help_text="What the check said, for administrators."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    link = models.ForeignKey(
        FormLink, null=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Through which somebody without an account has uploaded it.",
    )  # fmt: skip
    session = models.CharField(max_length=64, blank=True, help_text="SHA-256; of uploads by link.")
    created_at = models.DateTimeField()
    # Who writes a piece just now: a token, and until when it counts.
    writer = models.CharField(max_length=32, blank=True)
    writer_until = models.DateTimeField(null=True)
    # When the check is to be tried again, and when it was last looked whether anything needs it.
    check_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(attached_at__isnull=True),
                name="files_not_attached",
            ),
            models.Index(
                fields=["check_at"], condition=Q(state="scanning"), name="files_to_be_checked"
            ),
            models.Index(fields=["looked_at", "attached_at"], name="files_looked_at"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def is_whole(self) -> bool:
        """Tell whether all of it is there, checked or not."""
        return self.state in {self.State.SCANNING, self.State.READY}
