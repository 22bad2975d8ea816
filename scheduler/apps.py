"""Scheduler: when rules fire by themselves."""

from collections.abc import Collection

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import reverse

from kianda.lib import usage


class SchedulerConfig(AppConfig):
    """Django's entry for the app."""

    name = "scheduler"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what tasks use, and keep the system's periodic tasks in step with the tables."""
        from kianda.accounts.services import recycle_bin
        from kianda.messages.readers import register_things
        from kianda.web import page_extensions
        from scheduler.periodic_tasks import after_migrate
        from scheduler.selectors import (
            occurrence_of_run,
            tasks_seen,
            uses_of_instance,
            uses_of_process,
            uses_of_targets,
        )
        from scheduler.services.recycle_bin import TASKS
        from scheduler.token_selectors import tokens_of_instance

        recycle_bin.register(TASKS)
        register_things("task", tasks_seen)
        usage.register("instance", uses_of_instance)
        usage.register("process", uses_of_process)
        usage.register("target", uses_of_targets)
        usage.register_page("scheduled task", _page_of_task)
        usage.register_finder("scheduled task", _pages_by_name)
        page_extensions.register(
            "instance",
            head="scheduler/_kept_head.html",
            panel="scheduler/_kept_panel.html",
            tell=tokens_of_instance,
        )
        page_extensions.register(
            "run",
            head="scheduler/_run_head.html",
            panel="scheduler/_run_planned.html",
            tell=occurrence_of_run,
        )
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="periodic-tasks")


def _pages_by_name(names: Collection[str]) -> dict[str, str]:
    from scheduler.models import ScheduledTask

    found = ScheduledTask.objects.filter(name__in=names).values_list("name", "pk")
    return {name: reverse("task", args=[pk]) for name, pk in found}


def _page_of_task(use: usage.Use) -> str:
    return reverse("task", args=[str(use["url"]).rstrip("/").rpartition("/")[2]])
