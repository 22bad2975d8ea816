"""Variables in what was sent to a datasource: whether they are there, and who may place them."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from datasources.auth.variables import Known, fill, names_in
from datasources.kinds import DatasourceDocument, RestDatasource
from datasources.rest.allow_list import outside
from datasources.rest.variables import Placed, settings_with_variables, variables_of
from datasources.selectors import known_variables
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.addresses import Origin, base_url_flaw, origin_of
from kianda.lib.errors import Flaw, Forbidden

Refusal = Callable[[Origin], str | None]


def variable_flaws(parsed: RestDatasource, *, refusal: Refusal) -> Iterator[Flaw]:
    """Yield what is wrong with the variables of a datasource, where it stands."""
    placed = settings_with_variables(parsed) if parsed.names_variables else []
    if not placed:
        return
    known = known_variables()
    for one in placed:
        missing = [name for name in names_in(one.text) if name not in known]
        for name in missing:
            sentence = _(
                "The variable %(name)s does not exist. An administrator can create it under "
                "Variables."
            )
            yield Flaw(one.pointer, sentence % {"name": name})
        if one.sort == "address" and not missing:
            yield from _address_flaws(one, parsed, known, refusal)


def _address_flaws(
    one: Placed, parsed: RestDatasource, known: Known, refusal: Refusal
) -> Iterator[Flaw]:
    if any(known[name].secret for name in names_in(one.text)):
        yield Flaw(
            one.pointer, _("A URL is visible to many people. Do not use a secret variable in it.")
        )
        return
    why = address_flaw(parsed, known, refusal=refusal)
    if why:
        yield Flaw(one.pointer, why)


def address_flaw(document: RestDatasource, known: Known, *, refusal: Refusal) -> str | None:
    """Return why the base URL is no address with the values of its variables."""
    url = fill(document.base_url, known)
    flaw = base_url_flaw(url) or refusal(origin_of(url))
    if flaw is None and outside(tuple(document.allowed_addresses), origin_of(url)):
        return _("%(url)s is not an allowed address of %(datasource)s.") % {
            "url": url,
            "datasource": document.title,
        }
    return flaw


def must_use_secret_variables(
    document: DatasourceDocument, user: Any, *, stored: DatasourceDocument | None = None
) -> None:
    """Raise Forbidden where somebody but an administrator sends secret variables somewhere new.

    Who may change a datasource could otherwise send any of them to a server of their own.
    """
    if not isinstance(document, RestDatasource) or not document.names_variables:
        return
    if user is None or has_role(user, ADMINISTRATOR):
        return
    known = known_variables()
    asked = _secret_names(document, known)
    old = stored if isinstance(stored, RestDatasource) else None
    same = old is not None and old.origin == document.origin
    gone = asked - (_secret_names(old, known) if same and old is not None else set())
    if gone:
        raise Forbidden(
            _(
                "Only administrators can send the secret variable %(name)s with a data "
                "source, or change its base URL."
            )
            % {"name": min(gone)}
        )


def _secret_names(document: RestDatasource, known: Known) -> set[str]:
    return {name for name in variables_of(document) if name in known and known[name].secret}
