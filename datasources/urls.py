"""The addresses of datasources."""

from django.urls import URLPattern, path

from datasources.api import calls as calls_api
from datasources.api import connections as connections_api
from datasources.api import datasources as api
from datasources.api import imports as imports_api
from datasources.api import variables as variables_api
from datasources.views import (
    actions,
    calls,
    certificates,
    connect_wizard,
    connecting,
    connections,
    detail,
    imports,
    listing,
    mail_accounts,
    methods,
    security,
    sending,
    variables,
)

api_urlpatterns = [
    path("calls/", calls_api.CallList.as_view()),
    path("datasources/", api.DatasourceList.as_view()),
    path("datasources/import/", imports_api.DatasourceImport.as_view()),
    path("datasources/<str:name>/", api.DatasourceDetail.as_view()),
    path("datasources/<str:name>/test/", api.DatasourceTest.as_view()),
    path("datasources/<str:name>/methods/<str:method>/call/", api.MethodCall.as_view()),
    path("datasources/<str:name>/security/", api.DatasourceSecurity.as_view()),
    path("connections/", connections_api.ConnectionList.as_view()),
    path("connections/<str:name>/", connections_api.ConnectionDetail.as_view()),
    path("connections/<str:name>/connect/", connections_api.ConnectionConnect.as_view()),
    path("connections/<str:name>/refresh/", connections_api.ConnectionRefreshNow.as_view()),
    path("connections/<str:name>/disconnect/", connections_api.ConnectionDisconnect.as_view()),
    path("connections/<str:name>/simulate/", connections_api.ConnectionRehearsal.as_view()),
    path("connections/<str:name>/refreshes/", connections_api.ConnectionHistory.as_view()),
    path("connections/<str:name>/token/", connections_api.ConnectionToken.as_view()),
    path("variables/", variables_api.Variables.as_view()),
    path("auth-schemes/", api.AuthSchemes.as_view()),
]

# The pages of the app, below "/". `new` is no name of a datasource or a method.
_ONE = "datasources/<str:name>/"
_METHOD = f"{_ONE}methods/<str:method>/"
page_urlpatterns: list[URLPattern] = [
    path("variables/", variables.variables, name="variables"),
    path("datasources/", listing.datasources, name="datasources"),
    path("datasources/new/", detail.new, name="datasource-new"),
    path("datasources/new/email/", mail_accounts.new, name="datasource-new-email"),
    path("datasources/import/", imports.start, name="datasource-import"),
    path("datasources/import/<str:token>/", imports.choose, name="datasource-import-choose"),
    path(_ONE, detail.datasource, name="datasource"),
    path(f"{_ONE}auth/", detail.auth_fields, name="datasource-auth"),
    path(f"{_ONE}export/", detail.export, name="datasource-export"),
    path(f"{_ONE}test/", actions.test, name="datasource-test"),
    path(f"{_ONE}security/", security.security, name="datasource-security"),
    path(f"{_ONE}certificates/", certificates.certificates, name="datasource-certificates"),
    path(f"{_ONE}calls/", calls.calls, name="datasource-calls"),
    path(f"{_ONE}delete/", actions.delete, name="datasource-delete"),
    path("connections/", connections.connections, name="connections"),
    path("connections/new/", connect_wizard.new, name="connection-new"),
    path("connections/callback/", connecting.callback, name="connection-callback"),
    path("connections/<str:name>/", connections.connection, name="connection"),
    path("connections/<str:name>/connect/", connecting.start, name="connection-connect"),
    path("connections/<str:name>/connected/", connecting.connected, name="connection-connected"),
    path("connections/<str:name>/refresh/", connecting.refresh, name="connection-refresh"),
    path("connections/<str:name>/disconnect/", connecting.disconnect, name="connection-disconnect"),
    path("connections/<str:name>/rehearsal/", connections.rehearsal, name="connection-rehearsal"),
    path(f"{_ONE}methods/new/", methods.method, {"method": "new"}, name="method-new"),
    path(_METHOD, methods.method, name="method"),
    path(f"{_METHOD}places/", methods.places, name="method-places"),
    path(f"{_METHOD}send/", sending.send, name="method-send"),
    path(f"{_METHOD}duplicate/", methods.duplicate, name="method-duplicate"),
    path(f"{_METHOD}delete/", methods.delete, name="method-delete"),
]
