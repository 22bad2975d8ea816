"""The same decisions as filters: which instances, runs and designs a person sees.

What a design lets one person see without a look at the instance (everyone, their group, them) and
what only the people of an instance tell are kept apart, so that a list asks as little as it can.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from django.contrib.auth.models import User
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.pagination import FEW_HITS
from processes.definition.security import Security
from processes.language.people_refs import (
    CREATOR,
    CREATOR_MANAGER,
    EVERYONE,
    OWNER_MANAGER,
    OWNERS,
    PARTICIPANTS,
    Person,
    named_by,
    named_field,
)
from processes.models import (
    FormOwner,
    InstancePerson,
    ProcessDesign,
    ProcessInstance,
    Run,
    SavedView,
    SavedViewReader,
    field_relation,
)
from processes.rights.decisions import (
    DEFAULTS,
    has_account,
    is_administrator,
    may_start,
    person_of,
    read_security,
    security_of,
)

M = TypeVar("M", bound=Model)
NAMED_AGAIN = 200
# So many processes are named to whoever asks what they may do.
MOST_TOLD = 100


def visible_instances(
    user: User | None, *, among: Iterable[int] | None = None, design: ProcessDesign | None = None
) -> QuerySet[ProcessInstance]:
    """Return the instances that a person sees; as `InstanceRights.see` decides for one.

    Asked about some by their keys, or about those of a design, it looks at no others.
    """
    rows, keys = ProcessInstance.objects.all(), None
    if design is not None:
        rows = rows.filter(design=design.pk)
    if among is not None:
        keys = sorted(among)
        rows = rows.filter(pk__in=keys)
    if user is None or not has_account(user):
        return rows.none()
    if has_role(user, ADMINISTRATOR):
        return rows
    # To name many keys again and again takes longer than to look at all.
    relations = _Relations(
        user, person_of(user), keys if keys and len(keys) <= NAMED_AGAIN else None
    )
    return rows.filter(_seen_by(relations) if design is None else _seen_of(design, relations))


def seen_by_its_owner(user: User) -> QuerySet[ProcessInstance]:
    """Return the instances that a person sees if they have work on them.

    Whoever has work on a live one sees it: nothing else need be asked about it.
    """
    rows = ProcessInstance.objects.all()
    if not has_account(user):
        return rows.none()
    if has_role(user, ADMINISTRATOR):
        return rows
    live, own = Q(mode=ProcessInstance.Mode.LIVE), Q(created_by=user.pk)
    return rows.filter(live | own | Q(design__in=managed_designs(user)))


def visible_runs(user: User) -> QuerySet[Run]:
    """Return the runs that a person sees: those of instances that they see.

    Runs of an instance that is gone are for administrators.
    """
    rows = Run.objects.select_related("run_as")
    if not has_account(user):
        return rows.none()
    if has_role(user, ADMINISTRATOR):
        return rows
    return rows.filter(Exists(visible_instances(user).filter(pk=OuterRef("instance"))))


def startable_designs(user: User) -> QuerySet[ProcessDesign]:
    """Return the published designs of which a person may create an instance."""
    if not has_account(user):
        return ProcessDesign.objects.none()
    return ProcessDesign.objects.filter(_may_start(user))


def _may_start(user: User) -> Q:
    """Return the filter of the designs of which a person with an account may create an instance."""
    published = Q(published__isnull=False)
    if has_role(user, ADMINISTRATOR):
        return published
    person = person_of(user)
    closed = [
        pk
        for pk, security in _special_designs()
        if not named_by((*security.start, *security.administrators), person)
    ]
    return published & ~Q(pk__in=closed)


def readable_designs(user: User) -> QuerySet[ProcessDesign]:
    """Return the designs whose definition a person reads: all, or what they manage."""
    rows = ProcessDesign.objects.all()
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return rows
    return rows.filter(pk__in=managed_designs(user))


def known_designs(user: User) -> QuerySet[ProcessDesign]:
    """Return the designs that a person meets: to read, to start, or by an instance they see."""
    rows = ProcessDesign.objects.all()
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return rows
    if not has_account(user):
        return rows.none()
    seen = visible_instances(user).filter(design=OuterRef("pk"))
    return rows.filter(_may_start(user) | Q(pk__in=managed_designs(user)) | Exists(seen))


def knows_design(user: User, design: ProcessDesign) -> bool:
    """Tell whether a person meets a design, as `known_designs` does for all of them.

    Instances are looked at only where neither the person's roles nor the process let them in.
    """
    if has_role(user, ADMINISTRATOR, DESIGNER):
        return True
    security = security_of(design)
    if is_administrator(user, security) or (design.published_id and may_start(user, design)):
        return True
    return visible_instances(user, design=design).exists()


def processes_told_to(user: User) -> dict[str, Any]:
    """Return the processes that a person may start and administer: some by name, and how many."""
    managed = ProcessDesign.objects.all()
    if not has_role(user, ADMINISTRATOR):
        managed = managed.filter(pk__in=managed_designs(user))
    return {"start": _some_names(startable_designs(user)), "administer": _some_names(managed)}


def _some_names(rows: QuerySet[ProcessDesign]) -> dict[str, Any]:
    names = rows.order_by("name").values_list("name", flat=True)
    return {"names": list(names[:MOST_TOLD]), "total": rows.count()}


def managed_designs(user: User) -> list[int]:
    """Return the keys of the designs that a person manages who need not be an administrator."""
    if not has_account(user):
        return []
    person = person_of(user)
    return [pk for pk, one in _special_designs() if named_by(one.administrators, person)]


def managed_process_ids(user: User) -> QuerySet[ProcessInstance, str] | None:
    """Return the Process IDs of the instances that a person manages who need not be an
    administrator; None when they manage no process.
    """
    managed = managed_designs(user)
    if not managed:
        return None
    rows = ProcessInstance.objects.filter(design__in=managed).order_by()
    return rows.values_list("process_id", flat=True)


def _special_designs() -> Iterable[tuple[int, Security]]:
    """Return the designs whose rights are not the defaults."""
    # In no order: an index knows them, and would be left for that of an order.
    rows = ProcessDesign.everything.filter(security__isnull=False).order_by()
    for pk, stored in rows.values_list("pk", "security"):
        yield pk, read_security(stored)


def has_to_do_with(user: User) -> set[int] | None:
    """Return what a person can at most see, if that is few: what names them, or is open to them.

    Each relation is read from the person's side and no further than to what would be many.
    """
    person, found = person_of(user), set[int]()
    owners = {person.name, *person.stood_for, *person.reports}
    open_to = [
        pk for pk, one in _special_designs() if named_by((*one.see, *one.administrators), person)
    ]
    rows = ProcessInstance.objects.order_by()
    named = InstancePerson.objects.filter(ref__in=sorted({EVERYONE, *person.refs})).order_by()
    for keys in (
        _owners(FormOwner.Kind.USER, owners).values_list("instance", flat=True),
        _owners(FormOwner.Kind.GROUP, person.groups).values_list("instance", flat=True),
        named.values_list("instance", flat=True),
        rows.filter(created_by=user.pk).values_list("pk", flat=True),
        rows.filter(created_by__in=_reports(user)).values_list("pk", flat=True),
        rows.filter(design__in=open_to).values_list("pk", flat=True),
    ):
        some = list(keys[: FEW_HITS + 1])
        found.update(some)
        if max(len(some), len(found)) > FEW_HITS:
            return None
    return found


def _seen_by(relations: "_Relations") -> Q:
    """Return the filter of what a person sees who is no administrator.

    Each relation to an instance is looked up once, from the person's side: an index tells it, and
    it is as much work as there are instances that they have to do with.
    """
    person, whole, managed = relations.person, [], []
    by_ref: defaultdict[str, list[int]] = defaultdict(list)
    special: list[int] = []
    for pk, security in _special_designs():
        special.append(pk)
        if named_by(security.administrators, person):
            managed.append(pk)
        elif named_by(security.see, person):
            whole.append(pk)
        for ref in _asked(security.see, person):
            by_ref[ref].append(pk)
    # Whoever has work on it sees it.
    seen = relations.by(OWNERS)
    for ref in sorted({*by_ref, *_asked(DEFAULTS.see, person)}):
        seen |= _of_designs(by_ref[ref], special, default=ref in DEFAULTS.see) & relations.by(ref)
    if whole:
        seen |= Q(design__in=whole)
    found = _live_or_own_preview(seen, relations)
    return found | Q(design__in=managed) if managed else found


def _seen_of(design: ProcessDesign, relations: "_Relations") -> Q:
    """Return the same filter among the instances of one design: its rights alone are asked."""
    person, security = relations.person, security_of(design)
    if named_by(security.administrators, person):
        return Q()
    seen = Q()
    if not named_by(security.see, person):
        seen = relations.by(OWNERS)
        for ref in sorted(_asked(security.see, person)):
            seen |= relations.by(ref)
    return _live_or_own_preview(seen, relations)


def _live_or_own_preview(seen: Q, relations: "_Relations") -> Q:
    """Return the filter of what is seen of live instances, by the rights of designs or by a list
    of their own, and of the previews that the person has made.
    """
    own = Q(has_own_see=True) & relations.by_own_list()
    live = Q(mode=ProcessInstance.Mode.LIVE) & ((Q(has_own_see=False) & seen) | own)
    return live | Q(mode=ProcessInstance.Mode.PREVIEW, created_by=relations.user.pk)


_ASKED = frozenset({CREATOR, PARTICIPANTS, CREATOR_MANAGER, OWNER_MANAGER})


def _asked(see: Iterable[str], person: Person) -> frozenset[str]:
    """Return by which refs the people of an instance can tell that a person sees it."""
    asked = {ref for ref in see if ref in _ASKED or named_field(ref)}
    return frozenset(asked if person.reports else asked - {CREATOR_MANAGER, OWNER_MANAGER})


def _of_designs(some: list[int], special: list[int], *, default: bool) -> Q:
    """Return the filter of some of the special designs, and of all that are not special."""
    if not default:
        return Q(design__in=some)
    left_out = sorted(set(special) - set(some))
    return ~Q(design__in=left_out) if left_out else Q()


class _Relations(NamedTuple):
    """What a person is to instances: to all of them, or to some that are asked about alone."""

    user: User
    person: Person
    among: list[int] | None

    def by(self, ref: str) -> Q:
        """Return the filter that a ref names the person by the people of an instance."""
        if ref == CREATOR:
            return Q(created_by=self.user.pk)
        if ref == CREATOR_MANAGER:
            return Q(created_by__in=_reports(self.user))
        if ref == OWNERS:
            # Apart: an index tells each, and neither of both at once.
            person = self.person
            return self._owned(FormOwner.Kind.USER, {person.name, *person.stood_for}) | self._owned(
                FormOwner.Kind.GROUP, person.groups
            )
        if ref == OWNER_MANAGER:
            return self._owned(FormOwner.Kind.USER, self.person.reports)
        if ref == PARTICIPANTS:
            return Q(created_by=self.user.pk) | self._held(InstancePerson.PARTICIPANT)
        return self._held(field_relation(named_field(ref)))

    def by_own_list(self) -> Q:
        """Return the filter of instances with a list of their own of who sees them, set by a rule.

        Their rows name the person, or what the person is to them.
        """
        found = self._held(InstancePerson.SEE, {EVERYONE, *self.person.refs}) | self.by(OWNERS)
        for ref in sorted(_asked(_ASKED, self.person)):
            found |= self._held(InstancePerson.SEE, {ref}) & self.by(ref)
        return found

    def _owned(self, kind: str, names: Iterable[str]) -> Q:
        return self._are_in(_owners(kind, names))

    def _held(self, relation: str, refs: Iterable[str] = ()) -> Q:
        named = sorted(refs or self.person.refs)
        return self._are_in(InstancePerson.objects.filter(relation=relation, ref__in=named))

    def _are_in(self, rows: QuerySet[Any]) -> Q:
        rows = rows if self.among is None else rows.filter(instance__in=self.among)
        return Q(pk__in=rows.values("instance"))


def _reports(user: User) -> QuerySet[Any, Any]:
    return User.objects.filter(profile__manager=user.pk).values("pk")


def _owners(kind: str, names: Iterable[str]) -> QuerySet[FormOwner]:
    return FormOwner.objects.filter(kind=kind, name__in=sorted(names)).order_by()


def views_had_by(user: User) -> QuerySet[SavedView]:
    """Return the saved views that are a person's own or shared with them, of any process.

    A view shows nobody more records or columns than they see anyway.
    """
    shared = SavedViewReader.objects.filter(ref__in=[EVERYONE, *person_of(user).refs])
    return SavedView.objects.filter(Q(owner=user.pk) | Q(pk__in=shared.values("view")))


def visible_views(user: User) -> QuerySet[SavedView]:
    """Return the saved views that a person has, of published processes that they know."""
    known = known_designs(user).filter(published__isnull=False).order_by()
    return views_had_by(user).filter(design__in=known.values("pk"))
