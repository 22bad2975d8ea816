"""The person's own address: changed by a link that is mailed to the new one."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kianda.accounts.permissions import signed_in
from kianda.accounts.services.addresses import (
    address_to_confirm,
    ask_for_address,
    asked_change,
    confirm_address,
)
from kianda.lib.errors import Invalid
from kianda.web.pages import form_errors, go, page, render_page, toast


class AddressForm(forms.Form):
    """Asks for another address."""

    email: Any = forms.CharField(
        label=gettext_lazy("New email address"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )  # fmt: skip


@page(roles=(), methods=("GET", "POST"))
def change_address(request: HttpRequest) -> HttpResponseBase:
    """Ask for the new address, and mail the link there."""
    raise_if_reauthentication_required(request, app="allauth.account")
    user = signed_in(request)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_address(user, form.cleaned_data["email"])
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            said = _("A link was sent to %s. Open it to confirm the address.")
            toast(request, said % form.cleaned_data["email"])
            return go(request, "profile")
    context = {"form": form, "asked": asked_change(user)}
    status = 422 if form.errors else 200
    return render_page(request, "accounts/change_email.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Show which address a link confirms, and confirm it when asked to: programs open links too."""
    asked, problem, done = address_to_confirm(key), "", False
    if asked is not None and request.method == "POST":
        try:
            confirm_address(request, asked)
            done = True
        except Invalid as invalid:
            problem = invalid.detail
    context = {"asked": asked, "problem": problem, "done": done}
    status = 422 if problem else 200
    return render(request, "registration/confirm_address.html", context, status=status)
