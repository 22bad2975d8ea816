"""The JSON door of imports: a document in, a draft out."""

from typing import Annotated, Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasources import schemas
from datasources.importing import AUTO, ImportSource
from datasources.importing.drafts import DraftWishes
from datasources.importing.texts import MOST_BYTES, check_size
from datasources.models import Datasource
from datasources.services import imports
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER
from kianda.lib.api.drf import StrictJSONParser, read_query
from kianda.lib.api.strict_json import Body, read_body
from kianda.lib.errors import Invalid

# By these names files come; the first one is that of the text, too.
FILES = ("content", "file")
Name = Annotated[str, Field(max_length=63)]


class ImportBody(Body):
    """What is sent with a document, or instead of its files."""

    content: str | None = None
    url: Annotated[str, Field(max_length=4000)] | None = None
    format: Annotated[str, Field(max_length=20)] = AUTO
    name: Name = ""
    operations: Annotated[list[str], Field(max_length=20_000)] | None = None


class DatasourceImport(APIView):
    """A data source drafted from a description of an API."""

    scopes: ClassVar = {"POST": "datasources"}
    roles: ClassVar = {"POST": (ADMINISTRATOR, DATASOURCE_MANAGER)}
    parser_classes = (StrictJSONParser, MultiPartParser)
    # A text in JSON is a little longer than it is by itself.
    max_body_bytes = MOST_BYTES * 5 // 4

    @extend_schema(
        operation_id="datasources_import",
        request={
            "application/json": schemas.IMPORT_IN,
            "multipart/form-data": schemas.IMPORT_FILES_IN,
        },
        responses={200: schemas.IMPORT_OUT},
        tags=["Datasources"],
    )
    def post(self, request: Request) -> Response:
        """Draft a datasource from OpenAPI, a Postman collection or cURL; nothing is stored.

        Send the draft as a new datasource or, with the `name` of an existing one, as its
        replacement. Secrets of the document are not returned; `left_out` names their places.
        """
        read_query(request, ())
        body = read_body(ImportBody, _fields(request))
        api = _source(request, body).api()
        there = bool(body.name) and Datasource.objects.filter(name=body.name).exists()
        draft = imports.import_draft(
            api,
            user=request.user,
            operations=body.operations,
            wishes=DraftWishes(name="" if there else body.name),
            into=body.name if there else "",
        )
        listed = draft.operations if body.operations is not None else api.operations
        return Response(
            {
                "datasource": imports.without_secrets(draft),
                "operations": [operation.as_json() for operation in listed],
                "changed": [note.as_json() for note in draft.notes.changed],
                "left_out": [note.as_json() for note in draft.notes.left_out],
            },
            headers={"Cache-Control": "no-store"},
        )


def _fields(request: Request) -> Any:
    """Return the fields of a body: a form repeats `operations`, and has its files beside."""
    data = request.data
    if not isinstance(data, QueryDict):
        return data
    files = request.FILES.keys() & FILES
    fields: dict[str, Any] = {name: data[name] for name in data if name not in files}
    if "operations" in data:
        fields["operations"] = data.getlist("operations")
    return fields


def _source(request: Request, body: ImportBody) -> ImportSource:
    files = [file for name in FILES for file in request.FILES.getlist(name)]
    given = [bool(files), body.content is not None, body.url is not None]
    if sum(given) != 1:
        raise Invalid.at("", _("Send content (as text or as files of a form) or url."))
    if body.url is not None:
        return imports.read_address(body.url, user=request.user, format=body.format)
    if body.content is not None:
        data = body.content.encode("utf-8", "replace")
        return imports.read_files([("content", data)], format=body.format)
    check_size(sum(file.size or 0 for file in files))
    return imports.read_files(
        [(file.name or "", file.read()) for file in files], format=body.format
    )
