"""From what was sent to a datasource: masked secrets put back, every flaw found at once."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import ValidationError

from datasources.auth import AuthScheme, auth_schemes
from datasources.kinds import KINDS, DatasourceDocument, EmailDatasource
from datasources.kinds.email import PORTS
from datasources.ports import conditions
from datasources.rest.allow_list import outside
from datasources.rest.document import MEGABYTE, TARGETS, Parameter, RestDatasource, RestMethod
from datasources.rest.payloads import XML_PART, XML_ROOT
from datasources.services.certificate_settings import certificate_flaws, restored_certificate
from kianda.lib.addresses import Origin, base_url_flaw, origin_of
from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.headers import header_flaw
from kianda.lib.pointers import flaws_of, pointer
from kianda.lib.secret_names import MASK, is_secret_name

NOTHING_STORED = gettext_noop(
    "Nothing is stored here yet, so ******** cannot stand for it. Write the value."
)
SEND_AGAIN = gettext_noop(
    "The address of the datasource changed, so this secret must be sent again. "
    'Write its value, or "" to remove it.'
)
OPENED = gettext_noop("This was secret until now. Write its value to show it openly.")
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
        raise Invalid.at("", _("Write an object."))
    if len(json.dumps(raw, default=str)) > MEGABYTE:
        raise TooLarge(_("A datasource can hold at most 1 MB."))
    kind = _kind_of(raw, stored)
    restored = _RestoredEmail(raw, stored) if kind is EmailDatasource else _Restored(raw, stored)
    found = [*flaws, *restored.flaws, *_parameter_flaws(raw)]
    if not isinstance(raw.get("meta", {}), dict):
        found.append(Flaw("/meta", _("Write an object, or leave it out: it is passed over.")))
    try:
        parsed = kind.model_validate(restored.body, context={"refusal": refusal})
        if isinstance(parsed, EmailDatasource):
            found += parsed.flaws(refusal=refusal)
        elif isinstance(parsed, RestDatasource):
            found += _address_flaws(parsed)
            kept = stored if isinstance(stored, RestDatasource) else None
            found += certificate_flaws(parsed, kept)
    except ValidationError as error:
        found = [*flaws_of(error, raw, model=kind), *found]
    if found:
        raise Invalid(_("The datasource has errors."), errors=found)
    return parsed


def _address_flaws(parsed: RestDatasource) -> Iterator[Flaw]:
    if outside(tuple(parsed.allowed_addresses), parsed.origin):
        sentence = _(
            "%(host)s is not among the addresses that this data source may reach. An Administrator "
            "can add it under Allowed addresses."
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


class _RestoredEmail:
    """The sent body of a mail account with its password, when that is masked or left out."""

    def __init__(self, raw: dict[str, Any], stored: DatasourceDocument | None) -> None:
        self.flaws: list[Flaw] = []
        self.body = {key: value for key, value in raw.items() if key != "meta"}
        auth, place = raw.get("auth"), pointer("auth", "password")
        if not isinstance(auth, dict) or auth.get("scheme") != "basic":
            return
        kept = stored.password if isinstance(stored, EmailDatasource) else ""
        if auth.get("password", MASK if kept else "") != MASK:
            return
        if not kept:
            self.flaws.append(Flaw(place, _(NOTHING_STORED)))
        elif self._moved(stored):
            self.flaws.append(Flaw(place, _(SEND_AGAIN)))
        self.body["auth"] = {**auth, "password": kept}

    def _moved(self, stored: DatasourceDocument | None) -> bool:
        """Tell whether the password would go to another server than the one it was set for."""
        same = isinstance(stored, EmailDatasource) and self.body.get("host") == stored.host
        if not same or not isinstance(stored, EmailDatasource):
            return True
        security = self.body.get("security", "starttls")
        port = self.body.get("port") or PORTS.get(str(security))
        return port != stored.port_number


class _Restored:
    """A sent body with its masked and left-out secrets filled in from what is stored."""

    def __init__(self, raw: dict[str, Any], stored: DatasourceDocument | None) -> None:
        self.flaws: list[Flaw] = []
        self._stored = stored if isinstance(stored, RestDatasource) else None
        stored = self._stored
        self._moved = stored is not None and _moved(raw.get("base_url"), stored.origin)
        self.body = {key: value for key, value in raw.items() if key != "meta"}
        if isinstance(raw.get("auth"), dict):
            self.body["auth"] = self._auth(raw["auth"])
        if isinstance(raw.get("client_certificate"), dict):
            self.body["client_certificate"] = restored_certificate(
                raw["client_certificate"],
                stored.client_certificate if stored else None,
                partial(self._secret, moved=self._moved),
            )
        if isinstance(raw.get("methods"), list):
            self.body["methods"] = [
                self._method(index, method) if isinstance(method, dict) else method
                for index, method in enumerate(raw["methods"])
            ]

    def _secret(
        self, place: str, holder: dict[str, Any], key: str, kept: str | None, *, moved: bool
    ) -> str:
        sent = holder.get(key, MASK if kept else "")
        if sent != MASK:
            return "" if sent is None else sent
        if not kept:
            self.flaws.append(Flaw(place, _(NOTHING_STORED)))
        elif moved:
            self.flaws.append(Flaw(place, _(SEND_AGAIN)))
        return kept or ""

    def _auth(self, auth: dict[str, Any]) -> dict[str, Any]:
        scheme = auth.get("scheme")
        kind = auth_schemes.kinds.get(scheme) if isinstance(scheme, str) else None
        if kind is None:
            return auth
        stored = self._stored.auth if self._stored else None
        stored = stored if stored and stored.slug() == scheme else None
        moved = self._moved or (stored is not None and _leads_elsewhere(auth, stored))
        kept = stored.credentials() if stored else {}
        found = auth | {
            name: self._secret(pointer("auth", name), auth, name, kept.get(name), moved=moved)
            for name in kind.secrets
        }
        for setting in kind.named_values:
            if isinstance(auth.get(setting), list):
                found[setting] = self._named(auth[setting], setting, kind, stored, moved=moved)
        return found

    def _named(
        self,
        items: list[Any],
        setting: str,
        kind: type[AuthScheme],
        stored: AuthScheme | None,
        *,
        moved: bool,
    ) -> list[Any]:
        """Return named values, each masked one as the one of its name that is stored."""
        waiting = stored.named_secrets(setting) if stored else []
        found: list[Any] = []
        for at, item in enumerate(items):
            if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                found.append(item)
                continue
            place = pointer("auth", setting, at, "value")
            own = next((pair for pair in waiting if pair[0] == item["name"]), None)
            if own is not None:
                waiting.remove(own)
            if kind.is_secret_value(setting, item):
                kept = own[1] if own else None
                item = item | {"value": self._secret(place, item, "value", kept, moved=moved)}
            elif own is not None and item.get("value") == MASK:
                self.flaws.append(Flaw(place, _(OPENED)))
            found.append(item)
        return found

    def _method(self, index: int, method: dict[str, Any]) -> dict[str, Any]:
        found = dict(method)
        stored = self._stored.method(str(method.get("name"))) if self._stored else None
        for prefix, section in TARGETS.items():
            if not isinstance(method.get(section), list):
                continue
            kept = _stored_values(prefix, getattr(stored, section) if stored else [])
            found[section] = [
                self._parameter(pointer("methods", index, section, at, "value"), item, prefix, kept)
                if isinstance(item, dict) and isinstance(item.get("name"), str)
                else item
                for at, item in enumerate(method[section])
            ]
        return found

    def _parameter(
        self, place: str, item: dict[str, Any], prefix: str, stored: dict[str, Parameter]
    ) -> dict[str, Any]:
        kept = stored.get(_key(prefix, item["name"]))
        secret = item.get("secret")
        if is_secret_name(item["name"]) if secret is None else secret:
            own = kept.value if kept else None
            value = self._secret(place, item, "value", own, moved=self._moved)
            return {**item, "value": None if value == "" else value}
        if item.get("value") == MASK and kept and kept.secret and kept.value:
            self.flaws.append(Flaw(place, _(OPENED)))
        return item


def _leads_elsewhere(auth: dict[str, Any], stored: AuthScheme) -> bool:
    """Tell whether secrets of a scheme would go to a host for which nobody has typed them."""
    known = {origin_of(url) for name in stored.addresses if (url := getattr(stored, name))}
    return any(
        all(_moved(url, origin) for origin in known)
        for name in stored.addresses
        if (url := auth.get(name))
    )


def _moved(base_url: object, origin: Origin) -> bool:
    """Tell whether an address leads to another server than a known one."""
    if not isinstance(base_url, str) or base_url_flaw(base_url.partition("?")[0]):
        return True
    return origin_of(base_url) != origin


def _key(prefix: str, name: str) -> str:
    return name.lower() if prefix == "header" else name


def _stored_values(prefix: str, parameters: list[Parameter]) -> dict[str, Parameter]:
    return {_key(prefix, parameter.name): parameter for parameter in parameters}


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
        yield from _body_flaws(method, ("methods", index, "request_body"))
        yield from _paging_flaws(method, ("methods", index, "paging", "parameter"))
        yield from condition_flaws(method.get("success_when"), ("methods", index, "success_when"))


def _doubles(prefix: str, items: list[Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for at, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if _key(prefix, name) in seen:
            yield Flaw(
                pointer(*place, at, "name"),
                _("The name %(name)s is taken in this list.") % {"name": name},
            )
        seen.add(_key(prefix, name))


def _header_flaws(items: list[Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    for at, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        name, value = item.get("name"), item.get("value")
        if isinstance(name, str) and (flaw := header_flaw(name)):
            yield Flaw(pointer(*place, at, "name"), flaw)
        if isinstance(value, str) and any(sign in value for sign in "\r\n\0"):
            yield Flaw(pointer(*place, at, "value"), _("A header cannot hold line breaks or NUL."))


def _paging_flaws(method: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    """Yield that the parameter which asks for a page is none of the method's."""
    if not method.get("paging"):
        return
    try:
        found = RestMethod.model_validate({**method, "name": "method", "title": "Method"})
    except ValidationError:
        return  # Whatever is wrong with it is told elsewhere.
    target = found.paging.target if found.paging else None
    if target is not None and found.canonical_target(target) is None:
        known = ", ".join(found.input_targets())
        yield Flaw(
            pointer(*place),
            _("There is no parameter %(target)s. Known ones: %(known)s.")
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
                _("%(name)s cannot have a value and parts of its own in one body.")
                % {"name": name},
            )
        elif kind in _NESTED and name and not all(name.split(".")):
            yield Flaw(pointer(*place, at, "name"), _("A part between two dots is empty."))


_NESTED = frozenset({"json", "xml"})


def _xml_flaw(name: str, names: list[str]) -> str | None:
    """Return what is wrong with the name of a parameter of an XML body, or None."""
    root, *parts = name.split(".")
    if not XML_ROOT.match(root) or not all(map(XML_PART.match, parts)):
        return _("%(name)r is no element. Write them with dots: order.lines.0.@id.") % {
            "name": name
        }
    if any(other.partition(".")[0] != root for other in names if other):
        return _("An XML body has one root: begin all names with the same part.")
    return None
