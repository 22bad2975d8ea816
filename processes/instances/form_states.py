"""The forms of an instance: which are open, whose they are, what is shown; my work; send back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, groups_of, has_role, role_titles
from kianda.lib.errors import Conflict, Forbidden, Invalid
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.engine.instance_state import (
    CURRENT,
    FormRecord,
    FormStatus,
    InstanceState,
    records_of,
)
from processes.engine.transitions import ActedBy, went_to
from processes.instances.claim import refuse_other_revision
from processes.instances.lock import locked, when_free
from processes.instances.ownership import (
    creator_of,
    is_owner,
    people_of,
    records_for,
    standing_of,
    store_owners,
)
from processes.language.timestamps import moment_text
from processes.models import Change, FormOwner, ProcessInstance, Run
from processes.selectors import visible_instances

__all__ = [
    "FormState",
    "creator_of",
    "display_of",
    "form_states",
    "how_much_work",
    "may_work_on",
    "my_work",
    "newest_work",
    "send_back",
    "standing_of",
    "store_standing",
]


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
    # Nobody was named: whoever sees the instance may work on it.
    anyone: bool
    started_at: datetime | None
    completed_at: datetime | None
    completed_by: str

    @property
    def owners(self) -> tuple[str, ...]:
        """Return the names of its people, then of its groups."""
        return (*self.users, *role_titles(self.groups))


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
            anyone=record.is_anyones,
            started_at=_moment(record.started) or _first_start(record, instance),
            completed_at=_moment(record.completed),
            completed_by=record.completed_by,
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


def may_work_on(user: User | None, instance: ProcessInstance, form: str) -> bool:
    """Tell whether a person may fill in and submit a form now: it is open, and it is theirs."""
    state = next(
        (one for one in form_states(instance, document_of(instance.version)) if one.form == form),
        None,
    )
    return state is not None and state.status == CURRENT and owns(user, instance, state)


def owns(user: User | None, instance: ProcessInstance, state: FormState) -> bool:
    """Tell whether a form belongs to a person, whatever its status."""
    if state.anyone:
        return user is not None and user.is_active
    return is_owner(user, instance, users=state.users, groups=state.groups)


def my_work(user: User) -> QuerySet[ProcessInstance]:
    """Return the instances that wait for a person: an open form is theirs, newest first."""
    owned = _owned(user).filter(instance=OuterRef("pk"))
    return visible_instances(user).filter(Exists(owned)).order_by("-pk")


def newest_work(user: User, most: int) -> list[int]:
    """Return the keys of the newest instances that wait for a person; an index tells them."""
    pks: set[int] = set()
    groups = [(FormOwner.Kind.GROUP, name) for name in groups_of(user)]
    for kind, name in [(FormOwner.Kind.USER, user.get_username()), *groups]:
        rows = FormOwner.objects.filter(kind=kind, name=name).order_by("-instance")
        pks |= set(rows.values_list("instance", flat=True).distinct()[:most])
    newest = sorted(pks, reverse=True)[:most]
    seen = visible_instances(user).filter(pk__in=newest).order_by("-pk")
    return list(seen.values_list("pk", flat=True))


def _owned(user: User) -> QuerySet[FormOwner]:
    mine = Q(kind=FormOwner.Kind.USER, name=user.get_username()) | Q(
        kind=FormOwner.Kind.GROUP, name__in=groups_of(user)
    )
    return FormOwner.objects.filter(mine).order_by()


def how_much_work(user: User) -> int:
    """Return how many instances wait for a person, counted up to 100: every page asks."""
    some = _owned(user).values_list("instance", flat=True).distinct()[: 4 * MOST_COUNTED]
    return visible_instances(user).filter(pk__in=list(some)).order_by()[:MOST_COUNTED].count()


def store_standing(
    instance: ProcessInstance,
    document: Document,
    standing: InstanceState,
    *,
    user: User | None,
    run: Run | None = None,
) -> None:
    """Store where an instance stands, with history; the caller holds its lock in a transaction."""
    rows = standing_changes(document, standing_of(instance), standing, creator_of(instance))
    moment = timezone.now()
    instance.status, instance.forms = standing.status, dict(standing.forms)
    instance.display = dict(standing.display)
    instance.revision += 1
    instance.modified, instance.modified_by = moment, user
    instance.save(
        update_fields=["status", "forms", "display", "revision", "modified", "modified_by"]
    )
    store_owners(instance, document)
    Change.objects.create(
        instance=instance,
        run=run,
        revision=instance.revision,
        at=moment,
        by=user,
        by_name=user.get_username() if user else "",
        fields=rows,
    )


def standing_changes(
    document: Document, before: InstanceState, after: InstanceState, creator: str
) -> list[dict[str, str]]:
    """Return the history of a change: the status as `process.status`, forms as `form:<name>`."""
    rows = []
    if before.status != after.status:
        rows.append(_row("process.status", before.status, after.status))
    old, new = (records_of(document, one, creator) for one in (before, after))
    return rows + [
        _row(f"form:{name}", old[name].status, new[name].status)
        for name in new
        if old[name].status != new[name].status
    ]


def _row(field: str, before: str, after: str) -> dict[str, str]:
    return {"field": field, "before": before, "after": after}


def send_back(
    *, process_id: str, form: str, user: User, revision: int | None = None
) -> ProcessInstance:
    """Open an earlier form again, and close those that are open now.

    Raises Forbidden when no open form belongs to the person, Conflict when the form cannot be sent
    back to, Stale, Busy, Missing.
    """

    def back() -> ProcessInstance:
        instance, document = locked(process_id, user)
        refuse_other_revision(instance, revision)
        states = form_states(instance, document)
        _refuse_send_back(form, user, instance, states)
        standing = went_to(
            document,
            standing_of(instance),
            form,
            own="",
            creator=creator_of(instance),
            moment=ActedBy(user.get_username(), moment_text(timezone.now())),
        )
        store_standing(instance, document, standing, user=user)
        return instance

    return when_free(process_id, back)


def _refuse_send_back(
    form: str, user: User, instance: ProcessInstance, states: Iterable[FormState]
) -> None:
    by_name: Mapping[str, FormState] = {state.form: state for state in states}
    target = by_name.get(form)
    if target is None:
        raise Invalid.at("/form", _("There is no form %(form)s.") % {"form": form})
    if target.status == CURRENT:
        raise Conflict(_("The form %(form)s is open already.") % {"form": target.title})
    if target.status != "completed":
        raise Conflict(
            _("The form %(form)s was not completed; only such a form is sent back.")
            % {"form": target.title}
        )
    opened = [state for state in by_name.values() if state.status == CURRENT]
    own = any(owns(user, instance, state) for state in opened or [target])
    if not own and not has_role(user, ADMINISTRATOR):
        raise Forbidden(_("Only an owner of the form that is open now can send it back."))


def known_people(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return (user names, names that nobody has) for user names and e-mail addresses."""
    found, unknown = [], []
    for name in names:
        user = (
            User.objects.filter(username=name, is_active=True).first()
            or User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name), is_active=True)
            .order_by("pk")
            .first()
        )
        if user is None:
            unknown.append(name)
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
