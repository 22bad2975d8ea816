"""The rows of scheduled tasks, their occurrences, and heartbeats."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kianda.lib.db.loading import LoadedAtOnce
from kianda.lib.recycle_bin import Living
from processes.models import ProcessDesign, Run

_LIVING = Q(deleted_at__isnull=True)


class ScheduledTask(LoadedAtOnce):
    """A schedule that fires a field's rules or a rule on one chosen instance."""

    name = models.CharField(max_length=200)
    design = models.ForeignKey(
        ProcessDesign, null=True, on_delete=models.SET_NULL, related_name="scheduled_tasks"
    )
    process_name = models.CharField(max_length=63)
    process_id = models.CharField(  # noqa: DJ001 - null is the contract's word for none
        max_length=120, null=True, help_text="Null makes a new live instance at each firing."
    )
    target = models.CharField(max_length=200)
    schedule = models.JSONField()
    time_zone = models.CharField(max_length=64)
    expires = models.JSONField(null=True)
    enabled = models.BooleanField(default=True)
    finished_at = models.DateTimeField(null=True, help_text="Expired, or nothing left to fire.")
    run_as = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    run_as_name = models.CharField(max_length=150)
    start = models.DateTimeField(help_text="The origin of the grid of elapsed intervals.")
    next_run_at = models.DateTimeField(null=True)
    next_run_set_at = models.DateTimeField(null=True, help_text="By which clock it was set.")
    paused_at = models.DateTimeField(null=True)
    last_run_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=12, null=True)  # noqa: DJ001 - as above
    counted_runs = models.PositiveIntegerField(default=0)
    # Null, because empty texts would clash.
    hook_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    hook_window = models.DateTimeField(null=True)
    hook_calls = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    created = models.DateTimeField()
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    deleted_at = models.DateTimeField(null=True, help_text="Since when it is in the recycle bin.")
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    everything = models.Manager["ScheduledTask"]()
    objects = Living["ScheduledTask"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            # A name is free again once its task is in the recycle bin.
            models.UniqueConstraint(fields=["name"], condition=_LIVING, name="one_task_per_name")
        ]
        # Lists ask of each row whether it is in the bin: an index that has to answer alone says it.
        indexes = [
            models.Index(
                fields=["deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="tasks_in_the_bin",
            ),
            # It answers alone: without its last two fields SQLite takes the index of the list, and
            # reads every paused task each second.
            models.Index(
                fields=["next_run_at", "deleted_at", "enabled"],
                condition=Q(enabled=True, next_run_at__isnull=False),
                name="due_scheduled_tasks",
            ),
            # Those that a clock of the future has planned are looked for each second.
            models.Index(
                fields=["next_run_set_at", "next_run_at"],
                condition=Q(enabled=True),
                name="tasks_by_planning_clock",
            ),
            # The list: in its order, by state, and what a search looks at.
            models.Index(
                fields=["next_run_at", "id"], condition=_LIVING, name="tasks_by_next_firing"
            ),
            models.Index(
                fields=["enabled", "finished_at"], condition=_LIVING, name="tasks_by_state"
            ),
            models.Index(
                fields=["name", "process_id", "process_name", "design", "id", "deleted_at"],
                condition=_LIVING,
                name="tasks_as_searched",
            ),
            models.Index(fields=["last_outcome", "deleted_at"], name="tasks_by_last_outcome"),
            models.Index(fields=["process_name", "deleted_at"], name="tasks_by_process"),
            models.Index(fields=["process_id"], name="tasks_of_an_instance"),
            # Of which targets they are, and those that went wrong, for the health of kept tokens.
            models.Index(
                fields=["design", "target", "last_outcome", "next_run_at", "deleted_at"],
                condition=Q(process_id__isnull=False, finished_at__isnull=True),
                name="tasks_that_may_keep_a_token",
            ),
            # Those that are over, the last first: a token that no other task keeps is shown still.
            models.Index(
                fields=["design", "target", "finished_at", "deleted_at"],
                condition=Q(process_id__isnull=False, finished_at__isnull=False),
                name="tasks_that_kept_a_token",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Occurrence(LoadedAtOnce):
    """One planned firing of a scheduled task, or one gap of several."""

    task = models.ForeignKey(
        ScheduledTask,
        null=True,
        on_delete=models.SET_NULL,
        related_name="occurrences",
        db_index=False,
    )
    task_name = models.CharField(max_length=200)
    process_id = models.CharField(max_length=120, null=True)  # noqa: DJ001 - not known yet
    planned_at = models.DateTimeField()
    planned_until = models.DateTimeField(null=True, help_text="The last moment of a gap.")
    count = models.PositiveIntegerField(default=1)
    trigger = models.CharField(max_length=10, default="planned")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When it was last sent to a worker.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, null=True)  # noqa: DJ001 - null while it is open
    reason = models.CharField(max_length=1000, blank=True)
    run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-planned_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "planned_at"],
                condition=Q(trigger="planned"),
                name="one_occurrence_per_planned_moment",
            ),
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(outcome__isnull=True, started_at__isnull=True),
                name="one_waiting_occurrence_per_task",
            ),
        ]
        indexes = [
            # All that the drawing of a task asks for.
            models.Index(
                fields=["task", "-planned_at", "outcome", "count"], name="occurrences_of_a_task"
            ),
            models.Index(
                fields=["started_at"], condition=Q(outcome__isnull=True), name="open_occurrences"
            ),
            # Who asks for those without a run asks for open ones. With all in one index, SQLite
            # reads every firing that ever was missed, skipped or merged.
            models.Index(
                fields=["run"], condition=Q(run__isnull=False), name="occurrences_of_a_run"
            ),
            # The planner asks which of some tasks have one that waits.
            models.Index(
                fields=["task", "run", "planned_at"],
                condition=Q(outcome__isnull=True),
                name="open_occurrences_of_a_task",
            ),
            models.Index(fields=["finished_at"], name="occurrences_to_prune"),
        ]


class Heartbeat(models.Model):
    """A sign of life of one part of the product: planner, worker, web."""

    part = models.CharField(max_length=20)
    name = models.CharField(max_length=120, help_text="Host and process.")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part", "name"], name="one_heartbeat_per_process")
        ]
