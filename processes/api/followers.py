"""/instances/{process_id}/followers/me/: whether the caller is told what becomes of an instance."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.lib.api.drf import read_query
from kianda.lib.api.schemas import shape
from processes.followers import choose_to_follow, follows
from processes.instances.claim import read_instance

FOLLOWS = shape({"follows": {"type": "boolean"}})


class OwnFollowing(APIView):
    """Whether the caller follows an instance."""

    scopes: ClassVar = {"GET": "read", "PUT": "run", "DELETE": "run"}

    @extend_schema(
        operation_id="instances_follows", responses={200: FOLLOWS}, tags=["Instances"]
    )  # fmt: skip
    def get(self, request: Request, process_id: str) -> Response:
        """Read whether the caller follows an instance."""
        read_query(request, ())
        instance = read_instance(process_id, caller(request))[0]
        return Response({"follows": follows(caller(request), instance)})

    @extend_schema(
        operation_id="instances_follow", request=None, responses={200: FOLLOWS}, tags=["Instances"]
    )
    def put(self, request: Request, process_id: str) -> Response:
        """Follow an instance: get notified of comments and of each new status."""
        read_query(request, ())
        choose_to_follow(process_id=process_id, user=caller(request), follow=True)
        return Response({"follows": True})

    @extend_schema(operation_id="instances_unfollow", responses={204: None}, tags=["Instances"])
    def delete(self, request: Request, process_id: str) -> Response:
        """Stop following an instance."""
        read_query(request, ())
        choose_to_follow(process_id=process_id, user=caller(request), follow=False)
        return Response(status=204)
