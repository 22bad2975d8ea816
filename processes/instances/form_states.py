"""The forms of an instance: which are open, whose they are, what is shown; my work."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from kianda.accounts.services.directory import entries, names_with_state
from kianda.accounts.services.substitutes import deactivated_without_one, with_substitutes
from processes.definition.document import Document
from processes.engine.instance_state import (
    COMPLETED,
    FormRecord,
    FormStatus,
    InstanceState,
    records_of,
)
from processes.instances.form_links import end_links_of_closed_forms
from processes.instances.telling import tell_of
from processes.language.people_refs import EVERYONE, group_ref, user_ref
from processes.models import Change, FormOwner, ProcessInstance, Run
from processes.rights.ownership import (
    owner_names,
    people_of,
    records_for,
    standing_of,
    store_owners,
)
from processes.rights.people import creator_of, owners_in
from processes.rights.querysets import seen_by_its_owner

__all__ = [
    "FormState",
    "display_of",
    "form_states",
    "how_much_work",
    "left_alone",
    "my_work",
    "newest_work",
    "standing_of",
    "store_standing",
]


NOTHING_SAID: Mapping[str, Mapping[str, str]] = {}
# The rail says "99+" past it.
MOST_COUNTED = 100


@dataclass(frozen=True)
class FormState:
    """One form of an instance: where it stands, whose it is, who completed it when."""

    form: str
    title: str
    status: FormStatus
    users: tuple[str, ...]
    groups: tuple[str, ...]
    # It was given to everyone who sees the instance.
    everyone: bool
    started_at: datetime | None
    completed_at: datetime | None
    completed_by: str
    # Of a form that is open again: when, who sent it back, and why.
    sent_back_at: datetime | None
    sent_back_by: str
    note: str
    # For whom a substitute has completed it or sent it back.
    acted_for: str

    @property
    def owners(self) -> tuple[str, ...]:
        """Return what its people are called, and who is deactivated; then its groups."""
        return self.others("")

    def others(self, me: str) -> tuple[str, ...]:
        """Return the owners but for one of the people."""
        return names_with_state(self._refs(me))

    def now_with(self, me: str) -> tuple[str, ...]:
        """Return the same of a form that is open, each with who stands in for them just now."""
        refs = self._refs(me)
        found = with_substitutes(entries(refs), me)
        return tuple(found[ref].with_state for ref in refs)

    def _refs(self, me: str) -> list[str]:
        users = [user_ref(name) for name in self.users if name != me]
        return [*users, *map(group_ref, self.groups)]


def form_states(instance: ProcessInstance, document: Document) -> list[FormState]:
    """Return the state of each form, in form order."""
    records = records_for(instance, document)
    return [
        FormState(
            form=form.name,
            title=form.title,
            status=record.status,
            users=people_of(form.name, record, instance, document),
            groups=record.groups,
            everyone=record.everyone,
            started_at=_moment(record.started) or _first_start(record, instance),
            completed_at=_moment(record.completed),
            completed_by=record.completed_by,
            sent_back_at=_moment(record.sent_back),
            sent_back_by=record.sent_back_by,
            note=record.note,
            acted_for=record.acted_for,
        )
        for form in document.forms
        for record in [records[form.name]]
    ]


def _first_start(record: FormRecord, instance: ProcessInstance) -> datetime | None:
    return instance.created if record.status != "not_started" else None


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def display_of(instance: ProcessInstance, document: Document) -> dict[str, dict[str, bool]]:
    """Return visible, enabled and required of every field, and visible and enabled of every form.

    What the design says, with what rules have set over it.
    """
    shown: dict[str, dict[str, bool]] = {
        form.name: {"visible": True, "enabled": True} for form in document.forms
    }
    for name, field in document.fields.items():
        required = bool(getattr(field, "required", False))
        shown[name] = {"visible": field.visible, "enabled": field.enabled, "required": required}
    for name, parts in instance.display.items():
        if name in shown:
            shown[name].update(parts)
    return shown


def my_work(user: User) -> QuerySet[ProcessInstance]:
    """Return the instances that wait for a person: an open form is theirs, newest first."""
    owned = _owned(user).filter(instance=OuterRef("pk"))
    return seen_by_its_owner(user).filter(Exists(owned)).order_by("-pk")


def newest_work(user: User, most: int) -> list[int]:
    """Return the keys of the newest instances that wait for a person; an index tells them."""
    pks: set[int] = set()
    for kind, name in owner_names(user):
        rows = _of_living().filter(kind=kind, name=name).order_by("-instance")
        pks |= set(rows.values_list("instance", flat=True).distinct()[:most])
    newest = sorted(pks, reverse=True)[:most]
    seen = seen_by_its_owner(user).filter(pk__in=newest).order_by("-pk")
    return list(seen.values_list("pk", flat=True))


def left_alone() -> QuerySet[ProcessInstance]:
    """Return the live instances, the newest first, of which an open form is nobody's to complete.

    Whoever had it was deactivated, and neither a substitute nor anybody else has it too.
    """
    theirs = Q(kind=FormOwner.Kind.USER, name__in=deactivated_without_one().values("username"))
    others = FormOwner.objects.filter(instance=OuterRef("instance"), form=OuterRef("form"))
    alone = _of_living().filter(theirs, ~Exists(others.exclude(theirs)))
    live = ProcessInstance.objects.filter(mode=ProcessInstance.Mode.LIVE)
    return live.filter(pk__in=alone.order_by().values("instance")).order_by("-pk")


def _owned(user: User) -> QuerySet[FormOwner]:
    mine = Q()
    for kind in FormOwner.Kind:
        mine |= Q(kind=kind, name__in=[name for one, name in owner_names(user) if one == kind])
    return _of_living().filter(mine).order_by()


def _of_living() -> QuerySet[FormOwner]:
    """Return whose the open forms are, but for instances in the recycle bin."""
    return FormOwner.objects.filter(instance__deleted_at__isnull=True)


def how_much_work(user: User) -> int:
    """Return how many instances wait for a person, counted up to 100: every page asks."""
    some = list(_owned(user).values_list("instance", flat=True).distinct()[: 4 * MOST_COUNTED])
    if not some:
        return 0
    return seen_by_its_owner(user).filter(pk__in=some).order_by()[:MOST_COUNTED].count()


def store_standing(
    instance: ProcessInstance,
    document: Document,
    standing: InstanceState,
    *,
    user: User | None,
    run: Run | None = None,
    acted_for: str = "",
    given: Mapping[str, Mapping[str, str]] = NOTHING_SAID,
) -> None:
    """Store where an instance stands, with history; the caller holds its lock in a transaction.

    `given` is what the history says beside of forms that were given to others.
    """
    before = standing_of(instance)
    rows = standing_changes(document, before, standing, creator_of(instance), given)
    moment = timezone.now()
    instance.status, instance.forms = standing.status, dict(standing.forms)
    instance.display = dict(standing.display)
    instance.revision += 1
    instance.modified, instance.modified_by = moment, user
    instance.save(
        update_fields=["status", "forms", "display", "revision", "modified", "modified_by"]
    )
    name = user.get_username() if user else ""
    store_owners(instance, document, substitute=name if acted_for else "")
    tell_of(instance, document, before=before, after=standing, by=user, given=given)
    end_links_of_closed_forms(instance, document, before=before, after=standing)
    Change.objects.create(
        instance=instance,
        run=run,
        revision=instance.revision,
        at=moment,
        by=user,
        by_name=name,
        acted_for=acted_for or None,
        fields=rows,
    )


def standing_changes(
    document: Document,
    before: InstanceState,
    after: InstanceState,
    creator: str,
    given: Mapping[str, Mapping[str, str]] = NOTHING_SAID,
) -> list[dict[str, Any]]:
    """Return the history of a change: the status as `process.status`, forms as `form:<name>`.

    With it stands who sent a form back and why, and whose completion has ended by that; of a form
    that was given to others, whose it was, and what is `given` of it: a note, or the rule.
    """
    rows: list[dict[str, Any]] = []
    if before.status != after.status:
        rows.append(_row("process.status", before.status, after.status))
    if before.security != after.security:
        rows.append(_row("process.security", _lists(before), _lists(after)))
    old, new = (records_of(document, one, creator) for one in (before, after))
    rows += [
        _row(f"form:{name}", old[name].status, new[name].status) | _told(old[name], new[name])
        for name in new
        if old[name].status != new[name].status
    ]
    owners = {name: (_owners(old[name], creator), _owners(new[name], creator)) for name in new}
    return rows + [
        {"field": f"form:{name}", "owners": True, "before": was, "after": now, "note": "",
         **given.get(name, {})}
        for name, (was, now) in owners.items()
        if set(was) != set(now)
    ]  # fmt: skip


def _owners(record: FormRecord, creator: str) -> list[str]:
    """Return whose a form is as refs, people first."""
    if record.everyone:
        return [EVERYONE]
    named = [*map(user_ref, record.users), *map(group_ref, record.groups)]
    return named or sorted(owners_in(record, creator))


def _lists(state: InstanceState) -> str:
    """Return the lists of rights of an instance's own as text; nothing when the design holds."""
    return "; ".join(f"{name}: {', '.join(refs)}" for name, refs in state.security.items())


def _told(old: FormRecord, new: FormRecord) -> dict[str, str]:
    said: dict[str, str] = {}
    if old.status == COMPLETED:
        said |= {"completed": old.completed, "completed_by": old.completed_by}
        said |= {"completed_for": old.acted_for} if old.acted_for else {}
    if new.sent_back:
        said |= {"sent_back_by": new.sent_back_by, "note": new.note}
        said |= {"sent_back_for": new.acted_for} if new.acted_for else {}
    return said


def _row(field: str, before: str, after: str) -> dict[str, Any]:
    return {"field": field, "before": before, "after": after}


def known_people(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return (user names, names that nobody has) for user names, `user:ada`, e-mail addresses."""
    found, unknown = [], []
    for named in names:
        name = named.removeprefix("user:")
        user = (
            User.objects.filter(username=name, is_active=True).first()
            or User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name), is_active=True)
            .order_by("pk")
            .first()
        )
        if user is None:
            unknown.append(named)
        else:
            found.append(user.get_username())
    return found, unknown


def known_groups(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return (names of groups, names that no group has), without regard to capital letters."""
    wanted = list(names)
    by_name = {name.lower(): name for name in Group.objects.values_list("name", flat=True)}
    return (
        [by_name[name.lower()] for name in wanted if name.lower() in by_name],
        [name for name in wanted if name.lower() not in by_name],
    )
