"""Attributes of people that the workspace adds to those which every user has."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.models import Profile, UserAttribute
from kianda.accounts.services import audit
from kianda.accounts.services.groups import lock_people
from kianda.lib.errors import Flaw, InUse, Invalid, Missing
from kianda.lib.names import field_name_flaw, plain_letters, unseen_flaw
from kianda.lib.usage import Use, used_by

KIND: Final = "attribute"
LONGEST_TITLE: Final = 80
LONGEST_VALUE: Final = 300
MOST: Final = 50
# What every user has, and what the API shows beside it.
TAKEN: Final = frozenset({
    "name", "username", "email", "manager", "department", "job_title", "phone", "groups", "roles",
    "active", "attributes", "id",
})  # fmt: skip
_BATCH: Final = 500


def attributes() -> QuerySet[UserAttribute]:
    """Return the attributes, by title."""
    return UserAttribute.objects.order_by("title", "name")


def attribute_titles() -> dict[str, str]:
    """Return the title of each attribute by its name, in the order of the titles."""
    return dict(attributes().values_list("name", "title"))


def attribute(key: int | str) -> UserAttribute:
    """Return one attribute by its key or name; raises Missing."""
    by = {"pk": key} if isinstance(key, int) else {"name": key}
    found = UserAttribute.objects.filter(**by).first()
    if found is None:
        raise Missing(_("Attribute not found."))
    return found


def uses_of(row: UserAttribute) -> list[Use]:
    """Return which designs read an attribute."""
    return used_by(KIND, row.name)


def add_attribute(*, title: str, name: str = "", by: User) -> UserAttribute:
    """Add an attribute; without a name, the title makes it. Raises Invalid with every flaw."""
    title = " ".join(title.split())
    name = name.strip() or _name_for(title)
    with transaction.atomic():
        lock_people()
        flaws = [*_title_flaws(title), *_name_flaws(name)]
        if UserAttribute.objects.count() >= MOST:
            sentence = _("You already have %(most)s attributes. Delete one before you add another.")
            flaws.append(Flaw("", sentence % {"most": MOST}))
        _raise(flaws)
        made = UserAttribute.objects.create(name=name, title=title)
        audit.record(by, action="created", kind=KIND, name=name, detail=title)
    return made


def retitle_attribute(
    row: UserAttribute,
    *,
    title: str,
    unchanged: Callable[[UserAttribute], None] | None = None,
    by: User,
) -> UserAttribute:
    """Change what an attribute is called; its name stays, since designs know it by that."""
    title = " ".join(title.split())
    with transaction.atomic():
        lock_people()
        row = attribute(row.pk)
        if unchanged is not None:
            unchanged(row)
        _raise(_title_flaws(title, of=row))
        if title != row.title:
            detail = _("Previously %(name)s") % {"name": row.title}
            row.title = title
            row.save(update_fields=["title"])
            audit.record(by, action="changed", kind=KIND, name=row.name, detail=detail)
    return row


def delete_attribute(
    row: UserAttribute, *, unchanged: Callable[[UserAttribute], None] | None = None, by: User
) -> None:
    """Delete an attribute with what is known by it; raises InUse while a design reads it."""
    with transaction.atomic():
        lock_people()
        row = attribute(row.pk)
        if unchanged is not None:
            unchanged(row)
        if uses := uses_of(row):
            names = ", ".join(str(use["name"]) for use in uses[:5])
            sentence = _("%(name)s is in use by %(uses)s.")
            raise InUse(sentence % {"name": row.title, "uses": names}, used_by=uses)
        _forget(row.name)
        row.delete()
        audit.record(by, action="deleted", kind=KIND, name=row.name, detail=row.title)


def _forget(name: str) -> None:
    """Take the values of an attribute away from all people."""
    rows = Profile.objects.filter(attributes__has_key=name).only("user_id", "attributes")
    changed = list(rows)
    for row in changed:
        row.attributes = {key: text for key, text in row.attributes.items() if key != name}
    Profile.objects.bulk_update(changed, ["attributes"], batch_size=_BATCH)


def people_with_attribute(row: UserAttribute) -> int:
    """Return how many people have a value of an attribute."""
    return Profile.objects.filter(attributes__has_key=row.name).count()


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """Return values as they are stored: trimmed, in order, none that is empty."""
    stripped = {name: text.strip() for name, text in values.items()}
    return {name: stripped[name] for name in sorted(stripped) if stripped[name]}


def value_flaws(values: Mapping[str, str]) -> list[Flaw]:
    """Return what is wrong with the values of a person's attributes, each at its place."""
    titles = attribute_titles() if values else {}
    flaws = []
    for name, text in values.items():
        if sentence := _value_flaw(name, text.strip(), titles):
            flaws.append(Flaw(f"/attributes/{name}", sentence))
    return flaws


def _value_flaw(name: str, text: str, titles: Mapping[str, str]) -> str:
    if name not in titles:
        sentence = _("No attribute named %(name)s. Add it under Administration, Users, Attributes.")
        return sentence % {"name": name[:64]}
    if len(text) > LONGEST_VALUE:
        return _("Use at most %(most)s characters.") % {"most": LONGEST_VALUE}
    return unseen_flaw(text) or ""


def _name_for(title: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", plain_letters(title)).strip("_")[:50]
    return made if made[:1].isalpha() else f"attribute_{made}".rstrip("_")


def _title_flaws(title: str, *, of: UserAttribute | None = None) -> list[Flaw]:
    others = UserAttribute.objects.exclude(pk__in=[of.pk] if of else [])
    if not title:
        found = _("Enter a title, such as Cost centre.")
    elif len(title) > LONGEST_TITLE:
        found = _("Use at most %(most)s characters.") % {"most": LONGEST_TITLE}
    elif others.filter(title__iexact=title).exists():
        found = _("An attribute with this title already exists. Choose another title.")
    else:
        found = unseen_flaw(title) or ""
    return [Flaw("/title", found)] if found else []


def _name_flaws(name: str) -> list[Flaw]:
    found = field_name_flaw(name)
    if name.lower() in TAKEN:
        found = _("Every user already has %(name)s. Choose another name.") % {"name": name}
    elif UserAttribute.objects.filter(name__iexact=name).exists():
        found = _("An attribute with this name already exists. Choose another name.")
    return [Flaw("/name", found)] if found else []


def _raise(flaws: list[Flaw]) -> None:
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
