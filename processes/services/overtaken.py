"""What a run left unstored, once each field of it has been stored anew: nothing is missed then."""

from collections.abc import Iterable, Mapping
from typing import Any

from processes.models import Run


def overtake(instance_pk: int, changes: Iterable[Mapping[str, Any]]) -> None:
    """Take the mark from runs of the instance whose unstored fields all have just been stored.

    "Store these values" would bring back what is older than the form.
    """
    stored = {change["field"] for change in changes}
    left = Run.objects.filter(instance_id=instance_pk, unsaved_answer=True)
    for pk, values in left.values_list("pk", "unsaved_values"):
        if set(values or {}) <= stored:
            left.filter(pk=pk).update(unsaved_answer=False, unsaved_values=None)
