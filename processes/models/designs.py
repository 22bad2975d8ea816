"""Designs, their versions, and what their previews are answered with."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kianda.lib.db.loading import LoadedAtOnce
from kianda.lib.recycle_bin import Living
from kianda.lib.secrets import EncryptedJSONField


class ProcessDesign(LoadedAtOnce):
    """A process: its forms, fields and rules live in its versions."""

    name = models.CharField(max_length=63, db_index=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    group = models.CharField(max_length=100, blank=True, help_text="The folder of the list.")
    draft = models.ForeignKey(
        "DesignVersion",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The newest version of all, published or not.",
    )
    published = models.ForeignKey(
        "DesignVersion", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    security = models.JSONField(
        null=True, help_text="Who may do what, as published last; null is the defaults."
    )
    last_number = models.PositiveBigIntegerField(
        default=0, help_text="The last number given to an instance; it only grows."
    )
    created = models.DateTimeField()
    modified = models.DateTimeField(db_index=True)
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, help_text="Since when it is in the recycle bin.")
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    # The first one is Django's own choice: what it does by itself sees every row.
    everything = models.Manager["ProcessDesign"]()
    objects = Living["ProcessDesign"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            # A name is free again once its design is in the recycle bin.
            models.UniqueConstraint(
                fields=["name"], condition=Q(deleted_at__isnull=True), name="one_design_per_name"
            )
        ]
        indexes = [
            models.Index(
                fields=["group", "title", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="designs_by_group",
            ),
            models.Index(
                fields=["deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="designs_in_the_bin",
            ),
            # What the filters of other lists offer.
            models.Index(
                fields=["title", "name"],
                condition=Q(deleted_at__isnull=True),
                name="designs_by_title",
            ),
            # Asked for by every list of whoever is no administrator.
            models.Index(
                fields=["id"],
                condition=Q(security__isnull=False),
                name="designs_with_own_rights",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DesignVersion(LoadedAtOnce):
    """An immutable snapshot of a design; `minor` 0 is a published one."""

    design = models.ForeignKey(
        ProcessDesign, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    document = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-major", "-minor"]
        constraints = [
            models.UniqueConstraint(
                fields=["design", "major", "minor"], name="one_row_per_design_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class PinnedAnswer(models.Model):
    """What a call of one rule is answered with in previews, in place of the outside system."""

    design = models.ForeignKey(
        ProcessDesign,
        on_delete=models.CASCADE,
        related_name="pinned_answers",
        db_index=False,
    )
    rule = models.CharField(max_length=63)
    answer = EncryptedJSONField(
        bound_to=["design", "rule"], help_text='{"status", "headers", "body"}'
    )
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["rule"]
        constraints = [
            models.UniqueConstraint(fields=["design", "rule"], name="one_pinned_answer_per_rule")
        ]

    def __str__(self) -> str:
        return self.rule
