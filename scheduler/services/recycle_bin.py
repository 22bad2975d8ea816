"""Scheduled tasks in the recycle bin: they fire no more, and come back paused."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.recycle_bin import BinKind
from kianda.lib import names
from scheduler.models import ScheduledTask


class BinnedTasks(BinKind[ScheduledTask]):
    """Scheduled tasks, with their history and the address of their hook."""

    slug = "tasks"
    audit_kind = "scheduled task"
    icon = "alarm"
    said = ("name",)
    longest_name = 200
    roles = (DESIGNER,)
    model = ScheduledTask

    def name_of(self, row: ScheduledTask) -> str:
        """Return its name."""
        return row.name

    def free_name(self, wish: str) -> str:
        """Return a name that no task has."""
        same = ScheduledTask.objects.filter(name__startswith=wish[:180])
        taken = set(same.values_list("name", flat=True))
        return names.free_name(wish, taken, " ({})", longest=self.longest_name)

    def name_flaw(self, name: str) -> str | None:
        """Return why no task may have a name."""
        if len(name) > self.longest_name:
            return _("Enter at most 200 characters.")
        return names.unseen_flaw(name)

    def bring_back(self, row: ScheduledTask, *, user: User, name: str) -> None:
        """Restore it; it was paused when it was deleted, and stays so."""
        row.name = name
        row.revision += 1
        row.deleted_at = row.deleted_by = None
        row.save()

    def words_of_restoring(self, row: ScheduledTask) -> str:
        """Say what comes back with it."""
        return _("Restores the task with its history, paused. Resume it to run it again.")

    def words_of_removing(self, row: ScheduledTask) -> str:
        """Say what goes with it."""
        return _("Deletes the schedule and its history. The traces of its runs are not deleted.")


TASKS = BinnedTasks()
