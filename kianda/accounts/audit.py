"""The audit log: who changed which object, and when."""

from typing import Any

from django.utils import timezone

from kianda.accounts.models import AuditEntry


def record(user: Any, *, action: str, kind: str, name: str, detail: str = "") -> AuditEntry:
    """Write one entry, in the transaction of the change. Without a user it is `system`."""
    known = user is not None and user.is_authenticated
    return AuditEntry.objects.create(
        at=timezone.now(),
        user=user if known else None,
        user_name=user.get_username()[:150] if known else "system",
        action=action[:40],
        kind=kind[:40],
        name=name[:200],
        detail=detail[:500],
    )
