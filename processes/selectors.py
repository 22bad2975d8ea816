"""What a person may see: instances, runs, designs."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, USER, has_role
from processes.models import ProcessInstance, Run


def visible_instances(user: User | None) -> QuerySet[ProcessInstance]:
    """Return the instances that a person may see.

    Designers and administrators see all; users see live ones and the previews they made.
    """
    rows = ProcessInstance.objects.all()
    if user is None or not user.is_active:
        return rows.none()
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return rows
    if has_role(user, USER):
        return rows.filter(Q(mode=ProcessInstance.Mode.LIVE) | Q(created_by=user))
    return rows.none()


def visible_runs(user: User) -> QuerySet[Run]:
    """Return the runs that a person may see: those of visible instances.

    Runs of an instance that is gone are for designers and administrators.
    """
    rows = Run.objects.select_related("run_as")
    if not user.is_active:
        return rows.none()
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return rows
    if has_role(user, USER):
        return rows.filter(
            Q(instance__mode=ProcessInstance.Mode.LIVE) | Q(instance__created_by=user)
        )
    return rows.none()
