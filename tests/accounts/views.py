"""A small API of two views, to test what every view of the product gets."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import idempotent, idempotent_at_once, made
from kianda.accounts.models import IdempotencyRecord
from kianda.accounts.roles import DESIGNER, USER
from kianda.lib.errors import Busy, Conflict, Invalid

CALLS: list[Any] = []
MADE: list[Any] = []


class Things(APIView):
    scopes = {"POST": "design"}
    roles = {"GET": (USER,), "POST": (DESIGNER,)}

    def get(self, request: Any) -> Any:
        return Response({"user": request.user.username})

    @idempotent
    def post(self, request: Any) -> Any:
        CALLS.append(request.data)
        match request.data.get("do"):
            case "break":
                raise RuntimeError("broken")
            case "busy":
                raise Busy(run="1")
            case "refuse":
                raise Invalid.at("/do", "No.")
            case "stall":
                # So long that a repetition has got the key meanwhile.
                IdempotencyRecord.objects.all().delete()
        with transaction.atomic():
            MADE.append(len(CALLS))
            try:
                made(request, str(len(CALLS)))
            except Conflict:
                MADE.pop()
                raise
        if request.data.get("do") == "break late":
            raise RuntimeError("broken")
        response = Response({"number": len(CALLS)}, status=201)
        response["Location"] = f"/things/{len(CALLS)}/"
        return response

    def made_again(self, request: Any, what: Any) -> Any:
        return None if what == "at work" else Response({"number": int(what)}, status=201)


class Open(APIView):
    """Forgets to name a scope."""

    def post(self, request: Any) -> Any:
        return Response({})


class Groups(APIView):
    """Makes a group at once."""

    scopes = {"POST": "design"}
    roles = {"POST": (DESIGNER,)}

    @idempotent_at_once
    def post(self, request: Any) -> Any:
        CALLS.append(request.data)
        group = Group.objects.create(name=f"group {len(CALLS)}")
        match request.data.get("do"):
            case "break":
                raise RuntimeError("broken")
            case "refuse":
                raise Invalid.at("/do", "No.")
            case "busy":
                raise Busy(run="1")
            case "stall":
                IdempotencyRecord.objects.all().delete()
        return Response({"name": group.name}, status=201)


urlpatterns = [
    path("api/v1/things/", Things.as_view()),
    path("api/v1/groups/", Groups.as_view()),
    path("api/v1/open/", Open.as_view()),
    path("", include("kianda.urls")),
]
