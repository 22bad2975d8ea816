"""Who is told when an instance goes on: owners of a form that opens, its creator at the end."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from kianda.accounts.services.directory import names_of
from kianda.accounts.services.person_data import display_name
from kianda.accounts.services.substitutes import substitutes_of
from kianda.messages.kinds import (
    Alert,
    Decided,
    FollowedStatus,
    FormAssigned,
    FormSentBack,
    NotificationKind,
)
from kianda.messages.readers import Subject
from kianda.messages.services import notify, settle
from processes.definition.document import Document
from processes.engine.instance_state import CURRENT, FormRecord, InstanceState, records_of
from processes.followers import tell_followers
from processes.language.people_refs import (
    CREATOR,
    CREATOR_MANAGER,
    OWNER_MANAGER,
    OWNERS,
    PARTICIPANTS,
    named_group,
    named_user,
    user_ref,
)
from processes.models import ProcessInstance
from processes.record_titles import open_title_inside, open_title_of
from processes.rights.instance_rights import InstanceRights
from processes.rights.people import StoredPeople, creator_of, owners_in


def tell_of(
    instance: ProcessInstance,
    document: Document,
    *,
    before: InstanceState,
    after: InstanceState,
    by: User | None,
    given: Mapping[str, Mapping[str, str]],
) -> None:
    """Tell people what has become theirs; call inside the storing transaction, owners stored.

    A form that opens, or is given to others while it is open, tells its new owners; one that comes
    back, or is `given` to them with a note, tells them why; who stands in for an owner is told too.
    What told of a form that waits for the reader no more counts as read. An instance that ends
    tells its creator, if they see it; those who follow it are told of its status. Previews tell
    nobody.
    """
    if instance.mode != ProcessInstance.Mode.LIVE or before is after:
        return
    creator, url = creator_of(instance), reverse("instance", args=[instance.process_id])
    thing = Subject("instance", instance.process_id)
    about = {
        "process": document.one_record, "process_id": instance.process_id,
        "title": open_title_of(instance, document),
        "by": display_name(by) if by is not None else "",
    }  # fmt: skip
    old, new = (records_of(document, one, creator) for one in (before, after))
    titles = {form.name: form.title for form in document.forms}
    had, have = ({name: _waits_for(one, creator) for name, one in states.items()}
                 for states in (old, new))  # fmt: skip
    for name in new:
        if had[name] - have[name]:
            people = _with_substitutes(had[name]) - _with_substitutes(have[name])
            settle(people, (FormAssigned, FormSentBack), thing, form=titles[name])
    told: set[int] = set()
    for name, record in new.items():
        owners = have[name] - had[name]
        if not owners:
            continue
        is_back = bool(record.sent_back) and record.sent_back != old[name].sent_back
        people = _with_substitutes(owners)
        note = record.note if is_back else given.get(name, {}).get("note", "")
        data = {**about, "form": titles[name], "note": note}
        data |= _asked(instance, document, people)
        kind = FormSentBack if is_back else FormAssigned
        _tell_each(owners, kind, data, thing, by=by)
        told |= people
    made_by, ends = instance.created_by, after.forms.get("ended") and not before.forms.get("ended")
    if ends and made_by is not None and InstanceRights(made_by, instance).see:
        data = {**about, "status": after.status}
        notify([made_by.pk], Decided, data=data, url=url, about=thing, by=by)
        told.add(made_by.pk)
    if before.status != after.status:
        data = {**about, "status": after.status}
        tell_followers(instance, FollowedStatus, data=data, by=by, told_already=told)


def _tell_each(
    owners: frozenset[str], kind: type[NotificationKind], data: Mapping[str, Any], thing: Subject,
    *, by: User | None,
) -> None:  # fmt: skip
    url = reverse("instance", args=[thing.key])
    for readers, stood_for in _by_whom_for(owners):
        notify(readers, kind, data={**data, **stood_for}, url=url, about=thing, by=by)


def _asked(instance: ProcessInstance, document: Document, people: set[int]) -> dict[str, str]:
    """Return who asks other people for what, where the design says that records are asked for."""
    maker = instance.created_by
    if not (document.record.request and document.record.title) or maker is None:
        return {}
    if maker.pk in people:
        return {}
    return {"asks": display_name(maker), "asked": open_title_inside(instance, document)}


def send_alerts(
    instance: ProcessInstance,
    document: Document,
    alerts: Iterable[Mapping[str, Any]],
    *,
    standing: InstanceState,
    by: User | None,
) -> None:
    """Tell people what the rules of a run want them to know; call inside the storing transaction.

    Whom a part in the instance names, such as its owners, is told as it stands by then.
    """
    if instance.mode != ProcessInstance.Mode.LIVE:
        return
    url = reverse("instance", args=[instance.process_id])
    about = {
        "process": document.one_record, "process_id": instance.process_id,
        "record": open_title_of(instance, document),
    }  # fmt: skip
    for alert in alerts:
        people = people_named(alert["to"], instance, document, standing)
        data = {**about, "title": alert["title"], "text": alert["text"]}
        thing = Subject("instance", instance.process_id)
        notify(people, Alert, data=data, url=url, about=thing, by=by, also_by=True)


def people_named(
    refs: Iterable[str], instance: ProcessInstance, document: Document, standing: InstanceState
) -> set[int]:
    """Return the keys of the people whom refs name."""
    creator, people = creator_of(instance), StoredPeople(instance)
    records = records_of(document, standing, creator).values()
    open_now = [owners_in(record, creator) for record in records if record.status == CURRENT]
    owners = frozenset(ref for refs in open_now for ref in refs)
    made = frozenset({user_ref(creator)} if creator else ())
    by_part: dict[str, frozenset[str]] = {
        CREATOR: made, OWNERS: owners, PARTICIPANTS: owners | frozenset(people.participants),
    }  # fmt: skip
    named: set[str] = set()
    found: set[int] = set()
    for ref in refs:
        if ref in {CREATOR_MANAGER, OWNER_MANAGER}:
            found |= _managers(made if ref == CREATOR_MANAGER else owners)
        else:
            named |= by_part.get(ref, frozenset({ref}))
    return found | _people(frozenset(named))


def _managers(refs: frozenset[str]) -> set[int]:
    names = [name for name in map(named_user, refs) if name]
    rows = User.objects.filter(reports__user__username__in=names)
    return set(rows.values_list("pk", flat=True))


def _waits_for(record: FormRecord, creator: str) -> frozenset[str]:
    """Return whom a form waits for while it is open, as refs."""
    return owners_in(record, creator) if record.status == CURRENT else frozenset()


def _with_substitutes(refs: frozenset[str]) -> set[int]:
    return set().union(*(people for people, _stood_for in _by_whom_for(refs)))


def _by_whom_for(refs: frozenset[str]) -> list[tuple[set[int], dict[str, str]]]:
    """Return the keys of owners, then of each who stands in for some, with what those are called.

    Who owns it too stands in for no one.
    """
    owners = _people(refs)
    stand_ins = substitutes_of(filter(None, map(named_user, refs)))
    return [(owners, {})] + [
        ({key}, {"stands_in_for": ", ".join(sorted(names_of(map(user_ref, names)).values()))})
        for key, names in stand_ins.items()
        if key not in owners
    ]


def _people(refs: frozenset[str]) -> set[int]:
    """Return the keys of people, and of the members of groups."""
    users = [name for name in map(named_user, refs) if name]
    groups = [name for name in map(named_group, refs) if name]
    found = set(User.objects.filter(username__in=users).values_list("pk", flat=True))
    if groups:
        found |= set(User.objects.filter(groups__name__in=groups).values_list("pk", flat=True))
    return found
