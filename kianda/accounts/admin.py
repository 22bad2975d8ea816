"""API tokens, the audit log and groups in Django's administration."""

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.models import ApiToken, AuditEntry
from kianda.accounts.permissions import SCOPES
from kianda.accounts.services.tokens import create_token, revoke_token

if TYPE_CHECKING:
    TokenBase = admin.ModelAdmin[ApiToken]
    AuditBase = admin.ModelAdmin[AuditEntry]
    TokenFormBase = forms.ModelForm[ApiToken]
    UserBase = UserAdmin[User]
else:
    TokenBase = AuditBase = admin.ModelAdmin
    TokenFormBase = forms.ModelForm
    UserBase = UserAdmin


class TokenForm(TokenFormBase):
    """What a new token needs."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("If none, the token may do everything that the user may do."),
    )

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes", "expires_at")


@admin.register(ApiToken)
class ApiTokenAdmin(TokenBase):
    """Makes, lists and revokes tokens; the text is shown once, in the answer that makes it."""

    form = TokenForm
    list_display = ("name", "user", "hint", "scopes", "created", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Let nobody edit a token: it is revoked, and another one is made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Keep revoked tokens, for the audit."""
        return False

    @admin.action(description=gettext_lazy("Revoke selected tokens"), permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End the chosen tokens at once."""
        for token in queryset:
            revoke_token(token, by=request.user)
        self.message_user(request, _("Tokens revoked."))

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have who signed in some minutes ago confirm that it is them, as on the page of tokens."""
        raise_if_reauthentication_required(request, app="kianda")
        return super().add_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: Any) -> None:
        """Make the token through the service; keep its text for the answer alone."""
        made, text = create_token(
            obj.user,
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            expires_at=obj.expires_at,
            by=request.user,
        )
        obj.pk, obj.digest, obj.created = made.pk, made.digest, made.created
        request.META["KIANDA_NEW_TOKEN"] = text

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the text of the token once; a message would lie in a cookie or the database."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("New API token"),
            "opts": self.opts,
            "token": obj,
            "text": request.META["KIANDA_NEW_TOKEN"],
        }
        response = TemplateResponse(request, "admin/token_created.html", context)
        return response


@admin.register(AuditEntry)
class AuditEntryAdmin(AuditBase):
    """Shows the audit log; nobody changes it."""

    list_display = ("at", "user_name", "action", "kind", "name", "detail")
    list_filter = ("action", "kind")
    search_fields = ("user_name", "name")
    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Entries come from what people do."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Entries stay as they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Entries stay."""
        return False


# Changed by the pages of the product alone, which look first and tell the audit log.
for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
admin.site.unregister(Group)
admin.site.unregister(User)


@admin.register(User)
class ShownUserAdmin(UserBase):
    """Shows the users; they change under Users, whose services look first and tell the audit log.

    Forms, rights and the history know people by their user names: whoever got one that is free
    again would inherit what was another person's. A password, an address or a role that was set
    here would end no session, revoke no link and leave the person untold.
    """

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Say where users change, and show no hash of a password."""
        link = format_html(
            '<a href="{}">{}</a>', reverse("users"),
            _("Add and change users under Administration, Users."),
        )  # fmt: skip
        who = ("username", "first_name", "last_name", "email")
        may = ("is_active", "is_staff", "is_superuser", "groups", "last_login", "date_joined")
        return ((None, {"fields": (*who, *may), "description": link}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are invited, imported, or come by single sign-on."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is set here: no password, no address, no role."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep every user."""
        return False


@admin.register(Group)
class ShownGroupAdmin(GroupAdmin):
    """Shows the groups; they change under Users, where what uses them is looked at first."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Names are checked elsewhere."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Forms and data sources know a group by its name."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """A role never goes, and a group only when nothing uses it."""
        return False
