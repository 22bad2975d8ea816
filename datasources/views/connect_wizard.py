"""Adding a connection: the provider, the client made there, then connecting it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from datasources.connections import overview
from datasources.oauth.presets import PROVIDERS
from datasources.oauth.providers import Blank, OAuthProvider
from datasources.services.connecting import redirect_uri
from datasources.services.datasources import create_datasource
from datasources.views.access import CHANGERS
from datasources.views.connecting import connect
from kianda.lib.errors import Flaw, Invalid
from kianda.web.form_once import once
from kianda.web.pages import Errors, page, render_page

OTHER = "other"
# What is typed as it is, by its pointer: what it is called, how it is shown, and what helps.
CLIENT_ID = ("/auth/client_id", gettext_noop("Client ID"), "mono", "")
CLIENT_SECRET = (
    "/auth/client_secret", gettext_noop("Client secret"), "password",
    gettext_noop("Stored encrypted and never shown again."),
)  # fmt: skip
PRIVATE_KEY = (
    "/auth/private_key", gettext_noop("Private key"), "textarea",
    gettext_noop("PEM or JWK. Stored encrypted and never shown again."),
)  # fmt: skip
SUBJECT = (
    "/auth/subject", gettext_noop("Subject (sub)"), "mono",
    gettext_noop("The user to act for, if the provider needs one."),
)  # fmt: skip
REFRESH_TOKEN = (
    "/auth/refresh_token", gettext_noop("Refresh token"), "password",
    gettext_noop("Used once, to connect. Later ones are saved automatically."),
)  # fmt: skip
FIELDS = {
    "authorization_code": (CLIENT_ID, CLIENT_SECRET),
    "client_credentials": (CLIENT_ID, CLIENT_SECRET),
    "refresh_token": (CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN),
    "jwt_bearer": (CLIENT_ID, PRIVATE_KEY, SUBJECT),
}
ADDRESSES = (
    ("/base_url", gettext_noop("Base URL of its API"), "mono",
     gettext_noop("For example https://api.example.org/v1.")),
    ("/auth/issuer", gettext_noop("Issuer"), "mono",
     gettext_noop("URLs that you leave empty are read from its metadata.")),
    ("/auth/authorize_url", gettext_noop("Authorization URL"), "mono", ""),
    ("/auth/token_url", gettext_noop("Token URL"), "mono", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What was typed into the form of one provider, for one grant."""

    provider: OAuthProvider | None
    grant: str
    values: Mapping[str, str]
    scopes: tuple[str, ...]

    @property
    def blanks(self) -> list[Blank]:
        """Return what differs from one organisation to the next."""
        return self.provider.blanks_of(self.grant) if self.provider else []

    def body(self) -> dict[str, Any]:
        """Return the datasource that it makes."""
        filled = {blank.name: self.values.get(f"/blanks/{blank.name}", "") for blank in self.blanks}
        if self.provider:
            body: dict[str, Any] = self.provider.settings(
                filled, grant=self.grant, scopes=list(self.scopes)
            )
        else:
            auth = {"scheme": "oauth2", "grant": self.grant, "scopes": list(self.scopes)}
            body = {"base_url": self.values.get("/base_url", ""), "auth": auth}
        for pointer, *_more in (*FIELDS[self.grant], *(() if self.provider else ADDRESSES)):
            if pointer.startswith("/auth/") and (text := self.values.get(pointer, "")):
                body["auth"][pointer.removeprefix("/auth/")] = text
        made: dict[str, Any] = body | {
            "name": self.values.get("/name", ""),
            "title": self.values.get("/title", ""),
        }
        return made

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with what stands in addresses."""
        if self.provider is None:
            return
        filled = {blank.name: self.values.get(f"/blanks/{blank.name}", "") for blank in self.blanks}
        for name, sentence in self.provider.flaws(filled, grant=self.grant).items():
            yield Flaw(f"/blanks/{name}", sentence)
        if self.grant != "jwt_bearer" and not self.values.get("/auth/client_id"):
            yield Flaw("/auth/client_id", _("Enter a value."))


@page(roles=CHANGERS, methods=("GET", "POST"))
def new(request: HttpRequest) -> HttpResponseBase:
    """Ask for the provider, then for the client there; make the datasource and connect it."""
    chosen = request.GET.get("provider", "")
    if chosen != OTHER and chosen not in PROVIDERS:
        context = {"providers": PROVIDERS.values(), "other": OTHER}
        return render_page(request, "connections/providers.html", context)
    typed = _typed(request, PROVIDERS.get(chosen))
    if request.method == "GET":
        return _form(request, typed)
    return _make(request, typed)


@once
def _make(request: HttpRequest, typed: Typed) -> HttpResponseBase:
    try:
        row = create_datasource(raw=typed.body(), user=request.user, flaws=list(typed.flaws()))
    except Invalid as invalid:
        return _form(request, typed, errors=Errors(invalid), status=422)
    return connect(request, row.name)


def _typed(request: HttpRequest, provider: OAuthProvider | None) -> Typed:
    grants = provider.grants if provider else tuple(FIELDS)
    grants = (*grants, *(one for one in ("refresh_token",) if one not in grants))
    asked = request.GET.get("grant", "")
    grant = asked if asked in grants and asked in FIELDS else grants[0]
    if request.method == "GET":
        ticked = provider.settings(grant=grant)["auth"]["scopes"] if provider else []
        title = provider.title if provider else ""
        name = title.lower().replace(" ", "-")
        return Typed(provider, grant, {"/title": title, "/name": name}, tuple(ticked))
    return Typed(
        provider,
        grant,
        {name: str(value) for name, value in request.POST.items()},
        tuple(_scopes(request.POST)),
    )


def _scopes(sent: QueryDict) -> list[str]:
    more = str(sent.get("more_scopes", "")).replace(",", " ").split()
    return list(dict.fromkeys([*map(str, sent.getlist("scope")), *more]))


def _form(
    request: HttpRequest, typed: Typed, *, errors: Errors | None = None, status: int = 200
) -> HttpResponse:
    provider = typed.provider
    offered = provider.scopes if provider else ()
    grants = (*(provider.grants if provider else FIELDS), "refresh_token")
    context = {
        "provider": provider, "slug": provider.slug if provider else OTHER, "errors": errors,
        "title": _("Connect %(provider)s") % {"provider": provider.title} if provider else
        _("Connect another provider"),
        "named": {"title": typed.values.get("/title", ""), "name": typed.values.get("/name", "")},
        "grant": typed.grant,
        "ways": [(one, overview.grant_words(one)) for one in dict.fromkeys(grants)
                 if one != typed.grant and one in FIELDS],
        "blanks": [(f"/blanks/{one.name}", _(one.title), _(one.help),
                    typed.values.get(f"/blanks/{one.name}", "")) for one in typed.blanks],
        "addresses": [] if provider else _controls(ADDRESSES, typed),
        "fields": _controls(FIELDS[typed.grant], typed),
        "scopes": [(one.scope, _(one.words), one.scope in typed.scopes) for one in offered],
        "more_scopes": " ".join(
            one for one in typed.scopes if one not in {offer.scope for offer in offered}
        ),
        "callback": redirect_uri(),
        "is_person": typed.grant == "authorization_code",
        "help": _(provider.help) if provider else "",
    }  # fmt: skip
    return render_page(request, "connections/new.html", context, status=status)


def _controls(
    fields: tuple[tuple[str, str, str, str], ...], typed: Typed
) -> list[tuple[str, str, str, str, str]]:
    return [
        (pointer, _(title), kind, _(words) if words else "", typed.values.get(pointer, ""))
        for pointer, title, kind, words in fields
    ]
