"""Who may open the pages of datasources, and who may change something there."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER, has_role

READERS = (ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER)
CHANGERS = (ADMINISTRATOR, DATASOURCE_MANAGER)


def may_change(request: HttpRequest) -> bool:
    """Tell whether the person may change datasources."""
    return has_role(request.user, *CHANGERS)


def must_change(request: HttpRequest) -> None:
    """Refuse who may only read."""
    if not may_change(request):
        raise PermissionDenied(f"You need the role {' or '.join(CHANGERS)} for this.")


def may_force(request: HttpRequest) -> bool:
    """Tell whether the person may delete what is in use."""
    return has_role(request.user, ADMINISTRATOR)
