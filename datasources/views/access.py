"""Who may open the pages of datasources, and who may change something there."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from datasources.models import Datasource
from datasources.selectors import security_of
from datasources.services.access import carries_links, must_edit
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER, has_role

READERS = (ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER)
CHANGERS = (ADMINISTRATOR, DATASOURCE_MANAGER)


def may_change(request: HttpRequest, row: Datasource | None = None) -> bool:
    """Tell whether the person may change datasources; with a row, whether this one."""
    if not has_role(request.user, *CHANGERS):
        return False
    if row is not None and carries_links(row) and not has_role(request.user, ADMINISTRATOR):
        return False
    return row is None or security_of(row).editors.hold(request.user)


def must_change(request: HttpRequest, row: Datasource) -> None:
    """Refuse who may only read this datasource."""
    if not may_change(request):
        raise PermissionDenied(
            _("You need the role %(roles)s for this.") % {"roles": _(" or ").join(CHANGERS)}
        )
    must_edit(row, request.user)


def may_force(request: HttpRequest) -> bool:
    """Tell whether the person may delete what is in use."""
    return has_role(request.user, ADMINISTRATOR)
