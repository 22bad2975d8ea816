"""/instances/{process_id}/links/: the anonymous form links of an instance, and their revocation."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.lib.api.drf import read_query
from kianda.lib.errors import Missing
from kianda.lib.numbers import whole_number
from processes.api import schemas
from processes.api.representations import moment_or_none
from processes.instances.claim import read_instance
from processes.instances.form_links import links_of, revoke_link
from processes.language.timestamps import moment_text
from processes.models import FormLink
from processes.rights.instance_rights import InstanceRights


class FormLinks(APIView):
    """The anonymous form links of a process instance."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="instances_links",
        responses={200: {"type": "array", "items": schemas.FORM_LINK}},
        tags=["Instances"],
    )
    def get(self, request: Request, process_id: str) -> Response:
        """List the links to the forms that the caller may change, newest first; no addresses."""
        read_query(request, ())
        instance, document = read_instance(process_id, caller(request))
        rights = InstanceRights(caller(request), instance, document)
        return Response([_link_json(one) for one in links_of(instance, rights)])


class FormLinkDetail(APIView):
    """One anonymous form link of a process instance."""

    scopes: ClassVar = {"DELETE": "run"}

    @extend_schema(operation_id="instances_revoke_link", responses={204: None}, tags=["Instances"])
    def delete(self, request: Request, process_id: str, link: str) -> Response:
        """Revoke a link: it ends at once. One that has ended stays as it is."""
        number = whole_number(link)
        if number is None:
            raise Missing(_("There is no such link."))
        revoke_link(process_id=process_id, link=number, user=caller(request))
        return Response(status=204)


def _link_json(link: FormLink) -> dict[str, Any]:
    return {
        "id": str(link.pk),
        "form": link.form,
        "state": link.state(timezone.now()),
        "created": moment_text(link.created),
        "created_by": link.created_by_name,
        "uses": link.uses,
        "most_uses": link.most_uses,
        "expires": moment_or_none(link.until),
        "ended": moment_or_none(link.ended_at),
        "ended_by": link.ended_by_name or None,
    }
