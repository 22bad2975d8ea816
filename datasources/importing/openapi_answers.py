"""What an operation of OpenAPI answers: the values that can be mapped on success."""

from typing import Any

from datasources.importing.answer_schemas import AnswerReader
from datasources.importing.documents import DocumentNode
from datasources.importing.openapi_requests import kind_of
from datasources.importing.parameters import MethodDraft
from datasources.importing.schema_shapes import is_file, is_file_type, root_of
from kianda.lib.headers import TOKEN
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped

MOST_HEADERS = 200
_NO_CONTENT = frozenset({"204", "205", "304"})


def put_answer(
    draft: MethodDraft,
    root: DocumentNode,
    operation: DocumentNode,
    *,
    old: bool,
    place: str,
    most: int,
) -> None:
    """Take over what the answer of success holds, to so many places."""
    status, answer = _success(operation)
    if answer is None:
        return
    headers = [name for name, _node in answer.get("headers").entries() if TOKEN.match(name)]
    headers = list({name.lower(): name for name in headers}.values())
    draft.set(response_headers=[{"name": name[:200]} for name in headers[:MOST_HEADERS]])
    produced = (operation.held("produces") or root.held("produces")) if old else None
    form, schema = _content(answer, produced, old=old)
    if form not in ("", "json"):
        draft.set(answer=form)
    if schema is not None and schema.value is not None and form in ("json", "xml"):
        _put_schema(draft, answer, schema, xml=form == "xml", most=most)
    elif form not in ("csv", "text", "file") and status not in _NO_CONTENT:
        words = _("The document does not describe the fields of the response.")
        operation.notes.leave(f"{place}/responses/{status}", words)


def _put_schema(
    draft: MethodDraft, answer: DocumentNode, schema: DocumentNode, *, xml: bool, most: int
) -> None:
    root = root_of(schema) if xml else ""
    if xml and not root:
        return  # Without a name for its root nothing in it can be asked for.
    reader = AnswerReader(most, xml=xml)
    made = reader.read(schema)
    draft.set(answer_schema={"type": ["object"], "properties": {root: made}} if root else made)
    if reader.cut:
        words = _("The response has more than %(most)s fields. Only the first ones are imported.")
        schema.notes.change(answer.place, words % {"most": grouped(most)})


def _success(operation: DocumentNode) -> tuple[str, DocumentNode | None]:
    """Return the answer of success: the lowest status of them that says what it holds."""
    answers = {key.upper(): node for key, node in operation.get("responses").entries()}
    good = sorted(key for key in answers if key.startswith("2")) or [
        key for key in ("DEFAULT",) if key in answers
    ]
    for key in good:
        if answers[key].get("schema").value or answers[key].get("content").value:
            return key.lower() if key == "DEFAULT" else key, answers[key]
    return (good[0], answers[good[0]]) if good else ("", None)


def _content(answer: DocumentNode, produced: Any, *, old: bool) -> tuple[str, DocumentNode | None]:
    """Return how an answer is written, JSON before anything else, and its schema if it has one."""
    if old:
        types = produced if isinstance(produced, list) else []
        contents = [(str(one), answer.get("schema")) for one in types]
        contents = contents or [("application/json", answer.get("schema"))]
    else:
        contents = [(name, one.get("schema")) for name, one in answer.get("content").entries()]
    forms = {_form(media_type, schema): schema for media_type, schema in reversed(contents)}
    for form in ("json", "xml", "csv", "text", "file"):
        if form in forms:
            return form, forms[form]
    return "", None


def _form(media_type: str, schema: DocumentNode) -> str:
    """Return how a method reads what is of a media type; nothing for what is not known."""
    bare = media_type.partition(";")[0].strip().lower()
    if bare == "text/csv":
        return "csv"
    if is_file_type(bare) or (is_file(schema) and not bare.startswith("text/")):
        return "file"
    kind = kind_of(bare)
    return kind if kind in ("json", "xml") else "text" * bare.startswith("text/")
