"""The providers, one after the other: addresses, quirks, and where a client is made there.

What is left out is as RFC 6749 has it: Basic for the client, blanks between scopes, PKCE, Bearer.
"""

from collections.abc import Mapping
from typing import Any

from datasources.oauth.providers import HOST, PATH, Blank, OAuthProvider, OfferedScope
from kianda.lib.i18n import gettext_noop as _

# Short lines, so that one provider is seen at a glance.
# fmt: off
STAY = _("Stay connected while you are away")
WHO = _("Read the profile of the signed-in user")
CALENDARS, FILES = _("Read and write calendars"), _("Read and write files")
MAIL, CONTACTS = _("Send mail"), _("Read and write contacts")
CUSTOMERS, CODE, ACCOUNTS, SIGN_IN = _("Customers"), _("Code"), _("Accounting"), _("Sign-in")
FORM: dict[str, Any] = {"client_auth": "post"}
NO_PKCE: dict[str, Any] = {"pkce": False}
COMMAS: dict[str, Any] = {"scope_separator": ","}
# Without these, Google and Zoho give a refresh token at the first consent alone, or none.
OFFLINE: dict[str, Any] = {
    "authorize_parameters": [
        {"name": "access_type", "value": "offline"}, {"name": "prompt", "value": "consent"},
    ]
}
SIGNED: dict[str, Any] = {"client_auth": "none", "scopes": []}
OWN: dict[str, Any] = {"client_credentials": {"scopes": []}}


def _scopes(always: Mapping[str, str], often: Mapping[str, str] | None = None) -> tuple[
    OfferedScope, ...
]:
    wanted = [OfferedScope(scope, words, ticked=True) for scope, words in always.items()]
    return (*wanted, *(OfferedScope(scope, words) for scope, words in (often or {}).items()))


def _at(*parts: str | dict[str, Any]) -> dict[str, Any]:
    """Return authentication: addresses to agree, to get a token and to revoke it, then quirks."""
    urls = (part for part in parts if isinstance(part, str))
    names = ("authorize_url", "token_url", "revoke_url")
    made: dict[str, Any] = dict(zip(names, urls, strict=True))
    for quirk in parts:
        made |= quirk if isinstance(quirk, dict) else {}
    return made


def _below(stem: str, *paths: str) -> tuple[str, ...]:
    return tuple(f"{stem}{path}" if path else "" for path in paths)


DOMAIN = Blank(
    "domain", _("Your domain"), _("Such as example.okta.com or example.eu.auth0.com."), pattern=HOST
)
ALL = (
    OAuthProvider(
        slug="microsoft", title="Microsoft 365", about=_("Mail, calendar, files"),
        base_url="https://graph.microsoft.com/v1.0", test_path="/me",
        auth=_at(*_below("https://login.microsoftonline.com/{tenant}/oauth2/v2.0",
                         "/authorize", "/token", ""), FORM),
        blanks=(Blank("tenant", _("Directory (tenant) ID"),
                      _("On the overview of your app in Microsoft Entra."),
                      default="organizations"),),
        scopes=_scopes({"offline_access": STAY, "User.Read": WHO},
                       {"Calendars.ReadWrite": CALENDARS, "Mail.Send": MAIL,
                        "Files.ReadWrite.All": FILES}),
        # Without a person there is no "me", and what the app may do is chosen in Entra.
        ways={"client_credentials": {"scopes": ["https://graph.microsoft.com/.default"],
                                     "test_path": None}},
        app_url="https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps",
        help=_("Register an app for the Web. Copy the value of its secret, not the secret's ID."),
    ),
    OAuthProvider(
        slug="google", title="Google Workspace", about=_("Mail, calendar, files"),
        base_url="https://www.googleapis.com", test_path="/oauth2/v3/userinfo",
        auth=_at("https://accounts.google.com/o/oauth2/v2/auth",
                 *_below("https://oauth2.googleapis.com", "/token", "/revoke"), FORM, OFFLINE),
        scopes=_scopes({"openid": WHO},
                       {"https://www.googleapis.com/auth/calendar": CALENDARS,
                        "https://www.googleapis.com/auth/gmail.send": MAIL,
                        "https://www.googleapis.com/auth/drive": FILES}),
        ways={"jwt_bearer": SIGNED | {"test_path": None}},
        app_url="https://console.cloud.google.com/apis/credentials",
        help=_("Create an OAuth client for a Web application. A service account signs instead."),
    ),
    OAuthProvider(
        slug="salesforce", title="Salesforce", about=CUSTOMERS,
        base_url="https://{domain}.my.salesforce.com", test_path="/services/data/v60.0/limits",
        # The answer tells no lifetime: it is the session's, two hours unless somebody changed it.
        auth=_at(*_below("https://{domain}.my.salesforce.com/services/oauth2",
                         "/authorize", "/token", "/revoke"), FORM, {"lifetime_s": 3600}),
        blanks=(Blank("domain", _("My Domain"),
                      _("The first part of your address: acme in acme.my.salesforce.com."),
                      pattern=HOST),),
        scopes=_scopes({"api": _("Read and write records"), "refresh_token": STAY}),
        ways=OWN | {"jwt_bearer": SIGNED | {"assertion_audience": "https://login.salesforce.com"}},
        app_url="https://help.salesforce.com/s/articleView?id=sf.connected_app_create.htm",
        help=_("In Setup, create a connected app with OAuth. The consumer key is the client ID."),
    ),
    OAuthProvider(
        slug="hubspot", title="HubSpot", about=_("Marketing"),
        base_url="https://api.hubapi.com", test_path="/account-info/v3/details",
        auth=_at("https://app.hubspot.com/oauth/authorize",
                 "https://api.hubapi.com/oauth/v1/token", "", FORM, NO_PKCE),
        scopes=_scopes({"oauth": _("Connect"), "crm.objects.contacts.read": _("Read contacts")},
                       {"crm.objects.contacts.write": _("Write contacts")}),
        app_url="https://developers.hubspot.com/docs/api/creating-an-app",
        help=_("Create an app. Give it the same scopes that you select here."),
    ),
    OAuthProvider(
        slug="xero", title="Xero", about=ACCOUNTS,
        base_url="https://api.xero.com", test_path="/connections",
        # PKCE is for its apps without a secret.
        auth=_at("https://login.xero.com/identity/connect/authorize",
                 *_below("https://identity.xero.com/connect", "/token", "/revocation"), NO_PKCE),
        scopes=_scopes({"offline_access": STAY,
                        "accounting.transactions": _("Read and write invoices")},
                       {"accounting.contacts": CONTACTS,
                        "accounting.settings": _("Read and write settings")}),
        ways={"client_credentials": {"scopes": ["accounting.transactions"]}},
        app_url="https://developer.xero.com/app/manage",
        help=_("Create a Web app. A custom connection works without a user."),
    ),
    OAuthProvider(
        slug="quickbooks", title="QuickBooks Online", about=ACCOUNTS,
        base_url="https://quickbooks.api.intuit.com",
        test_path="/v3/company/{company}/companyinfo/{company}",
        auth=_at("https://appcenter.intuit.com/connect/oauth2",
                 "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
                 "https://developer.api.intuit.com/v2/oauth2/tokens/revoke", NO_PKCE),
        blanks=(Blank("company", _("Company ID"),
                      _("In QuickBooks, under Account and settings. Without spaces."),
                      pattern="[0-9]+"),),
        scopes=_scopes({"com.intuit.quickbooks.accounting": _("Read and write accounts")}),
        app_url="https://developer.intuit.com/app/developer/dashboard",
        help=_("Create an app. Use its production keys: development keys reach test companies."),
    ),
    OAuthProvider(
        slug="zoho", title="Zoho", about=CUSTOMERS,
        base_url="https://www.zohoapis.{region}", test_path="/crm/v6/users?type=CurrentUser",
        auth=_at(*_below("https://accounts.zoho.{region}/oauth/v2",
                         "/auth", "/token", "/token/revoke"), FORM, NO_PKCE, COMMAS, OFFLINE,
                 {"prefix": "Zoho-oauthtoken", "lifetime_s": 3600}),
        blanks=(Blank("region", _("Region"),
                      _("The end of your Zoho address: com, eu, in, com.au or jp."),
                      default="com"),),
        scopes=_scopes({"ZohoCRM.users.READ": _("Read users")},
                       {"ZohoCRM.modules.ALL": _("Read and write records")}),
        app_url="https://api-console.zoho.com/",
        help=_("Create a server-based application, in the console of your region."),
    ),
    OAuthProvider(
        slug="slack", title="Slack", about=_("Messages"),
        base_url="https://slack.com/api", test_path="/auth.test",
        # It tells errors in answers of status 200.
        auth=_at("https://slack.com/oauth/v2/authorize",
                 *_below("https://slack.com/api", "/oauth.v2.access", "/auth.revoke"),
                 NO_PKCE, COMMAS),
        scopes=_scopes({"chat:write": _("Send messages")},
                       {"channels:read": _("Read names of channels"),
                        "users:read": _("Read names of people")}),
        app_url="https://api.slack.com/apps",
        help=_("Create an app. Its bot's token stays valid until someone revokes it."),
    ),
    OAuthProvider(
        slug="github", title="GitHub", about=CODE,
        base_url="https://api.github.com", test_path="/user",
        auth=_at(*_below("https://github.com/login/oauth",
                         "/authorize", "/access_token", ""), FORM),
        scopes=_scopes({"read:user": WHO}, {"repo": _("Read and write repositories")}),
        app_url="https://github.com/settings/developers",
        help=_("Register an OAuth app, or a GitHub app whose tokens expire."),
    ),
    OAuthProvider(
        slug="gitlab", title="GitLab", about=CODE,
        base_url="https://{host}/api/v4", test_path="/user",
        auth=_at(*_below("https://{host}/oauth", "/authorize", "/token", "/revoke"), FORM),
        blanks=(Blank("host", _("GitLab server"),
                      _("Leave it empty for gitlab.com, or enter yours: git.example.org."),
                      pattern=PATH, default="gitlab.com"),),
        scopes=_scopes({"read_user": WHO},
                       {"api": _("Read and write everything"), "read_api": _("Read everything")}),
        app_url="https://gitlab.com/-/user_settings/applications",
        help=_("Add an application, under Applications of your profile or group."),
    ),
    OAuthProvider(
        slug="atlassian", title="Atlassian", about=_("Jira, Confluence"),
        base_url="https://api.atlassian.com", test_path="/oauth/token/accessible-resources",
        auth=_at(*_below("https://auth.atlassian.com", "/authorize", "/oauth/token", ""),
                 FORM, NO_PKCE, {
                     "audience": "api.atlassian.com",
                     "authorize_parameters": [{"name": "prompt", "value": "consent"}],
                 }),
        scopes=_scopes({"offline_access": STAY, "read:jira-work": _("Read issues")},
                       {"write:jira-work": _("Write issues"), "read:jira-user": _("Read users")}),
        app_url="https://developer.atlassian.com/console/myapps/",
        help=_("Create an OAuth 2.0 integration. Add the API under Permissions."),
    ),
    OAuthProvider(
        slug="dropbox", title="Dropbox", about=_("Files"),
        base_url="https://api.dropboxapi.com/2",
        auth=_at("https://www.dropbox.com/oauth2/authorize",
                 "https://api.dropboxapi.com/oauth2/token", "", FORM, {
                     "authorize_parameters": [{"name": "token_access_type", "value": "offline"}],
                 }),
        scopes=_scopes({"account_info.read": WHO},
                       {"files.content.read": _("Read files"),
                        "files.content.write": _("Write files")}),
        app_url="https://www.dropbox.com/developers/apps",
        help=_("Create an app with scoped access. Select the same scopes under Permissions."),
    ),
    OAuthProvider(
        slug="box", title="Box", about=_("Files"),
        base_url="https://api.box.com/2.0", test_path="/users/me",
        auth=_at("https://account.box.com/api/oauth2/authorize",
                 *_below("https://api.box.com/oauth2", "/token", "/revoke"), FORM, NO_PKCE),
        blanks=(Blank("enterprise", _("Enterprise ID"),
                      _("In the Box admin console, under Account and billing."),
                      pattern="[0-9]+"),),
        ways={"client_credentials": {"token_parameters": [
            {"name": "box_subject_type", "value": "enterprise"},
            {"name": "box_subject_id", "value": "{enterprise}"},
        ]}},
        app_url="https://app.box.com/developers/console",
        help=_("Create a platform app. Select its scopes in the Box console."),
    ),
    OAuthProvider(
        slug="stripe", title="Stripe Connect", about=_("Payments"),
        base_url="https://api.stripe.com", test_path="/v1/account",
        auth=_at(*_below("https://connect.stripe.com/oauth", "/authorize", "/token", ""),
                 FORM, NO_PKCE),
        scopes=_scopes({"read_write": _("Read and write payments")}),
        app_url="https://dashboard.stripe.com/settings/connect",
        help=_("Switch on OAuth for your platform. The client secret is its secret key, sk_live."),
    ),
    OAuthProvider(
        slug="shopify", title="Shopify", about=_("Shop"),
        base_url="https://{shop}.myshopify.com/admin/api/2025-10", test_path="/shop.json",
        auth=_at(*_below("https://{shop}.myshopify.com/admin/oauth",
                         "/authorize", "/access_token", ""), FORM, NO_PKCE, COMMAS,
                 {"name": "X-Shopify-Access-Token", "prefix": ""}),
        blanks=(Blank("shop", _("Shop"),
                      _("The first part of its address: acme in acme.myshopify.com.")),),
        scopes=_scopes({"read_orders": _("Read orders")},
                       {"write_orders": _("Write orders"), "read_products": _("Read products")}),
        ways=OWN,
        app_url="https://dev.shopify.com/dashboard",
        help=_("Create an app and install it in your shop."),
    ),
    OAuthProvider(
        slug="mailchimp", title="Mailchimp", about=_("Newsletters"),
        base_url="https://{center}.api.mailchimp.com/3.0", test_path="/ping",
        auth=_at(*_below("https://login.mailchimp.com/oauth2", "/authorize", "/token", ""),
                 FORM, NO_PKCE),
        blanks=(Blank("center", _("Data center"),
                      _("The first part of the address when you are signed in, such as us21.")),),
        app_url="https://admin.mailchimp.com/account/oauth2/",
        help=_("Register an app. Its token stays valid until someone revokes it."),
    ),
    OAuthProvider(
        slug="docusign", title="DocuSign", about=_("Signatures"),
        base_url="https://{site}.docusign.net/restapi",
        auth=_at(*_below("https://{account}.docusign.com/oauth", "/auth", "/token", "")),
        blanks=(Blank("account", _("Environment"),
                      _("account for production, account-d for development."), default="account"),
                Blank("site", _("Site of your account"),
                      _("The first part of its base URI, such as eu or demo."))),
        scopes=_scopes({"signature": _("Send and read envelopes"), "extended": STAY}),
        # The audience is the bare name of the host.
        ways={"jwt_bearer": {"client_auth": "none", "scopes": ["signature", "impersonation"],
                             "assertion_audience": "{account}.docusign.com"}},
        app_url="https://admindemo.docusign.com/apps-and-keys",
        help=_("Add an app. Its integration key is the client ID."),
    ),
    OAuthProvider(
        slug="zoom", title="Zoom", about=_("Meetings"),
        base_url="https://api.zoom.us/v2", test_path="/users/me",
        auth=_at(*_below("https://zoom.us/oauth", "/authorize", "/token", "/revoke")),
        blanks=(Blank("account", _("Account ID"),
                      _("Under App credentials of your server-to-server app.")),),
        # Its own name for the grant of a client.
        ways={"client_credentials": {"token_parameters": [
            {"name": "grant_type", "value": "account_credentials"},
            {"name": "account_id", "value": "{account}"},
        ]}},
        app_url="https://marketplace.zoom.us/develop/create",
        help=_("Create a general app, or a server-to-server app. Select its scopes there."),
    ),
    OAuthProvider(
        slug="linkedin", title="LinkedIn", about=_("Marketing"),
        base_url="https://api.linkedin.com", test_path="/v2/userinfo",
        auth=_at(*_below("https://www.linkedin.com/oauth/v2",
                         "/authorization", "/accessToken", "/revoke"), FORM, NO_PKCE),
        scopes=_scopes({"openid": _("See who signs in"), "profile": WHO},
                       {"w_member_social": _("Publish posts")}),
        app_url="https://www.linkedin.com/developers/apps",
        help=_("Create an app. Its tokens last 60 days; only partners can refresh them."),
    ),
    OAuthProvider(
        slug="okta", title="Okta", about=SIGN_IN,
        base_url="https://{domain}", test_path="/oauth2/default/v1/userinfo",
        auth={"issuer": "https://{domain}/oauth2/default"},
        blanks=(DOMAIN,),
        scopes=_scopes({"openid": _("See who signs in"), "offline_access": STAY}),
        ways=OWN,
        app_url="https://developer.okta.com/docs/guides/find-your-app-credentials/",
        help=_("Add an app integration: OIDC for the Web, or API services without a user."),
    ),
    OAuthProvider(
        slug="auth0", title="Auth0", about=SIGN_IN,
        base_url="https://{domain}", test_path="/userinfo",
        auth={"issuer": "https://{domain}/", "audience": "{audience}", **FORM},
        blanks=(DOMAIN, Blank("audience", _("Audience"),
                              _("The identifier of your API in Auth0."), pattern=r"\S+")),
        scopes=_scopes({"openid": _("See who signs in"), "offline_access": STAY}),
        ways=OWN,
        app_url="https://manage.auth0.com/#/applications",
        help=_("Create a regular Web application, or a machine-to-machine one without a user."),
    ),
    OAuthProvider(
        slug="keycloak", title="Keycloak", about=SIGN_IN,
        base_url="https://{host}", test_path="/realms/{realm}/protocol/openid-connect/userinfo",
        auth={"issuer": "https://{host}/realms/{realm}"},
        blanks=(Blank("host", _("Keycloak server"), _("Such as login.example.org."), pattern=PATH),
                Blank("realm", _("Realm"), _("Such as staff."))),
        scopes=_scopes({"openid": _("See who signs in")}, {"offline_access": STAY}),
        ways=OWN,
        app_url="https://www.keycloak.org/docs/latest/server_admin/",
        help=_("Create a client with client authentication, in your realm."),
    ),
)
# fmt: on
PROVIDERS = {provider.slug: provider for provider in ALL}
