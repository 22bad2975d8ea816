"""The door of web hooks: outside the API, and open to whoever knows the address."""

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.lib.api.drf import read_query
from kianda.lib.errors import TooMany
from scheduler import services
from scheduler.api import schemas
from scheduler.tasks import send


class Hook(APIView):
    """The address that fires an on-demand task; knowing it is the permission."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    # Each hook counts its own calls, in the database.
    throttle_classes = ()
    max_body_bytes = 100_000

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="hooks_fire",
        request={"application/json": schemas.HOOK_IN},
        responses={202: schemas.HOOK},
        auth=[],
        tags=["Hooks"],
    )
    def post(self, request: Request, token: str) -> Response:
        """Run the task. While a run is waiting, further calls are merged into it."""
        read_query(request, ())
        try:
            occurrence = services.fire_hook(token, request.data)
        except TooMany as error:
            raise Throttled(wait=error.extra["retry_after"]) from error
        if occurrence.outcome is None:
            send([occurrence.pk])
        return Response({"occurrence": str(occurrence.pk)}, status=202)
