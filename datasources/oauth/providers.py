"""Providers that many have: what a connection to each needs, so that nobody has to look it up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kianda.lib.i18n import gettext as _

# How a value that stands in an address may look.
HOST = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?"
WORD = r"[A-Za-z0-9._-]+"
PATH = rf"{HOST}(/[A-Za-z0-9._~-]+)*"
CODE = "authorization_code"
_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Blank:
    """What differs from one organisation to the next, and stands as `{name}` in addresses."""

    name: str
    title: str
    help: str
    pattern: str = WORD
    default: str = ""


@dataclass(frozen=True, slots=True)
class OfferedScope:
    """A scope that is often wanted, in words; `ticked` ones are wanted by nearly everybody."""

    scope: str
    words: str
    ticked: bool = False


@dataclass(frozen=True, kw_only=True)
class OAuthProvider:
    """One provider. `auth` is for a person who signs in; `ways` says what differs otherwise."""

    slug: str
    title: str
    about: str
    base_url: str
    auth: Mapping[str, Any]
    # Where a client is made there, and what to do there.
    app_url: str
    help: str
    test_path: str | None = None
    blanks: tuple[Blank, ...] = ()
    scopes: tuple[OfferedScope, ...] = ()
    # What differs for other grants: settings of the authentication, and `test_path`.
    ways: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def grants(self) -> tuple[str, ...]:
        """How a token is got here, the usual way first."""
        return (CODE, *self.ways)

    @property
    def ticked(self) -> list[str]:
        """The scopes that nearly everybody wants."""
        return [one.scope for one in self.scopes if one.ticked]

    def blanks_of(self, grant: str = CODE) -> list[Blank]:
        """Return what has to be filled in for a grant."""
        texts = str([self.base_url, self.test_path, self._auth(grant)])
        used = set(_BLANK.findall(texts))
        return [blank for blank in self.blanks if blank.name in used]

    def flaws(self, values: Mapping[str, str], *, grant: str = CODE) -> dict[str, str]:
        """Return what is wrong with what was filled in, by the name of the blank."""
        found = {}
        for blank in self.blanks_of(grant):
            value = self._value(blank, values)
            if not value:
                found[blank.name] = _("Enter a value.")
            elif not re.fullmatch(blank.pattern, value):
                found[blank.name] = _("Enter it as in the example, without https:// and spaces.")
        return found

    def settings(
        self,
        values: Mapping[str, str] | None = None,
        *,
        grant: str = CODE,
        scopes: list[str] | None = None,
    ) -> dict[str, Any]:
        """Return base URL, test path and authentication with the values filled in.

        The client's ID and secrets are not among them: `settings["auth"] | {"client_id": ...}`.
        Left out, the scopes are those of the grant, else the ticked ones.
        """
        filled = {blank.name: self._value(blank, values or {}) for blank in self.blanks}
        auth = self._auth(grant)
        test_path = auth.pop("test_path", self.test_path)
        auth["scopes"] = auth.get("scopes", self.ticked) if scopes is None else scopes
        made = {"base_url": self.base_url, "test_path": test_path, "auth": auth}
        found: dict[str, Any] = _filled(made, filled)
        return found

    def _auth(self, grant: str) -> dict[str, Any]:
        return {"scheme": "oauth2", "grant": grant, **self.auth, **self.ways.get(grant, {})}

    def _value(self, blank: Blank, values: Mapping[str, str]) -> str:
        typed = values.get(blank.name, "").strip()
        if not re.fullmatch(blank.pattern, typed):
            # Whoever is asked for a server may paste the whole address.
            typed = typed.removeprefix("https://").rstrip("/")
        return typed or blank.default


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Return a value with every blank in it filled in; one without a value stays to be seen."""
    if isinstance(value, str):
        return _BLANK.sub(lambda found: values.get(found[1]) or found[0], value)
    if isinstance(value, Mapping):
        return {name: _filled(one, values) for name, one in value.items()}
    return [_filled(one, values) for one in value] if isinstance(value, list) else value
