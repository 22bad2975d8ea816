"""Administration, Sign-in: identity providers are added, tested, changed and deleted."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.models import IdentityProvider
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import audit
from kianda.accounts.services import identity_providers as services
from kianda.accounts.services.account_mails import address_in_full
from kianda.accounts.sso.openid import discover, keys_of
from kianda.lib.errors import Conflict, Flaw, Invalid, Stale
from kianda.web.form_once import once
from kianda.web.pages import form_errors, go, page, render_dialog, render_page, toast

ADMIN = (ADMINISTRATOR,)
_AREA: Any = {"rows": 3, "spellcheck": "false"}


def _text(label: Any, help_text: Any = "", **attrs: Any) -> Any:
    return forms.CharField(
        label=label, required=False, max_length=500, help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs}),
    )  # fmt: skip


class ProviderForm(forms.Form):
    """An identity provider."""

    name: Any = _text(gettext_lazy("Name"), gettext_lazy("Shown on the button at the sign-in."))
    issuer: Any = _text(
        gettext_lazy("Issuer"),
        gettext_lazy("Such as https://login.example.org, exactly as it says."),
    )
    client_id: Any = _text(gettext_lazy("Client ID"))
    secret: Any = forms.CharField(
        label=gettext_lazy("Client secret"), required=False, max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    domains: Any = forms.CharField(
        label=gettext_lazy("Email domains"), required=False, max_length=5000,
        widget=forms.Textarea(attrs=_AREA),
        help_text=gettext_lazy("One per line. If empty, it may speak for every address."),
    )  # fmt: skip
    trusts_addresses: Any = forms.BooleanField(
        label=gettext_lazy("Addresses of these domains are verified"), required=False,
        help_text=gettext_lazy(
            "For providers of your own organisation that do not say so, such as Microsoft Entra ID."
        ),
    )  # fmt: skip
    creates_users: Any = forms.BooleanField(
        label=gettext_lazy("Create accounts for people who have none"), required=False,
        help_text=gettext_lazy("With the role User. Their address must be verified there."),
    )  # fmt: skip
    groups_claim: Any = _text(
        gettext_lazy("Claim with groups"),
        gettext_lazy("Such as groups. If empty, groups stay as they are here."),
    )
    groups: Any = forms.CharField(
        label=gettext_lazy("Groups and roles"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={**_AREA, "rows": 5}),
        help_text=gettext_lazy(
            "One value of the claim per line, and what it gives: hr-team = HR, Designer"
        ),
    )  # fmt: skip
    is_active: Any = forms.BooleanField(
        label=gettext_lazy("People can sign in with it"), required=False, initial=True
    )

    def given(self, *, stored: bool) -> services.ProviderSettings:
        """Return what was entered; raises Invalid for what cannot be read."""
        told = self.cleaned_data
        secret = told["secret"] or (None if stored else "")
        return services.ProviderSettings(
            name=told["name"], issuer=told["issuer"], client_id=told["client_id"], secret=secret,
            domains=tuple(_lines(told["domains"])), trusts_addresses=told["trusts_addresses"],
            creates_users=told["creates_users"],
            groups_claim=told["groups_claim"], groups=_groups(told["groups"]),
            is_active=told["is_active"],
        )  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _groups(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(text):
        value, sign, names = line.partition("=")
        given = tuple(name.strip() for name in names.split(",") if name.strip())
        if not sign or not value.strip() or not given:
            sentence = _("Write each line as value = group: %(line)s") % {"line": line[:80]}
            raise Invalid(errors=[Flaw("/groups", sentence)])
        found[value.strip()] = given
    return found


def _initial(row: IdentityProvider) -> dict[str, Any]:
    now = services.settings_of(row)
    groups = "\n".join(f"{value} = {', '.join(names)}" for value, names in now.groups.items())
    return {
        "name": now.name, "issuer": now.issuer, "client_id": now.client_id,
        "domains": "\n".join(now.domains), "trusts_addresses": now.trusts_addresses,
        "creates_users": now.creates_users,
        "groups_claim": now.groups_claim, "groups": groups, "is_active": now.is_active,
    }  # fmt: skip


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def add(request: HttpRequest) -> HttpResponseBase:
    """Add an identity provider."""
    form = ProviderForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.add_provider(form.given(stored=False), by=signed_in(request))
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            toast(request, _("%s added.") % row.name)
            return go(request, "identity-provider", slug=row.slug)
    return _form(request, form, None)


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def change(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Change an identity provider."""
    row, stale = services.provider(slug), False
    form = ProviderForm(request.POST if request.method == "POST" else None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        try:
            revision = request.POST.get("revision", "")
            services.change_provider(
                row, form.given(stored=True), by=signed_in(request),
                revision=int(revision) if revision.isdecimal() else None,
            )  # fmt: skip
        except Invalid as invalid:
            form_errors(form, invalid)
        except Conflict as refusal:
            stale = isinstance(refusal, Stale)
            if not stale:
                form.add_error("is_active", refusal.detail)
        else:
            toast(request, _("%s saved.") % form.cleaned_data["name"])
            return go(request, "identity-provider", slug=slug)
    return _form(request, form, services.provider(slug), stale=stale)


def _form(
    request: HttpRequest, form: ProviderForm, row: IdentityProvider | None, *, stale: bool = False
) -> HttpResponseBase:
    if row is not None:
        form.fields["issuer"].widget.attrs["readonly"] = True
        form.fields["issuer"].help_text = _("Cannot be changed after creation.")
        if row.secret:
            form.fields["secret"].help_text = _("Saved. Leave empty to keep it.")
    context = {
        "form": form, "row": row, "stale": stale,
        "callback": _callback(row.slug) if row else "",
        "people": SocialAccount.objects.filter(provider=row.slug).count() if row else 0,
    }  # fmt: skip
    status = 409 if stale else 422 if form.errors else 200
    return render_page(request, "accounts/identity_provider.html", context, status=status)


def _callback(slug: str) -> str:
    return address_in_full(reverse("openid_connect_callback", args=[slug]))


@page(roles=ADMIN, methods=("POST",))
def test(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Ask a provider for its configuration and keys, and say what came of it."""
    row = services.provider(slug)
    problem, found = try_provider(row, by=signed_in(request))
    context = {"problem": problem, "found": found, "row": row}
    return render_page(
        request, "accounts/provider_tested.html", context,
        partials={"tested": "accounts/_provider_tested.html"}, status=200,
    )  # fmt: skip


def try_provider(row: IdentityProvider, *, by: Any) -> tuple[str, dict[str, Any]]:
    """Return what is wrong with a provider, or nothing and what it says of itself."""
    audit.record(by, action="tested", kind=services.KIND, name=row.slug)
    try:
        config = discover(row.issuer)
        keys = keys_of(config)
    except OAuth2Error as error:
        return str(error), {}
    return "", {**config, "keys": keys}


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Ask, then delete an identity provider."""
    row, problem = services.provider(slug), ""
    if request.method == "POST":
        try:
            services.remove_provider(row, by=signed_in(request))
        except Conflict as refusal:
            problem = refusal.detail
        else:
            toast(request, _("%s deleted.") % row.name)
            return go(request, "sign-in-settings")
    people = SocialAccount.objects.filter(provider=row.slug).count()
    context = {"row": row, "problem": problem, "people": people}
    title = _("Delete %s?") % row.name
    return render_dialog(
        request, "accounts/_provider_delete.html", context, title=title,
        status=409 if problem else 200,
    )  # fmt: skip
