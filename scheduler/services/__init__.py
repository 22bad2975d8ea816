"""What the scheduler can do. Doors call these; nothing here knows HTTP or Celery."""

from scheduler.services.batches import BATCH, execute_batch
from scheduler.services.clock_steps import plan_anew, unplanned
from scheduler.services.controls import pause_task, renew_hook, resume_task, run_now
from scheduler.services.execution import execute, settle_closed
from scheduler.services.firing import fire_hook, hook_url
from scheduler.services.planning import next_due, plan
from scheduler.services.recovery import recover
from scheduler.services.tasks import change_task, create_task, delete_task, get_task

__all__ = [
    "BATCH",
    "change_task",
    "create_task",
    "delete_task",
    "execute",
    "execute_batch",
    "fire_hook",
    "get_task",
    "hook_url",
    "next_due",
    "pause_task",
    "plan",
    "plan_anew",
    "recover",
    "renew_hook",
    "resume_task",
    "run_now",
    "settle_closed",
    "unplanned",
]
