"""Runs with their traces, and the changes that they saved."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kianda.lib.db.loading import LoadedAtOnce
from kianda.lib.packed_json import PackableJSONField
from kianda.lib.secrets import EncryptedJSONField, SealedByKey
from processes.models.instances import ProcessInstance
from processes.models.links import FormLink


class Run(SealedByKey, LoadedAtOnce):
    """One execution of a target's rules on one instance. A running row is the instance's lock."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")
        REFUSED = "refused", _("Refused")

    instance = models.ForeignKey(
        ProcessInstance,
        null=True,
        on_delete=models.SET_NULL,
        related_name="runs",
        db_index=False,
    )
    process_id = models.CharField(max_length=120)
    process = models.CharField(max_length=63)
    version = models.CharField(max_length=20)
    target = models.CharField(max_length=200, blank=True)
    trigger = models.CharField(max_length=10)
    run_as = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    run_as_name = models.CharField(max_length=150, blank=True)
    # Null, so that the column is added in place: there may be many runs with long traces.
    acted_for = models.CharField(  # noqa: DJ001
        max_length=150, null=True, help_text="For whom `run_as` acted as a substitute."
    )
    link = models.ForeignKey(
        FormLink, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False,
        help_text="The link through which somebody without an account asked for it.",
    )  # fmt: skip
    time_zone = models.CharField(max_length=64, default="UTC")
    status = models.CharField(max_length=12, choices=Status.choices)
    queued = models.DateTimeField(help_text="When it was asked for.")
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    error = models.JSONField(null=True, help_text="kind, message, step")
    handled_errors = models.PositiveIntegerField(default=0)
    saved = models.BooleanField(default=False)
    unsaved_answer = models.BooleanField(default=False)
    # Packed once the run is closed.
    data = PackableJSONField(null=True, help_text="The values at the end, secrets masked.")
    steps = PackableJSONField(default=list, help_text="The masked trace.")
    page = models.JSONField(null=True, help_text="What the page does next: form, mode, leave.")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="nested")
    # The lease: who works on it, and until when without a renewal. A write names its holder.
    # Of a queued run: until when a worker is to get its message, or it is sent again.
    holder = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    # What a successor needs to go on, secrets included. Erased when the run closes.
    journal = EncryptedJSONField(null=True)
    # What a successful call brought and no rule saved; kept until it is stored or pruned.
    unsaved_values = EncryptedJSONField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance"], condition=Q(status="running"), name="one_run_per_instance"
            )
        ]
        indexes = [
            models.Index(fields=["instance", "-id"], name="runs_of_an_instance"),
            # A page of the runs that a person may see skips what it leaves out without reading it.
            models.Index(fields=["-id", "instance"], name="runs_with_their_instance"),
            models.Index(fields=["process_id", "-id"], name="runs_of_a_process_id"),
            # Without it a list of failed runs reads every trace there is.
            models.Index(fields=["status", "-id"], name="runs_by_status"),
            models.Index(
                fields=["lease_until"], condition=Q(status="running"), name="running_runs"
            ),
            models.Index(fields=["queued"], condition=Q(status="queued"), name="queued_runs"),
            models.Index(fields=["finished"], name="runs_to_prune"),
            models.Index(fields=["started"], name="runs_by_start"),
            # Few came through one.
            models.Index(
                fields=["link"], condition=Q(link__isnull=False), name="runs_through_links"
            ),
            # Few have one; without it the start page reads every run.
            models.Index(
                fields=["-id"], condition=Q(unsaved_answer=True), name="runs_with_unsaved_answer"
            ),
            # Each save asks whether it stores what such a run has left.
            models.Index(
                fields=["instance"],
                condition=Q(unsaved_answer=True),
                name="unsaved_runs_of_an_instance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process_id} {self.target}"


class Change(LoadedAtOnce):
    """One saved revision of an instance: which fields changed, from what to what."""

    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    revision = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True)
    acted_for = models.CharField(  # noqa: DJ001
        max_length=150, null=True, help_text="For whom `by` acted as a substitute."
    )
    fields = models.JSONField(help_text='[{"field", "before", "after"}]; secrets say "changed".')

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["instance", "-id"], name="changes_of_an_instance")]
