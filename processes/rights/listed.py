"""What lists and searches ask: rights are decided for as few instances as an answer needs.

A list that is counted asks for all of them. A search knows first what fits its words, which an
index tells, and then which of these a person sees.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from kianda.accounts.roles import ADMINISTRATOR, has_role
from processes.language.people_refs import named_by
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.rights.decisions import has_account, person_of, security_of
from processes.rights.querysets import NAMED_AGAIN, has_to_do_with, visible_instances, visible_runs


def listed_instances(user: User) -> QuerySet[ProcessInstance]:
    """Return the same as `visible_instances`, for a list that looks at all of them."""
    return instances_among(few_of(user), user)


def instances_among(
    few: Collection[int] | None, user: User, design: ProcessDesign | None = None
) -> QuerySet[ProcessInstance]:
    """Return the same where it is known what a person can at most see, or of one design."""
    rows = visible_instances(user, design=design)
    return rows if few is None else rows.filter(pk__in=few)


def searched_instances(user: User) -> QuerySet[ProcessInstance]:
    """Return where a person's search looks, for `first_seen` to decide what is seen of it."""
    few = few_of(user)
    rows = ProcessInstance.objects.all()
    return rows if few is None else rows.filter(pk__in=few)


def first_seen(user: User, rows: QuerySet[ProcessInstance], *, most: int) -> list[int]:
    """Return the keys of the first of some instances that a person sees, in the order of the rows.

    A few are asked about alone. That does for what is rare, and for who sees most of what is not.
    """
    first = list(rows.values_list("pk", flat=True)[: NAMED_AGAIN + 1])
    if len(first) <= NAMED_AGAIN or most < NAMED_AGAIN:
        seen = _seen_among(user, first[:NAMED_AGAIN])
        found = [pk for pk in first if pk in seen][:most]
        if len(first) <= NAMED_AGAIN or len(found) == most:
            return found
    asked = rows & visible_instances(user)
    return list(asked.values_list("pk", flat=True)[:most])


def listed_runs(user: User) -> QuerySet[Run]:
    """Return the same as `visible_runs`, for a list that looks at all of them."""
    few = few_of(user)
    if few is None:
        return visible_runs(user)
    seen = _seen_among(user, few)
    return Run.objects.select_related("run_as").filter(instance__in=sorted(seen))


def runs_seen_among(user: User, pks: Iterable[Any]) -> QuerySet[Run]:
    """Return those of some runs that a person sees."""
    rows = Run.objects.select_related("run_as").filter(pk__in=pks)
    if has_role(user, ADMINISTRATOR):
        return rows
    instances = {pk for pk in rows.values_list("instance", flat=True) if pk}
    return rows.filter(instance__in=_seen_among(user, instances))


def keys_of_runs_seen(user: User) -> QuerySet[Run, int] | None:
    """Return the keys of the runs that a person sees; None for all of them."""
    if has_role(user, ADMINISTRATOR):
        return None
    return listed_runs(user).select_related(None).values_list("pk", flat=True)


def process_ids_seen(user: User, process_ids: Collection[str]) -> set[str]:
    """Return those of some Process IDs whose instances a person sees."""
    wanted, seen = sorted(process_ids), set[str]()
    for at in range(0, len(wanted), NAMED_AGAIN):
        rows = ProcessInstance.objects.filter(process_id__in=wanted[at : at + NAMED_AGAIN])
        known = dict(rows.values_list("pk", "process_id"))
        seen |= {known[pk] for pk in _seen_among(user, known)}
    return seen


def few_of(user: User, design: ProcessDesign | None = None) -> set[int] | None:
    """Return what a person can at most see, when these are few; None when it may be many.

    So it may be of a design whose rights name them: there is nothing to look for.
    """
    if not has_account(user):
        return set()
    named = design is not None and named_by(security_of(design).see, person_of(user))
    return None if named or has_role(user, ADMINISTRATOR) else has_to_do_with(user)


def _seen_among(user: User, pks: Iterable[int]) -> set[int]:
    return set(visible_instances(user, among=pks).values_list("pk", flat=True))
