"""/instances/{process_id}/comments/: what people say about an instance."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.lib.api.drf import list_parameters, list_response, read_query
from kianda.lib.api.schemas import page_of
from kianda.lib.api.strict_json import read_body
from processes.api import schemas
from processes.api.representations import moment_or_none
from processes.api.request_bodies import CommentBody
from processes.comments import add_comment, change_comment, comments_of, delete_comment
from processes.instances.claim import read_instance
from processes.language.timestamps import moment_text
from processes.models import Comment


class Comments(APIView):
    """The comments on a process instance."""

    scopes: ClassVar = {"GET": "read", "POST": "run"}

    @extend_schema(
        operation_id="instances_comments",
        parameters=list_parameters(),
        responses={200: page_of(schemas.COMMENT)},
        tags=["Instances"],
    )
    def get(self, request: Request, process_id: str) -> Response:
        """List the comments on an instance, newest first."""
        instance = read_instance(process_id, caller(request))[0]
        return list_response(
            request, comments_of(instance), to_json=_comment_json, default_order=["-pk"]
        )

    @extend_schema(
        operation_id="instances_comment",
        parameters=[KEY],
        request={"application/json": schemas.COMMENT_IN},
        responses={201: schemas.COMMENT},
        tags=["Instances"],
    )
    @idempotent_at_once
    def post(self, request: Request, process_id: str) -> Response:
        """Add a comment. People named with @ and their user name are notified if they see it."""
        read_query(request, ())
        # Who does not see the instance learns nothing from what is wrong with the comment.
        read_instance(process_id, caller(request))
        body = read_body(CommentBody, request.data)
        posted = add_comment(process_id=process_id, text=body.text, user=caller(request))
        return Response(_comment_json(posted.comment), status=201)


class CommentDetail(APIView):
    """One comment: its author changes it, its author and who manages the process delete it."""

    scopes: ClassVar = {"PATCH": "run", "DELETE": "run"}

    @extend_schema(
        operation_id="instances_change_comment",
        request={"application/json": schemas.COMMENT_IN},
        responses={200: schemas.COMMENT},
        tags=["Instances"],
    )
    def patch(self, request: Request, process_id: str, comment: str) -> Response:
        """Change your own comment. People named for the first time are notified."""
        read_query(request, ())
        read_instance(process_id, caller(request))
        body = read_body(CommentBody, request.data)
        changed = change_comment(
            process_id=process_id, comment=comment, text=body.text, user=caller(request)
        )
        return Response(_comment_json(changed.comment))

    @extend_schema(operation_id="instances_delete_comment", responses={204: None},
                   tags=["Instances"])  # fmt: skip
    def delete(self, request: Request, process_id: str, comment: str) -> Response:
        """Delete a comment; the activity says that there was one."""
        read_query(request, ())
        delete_comment(process_id=process_id, comment=comment, user=caller(request))
        return Response(status=204)


def _comment_json(comment: Comment) -> dict[str, Any]:
    return {
        "id": str(comment.pk),
        "created": moment_text(comment.created),
        "changed": moment_or_none(comment.changed_at),
        "author": comment.author.username if comment.author else None,
        "author_name": comment.author_name,
        "text": comment.text,
        "told": comment.named,
    }
