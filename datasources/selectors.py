"""Reading datasources: rows, their documents, and how they are shown."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.auth.oauth2 import OAuth2Auth
from datasources.auth.variables import VariableValue
from datasources.kinds import DatasourceDocument, RestDatasource, load_document
from datasources.models import Connection, Datasource, Variable
from datasources.permissions import DatasourceAccess
from datasources.rest.certificates import expiry_warning
from datasources.rest.errors import CallFailed
from datasources.rest.variables import variables_of, with_variables
from kianda.lib.db.prepared_statements import PreparedQuery
from kianda.lib.errors import Forbidden, Missing
from kianda.lib.secrets import WrongKeyRing, opens
from kianda.lib.usage import Use

_KEPT = 512
# By key, revision and moment of change: a document never changes under such a key.
_documents: OrderedDict[tuple[int, int, datetime], DatasourceDocument] = OrderedDict()


def all_datasources() -> QuerySet[Datasource]:
    """Return the datasources with who changed them last."""
    return Datasource.objects.select_related("modified_by")


def get_datasource(name: str) -> Datasource:
    """Return a row by name; raises Missing."""
    row = all_datasources().filter(name=name).first()
    if row is None:
        raise Missing(_("There is no datasource %(name)s.") % {"name": name})
    return row


# Every call of a run asks, so its text is made once.
_KEY = ("pk", "revision", "modified", "security")
_KEY_OF = PreparedQuery(lambda name: Datasource.objects.filter(name=name).only(*_KEY), "name")
# Of one with OAuth 2.0 what its token is to live comes along: the call that follows asks for it.
_LIFE = ("fingerprint", "tokens_fence", "refreshed_at", "expires_at")
_KEY_AND_LIFE_OF = PreparedQuery(
    lambda name: (
        Datasource.objects.filter(name=name)
        .select_related("connection")
        .only(*_KEY, *(f"connection__{one}" for one in _LIFE))
    ),
    "name",
)
# Those whose document was last seen to have a connection.
_connected: set[str] = set()
READ_JUST_NOW = timedelta(seconds=1)


class _ReadBeside(threading.local):
    """The connection that this thread has read with a document, until it is asked for."""

    name = ""
    row: Connection | None = None
    at = datetime.min.replace(tzinfo=UTC)


_beside = _ReadBeside()


def _key_of(name: str) -> Datasource | None:
    if name not in _connected:
        return _KEY_OF.first(name)
    row = _KEY_AND_LIFE_OF.first(name)
    _beside.name, _beside.at = name, timezone.now()
    _beside.row = getattr(row, "connection", None)
    return row


def connection_read_beside(name: str) -> Connection | None:
    """Return the connection that came with the document just now, once: how long its token lives.

    None where it was not read, or too long ago: then it is to be read anew.
    """
    row = _beside.row
    forget_read_beside()
    fits = _beside.name == name and timedelta(0) <= timezone.now() - _beside.at < READ_JUST_NOW
    return row if fits else None


def forget_read_beside() -> None:
    """Forget what was read before a connection changes."""
    _beside.row = None


def get_document(name: str) -> RestDatasource:
    """Return a REST datasource's document by name; raises Missing. Cheap when it is unchanged."""
    return as_rest(get_any_document(name))


def get_any_document(name: str) -> DatasourceDocument:
    """Return the same of any kind."""
    return _document_by_key(name, _key_of(name))


def get_document_to_call(name: str, user: Any) -> RestDatasource:
    """Return the same for a person whose run is to call it; raises Forbidden too."""
    return as_rest(get_document_to_use(name, user))


def get_document_to_use(name: str, user: Any) -> DatasourceDocument:
    """Return a document of any kind for a person whose run is to use it; raises Forbidden too."""
    row = _key_of(name)
    document = _document_by_key(name, row)
    if row is not None and row.security and not security_of(row).callers.hold(user):
        who = user.get_username() if user is not None and user.is_authenticated else _("No one")
        raise Forbidden(
            _(
                "%(who)s may not call %(datasource)s. Only %(callers)s may; its managers can "
                "change this under Security."
            )
            % {
                "who": who,
                "datasource": document.title,
                "callers": security_of(row).callers.in_words(),
            }
        )
    return document


def security_of(row: Datasource) -> DatasourceAccess:
    """Return who may change a datasource and whose runs may call it."""
    return DatasourceAccess.model_validate(row.security)


def uses_of_group(name: str) -> list[Use]:
    """Return the datasources whose security names a group."""
    rows = Datasource.objects.exclude(security={}).only("name", "security").order_by("name")
    return [
        {"kind": "datasource", "name": row.name, "url": f"/api/v1/datasources/{row.name}/"}
        for row in rows
        for security in [security_of(row)]
        if name in (*security.editors.groups, *security.callers.groups)
    ]


def as_rest(document: DatasourceDocument) -> RestDatasource:
    """Return a document with methods; raises Missing for one of a kind that has none."""
    if isinstance(document, RestDatasource):
        return document
    raise Missing(
        _("%(title)s is a mail account. It has no REST methods.") % {"title": document.title}
    )


def known_variables() -> dict[str, VariableValue]:
    """Return the variables of this installation by name, secrets included."""
    return _known(Variable.objects.all())


def readable_variables() -> tuple[dict[str, VariableValue], list[str]]:
    """Return the same, and the names of those whose values do not open, or are lost."""
    rows = list(Variable.objects.all())
    known = _known(row for row in rows if opens(row, "value"))
    return known, [row.name for row in rows if row.name not in known]


def _known(rows: Iterable[Variable]) -> dict[str, VariableValue]:
    return {
        row.name: VariableValue(str(row.value), row.secret) for row in rows if row.value is not None
    }


def ready_to_call(document: RestDatasource) -> RestDatasource:
    """Return a datasource with values where variables stand; raises CallFailed."""
    if not document.names_variables:
        return document
    rows = list(Variable.objects.all())
    try:
        known = _known(rows)
    except WrongKeyRing as error:
        raise CallFailed("configuration", error.detail) from error
    if lost := {row.name for row in rows} & variables_of(document) - known.keys():
        words = _("The variable %(name)s has no value. An administrator can enter it.")
        raise CallFailed("configuration", words % {"name": min(lost)})
    return with_variables(document, known)


def rest_document_of(row: Datasource) -> RestDatasource:
    """Return the document of a row that has methods; raises Missing for another kind."""
    return as_rest(document_of(row))


def _document_by_key(name: str, row: Datasource | None) -> DatasourceDocument:
    if row is None:
        raise Missing(_("There is no datasource %(name)s.") % {"name": name})
    found = _documents.get((row.pk, row.revision, row.modified))
    document = found if found is not None else document_of(get_datasource(name))
    connected = isinstance(document, RestDatasource) and isinstance(document.auth, OAuth2Auth)
    (_connected.add if connected else _connected.discard)(name)
    return document


def document_of(row: Datasource) -> DatasourceDocument:
    """Return the document of a row, parsed once per revision."""
    key = (row.pk, row.revision, row.modified)
    found = _documents.get(key)
    if found is None:
        found = _documents[key] = load_document(row.document)
        while len(_documents) > _KEPT:
            _documents.popitem(last=False)
    return found


def shown(row: Datasource) -> dict[str, Any]:
    """Return what the API gives for a datasource: the masked document and `meta`.

    Of one whose document does not open in its row, what lists show, and why in `meta`.
    """
    try:
        document = document_of(row)
    except WrongKeyRing as error:
        known = {name: getattr(row, name) for name in ("name", "title", "kind", "base_url")}
        warnings = [{"pointer": "", "detail": error.detail}]
    else:
        known, warnings = document.masked(), _warnings(document)
    return {
        **known,
        "meta": {
            "version": str(row.revision),
            "published_version": None,
            "created": _moment(row.created),
            "modified": _moment(row.modified),
            "modified_by": row.modified_by.get_username() if row.modified_by else None,
            "warnings": warnings,
        },
    }


def _warnings(document: DatasourceDocument) -> list[dict[str, str]]:
    certificate = document.client_certificate if isinstance(document, RestDatasource) else None
    ends = expiry_warning(certificate, now=timezone.now())
    return [{"pointer": "/client_certificate", "detail": ends}] if ends else []


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
