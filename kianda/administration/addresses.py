"""The person's own address: changed by a link that is mailed to the new one."""

from http import HTTPStatus
from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kianda.accounts.authentication import address_of
from kianda.accounts.permissions import signed_in
from kianda.accounts.services.addresses import (
    address_to_confirm,
    ask_for_address,
    asked_change,
    confirm_address,
)
from kianda.accounts.services.guessing import ADDRESS_MAIL, begin_try
from kianda.lib.errors import Invalid, TooMany
from kianda.web.error_pages import say_wait
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
    form, wait = AddressForm(request.POST or None), 0
    if request.method == "POST" and form.is_valid():
        try:
            begin_try(address=address_of(request), account=user.get_username(), what=ADDRESS_MAIL)
            ask_for_address(user, form.cleaned_data["email"])
        except Invalid as invalid:
            form_errors(form, invalid)
        except TooMany as error:
            wait, said = say_wait(error.extra["retry_after"])
            form.add_error("email", said)
        else:
            said = _("Link queued for %s. Open it to confirm the address.")
            toast(request, said % form.cleaned_data["email"])
            return go(request, "profile")
    context = {"form": form, "asked": asked_change(user)}
    status = HTTPStatus.TOO_MANY_REQUESTS if wait else 422 if form.errors else 200
    answer = render_page(request, "accounts/change_email.html", context, status=status)
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


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
