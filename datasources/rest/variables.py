"""The variables of the installation in a datasource: where they stand, and the filled document."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from datasources.auth.variables import Known, MissingVariable, fill, is_only_names, names_in
from datasources.rest.document import TARGETS, RestDatasource
from datasources.rest.errors import CallFailed
from kianda.lib.i18n import gettext as _

# Tokens of a connection are bound to the settings with which they were fetched.
WITHOUT = frozenset({"oauth2", "instance_token"})


class Placed(NamedTuple):
    """A setting that names variables."""

    pointer: str
    text: str
    sort: Literal["address", "parameter", "credential"]


def settings_with_variables(document: RestDatasource) -> list[Placed]:
    """Return the settings of a datasource in which variables stand, in order."""
    return [one for one in _settings(document) if names_in(one.text)]


def _settings(document: RestDatasource) -> Iterator[Placed]:
    yield Placed("/base_url", document.base_url, "address")
    if document.auth.slug() not in WITHOUT:
        for name, text in document.auth.credentials().items():
            yield Placed(f"/auth/{name}", text, "credential")
    for at, method in enumerate(document.methods):
        for section in TARGETS.values():
            for place, parameter in enumerate(getattr(method, section)):
                pointer = f"/methods/{at}/{section}/{place}/value"
                yield Placed(pointer, parameter.value or "", "parameter")


def variables_of(document: RestDatasource) -> set[str]:
    """Return the names of all variables that a datasource names."""
    return {name for one in settings_with_variables(document) for name in names_in(one.text)}


def holds_own_secrets(document: RestDatasource) -> bool:
    """Tell whether it has secrets that were entered for its address, not taken from variables."""
    own = [*document.auth.credentials().values()]
    own += [
        parameter.value or ""
        for method in document.methods
        for parameter in method.parameters.values()
        if parameter.secret
    ]
    entered = any(text and not is_only_names(text) for text in own)
    return entered or document.auth.needs_token or document.client_certificate is not None


def with_variables(document: RestDatasource, known: Known) -> RestDatasource:
    """Return a datasource as it calls: with values where variables stand.

    Raises CallFailed, with the place, for a variable that there is not, and for an address that
    became none.
    """
    placed = settings_with_variables(document)
    if not placed:
        return document
    # Answers are described at length, and by no variable.
    raw = document.model_dump(mode="json", exclude={"methods": {"__all__": {"answer_schema"}}})
    for one in placed:
        _put(raw, one, known)
    try:
        made = _described(RestDatasource.model_validate(raw), document)
    except ValidationError as error:
        sentence = _("%(datasource)s cannot be called with the current variables: %(why)s")
        why = "; ".join(str(flaw["msg"]) for flaw in error.errors(include_input=False))
        told = sentence % {"datasource": document.title, "why": why}
        raise CallFailed("configuration", told) from error
    names = {name for one in placed for name in names_in(one.text)}
    return made.knowing_secrets(tuple(known[one].text for one in names if known[one].secret))


def _described(made: RestDatasource, document: RestDatasource) -> RestDatasource:
    """Return a filled datasource whose methods describe their answers as before."""
    methods = [
        method.model_copy(update={"answer_schema": before.answer_schema})
        for method, before in zip(made.methods, document.methods, strict=True)
    ]
    return made.model_copy(update={"methods": methods})


def _put(raw: Any, one: Placed, known: Known) -> None:
    *parents, last = one.pointer.strip("/").split("/")
    holder: Any = raw
    for step in parents:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    try:
        text = fill(one.text, known)
    except MissingVariable as missing:
        sentence = _(
            "The variable %(name)s, used at %(place)s, does not exist. An administrator can "
            "create it under Variables."
        )
        told = sentence % {"name": missing.name, "place": one.pointer}
        raise CallFailed("configuration", told) from missing
    if isinstance(holder, list):
        holder[int(last)]["value"] = text
        return
    holder[last] = text
    if one.sort == "parameter" and any(known[name].secret for name in names_in(one.text)):
        holder["secret"] = True
