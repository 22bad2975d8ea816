"""The periodic tasks of the system itself, as django-celery-beat's rows."""

from typing import Any

from django.db import connections
from django_celery_beat.models import IntervalSchedule, PeriodicTask

# Name of row and Celery task: every so many seconds, and when a message of it is stale.
SYSTEM_TASKS: dict[str, tuple[int, int | None]] = {
    "scheduler.tick": (1, 5),
    "scheduler.sweep": (5, 10),
    "scheduler.prune": (600, 600),
    "datasources.refresh_ahead": (5, 10),
    "processes.check_files": (10, 10),
    "processes.fill_lists": (30, 30),
    "kianda.mail.sweep": (5, 10),
    "kianda.messages.summaries": (60, 60),
}


def ensure_periodic_tasks() -> None:
    """Make the system's rows, or put them right; what is as it should be is not touched."""
    for name, (seconds, stale) in SYSTEM_TASKS.items():
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=seconds, period=IntervalSchedule.SECONDS
        )
        wanted = {"task": name, "interval": interval, "expire_seconds": stale, "enabled": True}
        row, _ = PeriodicTask.objects.get_or_create(name=name, defaults=wanted)
        if any(getattr(row, key) != value for key, value in wanted.items()):
            for key, value in wanted.items():
                setattr(row, key, value)
            row.save()


def after_migrate(*, using: str, **_: Any) -> None:
    """Make the rows once the tables are there; a migration of this app alone may come first."""
    if PeriodicTask._meta.db_table in connections[using].introspection.table_names():
        ensure_periodic_tasks()
