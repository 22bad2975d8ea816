"""Who follows an instance: they are told of comments on it, and of what becomes of it.

Whoever created it follows it, and whoever comments on it, until they choose otherwise.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from kianda.messages.kinds import NotificationKind
from kianda.messages.readers import Subject
from kianda.messages.services import notify
from processes.models import Follower, ProcessInstance
from processes.rights.many_people import seeing
from processes.selectors import visible_instance


def follows(user: User, instance: ProcessInstance) -> bool:
    """Tell whether a person follows an instance."""
    chosen = Follower.objects.filter(instance=instance, user=user).values_list("follows", flat=True)
    said = chosen.first()
    return instance.created_by_id == user.pk if said is None else said


def choose_to_follow(*, process_id: str, user: User, follow: bool) -> ProcessInstance:
    """Keep whether a person wants to follow an instance; raises Missing where they do not see it.

    Nobody follows a preview: it tells nobody anything.
    """
    instance = visible_instance(process_id, user, lock=False)
    if instance is None or instance.mode != ProcessInstance.Mode.LIVE:
        raise Missing(_("There is no record %(process_id)s.") % {"process_id": process_id})
    Follower.objects.update_or_create(instance=instance, user=user, defaults={"follows": follow})
    return instance


def follow_unless_chosen(instance: ProcessInstance, user: User) -> None:
    """Let a person follow an instance who has not chosen whether to; call inside a transaction."""
    Follower.objects.bulk_create(
        [Follower(instance=instance, user=user, follows=True)], ignore_conflicts=True
    )


def tell_followers(
    instance: ProcessInstance,
    kind: type[NotificationKind],
    *,
    data: Mapping[str, Any],
    by: User | None,
    told_already: Collection[int] = (),
) -> None:
    """Tell those who follow an instance and see it; call inside the transaction that it tells of.

    `told_already`: the keys of people who are told of the same in words of their own.
    """
    if instance.mode != ProcessInstance.Mode.LIVE:
        return
    chosen = dict(Follower.objects.filter(instance=instance).values_list("user", "follows"))
    keys = {pk for pk, wants in chosen.items() if wants}
    if instance.created_by_id is not None and instance.created_by_id not in chosen:
        keys.add(instance.created_by_id)
    keys -= {*told_already, *([by.pk] if by is not None else ())}
    if not keys:
        return
    people = User.objects.filter(pk__in=keys, is_active=True).order_by("pk")
    notify(
        [one.pk for one in seeing(people, instance)], kind, data=data,
        url=reverse("instance", args=[instance.process_id]) + "#activity",
        about=Subject("instance", instance.process_id), by=by,
    )  # fmt: skip
