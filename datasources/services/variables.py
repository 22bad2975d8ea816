"""Variables of the installation: read, and replaced as a whole by Administrators."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.auth.variables import NAME, Known, VariableValue, fill, names_in
from datasources.http.egress import refusal_of_literal
from datasources.models import Datasource, Variable
from datasources.rest.document import RestDatasource
from datasources.rest.variables import holds_own_secrets, settings_with_variables, variables_of
from datasources.selectors import document_of, readable_variables
from datasources.services.variable_settings import address_flaw
from kianda.accounts.services.audit import record
from kianda.lib.addresses import base_url_flaw, origin_of
from kianda.lib.errors import Flaw, InUse, Invalid
from kianda.lib.pointers import pointer
from kianda.lib.secret_names import MASK, is_secret_name
from kianda.lib.secrets import WrongKeyRing, opens
from kianda.lib.usage import Use

KIND: Final = "variable"
MOST = 500
LONGEST = 100_000
KEYS = {"name", "value", "secret", "used_by"}


def shown_variables() -> list[dict[str, Any]]:
    """Return the variables by name, secret ones masked, each with the datasources that name it."""
    uses = _uses()
    return [
        {
            "name": row.name,
            "value": _shown_value(row),
            "secret": row.secret,
            "used_by": uses.get(row.name, []),
        }
        for row in Variable.objects.all()
    ]


def _shown_value(row: Variable) -> str:
    """Return the value as it is shown; nothing for one that has to be written anew."""
    if not opens(row, "value") or row.value is None:
        return ""
    return MASK if row.secret and row.value else str(row.value)


def replace_variables(
    *, raw: object, user: Any, unchanged: Callable[[], None] | None = None
) -> None:
    """Store the variables that there are from now on; a masked or left-out value stays.

    Raises Invalid with the place of each flaw, and InUse where one would go that is named
    somewhere. `unchanged` may refuse what they have become by the time they are locked.
    """
    with transaction.atomic():
        list(Variable.objects.select_for_update())
        if unchanged is not None:
            unchanged()
        before, unreadable = readable_variables()
        after = _parsed(raw, before, unreadable)
        gone = {*before, *unreadable} - after.keys()
        _refuse_use(gone)
        flaws = [*_flaws_of_uses(before, after)]
        if flaws:
            raise Invalid(_("The variables have errors."), errors=flaws)
        _store(before, after, gone, user)


def _store(before: Known, after: Known, gone: Collection[str], user: Any) -> None:
    now = timezone.now()
    Variable.objects.filter(name__in=gone).delete()
    for name in sorted(gone):
        record(user, action="deleted", kind=KIND, name=name)
    for name, value in after.items():
        if before.get(name) == value:
            continue
        Variable.objects.update_or_create(
            name=name,
            defaults={
                "value": value.text, "secret": value.secret, "modified": now, "modified_by": user,
            },
        )  # fmt: skip
        if name in before:
            record(user, action="changed", kind=KIND, name=name)
        else:
            record(user, action="created", kind=KIND, name=name)


def _parsed(raw: object, before: Known, unreadable: Collection[str]) -> dict[str, VariableValue]:
    items = raw.get("variables") if isinstance(raw, dict) else None
    if not isinstance(items, list):
        raise Invalid.at("/variables", _("Send a list of variables."))
    if len(items) > MOST:
        raise Invalid.at(
            "/variables", _("At most %(most)s variables are allowed.") % {"most": MOST}
        )
    found: dict[str, VariableValue] = {}
    flaws: list[Flaw] = []
    for at, item in enumerate(items):
        wrong = [*_flaws_of(at, item, found)] or [*_to_write_anew(at, item, unreadable)]
        flaws += wrong
        if not wrong:
            value = _value_of(at, item, before.get(item["name"]), flaws)
            found[item["name"]] = value
    if flaws:
        raise Invalid(_("The variables have errors."), errors=flaws)
    return found


def _flaws_of(at: int, item: object, taken: Known) -> Iterator[Flaw]:
    place = ("variables", at)
    if not isinstance(item, dict):
        yield Flaw(pointer(*place), _("Send an object."))
        return
    for key in item.keys() - KEYS:
        yield Flaw(pointer(*place, key), _("Unknown setting."))
    name, value = item.get("name"), item.get("value", "")
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        yield Flaw(
            pointer(*place, "name"),
            _("Start with a letter, then use letters, digits, - and _. At most 63 characters."),
        )
    elif name in taken:
        yield Flaw(
            pointer(*place, "name"), _("%(name)s is listed twice. Rename one.") % {"name": name}
        )
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST):
        yield Flaw(pointer(*place, "value"), _("Enter text of at most 100,000 characters."))
    elif isinstance(value, str) and any(sign in value for sign in "\r\n\0"):
        yield Flaw(pointer(*place, "value"), _("Enter a single line."))
    if not isinstance(item.get("secret", False), bool):
        yield Flaw(pointer(*place, "secret"), _("Send true or false."))


def _to_write_anew(at: int, item: dict[str, Any], unreadable: Collection[str]) -> Iterator[Flaw]:
    if item["name"] in unreadable and item.get("value") in (None, "", MASK):
        sentence = _("The stored value can no longer be read. Enter it again.")
        yield Flaw(pointer("variables", at, "value"), sentence)


def _value_of(
    at: int, item: dict[str, Any], kept: VariableValue | None, flaws: list[Flaw]
) -> VariableValue:
    secret = item.get("secret", kept.secret if kept else is_secret_name(item["name"]))
    sent = item.get("value", MASK if kept else "")
    if sent != MASK:
        return VariableValue(sent or "", secret)
    if kept is None:
        flaws.append(
            Flaw(pointer("variables", at, "value"), _("No value is stored yet. Enter it."))
        )
    elif kept.secret and not secret and kept.text:
        flaws.append(
            Flaw(
                pointer("variables", at, "value"),
                _("This was secret until now. Enter its value again to show it."),
            )
        )
    return VariableValue(kept.text if kept else "", secret)


def _documents() -> Iterator[tuple[Datasource, RestDatasource]]:
    for row in Datasource.objects.filter(kind="rest").order_by("name"):
        try:
            document = document_of(row)
        except WrongKeyRing:
            continue
        if isinstance(document, RestDatasource) and document.names_variables:
            yield row, document


def _uses() -> dict[str, list[Use]]:
    uses: dict[str, list[Use]] = {}
    for row, document in _documents():
        url = f"/api/v1/datasources/{row.name}/"
        for name in variables_of(document):
            use = {"kind": "datasource", "name": row.name, "url": url}
            uses.setdefault(name, []).append(use)
    return uses


def _refuse_use(gone: set[str]) -> None:
    uses = _uses() if gone else {}
    for name in sorted(gone & uses.keys()):
        names = ", ".join(str(use["name"]) for use in uses[name][:3])
        sentence = _("The variable %(name)s is used by %(names)s. Remove it there first.")
        raise InUse(sentence % {"name": name, "names": names}, used_by=uses[name])


def _flaws_of_uses(before: Known, after: dict[str, VariableValue]) -> Iterator[Flaw]:
    """Yield what changed variables would do to the addresses of datasources."""
    order = list(after)
    changed = {name for name in after if before.get(name) not in (None, after[name])}
    for _row, document in _documents():
        for one in settings_with_variables(document):
            names = [name for name in names_in(one.text) if name in changed]
            if not names or one.sort != "address":
                continue
            why = _address_changed(document, before, after, names)
            if why:
                yield Flaw(pointer("variables", order.index(names[0]), "value"), why)


def _address_changed(
    document: RestDatasource, before: Known, after: Known, names: list[str]
) -> str | None:
    title = {"datasource": document.title}
    if any(after[name].secret for name in names):
        sentence = _(
            "It is part of the URL of %(datasource)s, which many people can see. It cannot "
            "be secret."
        )
        return sentence % title
    flaw = address_flaw(document, after, refusal=refusal_of_literal)
    if flaw:
        sentence = _("With this value, the URL of %(datasource)s is not valid. %(why)s")
        return sentence % {**title, "why": flaw}
    old, new = fill(document.base_url, before), fill(document.base_url, after)
    moved = base_url_flaw(old) is not None or origin_of(old) != origin_of(new)
    if moved and holds_own_secrets(document):
        sentence = _(
            "This would send secrets of %(datasource)s to another server. Remove them there "
            "or move them to secret variables first."
        )
        return sentence % title
    return None
