"""/files/: uploaded piece by piece as tus 1.0 has it, told about, downloaded, removed."""

from typing import IO, Any, ClassVar, cast

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.api.drf import read_query
from kianda.web.downloads import download
from processes.api import schemas
from processes.api.representations import moment_or_none
from processes.files import tus
from processes.files.access import files_of, open_file, readable_file
from processes.files.uploads import Uploader, own_upload, remove
from processes.forms.field_uploads import begin_field_upload
from processes.instances.claim import read_instance
from processes.models import File
from processes.rights.instance_rights import InstanceRights
from processes.tasks import send_check

_TUS = OpenApiParameter(
    "Tus-Resumable", str, OpenApiParameter.HEADER, required=True, enum=[tus.VERSION]
)
_LENGTH = OpenApiParameter("Upload-Length", int, OpenApiParameter.HEADER, required=True)
_ABOUT = OpenApiParameter(
    "Upload-Metadata", str, OpenApiParameter.HEADER,
    description="As tus has it: `filename`, and for which `field` of a `process_id` or `process`.",
)  # fmt: skip
_OFFSET = OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True)
_BYTES = {tus.CONTENT_TYPE: {"type": "string", "format": "binary"}}


class _Unread(BaseParser):
    """Leaves a body of any kind for the view to read: who checks a session asks for it first."""

    media_type = "*/*"

    def parse(self, *_of: Any, **_more: Any) -> dict[str, Any]:
        """Return that nothing has been read."""
        return {}


class Files(APIView):
    """Uploads are begun here."""

    scopes: ClassVar = {"POST": "run"}
    parser_classes = (_Unread,)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Say what of tus is understood."""
        return _answered(tus.options())

    @extend_schema(
        operation_id="files_create",
        parameters=[_TUS, _LENGTH, _ABOUT],
        request=_BYTES,
        responses={201: schemas.FILE},
        tags=["Files"],
    )
    def post(self, request: Request) -> Response:
        """Start an upload, optionally with its first piece or all of it."""
        read_query(request, ())
        by = Uploader(caller(request))
        made = tus.create(
            request.headers, _body(request), lambda about, size: begin_field_upload(by, about, size)
        )
        file = cast(File, made.file)
        send_check(file)
        answer = _answered(made, file_json(file, request))
        place = f"/api/v1/files/{file.pk}/"
        answer["Location"] = request.build_absolute_uri(place)
        return answer


class FileDetail(APIView):
    """One file: an upload under way, or what an instance holds."""

    scopes: ClassVar = {"GET": "read", "PATCH": "run", "DELETE": "run"}

    @extend_schema(operation_id="files_read", responses={200: schemas.FILE}, tags=["Files"])
    def get(self, request: Request, file_id: str) -> Response:
        """Read name, size, kind and state of a file."""
        read_query(request, ())
        found = readable_file(file_id, Uploader(caller(request)))
        return Response(file_json(found, request))

    @extend_schema(exclude=True)
    def head(self, request: Request, file_id: str) -> Response:
        """Tell how much of an upload is there."""
        found = readable_file(file_id, Uploader(caller(request)))
        return _answered(tus.standing(request.headers, found))

    @extend_schema(
        operation_id="files_append",
        parameters=[_TUS, _OFFSET],
        request=_BYTES,
        responses={204: None},
        tags=["Files"],
    )
    def patch(self, request: Request, file_id: str) -> Response:
        """Send the next piece of an upload; the last one completes it."""
        found = own_upload(Uploader(caller(request)), file_id)
        done = tus.go_on(request.headers, found, _body(request))
        send_check(cast(File, done.file))
        return _answered(done)

    @extend_schema(operation_id="files_delete", responses={204: None}, tags=["Files"])
    def delete(self, request: Request, file_id: str) -> Response:
        """Remove an upload that no instance holds."""
        remove(own_upload(Uploader(caller(request)), file_id))
        return Response(status=204)


class FileContent(APIView):
    """The content of a file."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="files_content",
        responses={(200, "application/octet-stream"): {"type": "string", "format": "binary"}},
        tags=["Files"],
    )
    def get(self, request: Request, file_id: str) -> HttpResponseBase:
        """Download a file; `Range` and `If-None-Match` are honoured."""
        read_query(request, ())
        found = readable_file(file_id, Uploader(caller(request)))
        return download(
            request._request, open_file(found), name=found.name,
            size=found.size, media_type=found.media_type, etag=found.sha256, attached=True,
        )  # fmt: skip


class InstanceFiles(APIView):
    """The files of a process instance."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="instances_files",
        responses={200: {"type": "array", "items": schemas.FILE}},
        tags=["Files"],
    )
    def get(self, request: Request, process_id: str) -> Response:
        """List the files that the caller can read, oldest first; also those of the history."""
        read_query(request, ())
        instance, document = read_instance(process_id, caller(request))
        rights = InstanceRights(caller(request), instance, document)
        return Response([file_json(one, request) for one in files_of(instance, rights)])


def file_json(file: File, request: Request) -> dict[str, Any]:
    """Return a file as the API tells of it; what the check found, to administrators alone."""
    return {
        "id": str(file.pk),
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "received": file.received,
        "state": file.state,
        "sha256": file.sha256 or None,
        "process_id": file.instance.process_id if file.instance else None,
        "field": file.field or None,
        "created": moment_or_none(file.created_at),
        **({"finding": file.finding} if has_role(caller(request), ADMINISTRATOR) else {}),
    }


def _body(request: Request) -> IO[bytes]:
    """Return the body as it comes in, read by nobody before."""
    return cast("IO[bytes]", request._request)


def _answered(made: tus.TusAnswer, body: Any = None) -> Response:
    return Response(body, status=made.status, headers=made.headers)
