"""From what a document says of an API to a data source: a draft, of which nothing is stored."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from datasources.importing.base import (
    ApiDescription,
    AuthChoice,
    Operation,
    OperationNotTaken,
    free_of,
)
from datasources.importing.notes import ImportNotes
from datasources.rest.answer_schema import (
    MOST_PLACES,
    AnswerSchema,
    all_places,
    made_smaller,
    put_together,
)
from datasources.rest.document import MEGABYTE, TARGETS, RestDatasource, RestMethod
from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.i18n import gettext as _
from kianda.lib.names import slugify
from kianda.lib.pointers import pointer

MOST_METHODS = 500
# Below the limit of a data source, so that a person can still add to it.
MOST_BYTES = MEGABYTE - 100_000
# Of all answers together, and of each one, places that are described.
ALL_PLACES, FEWEST_PLACES = 25_000, 40
SECTIONS = (*TARGETS.values(), "response_headers", "response_body")
_BRACES = re.compile(r"\{[^{}]*\}")


@dataclass
class ImportDraft:
    """A data source as it would be, and what is told of how it came to be."""

    datasource: dict[str, Any]
    operations: list[Operation]
    notes: ImportNotes
    auth: AuthChoice = field(default_factory=AuthChoice)
    # Names of methods: which are not in the data source yet, get more, or stay as they are.
    new: list[str] = field(default_factory=list)
    extended: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    parameters: int = 0
    values: int = 0


@dataclass(frozen=True, slots=True)
class DraftWishes:
    """What a person wants of the data source; what is left empty follows the document."""

    title: str = ""
    name: str = ""
    base_url: str = ""


AS_IT_IS = DraftWishes()


def draft_of(
    api: ApiDescription,
    *,
    operations: Sequence[str] | None = None,
    wishes: DraftWishes = AS_IT_IS,
    existing: RestDatasource | None = None,
) -> ImportDraft:
    """Return the data source that the chosen operations make, or an existing one with them added.

    Raises Invalid for operations that the document has not, and for more than fit.
    """
    notes = ImportNotes()
    notes.take(api.notes)
    chosen = _chosen(api, operations, notes)
    api.most_places = max(FEWEST_PLACES, min(MOST_PLACES, ALL_PLACES // max(len(chosen), 1)))
    made = list(_methods(api, chosen, notes))
    auth = api.auth([operation for operation, _method in made], notes)
    draft = ImportDraft({}, [operation for operation, _method in made], notes, auth)
    if existing is None:
        _make(draft, api, [method for _o, method in made], wishes)
    else:
        _add(draft, api, [method for _o, method in made], existing)
    _fit(draft)
    _count(draft, [method for _operation, method in made])
    return draft


def _chosen(
    api: ApiDescription, operations: Sequence[str] | None, notes: ImportNotes
) -> list[Operation]:
    if operations is None:
        if (more := len(api.operations) - MOST_METHODS) > 0:
            words = _(
                "The document has %(n)s operations too many for one data source. Choose "
                "which to import."
            )
            notes.leave("/operations", words % {"n": more})
        return list(api.operations[:MOST_METHODS])
    known = {operation.id: operation for operation in api.operations}
    flaws = [
        Flaw(pointer("operations", at), _("The document has no operation %(id)s.") % {"id": one})
        for at, one in enumerate(operations)
        if one not in known
    ]
    if flaws:
        raise Invalid(errors=flaws[:100])
    if len(set(operations)) > MOST_METHODS:
        raise Invalid.at(
            "/operations",
            _("A data source can have at most %(most)s operations; %(n)s are selected.")
            % {"most": MOST_METHODS, "n": len(set(operations))},
        )
    wanted = set(operations)
    return [operation for operation in api.operations if operation.id in wanted]


def _methods(
    api: ApiDescription, chosen: Sequence[Operation], notes: ImportNotes
) -> Iterator[tuple[Operation, dict[str, Any]]]:
    """Yield what becomes a REST method; tell of what does not."""
    for operation in chosen:
        own = ImportNotes()
        try:
            made = api.method(operation, own)
            RestMethod.model_validate(made)
        except OperationNotTaken as why:
            notes.leave(operation.place, str(why))
        except ValidationError as error:
            first = error.errors()[0]
            where = "/".join(str(part) for part in first["loc"])
            said = first["msg"].removeprefix("Value error, ")
            notes.leave(operation.place, f"{where}: {said}")
        else:
            notes.take(own)
            yield operation, made


def _make(
    draft: ImportDraft,
    api: ApiDescription,
    methods: list[dict[str, Any]],
    wishes: DraftWishes,
) -> None:
    """Make a data source of its own."""
    base = wishes.base_url or next(iter(api.servers), "")
    title = wishes.title or api.title or (urlsplit(base).hostname or "")
    draft.datasource = {
        "name": wishes.name or slugify(title, fallback="imported-api"),
        "title": title[:200],
        "kind": "rest",
        "base_url": base,
        "auth": dict(draft.auth.settings),
        "methods": methods,
    }
    draft.new = [method["name"] for method in methods]


# --- into a data source that is there ----------------------------------------------------------


def _add(
    draft: ImportDraft,
    api: ApiDescription,
    methods: list[dict[str, Any]],
    existing: RestDatasource,
) -> None:
    """Add to a data source: what is there stays, and gets what the document has more."""
    shown = existing.masked()
    before, after = _moved(api, existing, draft.notes)
    held = {_key(method): method for method in shown["methods"]}
    taken = {method["name"] for method in shown["methods"]}
    for method in methods:
        path = method["url_path"]
        method["url_path"] = before + (path.removeprefix(after) if after else path)
        known = held.get(_key(method))
        if known is None:
            method["name"] = free_of(method["name"], taken)
            taken.add(method["name"])
            shown["methods"].append(method)
            draft.new.append(method["name"])
        else:
            (draft.extended if _extend(known, method) else draft.same).append(known["name"])
    if len(shown["methods"]) > MOST_METHODS:
        raise Invalid.at(
            "/operations",
            _("The data source would have %(n)s REST methods; the limit is %(most)s.")
            % {"n": len(shown["methods"]), "most": MOST_METHODS},
        )
    if draft.auth.settings["scheme"] not in ("none", shown["auth"]["scheme"]):
        draft.notes.leave("/auth", _("The authentication of the data source is unchanged."))
    draft.datasource = shown


def _moved(api: ApiDescription, existing: RestDatasource, notes: ImportNotes) -> tuple[str, str]:
    """Return what to put before the paths of a document, and what to take away there."""
    stem = existing.stem
    for server in api.servers:
        if server == stem or server == existing.base_url:
            return "", ""
        if server.startswith(f"{stem}/"):
            return server.removeprefix(stem), ""
        if stem.startswith(f"{server}/"):
            return "", stem.removeprefix(server)
    if api.servers:
        notes.change(
            "/base_url",
            _("The base URL of the data source is unchanged; the document has %(address)s.")
            % {"address": api.servers[0]},
        )
    return "", ""


def _key(method: dict[str, Any]) -> tuple[str, str]:
    return method["http_method"], _BRACES.sub("{}", method["url_path"])


def _extend(known: dict[str, Any], found: dict[str, Any]) -> bool:
    """Add to a method what it has not; what a person has set stays. Tell whether it got more."""
    more = False
    same_body = known["content_type"] == found.get("content_type", "json")
    for section in SECTIONS:
        if section == "request_body" and not same_body and known[section]:
            continue
        names = {item["name"].lower() for item in known[section]}
        for item in found.get(section, ()):
            clashes = section == "request_body" and any(
                one.startswith(f"{item['name'].lower()}.")
                or item["name"].lower().startswith(f"{one}.")
                for one in names
            )
            if item["name"].lower() not in names and not clashes:
                known[section].append(item)
                names.add(item["name"].lower())
                more = True
    return _describe_more(known, found) or more


def _describe_more(known: dict[str, Any], found: dict[str, Any]) -> bool:
    """Add to the description of an answer what it has not."""
    held, new = known.get("answer_schema"), found.get("answer_schema")
    if not new:
        return False
    made = new
    if held:
        both = map(AnswerSchema.model_validate, (held, new))
        made = made_smaller(put_together(*both).model_dump(mode="json"), MOST_PLACES)
    known["answer_schema"] = made
    return bool(made != held)


# --- sizes ----------------------------------------------------------------------------------


def _fit(draft: ImportDraft) -> None:
    """Describe the answers by fewer places, until the data source is not too large."""
    for most in (None, 1000, 300, 100, 30, 10, 0):
        if most is not None:
            for method in draft.datasource["methods"]:
                if method["name"] in draft.new and "answer_schema" in method:
                    method["answer_schema"] = made_smaller(method["answer_schema"], most)
        if len(json.dumps(draft.datasource)) <= MOST_BYTES:
            break
    else:
        raise TooLarge(_("A data source can have at most 1 MB. Choose fewer operations."))
    if most is not None:
        words = _(
            "The import is large, so only the first %(n)s fields of each response are described."
        )
        draft.notes.change("", words % {"n": most})


def _count(draft: ImportDraft, methods: list[dict[str, Any]]) -> None:
    for method in methods:
        draft.parameters += len(_BRACES.findall(method["url_path"]))
        draft.parameters += sum(len(method.get(section, ())) for section in TARGETS.values())
        if schema := method.get("answer_schema"):
            draft.values += sum(1 for _one in all_places(AnswerSchema.model_validate(schema)))
