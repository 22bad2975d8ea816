"""/instances/{process_id}/activity/: what has happened to a record, as its people read it."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.accounts.services.substitutes import THROUGH_LINK
from kianda.lib.api.drf import read_query
from kianda.lib.errors import Invalid
from kianda.lib.numbers import whole_number
from processes.activity.event import Event
from processes.activity.feed import activity_of
from processes.api import schemas
from processes.instances.claim import read_instance
from processes.language.timestamps import moment_text
from processes.rights.instance_rights import InstanceRights

USUAL, MOST = 50, 200


class Activity(APIView):
    """The activity of a process instance."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="instances_activity",
        parameters=[
            OpenApiParameter(
                "page_size", {"type": "integer", "minimum": 1, "maximum": MOST},
                description=f"How many events, about; {USUAL}, at most {MOST}.",
            ),
            OpenApiParameter("after", str, description="From the `next` of the page before."),
        ],
        responses={200: schemas.ACTIVITY},
        tags=["Instances"],
    )  # fmt: skip
    def get(self, request: Request, process_id: str) -> Response:
        """List what has happened, newest first, as far as the caller sees the parts of it."""
        user = caller(request)
        instance, document = read_instance(process_id, user)
        query = read_query(request, ("page_size", "after"))
        size = whole_number(query["page_size"], digits=3) if "page_size" in query else USUAL
        if size is None or not 1 <= size <= MOST:
            words = _("page_size must be a whole number from 1 to %(most)s.")
            raise Invalid.at("/page_size", words % {"most": MOST})
        rights = InstanceRights(user, instance, document)
        feed = activity_of(rights, most=size, after=query.get("after", ""))
        there = replace_query_param(request.build_absolute_uri(), "after", feed.next)
        return Response(
            {"next": there if feed.next else None, "results": [*map(_event_json, feed.events)]}
        )


def _event_json(event: Event) -> dict[str, Any]:
    is_known = bool(event.by) and not event.by.startswith(THROUGH_LINK)
    return {
        "id": event.id,
        "kind": event.kind,
        "at": moment_text(event.at),
        "by": event.by if is_known else None,
        "by_name": event.actor or None,
        "sentence": event.sentence,
        **event.as_json(),
    }
