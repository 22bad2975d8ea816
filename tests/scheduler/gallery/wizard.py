"""The templates of the gallery, what is typed there, and whether anything was made."""

from pytest_httpserver import HTTPServer

from datasources.models import Datasource
from processes.models import ProcessDesign, ProcessInstance
from scheduler.models import ScheduledTask

WIZARD = "/designs/templates/oauth-token-refresh/"
LIST = "/designs/templates/fetch-a-list/"
APPROVAL = "/designs/templates/approval-request/"


def typed(provider: HTTPServer, **changes: str) -> dict[str, str]:
    """Return what is answered about a service that refreshes tokens."""
    return answered(
        **{
            "service": "Acme CRM", "base_url": provider.url_for("/").rstrip("/"),
            "token_path": "/oauth/token", "client_id": "client-1",
            "client_secret": "cs-secret-1", "refresh_token": "rt-old-42",
            "every": "55", "lives": "60", **changes,
        }
    )  # fmt: skip


def answered(**answers: str) -> dict[str, str]:
    """Return answers under the names of their questions."""
    return {f"/{name}": text for name, text in answers.items()}


def nothing_is_there() -> bool:
    """Tell whether no template has made anything."""
    rows = (Datasource, ProcessDesign, ProcessInstance, ScheduledTask)
    return not any(model.objects.exists() for model in rows)
