"""/processes/: definitions, drafts, versions, publishing."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR, DESIGNER
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    force_asked,
    list_parameters,
    list_response,
    read_query,
    tagged,
)
from kianda.lib.api.schemas import page_of
from kianda.lib.api.strict_json import read_body
from processes import selectors
from processes.api import schemas
from processes.api.representations import checked_act_json, design_line, version_json
from processes.api.request_bodies import CheckAsBody, PublishBody
from processes.designs import lifecycle
from processes.designs.check_as import checked_rights
from processes.models import DesignVersion, ProcessDesign
from processes.rights.querysets import known_designs
from processes.selectors import readable_design

CHANGERS = (ADMINISTRATOR, DESIGNER)
_ORDERING = {"name": "name", "title": "title", "modified": "modified", "created": "created"}


class Designs(APIView):
    """The processes of the workspace."""

    scopes: ClassVar = {"GET": "read", "POST": "design"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="processes_list",
        parameters=list_parameters(ordering=_ORDERING, search=True, filters=("name",)),
        responses={200: page_of(schemas.DESIGN_LINE)},
        tags=["Processes"],
    )
    def get(self, request: Request) -> Response:
        """List the processes that you can read or start, or of which you see an instance."""
        return list_response(
            request,
            known_designs(caller(request))
            .select_related("draft", "published", "modified_by")
            .defer("draft__document", "published__document"),
            to_json=design_line,
            default_order=["name"],
            ordering=_ORDERING,
            search=("name", "title", "description"),
            filters={"name": "name"},
        )

    @extend_schema(
        operation_id="processes_create",
        parameters=[KEY],
        request={"application/json": schemas.DEFINITION_IN},
        responses={201: schemas.DEFINITION_OUT},
        tags=["Processes"],
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Create a process from its definition; it is stored as draft 0.1."""
        read_query(request, ())
        created = lifecycle.create_design(raw=request.data, user=caller(request))
        response = _answer(selectors.get_design(created.name), status=201)
        response["Location"] = request.build_absolute_uri(f"/api/v1/processes/{created.name}/")
        return response


class Design(APIView):
    """One process."""

    scopes: ClassVar = {"GET": "read", "PUT": "design", "DELETE": "design"}
    roles: ClassVar = {"PUT": CHANGERS, "DELETE": CHANGERS}

    @extend_schema(
        operation_id="processes_read",
        parameters=[OpenApiParameter("version", str, description="An old one, such as 0.3.")],
        responses={200: schemas.DEFINITION_OUT},
        tags=["Processes"],
    )
    def get(self, request: Request, name: str) -> Response:
        """Read a definition: the newest version, or the one asked for."""
        query = read_query(request, ("version",))
        design = readable_design(name, caller(request))
        version = selectors.get_version(design, query["version"]) if "version" in query else None
        return _answer(design, version=version)

    @extend_schema(
        operation_id="processes_save",
        request={"application/json": schemas.DEFINITION_IN},
        responses={200: schemas.DEFINITION_OUT},
        tags=["Processes"],
    )
    def put(self, request: Request, name: str) -> Response:
        """Save a definition as the next draft. Without a difference, no version is created."""
        read_query(request, ())
        design = selectors.get_design(name)
        check_if_match(request, _etag(_draft(design)))
        expected = design.draft if "If-Match" in request.headers else None
        lifecycle.save_design(name=name, raw=request.data, user=caller(request), expected=expected)
        return _answer(selectors.get_design(name))

    @extend_schema(
        operation_id="processes_delete",
        parameters=[OpenApiParameter("force", bool, description="Administrators only.")],
        request=None,
        responses={204: None},
        tags=["Processes"],
    )
    def delete(self, request: Request, name: str) -> Response:
        """Delete a process that nothing uses."""
        force = force_asked(request)
        check_if_match(request, _etag(_draft(selectors.get_design(name))))
        lifecycle.delete_design(
            name=name,
            user=caller(request),
            force=force,
            unchanged=lambda design: check_if_match(request, _etag(_draft(design))),
        )
        return Response(status=204)


class Publish(APIView):
    """The publication of a draft."""

    scopes: ClassVar = {"POST": "design"}
    roles: ClassVar = {"POST": CHANGERS}

    @extend_schema(
        operation_id="processes_publish",
        parameters=[KEY],
        request={"application/json": schemas.PUBLISH_IN},
        responses={200: schemas.PUBLISHED, 201: schemas.PUBLISHED},
        tags=["Processes"],
    )
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """Publish the draft: 201, or 200 when nothing has changed since the last time."""
        read_query(request, ())
        body = read_body(PublishBody, request.data)
        done = lifecycle.publish_design(
            name=name, user=caller(request), note=body.note, move_instances=body.move_instances
        )
        response = _answer(selectors.get_design(name), status=201 if done.new else 200)
        response.data["stayed"] = done.stayed
        return response


class Versions(APIView):
    """The versions of a process."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="processes_versions",
        responses={200: {"type": "array", "items": schemas.VERSION}},
        tags=["Processes"],
    )
    def get(self, request: Request, name: str) -> Response:
        """List all versions, newest first."""
        read_query(request, ())
        rows = (
            readable_design(name, caller(request))
            .versions.select_related("created_by")
            .defer("document")
        )
        return Response([version_json(version) for version in rows])


class CheckAs(APIView):
    """What somebody may do by the rights of the draft."""

    scopes: ClassVar = {"POST": "read"}

    @extend_schema(
        operation_id="processes_check_as",
        request={"application/json": schemas.CHECK_AS_IN},
        responses={200: {"type": "array", "items": schemas.CHECKED_ACT}},
        tags=["Processes"],
    )
    def post(self, request: Request, name: str) -> Response:
        """Explain what a person may do, and by which line; for people who manage the process."""
        read_query(request, ())
        body = read_body(CheckAsBody, request.data)
        acts = checked_rights(
            name=name, person=body.person, process_id=body.process_id, user=caller(request)
        )
        return Response([checked_act_json(act) for act in acts])


def _draft(design: ProcessDesign) -> DesignVersion:
    if design.draft is None:
        raise Http404
    return design.draft


def _etag(version: DesignVersion) -> str:
    return etag_of("process", version.design_id, version.pk)


def _answer(
    design: ProcessDesign, *, version: DesignVersion | None = None, status: int = 200
) -> Response:
    version = version or _draft(design)
    body: dict[str, Any] = lifecycle.shown_design(design, version)
    return tagged(Response(body, status=status), _etag(version))
