"""The addresses of the pages of accounts."""

from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from kianda.administration import (
    addresses,
    attributes,
    audit,
    groups,
    messages,
    notifications,
    passwords,
    people,
    people_import,
    profile,
    recycle_bin,
    second_factor,
    substitutes,
    tokens,
    user_security,
    users,
)
from kianda.administration.api import attributes as attributes_api
from kianda.administration.api import groups as groups_api
from kianda.administration.api import identity_providers as providers_api
from kianda.administration.api import messages as messages_api
from kianda.administration.api import security as security_api
from kianda.administration.api import substitutes as substitutes_api
from kianda.administration.api import users as users_api
from kianda.administration.sso import identity_providers, single_sign_on

# Before anything else: what browsers do not send is not led anywhere.
_form = require_http_methods(["GET", "HEAD", "POST"])

api_urlpatterns = [
    path("users/", users_api.Users.as_view()),
    path("users/<str:username>/", users_api.OneUser.as_view()),
    path("users/<str:username>/invitation/", users_api.Invitation.as_view()),
    path("users/<str:username>/sessions/", security_api.SessionsOf.as_view()),
    path("users/<str:username>/second-factor/", security_api.SecondFactorOf.as_view()),
    path("users/<str:username>/substitute/", substitutes_api.SubstituteOf.as_view()),
    path("user-attributes/", attributes_api.Attributes.as_view()),
    path("user-attributes/<str:name>/", attributes_api.OneAttribute.as_view()),
    path("groups/", groups_api.Groups.as_view()),
    # A name may hold a slash.
    path("groups/<path:name>/", groups_api.OneGroup.as_view()),
    path("messages/", messages_api.Messages.as_view()),
    path("messages/<int:message_id>/", messages_api.OneMessage.as_view()),
    path("messages/<int:message_id>/resend/", messages_api.MessageResend.as_view()),
    path("messages/<int:message_id>/done/", messages_api.MessageDone.as_view()),
    path("mail-settings/", messages_api.MailSettings.as_view()),
    path("people/", users_api.PeopleList.as_view()),
    path("me/", users_api.Me.as_view()),
    path("me/sessions/", security_api.MySessions.as_view()),
    path("sign-in/", security_api.SignInSettings.as_view()),
    path("identity-providers/", providers_api.IdentityProviders.as_view()),
    path("identity-providers/<slug:slug>/", providers_api.OneIdentityProvider.as_view()),
    path("identity-providers/<slug:slug>/test/", providers_api.IdentityProviderTest.as_view()),
    path("me/substitute/", substitutes_api.MySubstitute.as_view()),
]

page_urlpatterns = [
    path("welcome/<uidb64>/<token>/", passwords.SetPassword.as_view(), name="set-password"),
    path("messages/", messages.messages, name="messages"),
    path("messages/export/", messages.export, name="messages-export"),
    path("messages/account/", messages.mail_settings, name="mail-settings"),
    path("messages/<int:message_id>/", messages.message, name="message"),
    path("messages/<int:message_id>/send/", messages.send_again, name="message-resend"),
    path("messages/<int:message_id>/done/", messages.done, name="message-done"),
    path("people/options/", people.options, name="people-options"),
    path("users/", users.users, name="users"),
    path("users/import/", people_import.import_people, name="users-import"),
    path("users/import/invite/", people_import.import_invite, name="users-import-invite"),
    path("users/import/links/", people_import.import_links, name="users-import-links"),
    path("users/invite/", users.invite, name="user-invite"),
    path("users/sign-in/", user_security.sign_in_settings, name="sign-in-settings"),
    path("users/sign-in/new/", identity_providers.add, name="identity-provider-new"),
    path("users/sign-in/<slug:slug>/", identity_providers.change, name="identity-provider"),
    path("users/sign-in/<slug:slug>/test/", identity_providers.test, name="identity-provider-test"),
    path(
        "users/sign-in/<slug:slug>/delete/",
        identity_providers.delete,
        name="identity-provider-delete",
    ),
    path("users/groups/", groups.groups, name="groups"),
    path("users/groups/new/", groups.add, name="group-new"),
    path("users/groups/<int:group_id>/", groups.change, name="group"),
    path("users/groups/<int:group_id>/delete/", groups.delete, name="group-delete"),
    path("users/attributes/", attributes.attributes, name="user-attributes"),
    path("users/attributes/new/", attributes.add, name="user-attribute-new"),
    path("users/attributes/<int:attribute_id>/", attributes.change, name="user-attribute"),
    path(
        "users/attributes/<int:attribute_id>/delete/",
        attributes.delete,
        name="user-attribute-delete",
    ),
    path("users/<int:user_id>/", users.change, name="user"),
    path("users/<int:user_id>/deactivate/", users.deactivate, name="user-deactivate"),
    path("users/<int:user_id>/substitute/", substitutes.substitute, name="user-substitute"),
    path("users/<int:user_id>/sessions/", user_security.sessions, name="user-sessions"),
    path(
        "users/<int:user_id>/second-factor/",
        user_security.reset_second_factor,
        name="user-second-factor",
    ),
    path("users/<int:user_id>/password-link/", users.password_link, name="user-password-link"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.create, name="token-new"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="token-revoke"),
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("bin/", recycle_bin.recycle_bin, name="bin"),
    path("bin/<slug:kind>/<int:pk>/restore/", recycle_bin.restore, name="bin-restore"),
    path("bin/<slug:kind>/<int:pk>/remove/", recycle_bin.remove, name="bin-remove"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/newest/", notifications.newest, name="notifications-newest"),
    path("notifications/read/", notifications.read_all, name="notifications-read"),
    path("notifications/stop/<str:token>/", notifications.stop, name="notifications-stop"),
    path("notifications/settings/", notifications.settings, name="notifications-settings"),
    path("notifications/<int:pk>/", notifications.read, name="notification"),
    path("profile/", profile.profile, name="profile"),
    path("profile/security/", second_factor.security, name="security"),
    path("profile/security/", second_factor.security, name="mfa_index"),
    path("profile/security/", second_factor.security, name="mfa_list_webauthn"),
    path("profile/security/sessions/", second_factor.end, name="session-end"),
    path("profile/security/app/", _form(second_factor.AddApp.as_view()), name="mfa_activate_totp"),
    path(
        "profile/security/app/remove/",
        _form(second_factor.RemoveApp.as_view()),
        name="mfa_deactivate_totp",
    ),
    path(
        "profile/security/passkeys/",
        _form(second_factor.AddPasskey.as_view()),
        name="mfa_add_webauthn",
    ),
    path(
        "profile/security/passkeys/<int:pk>/",
        _form(second_factor.RenamePasskey.as_view()),
        name="mfa_edit_webauthn",
    ),
    path(
        "profile/security/passkeys/<int:pk>/remove/",
        _form(second_factor.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path(
        "profile/security/codes/",
        require_safe(second_factor.RecoveryCodesPage.as_view()),
        name="mfa_view_recovery_codes",
    ),
    path(
        "profile/security/codes/new/",
        _form(second_factor.NewRecoveryCodes.as_view()),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "profile/security/codes/file/",
        require_safe(second_factor.RecoveryCodesFile.as_view()),
        name="mfa_download_recovery_codes",
    ),
    path(
        "profile/security/connections/<int:account_id>/",
        single_sign_on.disconnect,
        name="provider-disconnect",
    ),
    path("sign-in/with/<slug:provider_id>/", single_sign_on.start, name="openid_connect_login"),
    path(
        "sign-in/with/<slug:provider_id>/callback/",
        single_sign_on.callback,
        name="openid_connect_callback",
    ),
    path(
        "sign-in/with/<slug:provider_id>/metadata/",
        single_sign_on.saml_metadata,
        name="saml_metadata",
    ),
    path("sign-in/with/<slug:provider_id>/answer/", single_sign_on.saml_answer, name="saml_acs"),
    path(
        "sign-in/with/<slug:provider_id>/answer/finish/",
        single_sign_on.saml_finish,
        name="saml_finish",
    ),
    path("sign-in/code/", _form(second_factor.SecondFactorStep.as_view()), name="mfa_authenticate"),
    path(
        "sign-in/passkey/", _form(second_factor.PasskeySignIn.as_view()), name="mfa_login_webauthn"
    ),
    path(
        "password/again/code/", _form(second_factor.CodeAgain.as_view()), name="mfa_reauthenticate"
    ),
    path(
        "password/again/passkey/",
        _form(second_factor.PasskeyAgain.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("profile/email/", addresses.change_address, name="change-email"),
    path("email/<str:key>/", addresses.confirm, name="confirm-email"),
    path("profile/substitute/", substitutes.own_substitute, name="own-substitute"),
    path("profile/theme/", profile.theme, name="theme"),
]
