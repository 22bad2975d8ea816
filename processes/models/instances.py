"""Instances, the Process IDs that were ever given, and whose the open forms are."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kianda.lib.db.loading import LoadedAtOnce
from kianda.lib.recycle_bin import Living
from kianda.lib.secrets import EncryptedJSONField
from processes.language.limits import LONGEST_STATUS
from processes.models.designs import DesignVersion, ProcessDesign


class GivenProcessId(models.Model):
    """A Process ID that was given once, in small letters. Rows stay when the instance goes."""

    key = models.CharField(max_length=120, primary_key=True)


class ProcessInstance(LoadedAtOnce):
    """One record of a process: its values, status and history."""

    class Mode(models.TextChoices):
        LIVE = "live"
        PREVIEW = "preview"

    class Outward(models.TextChoices):
        DO = "do"
        PINNED = "pinned"

    process_id = models.CharField(max_length=120, unique=True)
    key = models.CharField(max_length=120, unique=True, help_text="Process ID in small letters.")
    design = models.ForeignKey(
        ProcessDesign, on_delete=models.CASCADE, related_name="instances", db_index=False
    )
    version = models.ForeignKey(DesignVersion, on_delete=models.PROTECT, related_name="instances")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    outward = models.CharField(
        max_length=6,
        choices=Outward.choices,
        blank=True,
        help_text="What a preview does when a rule calls out; empty until its person was asked.",
    )
    status = models.CharField(max_length=LONGEST_STATUS, default="open")
    values = models.JSONField(default=dict, help_text="The values of all fields but secret ones.")
    secrets = EncryptedJSONField(
        null=True, bound_to=["process_id"], help_text="The values of secret fields that are set."
    )
    forms = models.JSONField(default=dict, help_text="The states of its forms; {} is the start.")
    display = models.JSONField(default=dict, help_text="What rules show, enable and require.")
    security = models.JSONField(
        null=True, help_text="The lists that a rule has set for it alone: see, change, delete."
    )
    has_own_see = models.BooleanField(default=False, help_text="Its `security` says who sees it.")
    revision = models.PositiveBigIntegerField(default=1)
    created = models.DateTimeField(db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, help_text="Since when it is in the recycle bin.")
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    everything = models.Manager["ProcessInstance"]()
    objects = Living["ProcessInstance"]()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Lists ask of each row whether it is in the bin; these indexes alone tell it.
            models.Index(fields=["design", "-id", "deleted_at"], name="instances_of_a_design"),
            # What a list asks of each instance, who sees it and its Process ID: rows are large.
            models.Index(
                fields=[
                    "id",
                    "design",
                    "mode",
                    "created_by",
                    "has_own_see",
                    "deleted_at",
                    "status",
                    "key",
                ],
                name="instances_as_lists_ask",
            ),
            # Few are in the bin.
            models.Index(
                fields=["deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="instances_in_the_bin",
            ),
            models.Index(
                fields=["deleted_by"],
                condition=Q(deleted_by__isnull=False),
                name="instances_deleted_by",
            ),
        ]

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


class InstancePerson(models.Model):
    """Who has to do with an instance, as a ref: `user:niamh`, `group:hr`.

    `participant`: has owned one of its forms. `field:<name>`: is named in that field. `see`: a rule
    has let it see this instance, where any ref may stand.
    """

    PARTICIPANT = "participant"
    SEE = "see"

    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.CASCADE, related_name="people", db_index=False
    )
    relation = models.CharField(max_length=70)
    ref = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "relation", "ref"], name="one_row_per_instance_person"
            )
        ]
        indexes = [
            models.Index(fields=["ref", "relation", "instance"], name="instances_of_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.relation}: {self.ref}"


class Comment(models.Model):
    """What somebody has said about an instance; of one that is deleted nothing is left but that."""

    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.CASCADE, related_name="comments", db_index=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Stays when the account goes.
    author_name = models.CharField(max_length=150)
    text = models.TextField()
    named = models.JSONField(
        default=list, help_text="The user names of the people named in it who were told."
    )
    created = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, help_text="When its author changed it last.")
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+",
        db_index=False,
    )  # fmt: skip
    deleted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["instance", "-id"], name="comments_of_an_instance"),
            # Few are.
            models.Index(
                fields=["deleted_by"],
                condition=Q(deleted_by__isnull=False),
                name="comments_deleted_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.author_name}"


class Follower(models.Model):
    """Whether a person wants to know what becomes of an instance: as they chose, or commented.

    Who has chosen not to follow stays in a row, so that nothing makes them follow it again.
    """

    instance = models.ForeignKey(
        ProcessInstance,
        on_delete=models.CASCADE,
        related_name="followers",
        db_index=False,
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    follows = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "user"], name="one_choice_per_person_and_instance"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.user_id} {self.follows}"


class SentMeeting(models.Model):
    """A meeting to which a rule of an instance has invited; a later one with its name changes it.

    `sequence` tells calendars which of them holds.
    """

    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.CASCADE, related_name="meetings", db_index=False
    )
    rule = models.CharField(max_length=63)
    sequence = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instance", "rule"], name="one_meeting_per_rule")
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.rule}"


def field_relation(name: str) -> str:
    """Return the relation of the people that a field holds."""
    return f"field:{name}"
