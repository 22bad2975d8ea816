"""From what was sent to a datasource: masked secrets put back, every flaw found at once."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from datasources.kinds import KINDS, DatasourceDocument, EmailDatasource
from datasources.ports import conditions
from datasources.rest.allow_list import outside
from datasources.rest.document import MEGABYTE, TARGETS, RestDatasource, RestMethod
from datasources.rest.payloads import WITH_FILES, XML_PART, XML_ROOT
from datasources.services.certificate_settings import certificate_flaws
from datasources.services.restored_secrets import (
    SEND_AGAIN,
    RestoredEmail,
    RestoredSecrets,
    spelt_alike,
)
from datasources.services.variable_settings import variable_flaws
from kianda.lib.addresses import Origin
from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.headers import header_flaw
from kianda.lib.pointers import flaws_of, pointer

_ADDRESS = frozenset({"/base_url", "/host", "/port", "/security"})
NO_REFUSAL: Callable[[Origin], str | None] = lambda origin: None  # noqa: E731


def parse_datasource(
    raw: object,
    *,
    stored: DatasourceDocument | None = None,
    refusal: Callable[[Origin], str | None] = NO_REFUSAL,
    flaws: Iterable[Flaw] = (),
) -> DatasourceDocument:
    """Return the datasource that a body stands for; raises Invalid with all its flaws.

    `stored` is what a masked or left-out secret is taken from; `refusal` says why an address that
    is written out may not be reached; `flaws` are what the caller has found already.
    """
    if not isinstance(raw, dict):
        raise Invalid.at("", _("Send an object."))
    if len(json.dumps(raw, default=str)) > MEGABYTE:
        raise TooLarge(_("A datasource can have at most 1 MB."))
    kind = _kind_of(raw, stored)
    restored = (
        RestoredEmail(raw, stored) if kind is EmailDatasource else RestoredSecrets(raw, stored)
    )
    found = [*flaws, *restored.flaws, *_parameter_flaws(raw)]
    if not isinstance(raw.get("meta", {}), dict):
        found.append(Flaw("/meta", _("Send an object, or omit it: it is ignored.")))
    try:
        parsed = kind.model_validate(restored.body, context={"refusal": refusal})
        if isinstance(parsed, EmailDatasource):
            found += parsed.flaws(refusal=refusal)
        elif isinstance(parsed, RestDatasource):
            found += _address_flaws(parsed)
            kept = stored if isinstance(stored, RestDatasource) else None
            found += certificate_flaws(parsed, kept)
            found += variable_flaws(parsed, refusal=refusal)
    except ValidationError as error:
        found = _all_flaws(flaws_of(error, raw, model=kind), found)
    if found:
        raise Invalid(_("The datasource has errors."), errors=found)
    return parsed


def _all_flaws(wrong: list[Flaw], found: list[Flaw]) -> list[Flaw]:
    """Return what single settings have wrong, then the rest.

    Whether a secret would go to another server shows only once the address is right.
    """
    if not _ADDRESS.isdisjoint(flaw.pointer for flaw in wrong):
        found = [flaw for flaw in found if flaw.detail != _(SEND_AGAIN)]
    return [*wrong, *found]


def _address_flaws(parsed: RestDatasource) -> Iterator[Flaw]:
    if parsed.origin.scheme and outside(tuple(parsed.allowed_addresses), parsed.origin):
        sentence = _(
            "%(host)s is not an allowed address of this data source. An administrator can "
            "add it under Allowed addresses."
        )
        yield Flaw("/base_url", sentence % {"host": parsed.origin.host})


def _kind_of(raw: dict[str, Any], stored: DatasourceDocument | None) -> type[DatasourceDocument]:
    """Return the kind that a body names; the first one that there was need not be named."""
    sent = raw.get("kind", stored.kind if stored else "rest")
    kind = KINDS.get(sent) if isinstance(sent, str) else None
    if kind is None:
        raise Invalid.at("/kind", _("Choose one of %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    if stored is not None and sent != stored.kind:
        sentence = _("The kind of a datasource cannot be changed; it is %(kind)s.")
        raise Invalid.at("/kind", sentence % {"kind": stored.kind})
    return kind


def _parameter_flaws(raw: dict[str, Any]) -> Iterator[Flaw]:
    """Yield what single models cannot see: names taken twice, bad headers, clashing body paths."""
    auth = raw.get("auth")
    if isinstance(auth, dict):
        yield from condition_flaws(auth.get("expired_when"), ("auth", "expired_when"))
    methods = raw.get("methods")
    methods = methods if isinstance(methods, list) else []
    yield from _doubles("", methods, ("methods",))
    for index, method in enumerate(methods):
        if not isinstance(method, dict):
            continue
        for prefix, section in TARGETS.items():
            items = method.get(section)
            items = items if isinstance(items, list) else []
            yield from _doubles(prefix, items, ("methods", index, section))
            if prefix == "header":
                yield from _header_flaws(items, ("methods", index, section))
            yield from _file_flaws(method, items, ("methods", index, section))
        yield from _body_flaws(method, ("methods", index, "request_body"))
        yield from _paging_flaws(method, ("methods", index, "paging", "parameter"))
        yield from condition_flaws(method.get("success_when"), ("methods", index, "success_when"))


def _doubles(prefix: str, items: list[Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for at, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if spelt_alike(prefix, name) in seen:
            yield Flaw(
                pointer(*place, at, "name"),
                _("%(name)s is already in this list. Choose another name.") % {"name": name},
            )
        seen.add(spelt_alike(prefix, name))


def _header_flaws(items: list[Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    for at, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        name, value = item.get("name"), item.get("value")
        if isinstance(name, str) and (flaw := header_flaw(name)):
            yield Flaw(pointer(*place, at, "name"), flaw)
        if isinstance(value, str) and any(sign in value for sign in "\r\n\0"):
            yield Flaw(
                pointer(*place, at, "value"), _("A header cannot contain line breaks or NUL.")
            )


def _file_flaws(
    method: dict[str, Any], items: list[Any], place: tuple[str | int, ...]
) -> Iterator[Flaw]:
    """Yield parameters of files that no file can be sent in."""
    sends_files = place[-1] == "request_body" and method.get("content_type") in WITH_FILES
    for at, item in enumerate(items):
        if isinstance(item, dict) and item.get("type") == "file" and not sends_files:
            yield Flaw(
                pointer(*place, at, "type"),
                _(
                    "Files are only sent in a multipart or raw body. Choose one of these "
                    "content types, or another type here."
                ),
            )


def _paging_flaws(method: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    """Yield that the parameter which asks for a page is none of the method's."""
    if not method.get("paging"):
        return
    if method.get("answer") == "file":
        words = _("A file has no pages. Remove the paging, or read the response as another type.")
        yield Flaw(pointer(*place[:-1]), words)
    try:
        found = RestMethod.model_validate({**method, "name": "method", "title": "Method"})
    except ValidationError:
        return  # Whatever is wrong with it is told elsewhere.
    target = found.paging.target if found.paging else None
    if target is not None and found.canonical_target(target) is None:
        known = ", ".join(found.input_targets())
        yield Flaw(
            pointer(*place),
            _("Unknown parameter %(target)s. Use one of %(known)s.")
            % {"target": target, "known": known},
        )


def condition_flaws(raw: object, place: tuple[str | int, ...]) -> Iterator[Flaw]:
    """Yield what is wrong with conditions on an answer; that they are none is told elsewhere."""
    if isinstance(raw, dict):
        for found in conditions().flaws(raw):
            yield Flaw(f"{pointer(*place)}{found.pointer}", found.detail)


def _body_flaws(method: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    items = method.get("request_body")
    kind = method.get("content_type", "json")
    names = [
        item["name"] if isinstance(item, dict) and isinstance(item.get("name"), str) else ""
        for item in (items if isinstance(items, list) else [])
    ]
    for at, name in enumerate(names):
        if kind == "raw" and name != "body":
            yield Flaw(pointer(*place, at, "name"), _("A raw body has one parameter, named body."))
        elif kind == "xml" and (said := _xml_flaw(name, names)):
            yield Flaw(pointer(*place, at, "name"), said)
        elif kind in _NESTED and any(other.startswith(f"{name}.") for other in names if name):
            yield Flaw(
                pointer(*place, at, "name"),
                _("%(name)s cannot have both a value and parts.") % {"name": name},
            )
        elif kind in _NESTED and name and not all(name.split(".")):
            yield Flaw(pointer(*place, at, "name"), _("A part between two dots is empty."))


_NESTED = frozenset({"json", "xml"})


def _xml_flaw(name: str, names: list[str]) -> str | None:
    """Return what is wrong with the name of a parameter of an XML body, or None."""
    root, *parts = name.split(".")
    if not XML_ROOT.match(root) or not all(map(XML_PART.match, parts)):
        return _("%(name)r is not an element name. Use dots: order.lines.0.@id.") % {"name": name}
    if any(other.partition(".")[0] != root for other in names if other):
        return _("An XML body has one root. Start all names with the same part.")
    return None
