"""The JSON doors of connections."""

from typing import Annotated, ClassVar, get_args

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasources import schemas
from datasources.connections.refreshing import Cause
from datasources.services import connecting, connections
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER
from kianda.lib.api.drf import read_query
from kianda.lib.api.pagination import list_parameters, list_response, one_of
from kianda.lib.api.strict_json import Body, read_body

READERS = (ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER)
CHANGERS = (ADMINISTRATOR, DATASOURCE_MANAGER)
TAGS = ["Connections"]
ORDERING = {
    "datasource": "datasource__name",
    "expires_at": "expires_at",
    "next_refresh_at": "next_refresh_at",
}
FILTERS = {"datasource": "datasource__name", "grant": "grant"}
SEARCHED = ("datasource__name", "datasource__title")


class ConnectionList(APIView):
    """The connections that the caller may see."""

    roles: ClassVar = {"GET": READERS}

    @extend_schema(
        operation_id="connections_list",
        parameters=list_parameters(ordering=ORDERING, search=True, filters=FILTERS),
        responses={200: schemas.CONNECTION_PAGE},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List the connections of datasources with OAuth 2 and their state; never a token."""
        return list_response(
            request,
            connections.all_connections(caller(request)),
            to_json=connections.shown,
            default_order=["datasource__name"],
            ordering=ORDERING,
            search=SEARCHED,
            filters=FILTERS,
        )


class ConnectionDetail(APIView):
    """One connection."""

    roles: ClassVar = {"GET": READERS}

    @extend_schema(operation_id="connections_read", responses={200: schemas.CONNECTION}, tags=TAGS)
    def get(self, request: Request, name: str) -> Response:
        """Read the state of the connection of a datasource."""
        read_query(request, ())
        return Response(connections.shown(connections.get_connection(name, caller(request))))


class ConnectionConnect(APIView):
    """The beginning of a connection."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="connections_connect",
        request=None,
        responses={200: {"anyOf": [schemas.CONNECT_BEGUN, schemas.CONNECTION]}},
        tags=TAGS,
    )
    def post(self, request: Request, name: str) -> Response:
        """Fetch the first token, or return the address where a person allows it.

        With the grant `authorization_code`, open `authorize_url` in a browser in which the caller
        is signed in, within ten minutes. With any other, the connection is answered.
        """
        read_query(request, ())
        # A token has no session: what comes back is bound to its person.
        begun = connecting.connect(name=name, user=caller(request))
        if isinstance(begun, connecting.Begun):
            return Response({"authorize_url": begun.authorize_url, "expires_at": begun.expires_at})
        return Response(connections.shown(begun))


class ConnectionRefreshNow(APIView):
    """One refresh, at once."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="connections_refresh",
        request=None,
        responses={200: schemas.CONNECTION},
        tags=TAGS,
    )
    def post(self, request: Request, name: str) -> Response:
        """Refresh the token now, also during a pause after a failure."""
        read_query(request, ())
        return Response(connections.shown(connections.refresh_now(name, caller(request))))


class ConnectionDisconnect(APIView):
    """The end of a connection."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="connections_disconnect",
        request=None,
        responses={200: schemas.CONNECTION},
        tags=TAGS,
    )
    def post(self, request: Request, name: str) -> Response:
        """Delete the tokens, and revoke them at the provider if possible."""
        read_query(request, ())
        return Response(connections.shown(connections.disconnect(name, caller(request))))


class RehearsalBody(Body):
    """Which faults to rehearse; none are all."""

    faults: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100)] = []


class ConnectionRehearsal(APIView):
    """What would happen when the provider misbehaves."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="connections_simulate",
        request={"application/json": schemas.REHEARSAL_IN},
        responses={200: schemas.REHEARSAL_OUT},
        tags=TAGS,
    )
    def post(self, request: Request, name: str) -> Response:
        """Run the settings of a connection against the sandbox, in memory: nothing is sent."""
        read_query(request, ())
        body = read_body(RehearsalBody, request.data)
        return Response(connections.rehearse_faults(name, caller(request), body.faults))


class ConnectionHistory(APIView):
    """What came of each refresh."""

    roles: ClassVar = {"GET": READERS}

    @extend_schema(
        operation_id="connections_refreshes",
        parameters=list_parameters(filters={"outcome": "outcome", "cause": "cause"}),
        responses={200: schemas.REFRESH_PAGE},
        tags=TAGS,
    )
    def get(self, request: Request, name: str) -> Response:
        """List the refreshes of a connection, newest first."""
        row = connections.get_connection(name, caller(request))
        return list_response(
            request,
            row.refreshes.all(),
            to_json=connections.shown_refresh,
            default_order=["-pk"],
            filters={"outcome": "outcome", "cause": one_of("cause", get_args(Cause))},
        )


class ConnectionToken(APIView):
    """The live access token."""

    scopes: ClassVar = {"GET": "tokens"}
    roles: ClassVar = {"GET": READERS}

    @extend_schema(operation_id="connections_token", responses={200: schemas.LIVE_TOKEN}, tags=TAGS)
    def get(self, request: Request, name: str) -> Response:
        """Read the access token, refreshed first if less than 60 s are left. This is audited."""
        read_query(request, ())
        found = connections.read_token(name, caller(request))
        return Response(found, headers={"Cache-Control": "no-store"})
