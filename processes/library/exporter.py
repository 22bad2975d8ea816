"""Designs as one readable file without secrets, with the datasources that they need."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.auth.models import User
from django.utils import timezone

from datasources.rest.document import TARGETS, DatasourceDocument, RestDatasource
from datasources.selectors import get_any_document
from kianda.accounts.services.audit import record
from kianda.lib.errors import Missing
from kianda.lib.secret_names import MASK, is_secret_name
from processes.definition.checks import export
from processes.definition.document import Document, load_document
from processes.definition.serialization import essential, written
from processes.designs.stored_catalog import StoredCatalog
from processes.document_cache import document_of
from processes.language.timestamps import moment_text
from processes.models import ProcessDesign
from processes.selectors import get_design

FORMAT, FORMAT_VERSION = "kianda-designs", 1
_QUERY_VALUE = re.compile(r"([?&])([^=&#]+)=([^&#]*)")


def export_text(names: Sequence[str], *, user: User) -> str:
    """Return the newest versions of some designs, and their datasources, as JSON text."""
    found = [get_design(name) for name in dict.fromkeys(names)]
    documents = [_newest(design) for design in found]
    bundle = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "exported": moment_text(timezone.now()),
        "processes": [
            _process(design, document) for design, document in zip(found, documents, strict=True)
        ],
        "datasources": list(_datasources(documents)),
    }
    for design in found:
        record(user, action="exported", kind="process", name=design.name)
    return written(bundle) + "\n"


def _newest(design: ProcessDesign) -> Document:
    assert design.draft is not None  # a design is made with its first version
    return document_of(design.draft)


def _process(design: ProcessDesign, document: Document) -> dict[str, Any]:
    masked = export(document, StoredCatalog())
    made = {"group": design.group} if design.group else {}
    return {**made, "definition": essential(load_document(masked))}


def sources_of(document: Document) -> list[str]:
    """Return the names of the datasources that a definition calls, the built-in one left out."""
    refs = (ref for _, rule in document.placed_rules() for ref in rule.refers())
    return list(dict.fromkeys(ref.datasource for ref in refs if ref.datasource))


def _datasources(documents: Iterable[Document]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(name for one in documents for name in sources_of(one)):
        try:
            yield masked_datasource(get_any_document(name))
        except Missing:
            continue  # A broken reference: it is told when the file is imported.


def masked_datasource(document: DatasourceDocument) -> dict[str, Any]:
    """Return a datasource for other eyes, without what is left at its default."""
    made = document.masked()
    if not isinstance(document, RestDatasource):
        return _telling(made, keep={"auth"})
    made["test_path"] = _masked_query(made["test_path"])
    made["methods"] = [_method(method) for method in made["methods"]]
    return _telling(made, keep={"methods", "auth"})


def _method(method: dict[str, Any]) -> dict[str, Any]:
    for section in TARGETS.values():
        method[section] = [_parameter(one) for one in method[section]]
    for section in ("response_headers", "response_body"):
        method[section] = [_telling(one) for one in method[section]]
    if method["content_type"] != "raw":
        method["media_type"] = None
    return _telling(method)


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    if parameter["secret"] == is_secret_name(parameter["name"]):
        parameter = {key: value for key, value in parameter.items() if key != "secret"}
    # An empty text is a value of its own, but not that of a secret: there it says "not set".
    empty = parameter["value"] == "" and is_secret_name(parameter["name"])
    return _telling(parameter | ({"value": None} if empty else {}))


def _telling(made: dict[str, Any], keep: Iterable[str] = ()) -> dict[str, Any]:
    return {key: item for key, item in made.items() if key in set(keep) or item not in (None, [])}


def _masked_query(path: str | None) -> str | None:
    """Return a path whose query holds asterisks where a parameter's name says secret."""
    if path is None:
        return None

    def masked(found: re.Match[str]) -> str:
        name = next((name for name, _ in parse_qsl(f"{found[2]}=x")), found[2])
        return f"{found[1]}{found[2]}={MASK}" if is_secret_name(name) else found[0]

    return _QUERY_VALUE.sub(masked, path)
