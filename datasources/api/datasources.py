"""The JSON door of datasources."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasources import schemas
from datasources.auth import auth_schemes
from datasources.kinds import KINDS
from datasources.models import Datasource
from datasources.selectors import all_datasources, get_datasource, security_of, shown
from datasources.services import connection_tests, datasources
from datasources.services.access import set_security
from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    force_asked,
    list_parameters,
    list_response,
    one_of,
    read_query,
    tagged,
)
from kianda.lib.api.kinds_api import Kinds, described
from kianda.lib.errors import Flaw, Invalid, PreconditionFailed, Stale

READERS = (ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER)
CHANGERS = (ADMINISTRATOR, DATASOURCE_MANAGER)
TAGS = ["Datasources"]
FORCE = OpenApiParameter(
    "force", bool, description="Administrators only: delete it even if it is in use."
)
ORDERING = {"name": "name", "title": "title", "created": "created", "modified": "modified"}
FILTERS: dict[str, Any] = {
    "name": "name", "title": "title", "kind": one_of("kind", tuple(KINDS)), "base_url": "base_url",
}  # fmt: skip


class DatasourceList(APIView):
    """The datasources of the workspace."""

    scopes: ClassVar = {"GET": "read", "POST": "datasources"}
    roles: ClassVar = {"GET": READERS, "POST": CHANGERS}

    @extend_schema(
        operation_id="datasources_list",
        parameters=list_parameters(ordering=ORDERING, search=True, filters=FILTERS),
        responses={200: schemas.DATASOURCE_PAGE},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List datasources with their methods; secrets are masked."""
        return list_response(
            request,
            all_datasources(),
            to_json=shown,
            default_order=["name"],
            ordering=ORDERING,
            search=("name", "title", "base_url"),
            filters=FILTERS,
        )

    @extend_schema(
        operation_id="datasources_create",
        parameters=[KEY],
        request={"application/json": schemas.DATASOURCE_IN},
        responses={201: schemas.DATASOURCE_OUT},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Create a datasource with its methods."""
        read_query(request, ())
        made = datasources.create_datasource(raw=request.data, user=request.user)
        response = _answer(made, status=201)
        response["Location"] = request.build_absolute_uri(f"/api/v1/datasources/{made.name}/")
        return response


class DatasourceDetail(APIView):
    """One datasource."""

    scopes: ClassVar = {
        "GET": "read",
        "PUT": "datasources",
        "PATCH": "datasources",
        "DELETE": "datasources",
    }
    roles: ClassVar = {"GET": READERS, "PUT": CHANGERS, "PATCH": CHANGERS, "DELETE": CHANGERS}

    @extend_schema(
        operation_id="datasources_read", responses={200: schemas.DATASOURCE_OUT}, tags=TAGS
    )
    def get(self, request: Request, name: str) -> Response:
        """Read a datasource; secrets are masked."""
        read_query(request, ())
        return _answer(get_datasource(name))

    @extend_schema(
        operation_id="datasources_replace",
        parameters=[FORCE],
        request={"application/json": schemas.DATASOURCE_IN},
        responses={200: schemas.DATASOURCE_OUT},
        tags=TAGS,
    )
    def put(self, request: Request, name: str) -> Response:
        """Replace a datasource; a secret that is masked or omitted does not change."""
        return self._change(request, name, datasources.replace_datasource, "raw")

    @extend_schema(
        operation_id="datasources_change",
        parameters=[FORCE],
        request={"application/json": schemas.DATASOURCE_PATCH},
        responses={200: schemas.DATASOURCE_OUT},
        tags=TAGS,
    )
    def patch(self, request: Request, name: str) -> Response:
        """Replace the top-level settings that are sent."""
        return self._change(request, name, datasources.patch_datasource, "changes")

    @extend_schema(
        operation_id="datasources_delete",
        parameters=[FORCE],
        request=None,
        responses={204: None},
        tags=TAGS,
    )
    def delete(self, request: Request, name: str) -> Response:
        """Delete a datasource that nothing uses."""
        force = force_asked(request)
        check_if_match(request, _etag(get_datasource(name)))
        datasources.delete_datasource(
            name=name,
            user=request.user,
            force=force,
            unchanged=lambda row: check_if_match(request, _etag(row)),
        )
        return Response(status=204)

    def _change(self, request: Request, name: str, service: Any, body: str) -> Response:
        force = force_asked(request)
        row = get_datasource(name)
        check_if_match(request, _etag(row))
        try:
            changed = service(
                name=name,
                user=request.user,
                force=force,
                revision=row.revision,
                **{body: request.data},
            )
        except Stale as stale:
            # Somebody was faster between our reading and our writing.
            raise (PreconditionFailed() if "If-Match" in request.headers else stale) from stale
        return _answer(changed)


class DatasourceTest(APIView):
    """A connection test."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="datasources_test",
        request={"application/json": schemas.TEST_IN},
        responses={200: schemas.TEST_OUT},
        tags=TAGS,
    )
    def post(self, request: Request, name: str) -> Response:
        """Send GET to the base URL or `test_path` and return the outcome.

        A mail account signs in instead; with `to`, an address, it sends a test message there.
        """
        read_query(request, ())
        to = _known_keys(request.data, ("to",)).get("to", "")
        if not isinstance(to, str):
            raise Invalid.at("/to", _("Enter text."))
        return Response(connection_tests.test_connection(name=name, user=request.user, to=to))


class DatasourceSecurity(APIView):
    """Who may change a datasource, and whose runs may call it."""

    scopes: ClassVar = {"GET": "read", "PUT": "datasources"}
    roles: ClassVar = {"GET": READERS, "PUT": CHANGERS}

    @extend_schema(
        operation_id="datasources_security_read",
        responses={200: schemas.SECURITY},
        tags=TAGS,
    )
    def get(self, request: Request, name: str) -> Response:
        """Read the permissions. An empty list means everyone whose role allows it."""
        read_query(request, ())
        return Response(security_of(get_datasource(name)).model_dump(mode="json"))

    @extend_schema(
        operation_id="datasources_security_replace",
        request={"application/json": schemas.SECURITY},
        responses={200: schemas.SECURITY},
        tags=TAGS,
    )
    def put(self, request: Request, name: str) -> Response:
        """Set the permissions. Administrators always have all of them."""
        read_query(request, ())
        row = set_security(name=name, raw=request.data, user=request.user)
        return Response(security_of(row).model_dump(mode="json"))


class MethodCall(APIView):
    """One call of a REST method."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="datasources_call",
        request={"application/json": schemas.CALL_IN},
        responses={200: schemas.CALL_OUT},
        tags=TAGS,
    )
    def post(self, request: Request, name: str, method: str) -> Response:
        """Send a REST method once. Its response is unmasked and not recorded."""
        read_query(request, ())
        body = _known_keys(request.data, ("input",))
        answer = datasources.call_method(
            name=name, method=method, inputs=body.get("input", {}), user=request.user
        )
        return Response(answer, headers={"Cache-Control": "no-store"})


@described("auth_schemes")
class AuthSchemes(Kinds):
    """The ways of authentication."""

    registry = auth_schemes


def _known_keys(body: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Invalid.at("", _("Send an object."))
    flaws = [Flaw(f"/{key}", _("Unknown setting.")) for key in body if key not in known]
    if flaws:
        raise Invalid(errors=flaws)
    return body


def _etag(row: Datasource) -> str:
    return etag_of("datasource", row.pk, row.revision, row.modified)


def _answer(row: Datasource, *, status: int = 200) -> Response:
    return tagged(Response(shown(row), status=status), _etag(row))
