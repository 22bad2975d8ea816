"""Anonymous form links: made with what a run stores, found by their tokens, ended."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import record
from kianda.accounts.services.tokens import digest_of
from kianda.lib.errors import Missing, NoLongerValid
from processes.definition.document import Document
from processes.engine.instance_state import CURRENT, InstanceState, records_of
from processes.instances.claim import linked_instance, read_instance
from processes.models import FormLink, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.link_rights import PREFIX
from processes.rights.ownership import records_for


def store_links(
    instance: ProcessInstance, links: Iterable[Mapping[str, Any]], *, by_name: str
) -> None:
    """Keep the links that the rules of a run have made; call inside the storing transaction."""
    moment = timezone.now()
    for one in links:
        earlier = FormLink.objects.filter(instance=instance, form=one["form"])
        _end(earlier, FormLink.Ended.REPLACED)
        seconds = one["seconds"]
        FormLink.objects.create(
            instance=instance, form=one["form"], digest=digest_of(one["token"]), created=moment,
            created_by_name=by_name.removeprefix(PREFIX), most_uses=one["uses"],
            message=one["message"],
            until=None if seconds is None else moment + timedelta(seconds=seconds),
        )  # fmt: skip


def end_links_of_closed_forms(
    instance: ProcessInstance, document: Document, *, before: InstanceState, after: InstanceState
) -> None:
    """End the links to forms that are open no more; call inside the storing transaction."""
    old, new = (records_of(document, one, "") for one in (before, after))
    closed = [
        name for name in new if old[name].status == CURRENT and new[name].status != CURRENT
    ]  # fmt: skip
    if closed:
        _end(FormLink.objects.filter(instance=instance, form__in=closed), FormLink.Ended.CLOSED)


def end_links_of(instances: QuerySet[ProcessInstance]) -> None:
    """End the links to instances that are deleted; call inside the deleting transaction."""
    _end(FormLink.objects.filter(instance__in=instances), FormLink.Ended.DELETED)


def link_of(token: str) -> FormLink:
    """Return the link with a token; raises Missing."""
    rows = FormLink.objects.select_related("instance")
    found = rows.filter(digest=digest_of(token)).first()
    if found is None:
        raise Missing(_("Page not found."))
    return found


def refuse_ended(link: FormLink) -> None:
    """Raise NoLongerValid with its sentence for a link that leads nowhere any more, read anew."""
    now = FormLink.objects.filter(pk=link.pk).first()
    state = now.state(timezone.now()) if now is not None else FormLink.Ended.DELETED
    if state == "open" and not _leads_to_open_form(link):
        state = FormLink.Ended.CLOSED
    if state == FormLink.Ended.CLOSED and now is not None and now.uses:
        raise NoLongerValid(_("This form has already been sent."))
    if state != "open":
        raise NoLongerValid(_sentence(state))


def _leads_to_open_form(link: FormLink) -> bool:
    try:
        instance, document = linked_instance(link)
    except Missing:
        return False
    record = records_for(instance, document).get(link.form)
    return record is not None and record.status == CURRENT


def _sentence(state: str) -> str:
    return {
        "expired": _("This link has expired."),
        "used_up": _("This link has been used already."),
        "replaced": _("This link was replaced by a newer one."),
        "closed": _("This form is not open."),
    }.get(state, _("This link is no longer valid."))


def links_of(instance: ProcessInstance, rights: InstanceRights) -> Sequence[FormLink]:
    """Return the links to those forms of an instance that a person may change, newest first."""
    found = FormLink.objects.filter(instance=instance)
    return [one for one in found if one.form in rights.records and rights.changes(one.form)]


def revoke_link(*, process_id: str, link: int, user: User) -> FormLink:
    """End a link at once; one that has ended stays as it is. Raises Missing."""
    instance, document = read_instance(process_id, user)
    known = links_of(instance, InstanceRights(user, instance, document))
    found = next((one for one in known if one.pk == link), None)
    if found is None:
        words = _("%(process_id)s has no such link.")
        raise Missing(words % {"process_id": instance.process_id})
    with transaction.atomic():
        rows = FormLink.objects.filter(pk=found.pk)
        if _end(rows, FormLink.Ended.REVOKED, by_name=user.get_username()):
            record(user, action="revoked", kind="form link", name=instance.process_id)
    found.refresh_from_db()
    return found


def _end(rows: QuerySet[FormLink], why: str, *, by_name: str = "") -> int:
    open_still = rows.filter(ended="")
    return open_still.update(ended=why, ended_at=timezone.now(), ended_by_name=by_name)
