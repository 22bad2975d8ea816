"""Changing and trying one REST method of a datasource; places of flaws lie in the method."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from datasources.http.egress import refusal_of_literal
from datasources.rest.document import RestDatasource, RestMethod
from datasources.rest.errors import CallFailed
from datasources.selectors import as_rest, get_datasource, rest_document_of
from datasources.services.access import must_edit
from datasources.services.datasources import patch_datasource, prepared, send_once
from datasources.services.validation import parse_datasource
from datasources.services.variable_settings import must_use_secret_variables
from kianda.lib.errors import Flaw, Invalid, Missing
from kianda.lib.masking import Masker
from kianda.lib.names import slugify

Raw = dict[str, Any]


@dataclass(frozen=True)
class Tried:
    """What came back from trying a REST method, and the request as it may be shown."""

    answer: dict[str, Any]
    request: dict[str, Any] = field(default_factory=dict)


def method_of(document: RestDatasource, name: str) -> RestMethod:
    """Return a REST method by name; raises Missing."""
    found = document.method(name)
    if found is None:
        raise Missing(
            _("The datasource %(datasource)s has no REST method %(name)s.")
            % {"datasource": document.name, "name": name}
        )
    return found


def masked_method(document: RestDatasource, name: str) -> Raw:
    """Return a REST method as it is shown: secrets masked."""
    shown = document.masked()["methods"]
    return next(item for item in shown if item["name"] == method_of(document, name).name)


def save_method(
    *, datasource: str, method: str | None, raw: Raw, user: Any, revision: int | None = None
) -> str:
    """Store a new (None) or changed REST method and return its name.

    Raises Invalid with every flaw of the method, Stale when the datasource has moved on.
    """
    document = rest_document_of(get_datasource(datasource))
    raw = _named(raw, method)
    methods, at = _with(document, method, raw)
    with _placed_in_method(at):
        patch_datasource(
            name=datasource, changes={"methods": methods}, user=user, revision=revision
        )
    return str(raw["name"])


def delete_method(
    *, datasource: str, method: str, user: Any, revision: int | None = None, force: bool = False
) -> None:
    """Delete a REST method that nothing uses; an administrator may force it."""
    document = rest_document_of(get_datasource(datasource))
    gone = method_of(document, method).name
    kept = [item for item in document.masked()["methods"] if item["name"] != gone]
    patch_datasource(
        name=datasource, changes={"methods": kept}, user=user, revision=revision, force=force
    )


def duplicate_method(*, datasource: str, method: str, user: Any) -> str:
    """Store a copy of a REST method, its secrets included, and return the copy's name."""
    document = rest_document_of(get_datasource(datasource))
    original = method_of(document, method)
    name = _free_name(document, original.name)
    copy = original.model_dump(mode="json") | {
        "name": name, "title": f"{original.title} (copy)"[:200],
    }  # fmt: skip
    return save_method(datasource=datasource, method=None, raw=copy, user=user)


def try_method(
    *,
    datasource: str,
    method: str | None,
    raw: Raw,
    inputs: Raw,
    user: Any,
    detail: str = "",
    hidden: Iterable[str] = (),
    of_instance: bool = False,
) -> Tried:
    """Send a REST method as it stands in the editor, saved or not; nothing of it is kept.

    `hidden` are secrets that the person did not type: they are masked wherever they come back.
    `of_instance` tells that values of an instance are sent, which no log may show.
    Raises Invalid with the flaws of the method, and of the inputs at `/input/<target>`.
    """
    row = get_datasource(datasource)
    must_edit(row, user)
    stored = rest_document_of(row)
    raw = _named(raw, method)
    methods, at = _with(stored, method, raw)
    with _placed_in_method(at):
        document = parse_datasource(
            {**stored.masked(), "methods": methods}, stored=stored, refusal=refusal_of_literal
        )
        must_use_secret_variables(document, user, stored=stored)
        found = as_rest(document).methods[at]
        answer = send_once(
            as_rest(document), found, inputs=inputs, user=user, hidden=hidden, detail=detail,
            of_instance=of_instance,
        )  # fmt: skip
    masker = Masker(hidden)
    shown = _shown_request(as_rest(document), found, inputs)
    return Tried(masker.json(answer), masker.json(shown))


def _shown_request(document: RestDatasource, method: RestMethod, inputs: Raw) -> dict[str, Any]:
    try:
        return prepared(document, method, inputs).shown
    except CallFailed:
        return {}  # It never became a request; the answer says why.


def _named(raw: Raw, method: str | None) -> Raw:
    if method is not None:
        return raw | {"name": method}
    return raw | {"name": raw.get("name") or slugify(str(raw.get("title", "")), fallback="")}


def _with(document: RestDatasource, method: str | None, raw: Raw) -> tuple[list[Raw], int]:
    methods: list[Raw] = document.masked()["methods"]
    if method is None:
        return [*methods, raw], len(methods)
    name = method_of(document, method).name
    at = next(index for index, item in enumerate(methods) if item["name"] == name)
    methods[at] = raw
    return methods, at


def _free_name(document: RestDatasource, name: str) -> str:
    stem = name[:55].rstrip("-")
    candidates = (f"{stem}-copy{number or ''}" for number in (0, *range(2, 1000)))
    return next(name for name in candidates if document.method(name) is None)


@contextmanager
def _placed_in_method(at: int) -> Iterator[None]:
    """Turn places in the datasource into places in the method."""
    try:
        yield
    except Invalid as error:
        prefix = f"/methods/{at}"
        flaws = [Flaw(flaw.pointer.removeprefix(prefix), flaw.detail) for flaw in error.errors]
        raise Invalid(error.detail, errors=flaws) from error
