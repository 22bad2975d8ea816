"""Tokens that instances keep for datasources: read as they are stored, renewed by their rules."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from datasources.ports import StoredToken, TokenNotThere
from kianda.lib.errors import ApplicationError, Busy, Invalid, Stale
from processes.document_cache import document_of
from processes.instances.claim import rules_at
from processes.instances.stored_values import stored_values
from processes.language.values import as_text
from processes.models import Run
from processes.rights.instance_rights import InstanceRights
from processes.running.runs import trigger
from processes.selectors import living_instance, visible_instance


def flaws(user: Any, *, process_id: str, field: str, target: str) -> Iterator[tuple[str, str]]:
    """Yield setting and sentence where a person may not see the field or press the target.

    What they may not see is told like what is not there.
    """
    instance = visible_instance(process_id, user, lock=False)
    if instance is None:
        yield "process_id", _no_instance(process_id)
        return
    document = document_of(instance.version)
    rights = InstanceRights(user, instance).by(document)
    if field not in document.fields or not rights.sees(field):
        yield "field", _no_field(process_id, field)
    if target:
        try:
            rules_at(document, target)
            seen = rights.sees(target.partition("#")[0])
        except Invalid:
            seen = False
        if not seen:
            yield (
                "target",
                _("%(process_id)s has no button %(target)s.")
                % {
                    "process_id": process_id,
                    "target": target,
                },
            )
        elif not (decision := rights.presses(target)):
            yield "target", decision.reason


def read(process_id: str, field: str) -> StoredToken:
    """Return the stored value; raises TokenNotThere."""
    instance = living_instance(process_id.lower(), lock=False)
    if instance is None:
        raise TokenNotThere(_no_instance(process_id))
    document = document_of(instance.version)
    if field not in document.fields:
        raise TokenNotThere(_no_field(process_id, field))
    value = stored_values(document, instance).get(field)
    return StoredToken(as_text(value).strip(), instance.revision)


def renew(process_id: str, target: str, *, user: Any, revision: int) -> bool:
    """Fire the target, unless somebody else was faster; raises TokenNotThere."""
    try:
        trigger(process_id=process_id, target=target, user=user, trigger="token", revision=revision)
    except (Busy, Stale):
        return False
    except ApplicationError as error:
        raise TokenNotThere(error.detail) from error
    return True


def renewed_since(process_id: str, target: str, moment: datetime) -> bool:
    """Tell whether the target was fired, by whomever, since a moment."""
    fired = Run.objects.filter(instance__key=process_id.lower(), target=target, queued__gte=moment)
    return fired.exclude(status=Run.Status.REFUSED).exists()


def _no_instance(process_id: str) -> str:
    return _("There is no record %(process_id)s.") % {"process_id": process_id}


def _no_field(process_id: str, field: str) -> str:
    return _("%(process_id)s has no field %(field)s.") % {
        "process_id": process_id,
        "field": field,
    }
