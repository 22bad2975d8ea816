"""Administration, API tokens: list, create (shown once), revoke."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import ApiToken
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.tokens import create_token, revoke_token
from kianda.administration.forms import SCOPE_WORDS, TokenForm
from kianda.administration.lists import shown_rows
from kianda.lib.errors import Invalid, Missing
from kianda.web.form_once import leads_to, once
from kianda.web.pages import confirmed, form_errors, go, page, render_dialog, render_page, toast


def visible_tokens(user: User) -> QuerySet[ApiToken]:
    """Return one's own tokens; those of all to an Administrator."""
    rows = ApiToken.objects.select_related("user").order_by("-pk")
    return rows if has_role(user, ADMINISTRATOR) else rows.filter(user=user)


@page()
def tokens(request: HttpRequest) -> HttpResponseBase:
    """List the API tokens that the person may see."""
    context = shown_rows(request, visible_tokens(signed_in(request)), {})
    now = timezone.now()
    for token in context["page"]:
        over = token.expires_at is not None and token.expires_at <= now
        state = "revoked" if token.revoked_at else "expired" if over else "active"
        token.state = state
    context["of_all"] = has_role(request.user, ADMINISTRATOR)
    return render_page(
        request, "accounts/tokens.html", context, partials={"rows": "accounts/_tokens.html"}
    )


@page(methods=("GET", "POST"))
@confirmed
@once
def create(request: HttpRequest) -> HttpResponseBase:
    """Make a token and show its text, this once."""
    form, title = TokenForm(request.POST or None), _("Create an API token")
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            token, text = create_token(
                request.user, name=chosen["name"], scopes=chosen["scopes"],
                expires_at=form.expires_at(), by=request.user,
            )  # fmt: skip
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            return _made(request, token, text)
    context = {"form": form, "scope_words": SCOPE_WORDS, "action": request.path}
    status = 422 if form.errors else 200
    return render_dialog(request, "accounts/_token_new.html", context, title=title, status=status)


def _made(request: HttpRequest, token: ApiToken, text: str) -> HttpResponse:
    leads_to(request, reverse("tokens"))
    title = _("Copy the token now")
    context = {"token": token, "text": text}
    return render_dialog(request, "accounts/_token_made.html", context, title=title)


@page(methods=("GET", "POST"))
@once
def revoke(request: HttpRequest, token_id: int) -> HttpResponseBase:
    """Ask, then end a token."""
    token = visible_tokens(signed_in(request)).filter(pk=token_id).first()
    if token is None:
        raise Missing(_("API token not found."))
    if request.method == "POST":
        revoke_token(token, by=request.user)
        toast(request, _("“%s” revoked.") % token.name)
        return go(request, "tokens")
    title = _("Revoke “%s”?") % token.name
    context = {"token": token}
    return render_dialog(request, "accounts/_token_revoke.html", context, title=title)
