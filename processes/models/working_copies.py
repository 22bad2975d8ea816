"""Designs under the hands of designers: the working copy, its edits, who has it open."""

from django.conf import settings
from django.db import models

from processes.models.designs import DesignVersion, ProcessDesign


class WorkingCopy(models.Model):
    """A design under the designers' hands. It may be broken, and never runs."""

    design = models.OneToOneField(
        ProcessDesign, on_delete=models.CASCADE, related_name="working_copy"
    )
    document = models.JSONField()
    revision = models.PositiveBigIntegerField(default=0, help_text="One more for each edit.")
    base = models.ForeignKey(
        DesignVersion,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The version that it was made from, or last saved as.",
    )
    digest = models.CharField(max_length=64, help_text="Of the document.")
    base_digest = models.CharField(max_length=64, help_text="Of the document when it was the base.")
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.design} #{self.revision}"


class WorkingEdit(models.Model):
    """One edit of a working copy, or its undoing: what it did, and how to take it back."""

    class Kind(models.TextChoices):
        EDIT = "edit"
        UNDO = "undo"
        REDO = "redo"
        WHOLE = "whole", "another version taken"

    class State(models.TextChoices):
        DONE = "done"
        UNDONE = "undone"
        PAST = "past", "undone, and then something else was done"

    copy = models.ForeignKey(
        WorkingCopy, on_delete=models.CASCADE, related_name="edits", db_index=False
    )
    revision = models.PositiveBigIntegerField(help_text="The revision that it made.")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DONE)
    label = models.CharField(max_length=250)
    target = models.CharField(max_length=100, blank=True, help_text="What to select after it.")
    patch = models.JSONField()

    class Meta:
        ordering = ["-revision"]
        constraints = [
            models.UniqueConstraint(fields=["copy", "revision"], name="one_edit_per_revision")
        ]

    def __str__(self) -> str:
        return f"#{self.revision} {self.label}"


class DesignPresence(models.Model):
    """Who has a working copy open, where in it, and when that was last heard."""

    copy = models.ForeignKey(
        WorkingCopy, on_delete=models.CASCADE, related_name="presences", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    selected = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField()
    seen = models.DateTimeField()

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(fields=["copy", "user"], name="one_presence_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.copy}"
