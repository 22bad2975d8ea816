"""Bulk presses: a button pressed on many instances, one row for each of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kianda.lib.secrets import EncryptedJSONField, SealedByKey
from processes.models.runs import Run


class BulkPress(SealedByKey):
    """A button that a person presses on many instances of one process."""

    process = models.CharField(max_length=63)
    target = models.CharField(max_length=64, help_text="The button.")
    title = models.CharField(max_length=200, help_text="What the button was called.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    user_name = models.CharField(max_length=150)
    time_zone = models.CharField(max_length=64)
    # What each run is sent with. Erased when the last row is done.
    data = EncryptedJSONField(null=True)
    total = models.PositiveIntegerField()
    created = models.DateTimeField()
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True)
    # Who works on it, and until when others leave it alone. A row names its own holder, which is
    # what keeps an instance from being pressed twice.
    holder = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    send_after = models.DateTimeField(help_text="When the sweep hands it to a worker again.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="bulk_presses_of_a_person"),
            models.Index(
                fields=["send_after"], condition=Q(finished__isnull=True), name="open_bulk_presses"
            ),
            models.Index(fields=["finished"], name="bulk_presses_to_prune"),
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.target}: {self.total}"

    @property
    def status(self) -> str:
        """Return `queued`, `running`, `finished` or `stopped`."""
        if self.stopped_by:
            return "stopped"
        if self.finished is not None:
            return "finished"
        return "queued" if self.started is None else "running"


class BulkPressRow(models.Model):
    """One instance of a bulk press: how it went, and why not."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Failed")
        REFUSED = "refused", _("Not done")
        STOPPED = "stopped", _("Stopped")

    press = models.ForeignKey(
        BulkPress, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    process_id = models.CharField(max_length=120)
    key = models.CharField(max_length=120, help_text="Process ID in small letters.")
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.WAITING)
    reason = models.TextField(blank=True, help_text="Why it was not done, for its person.")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    holder = models.CharField(max_length=36, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["press", "key"], name="one_row_per_instance_of_a_press")
        ]
        indexes = [models.Index(fields=["press", "outcome", "id"], name="rows_of_a_bulk_press")]

    def __str__(self) -> str:
        return f"{self.press_id} {self.process_id}: {self.outcome}"
