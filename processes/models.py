"""The rows of designs, instances, runs and history."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kianda.lib.secrets import EncryptedJSONField


class LivingDesigns(models.Manager["ProcessDesign"]):
    """The designs that are not in the recycle bin."""

    def get_queryset(self) -> models.QuerySet["ProcessDesign"]:
        """Leave out what was deleted."""
        return super().get_queryset().filter(deleted_at__isnull=True)


class ProcessDesign(models.Model):
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
    objects = LivingDesigns()

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
            # What the filters of other lists offer.
            models.Index(
                fields=["title", "name"],
                condition=Q(deleted_at__isnull=True),
                name="designs_by_title",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DesignVersion(models.Model):
    """An immutable snapshot of a design; `minor` 0 is a published one."""

    design = models.ForeignKey(ProcessDesign, on_delete=models.CASCADE, related_name="versions")
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


class GivenProcessId(models.Model):
    """A Process ID that was given once, in small letters. Rows stay when the instance goes."""

    key = models.CharField(max_length=120, primary_key=True)


class ProcessInstance(models.Model):
    """One record of a process: its values, status and history."""

    class Mode(models.TextChoices):
        LIVE = "live"
        PREVIEW = "preview"

    class Outward(models.TextChoices):
        DO = "do"
        PINNED = "pinned"

    process_id = models.CharField(max_length=120, unique=True)
    key = models.CharField(max_length=120, unique=True, help_text="Process ID in small letters.")
    design = models.ForeignKey(ProcessDesign, on_delete=models.CASCADE, related_name="instances")
    version = models.ForeignKey(DesignVersion, on_delete=models.PROTECT, related_name="instances")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    outward = models.CharField(
        max_length=6,
        choices=Outward.choices,
        blank=True,
        help_text="What a preview does when a rule calls out; empty until its person was asked.",
    )
    status = models.CharField(max_length=20, default="open")
    values = models.JSONField(default=dict, help_text="The values of all fields but secret ones.")
    secrets = EncryptedJSONField(null=True, help_text="The values of secret fields that are set.")
    forms = models.JSONField(default=dict, help_text="The states of its forms; {} is the start.")
    display = models.JSONField(default=dict, help_text="What rules show, enable and require.")
    revision = models.PositiveBigIntegerField(default=1)
    created = models.DateTimeField(db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["design", "-id"], name="instances_of_a_design")]

    def __str__(self) -> str:
        return self.process_id


class FormOwner(models.Model):
    """Somebody to whom an open form of an instance belongs: a person or a group, by name."""

    class Kind(models.TextChoices):
        USER = "user"
        GROUP = "group"

    instance = models.ForeignKey(ProcessInstance, on_delete=models.CASCADE, related_name="owners")
    form = models.CharField(max_length=64)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=150)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["kind", "name", "instance"], name="forms_of_an_owner")]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.form}: {self.name}"


class Run(models.Model):
    """One execution of a target's rules on one instance. A running row is the instance's lock."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        INTERRUPTED = "interrupted"
        REFUSED = "refused"

    instance = models.ForeignKey(
        ProcessInstance, null=True, on_delete=models.SET_NULL, related_name="runs"
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
    time_zone = models.CharField(max_length=64, default="UTC")
    status = models.CharField(max_length=12, choices=Status.choices)
    queued = models.DateTimeField(help_text="When it was asked for.")
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    error = models.JSONField(null=True, help_text="kind, message, step")
    handled_errors = models.PositiveIntegerField(default=0)
    saved = models.BooleanField(default=False)
    unsaved_answer = models.BooleanField(default=False)
    data = models.JSONField(null=True, help_text="The values at the end, secrets masked.")
    steps = models.JSONField(default=list, help_text="The masked trace.")
    page = models.JSONField(null=True, help_text="What the page does next: form, mode, leave.")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="nested")
    # The lease: who works on it, and until when without a renewal. A write names its holder.
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


class Change(models.Model):
    """One saved revision of an instance: which fields changed, from what to what."""

    instance = models.ForeignKey(ProcessInstance, on_delete=models.CASCADE, related_name="changes")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    revision = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True)
    fields = models.JSONField(help_text='[{"field", "before", "after"}]; secrets say "changed".')

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["instance", "-id"], name="changes_of_an_instance")]


class PinnedAnswer(models.Model):
    """What a call of one rule is answered with in previews, in place of the outside system."""

    design = models.ForeignKey(
        ProcessDesign, on_delete=models.CASCADE, related_name="pinned_answers"
    )
    rule = models.CharField(max_length=63)
    answer = EncryptedJSONField(help_text='{"status", "headers", "body"}')
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

    copy = models.ForeignKey(WorkingCopy, on_delete=models.CASCADE, related_name="edits")
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

    copy = models.ForeignKey(WorkingCopy, on_delete=models.CASCADE, related_name="presences")
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
