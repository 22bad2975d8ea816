"""Administration, Sign-in: identity providers are added, tested, changed and deleted."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.models import IdentityProvider
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import audit
from kianda.accounts.services import identity_providers as services
from kianda.accounts.services.identity_providers import OPENID, ProviderSettings
from kianda.accounts.sso.kinds import KINDS, ProviderTested
from kianda.accounts.sso.saml_metadata import expiries, installed, not_installed
from kianda.administration.sso.provider_forms import FORMS, ProviderForm, initial
from kianda.lib.errors import Conflict, Invalid, Stale
from kianda.web.form_once import once
from kianda.web.pages import form_errors, go, page, render_dialog, render_page, toast

ADMIN = (ADMINISTRATOR,)


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def add(request: HttpRequest) -> HttpResponseBase:
    """Add an identity provider of a kind."""
    asked = request.GET.get("kind", OPENID)
    kind = asked if asked in KINDS else OPENID
    form = _given(request, FORMS[kind])
    if request.method == "POST" and form.is_valid():
        try:
            given = _complete(form, None)
            row = services.add_provider(given, by=signed_in(request))
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
    form = _given(request, FORMS[row.kind], initial=initial(row))
    if request.method == "POST" and form.is_valid():
        try:
            revision = request.POST.get("revision", "")
            services.change_provider(
                row, _complete(form, row), by=signed_in(request),
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


def _given(request: HttpRequest, form: type[ProviderForm], **more: Any) -> ProviderForm:
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    return form(*posted, **more)


def _complete(form: ProviderForm, row: IdentityProvider | None) -> ProviderSettings:
    return KINDS[form.kind].complete(
        form.given(stored=row is not None), xml=form.metadata_given(),
        before=services.settings_of(row) if row else None,
    )  # fmt: skip


def _form(
    request: HttpRequest, form: ProviderForm, row: IdentityProvider | None, *, stale: bool = False
) -> HttpResponseBase:
    if row is not None:
        form.fix(row)
    kind = KINDS[form.kind]
    context = {
        "form": form, "row": row, "stale": stale, "kind": kind,
        "missing": "" if form.kind == OPENID or installed() else not_installed(),
        "addresses": kind.addresses(row) if row else [],
        "expiries": expiries(row.certificates) if row else [],
        "people": SocialAccount.objects.filter(provider=row.slug).count() if row else 0,
    }  # fmt: skip
    status = 409 if stale else 422 if form.errors else 200
    return render_page(request, "accounts/identity_provider.html", context, status=status)


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


def try_provider(row: IdentityProvider, *, by: Any) -> tuple[str, ProviderTested | None]:
    """Return what is wrong with a provider, or nothing and what it says of itself."""
    audit.record(by, action="tested", kind=services.KIND, name=row.slug)
    try:
        return "", KINDS[row.kind].test(row)
    except (OAuth2Error, ValueError) as error:
        return str(error), None


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
