"""Masked and left-out secrets put back from what is stored, unless they would go elsewhere."""

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from datasources.auth import AuthScheme, auth_schemes
from datasources.kinds import DatasourceDocument, EmailDatasource
from datasources.kinds.email import PORTS
from datasources.rest.document import TARGETS, Parameter, RestDatasource
from datasources.services.certificate_settings import restored_certificate
from kianda.lib.addresses import Origin, base_url_flaw, origin_of
from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer
from kianda.lib.secret_names import MASK, is_secret_name

NOTHING_STORED = gettext_noop("No value is stored yet, so ******** cannot be used. Send the value.")
SEND_AGAIN = gettext_noop(
    "The address of the datasource changed, so this secret must be sent again. Send its "
    'value, or "" to remove it.'
)
OPENED = gettext_noop("This was secret until now. Enter its value again to show it.")


class RestoredEmail:
    """The sent body of a mail account with its password, when that is masked or left out."""

    def __init__(self, raw: dict[str, Any], stored: DatasourceDocument | None) -> None:
        """Take what was sent and what is stored; `body` and `flaws` are what came of it."""
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


class RestoredSecrets:
    """A sent body with its masked and left-out secrets filled in from what is stored."""

    def __init__(self, raw: dict[str, Any], stored: DatasourceDocument | None) -> None:
        """Take what was sent and what is stored; `body` and `flaws` are what came of it."""
        self.flaws: list[Flaw] = []
        self._stored = stored if isinstance(stored, RestDatasource) else None
        stored = self._stored
        same = stored is not None and raw.get("base_url") == stored.base_url
        self._moved = stored is not None and not same and _moved(raw.get("base_url"), stored.origin)
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
        moved = self._moved or (
            stored is not None and _leads_elsewhere(auth, stored, stored.addresses)
        )
        kept = stored.credentials() if stored else {}
        found = auth | {
            name: self._secret(pointer("auth", name), auth, name, kept.get(name), moved=moved)
            for name in kind.secrets
        }
        for setting in kind.named_values:
            if isinstance(auth.get(setting), list):
                goes = self._moved or (
                    stored is not None
                    and _leads_elsewhere(auth, stored, stored.addresses_of(setting))
                )
                found[setting] = self._named(auth[setting], setting, kind, stored, moved=goes)
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
        kept = stored.get(spelt_alike(prefix, item["name"]))
        secret = item.get("secret")
        if is_secret_name(item["name"]) if secret is None else secret:
            own = kept.value if kept else None
            value = self._secret(place, item, "value", own, moved=self._moved)
            return {**item, "value": None if value == "" else value}
        if item.get("value") == MASK and kept and kept.secret and kept.value:
            self.flaws.append(Flaw(place, _(OPENED)))
        return item


def _leads_elsewhere(auth: dict[str, Any], stored: AuthScheme, names: tuple[str, ...]) -> bool:
    """Tell whether secrets that go to some addresses would reach a host new to them."""
    known = {origin_of(url) for name in names if (url := getattr(stored, name))}
    return any(
        all(_moved(url, origin) for origin in known) for name in names if (url := auth.get(name))
    )


def _moved(base_url: object, origin: Origin) -> bool:
    """Tell whether an address leads to another server than a known one."""
    if not isinstance(base_url, str) or base_url_flaw(base_url.partition("?")[0]):
        return True
    return origin_of(base_url) != origin


def spelt_alike(prefix: str, name: str) -> str:
    """Return a name as it is told from others: headers ignore case."""
    return name.lower() if prefix == "header" else name


def _stored_values(prefix: str, parameters: list[Parameter]) -> dict[str, Parameter]:
    return {spelt_alike(prefix, parameter.name): parameter for parameter in parameters}
