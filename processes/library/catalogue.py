"""The library of designs: added, described, put into groups, duplicated."""

from collections.abc import Mapping
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import record
from kianda.lib import names
from kianda.lib.errors import Flaw, Invalid, PreconditionFailed, Stale
from kianda.lib.names import slugify
from processes.definition.raw_document import with_names
from processes.designer.copy_store import unsaved
from processes.designer.working_copy import edit, open_copy
from processes.designs.lifecycle import create_design, save_design
from processes.models import DesignVersion, ProcessDesign
from processes.selectors import get_design

LONGEST_GROUP = 100


def group_names() -> list[str]:
    """Return the groups that there are."""
    rows = ProcessDesign.objects.exclude(group="").order_by("group")
    return list(rows.values_list("group", flat=True).distinct())


def free_name(wish: str, *, also_taken: frozenset[str] = frozenset()) -> str:
    """Return a name that no process has: the wish itself, or with a number behind it."""
    same = ProcessDesign.objects.filter(name__startswith=wish[:50])
    taken = also_taken | set(same.values_list("name", flat=True))
    return names.free_name(wish, taken)


def add_design(*, title: str, name: str, description: str, group: str, user: User) -> ProcessDesign:
    """Make a process with one empty form; without a name it is made from the title."""
    title, group = title.strip(), group.strip()
    flaws = [*_title_flaws(title), *_group_flaws(group)]
    raw: dict[str, Any] = {
        "name": name.strip() or slugify(title, fallback="process"),
        "title": title,
        "description": description.strip(),
        "forms": [{"name": "main", "title": _("Main"), "fields": []}],
    }
    return _created(raw, group=group, user=user, flaws=flaws)


def duplicate_design(
    *, name: str, new_name: str, title: str, description: str, group: str, user: User
) -> ProcessDesign:
    """Make a second process from the newest version of one; its instances are not copied."""
    found = get_design(name)
    assert found.draft is not None  # a design is made with its first version
    title, group = title.strip(), group.strip()
    made_name = new_name.strip() or free_name(slugify(title, fallback="process"))
    raw = with_names(found.draft.document, processes={name: made_name})
    raw |= {"title": title, "description": description.strip()}
    flaws = [*_title_flaws(title), *_group_flaws(group)]
    return _created(raw, group=group, user=user, flaws=flaws)


def _created(raw: dict[str, Any], *, group: str, user: User, flaws: list[Flaw]) -> ProcessDesign:
    """Make a process and put it into its group; every flaw is told at once."""
    try:
        with transaction.atomic():
            design = create_design(raw=raw, user=user)
            if flaws:
                raise Invalid(errors=flaws)
            put_into_group(design, group, user=user)
    except Invalid as invalid:
        others = [flaw for flaw in invalid.errors if flaw not in flaws]
        raise Invalid(errors=[*flaws, *others]) from invalid
    return design


def put_into_group(design: ProcessDesign, group: str, *, user: User) -> None:
    """Put a design into a group; an empty one is none."""
    if group != design.group:
        design.group = group
        design.save(update_fields=["group"])
        where = _("Group %(group)s") % {"group": group} if group else _("No group")
        record(user, action="moved", kind="process", name=design.name, detail=where)


def describe_design(
    name: str,
    *,
    words: Mapping[str, str],
    user: User,
    expected: DesignVersion | None = None,
) -> Literal["saved", "kept"]:
    """Change title, description and group of a design: the keys of `words`.

    The first two stand in the definition, so they make a draft ("saved"). While the designer holds
    edits that nobody saved, they go there and come with the next Save ("kept"). `expected` is the
    draft that was read: another one raises Stale.
    """
    title, description, group = (words[key].strip() for key in ("title", "description", "group"))
    if flaws := [*_title_flaws(title), *_group_flaws(group)]:
        raise Invalid(errors=flaws)
    settings = {"title": title, "description": description}
    design = get_design(name)
    if expected is not None and expected.pk != design.draft_id:
        raise Stale(
            _(
                "Someone saved this design while you were editing. Check it, then repeat "
                "your change."
            )
        )
    with transaction.atomic():
        held = unsaved(design)
        if held:
            _keep(design, settings, user)
        else:
            _save(design, settings, user)
        put_into_group(get_design(name), group, user=user)
    return "kept" if held else "saved"


def _keep(design: ProcessDesign, settings: dict[str, str], user: User) -> None:
    copy = open_copy(design.name, user=user)
    wish = {"do": "change", "target": "process", "settings": settings}
    edit(design.name, user=user, revision=copy.revision, edit=wish)


def _save(design: ProcessDesign, settings: dict[str, str], user: User) -> None:
    assert design.draft is not None  # a design is made with its first version
    raw = {**design.draft.document, **settings}
    try:
        save_design(name=design.name, raw=raw, user=user, expected=design.draft)
    except PreconditionFailed as changed:
        raise Stale() from changed


def _title_flaws(title: str) -> list[Flaw]:
    return [] if title else [Flaw("/title", _("Enter a title."))]


def _group_flaws(group: str) -> list[Flaw]:
    if len(group) > LONGEST_GROUP:
        return [
            Flaw(
                "/group",
                _("At most %(most)s characters.") % {"most": LONGEST_GROUP},
            )
        ]
    if "\0" in group:
        return [Flaw("/group", _("The character NUL cannot be stored."))]
    return []
