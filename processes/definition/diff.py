"""What changed between two definitions, in sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from kianda.lib.i18n import as_in_sentence
from kianda.lib.i18n import gettext as _
from processes.definition.document import Document, Form, RuleList
from processes.definition.security import Security
from processes.fields import Table
from processes.fields.base import FormField
from processes.language.labels import setting_in_words
from processes.language.people_refs import refs_in_words
from processes.rules import Rule

T = TypeVar("T")
# What has sentences of its own.
_TOLD_APART = frozenset({"rules", "fields", "columns", "enabled"})
OWN_SETTINGS = ("title", "description", "process_id")


def describe_changes(before: Document, after: Document) -> list[str]:
    """Return the differences, one sentence each; an empty list when there are none.

    Forms and fields are known by their names, rules by their ids.
    """
    changes = [
        _("%(key)s of the process changed.") % {"key": _words(key)}
        for key in OWN_SETTINGS
        if getattr(before, key) != getattr(after, key)
    ]
    changes += _security_changes(before, after)
    changes += _compared(_forms(before), _forms(after), what=_form_label, changed=_form_change)
    changes += _compared(_fields(before), _fields(after), what=_field_label, changed=_field_change)
    changes += _order_changes(before, after)
    changes += _compared(_rules(before), _rules(after), what=_rule_label, changed=_rule_change)
    return [*changes, *_rule_order_changes(before, after)]


def _security_changes(before: Document, after: Document) -> Iterator[str]:
    for name, field in Security.model_fields.items():
        old, new = getattr(before.security, name), getattr(after.security, name)
        if old != new:
            yield _("Rights, %(list)s: %(new)s instead of %(old)s.") % {
                "list": as_in_sentence(_(str(field.title))),
                "new": refs_in_words(new),
                "old": refs_in_words(old),
            }


def _compared(
    before: Mapping[str, T],
    after: Mapping[str, T],
    *,
    what: Callable[[T], str],
    changed: Callable[[T, T], str],
) -> Iterator[str]:
    for name, old in before.items():
        if name not in after:
            yield _("%(old)s removed.") % {"old": what(old)}
    for name, new in after.items():
        if name not in before:
            yield _("%(new)s added.") % {"new": what(new)}
        elif difference := changed(before[name], new):
            yield f"{what(new)} {difference}."


def _forms(document: Document) -> dict[str, Form]:
    return {form.name: form for form in document.forms}


def _form_label(form: Form) -> str:
    return _('Form "%(title)s" (%(name)s)') % {"title": form.title, "name": form.name}


def _form_change(old: Form, new: Form) -> str:
    parts = []
    if old.title != new.title:
        parts.append(_('renamed from "%(old)s"') % {"old": old.title})
    if (old.see, old.edit, old.quick_actions) != (new.see, new.edit, new.quick_actions):
        parts.append(_("its rights changed"))
    return _(" and ").join(parts)


Owner: TypeAlias = Form | FormField


def _fields(document: Document) -> dict[str, tuple[Owner, FormField]]:
    owners: list[Owner] = [
        *document.forms, *(field for field in document.fields.values() if field.inner)
    ]  # fmt: skip
    return {field.name: (owner, field) for owner in owners for field in _held(owner)}


def _held(owner: Owner) -> Sequence[FormField]:
    return owner.fields if isinstance(owner, Form) else owner.inner


def _called(owner: Owner) -> str:
    kind = _("form") if isinstance(owner, Form) else as_in_sentence(_(owner.label))
    return f'{kind} "{owner.title}"'


def _field_label(found: tuple[Owner, FormField]) -> str:
    return _('Field "%(title)s" (%(name)s)') % {"title": found[1].title, "name": found[1].name}


def _field_change(old: tuple[Owner, FormField], new: tuple[Owner, FormField]) -> str:
    parts = []
    if old[0].name != new[0].name:
        parts.append(
            _("moved from %(old)s to %(new)s") % {"old": _called(old[0]), "new": _called(new[0])}
        )
    if old[1].slug() != new[1].slug():
        parts.append(
            _("changed from %(old)s to %(new)s") % {"old": old[1].slug(), "new": new[1].slug()}
        )
    else:
        parts += _settings_changed(old[1], new[1])
        if isinstance(old[1], Table) and isinstance(new[1], Table):
            parts += _columns_changed(old[1].columns, new[1].columns)
    return _(" and ").join(parts)


def _columns_changed(before: Sequence[FormField], after: Sequence[FormField]) -> Iterator[str]:
    """Yield what became of the columns of a table; one at the same place with another name is it.

    Columns are known by their names.
    """
    was, now = ({one.name: one for one in columns} for columns in (before, after))
    pairs = zip(before, after, strict=True) if len(before) == len(after) else ()
    renamed = {new.name: old for old, new in pairs if old.name not in now and new.name not in was}
    gone = {one.name for one in renamed.values()}
    for old in before:
        if old.name not in now and old.name not in gone:
            yield _("%(column)s removed") % {"column": _column(old)}
    for new in after:
        if new.name in renamed:
            said = {"column": _column(new), "old": _column(renamed[new.name])}
            yield _("%(column)s renamed from %(old)s") % said
        elif new.name not in was:
            yield _("%(column)s added") % {"column": _column(new)}
        elif change := _column_change(was[new.name], new):
            yield f"{_column(new)} {change}"
    if _reordered([*was], [*now]):
        yield _("its columns are in another order")


def _column(column: FormField) -> str:
    said = {"title": column.title, "name": column.name}
    return _('column "%(title)s" (%(name)s)') % said


def _column_change(old: FormField, new: FormField) -> str:
    if old.slug() != new.slug():
        return _("changed from %(old)s to %(new)s") % {"old": old.slug(), "new": new.slug()}
    return _(" and ").join(_settings_changed(old, new))


def _rules(document: Document) -> dict[str, tuple[RuleList, Rule]]:
    return {rule.id: (found, rule) for found in document.rule_lists for rule in found.rules}


def _rule_label(found: tuple[RuleList, Rule]) -> str:
    return _('Rule "%(rule)s" of %(owner)s') % {"rule": found[1].title, "owner": found[0].owner}


def _rule_change(old: tuple[RuleList, Rule], new: tuple[RuleList, Rule]) -> str:
    parts = []
    if old[0].key != new[0].key:
        parts.append(_("moved from %(owner)s") % {"owner": old[0].owner})
    if old[1].slug() != new[1].slug():
        parts.append(
            _("changed from %(old)s to %(new)s") % {"old": old[1].slug(), "new": new[1].slug()}
        )
    else:
        parts += _settings_changed(old[1], new[1])
    return _(" and ").join(parts)


def _settings_changed(before: FormField | Rule, after: FormField | Rule) -> list[str]:
    old, new = before.model_dump(), after.model_dump()
    switched = []
    if old["enabled"] != new["enabled"]:
        switched = [_("switched on") if new["enabled"] else _("switched off")]
    names = [
        setting_in_words(key, type(after))
        for key in new
        if key not in _TOLD_APART and old.get(key) != new[key]
    ]
    return [*switched, _("changed: %(names)s") % {"names": ", ".join(names)}] if names else switched


def _order_changes(before: Document, after: Document) -> Iterator[str]:
    if _reordered([form.name for form in before.forms], [form.name for form in after.forms]):
        yield _("The forms are in another order.")
    old_owners: dict[str, Owner] = {**_forms(before), **before.fields}
    owners: list[Owner] = [*after.forms, *after.fields.values()]
    for owner in owners:
        old = old_owners.get(owner.name)
        if old and _reordered([f.name for f in _held(old)], [f.name for f in _held(owner)]):
            yield _("The fields of %(owner)s are in another order.") % {"owner": _called(owner)}


def _rule_order_changes(before: Document, after: Document) -> Iterator[str]:
    old_lists = {found.key: found for found in before.rule_lists}
    for found in after.rule_lists:
        old = old_lists.get(found.key)
        if old and _reordered([rule.id for rule in old.rules], [rule.id for rule in found.rules]):
            yield _("The rules of %(owner)s are in another order.") % {"owner": found.owner}


def _reordered(before: list[str], after: list[str]) -> bool:
    kept = set(before) & set(after)
    return [name for name in before if name in kept] != [name for name in after if name in kept]


def _words(key: str) -> str:
    said = setting_in_words(key)
    return said[:1].upper() + said[1:]
