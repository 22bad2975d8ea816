"""Descriptions of APIs made into data sources: read, held while a person chooses, saved."""

import uuid
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from datasources.auth import auth_schemes
from datasources.auth.base import masked_settings
from datasources.http.client import send
from datasources.importing import AUTO, ImportSource, source_of
from datasources.importing.base import ApiDescription
from datasources.importing.drafts import AS_IT_IS, DraftWishes, ImportDraft, draft_of
from datasources.importing.texts import MOST_BYTES
from datasources.models import Datasource, HeldImport
from datasources.rest.document import TARGETS, RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build_test
from datasources.selectors import get_datasource, rest_document_of
from datasources.services.access import must_edit
from datasources.services.datasources import KIND, create_datasource, patch_datasource
from datasources.services.validation import parse_datasource
from kianda.accounts.services.audit import record
from kianda.lib import sealing
from kianda.lib.addresses import base_url_flaw, path_flaw
from kianda.lib.errors import Invalid, Missing
from kianda.lib.names import free_name
from kianda.lib.secret_names import MASK, is_secret_name

HELD_FOR: Final = timedelta(days=1)
SECRET_LEFT = gettext_noop("Secrets are not returned. Add it to the draft before you send it.")
MOST_HELD: Final = 10
FETCH_S: Final = 60


def read_files(files: Sequence[tuple[str, bytes]], *, format: str = AUTO) -> ImportSource:
    """Return files as an import reads them; raises Invalid and TooLarge."""
    return source_of(files, format=format)


def read_address(url: str, *, user: Any, format: str = AUTO) -> ImportSource:
    """Return the document at an address, fetched like every call of a data source.

    Raises Invalid at `/url` with the sentence of the guard, or of the failure.
    """
    url = url.strip().partition("#")[0]
    bare, mark, query = url.partition("?")
    parts = urlsplit(bare) if not base_url_flaw(bare) else urlsplit("")
    path = f"{parts.path or '/'}{mark}{query}"
    if flaw := base_url_flaw(bare) or path_flaw(path, query=True):
        raise Invalid.at("/url", flaw)
    place = RestDatasource(
        name="address",
        title=str(parts.hostname)[:200],
        base_url=f"{parts.scheme}://{parts.netloc}",
        test_path=path,
        timeout_s=FETCH_S,
        max_answer_bytes=MOST_BYTES,
        follow_redirects=True,
    )
    record(user, action="called", kind=KIND, name=place.title[:60], detail=_("to import"))
    try:
        answer = send(replace(build_test(place), answer="text"), datasource=place)
    except CallFailed as failed:
        raise Invalid.at("/url", failed.message) from failed
    text = answer.body if isinstance(answer.body, str) else ""
    name = parts.path.rpartition("/")[2] or place.title
    return source_of([(name, text.encode("utf-8", "replace"))], format=format, address=url)


# --- held while a person chooses ---------------------------------------------------------------


def hold(source: ImportSource, *, user: Any) -> str:
    """Keep a document for a person, and return the token by which only they get it back."""
    packed = zlib.compress(source.as_text().encode(), level=1)
    token, now = uuid.uuid4().hex, timezone.now()
    content = sealing.seal(packed, _place(token)).encode()
    with transaction.atomic():
        forget_held(now)
        mine = HeldImport.objects.filter(user=user).order_by("-created", "-pk")
        older = list(mine.values_list("pk", flat=True)[MOST_HELD - 1 :])
        HeldImport.objects.filter(pk__in=older).delete()
        HeldImport.objects.create(token=token, user=user, content=content, created=now)
    return token


def held(token: str, *, user: Any) -> ImportSource:
    """Return the document that `hold` has kept; raises Missing when it is gone, or another's."""
    row = HeldImport.objects.filter(
        token=token, user=user, created__gt=timezone.now() - HELD_FOR
    ).first()
    if row is None:
        raise Missing(_("This import has expired or does not exist. Choose the file again."))
    try:
        packed = sealing.unseal(bytes(row.content).decode(), _place(token))
    except (sealing.WrongKeyRing, UnicodeDecodeError) as error:
        raise Missing(_("This import can no longer be read. Choose the file again.")) from error
    return ImportSource.from_text(zlib.decompress(packed).decode())


def _place(token: str) -> sealing.Place:
    return (HeldImport._meta.db_table, "content", token)


def forget_held(now: Any) -> int:
    """Delete what was held for longer than a day."""
    return HeldImport.objects.filter(created__lte=now - HELD_FOR).delete()[0]


# --- drafts ---------------------------------------------------------------------------------------


def import_draft(
    api: ApiDescription,
    *,
    user: Any,
    operations: Sequence[str] | None = None,
    wishes: DraftWishes = AS_IT_IS,
    into: str = "",
) -> ImportDraft:
    """Return the data source that a document makes, or `into`, which is there, with it added.

    Nothing is stored. Raises Invalid, and Missing or Forbidden for what is not there or not theirs.
    """
    existing = None
    if into:
        row = get_datasource(into)
        must_edit(row, user)
        existing = rest_document_of(row)
    draft = draft_of(api, operations=operations, wishes=wishes, existing=existing)
    if existing is None and not wishes.name:
        name = draft.datasource["name"]
        like = Datasource.objects.filter(name__startswith=name[:50])
        draft.datasource["name"] = free_name(name, set(like.values_list("name", flat=True)))
    _drop_what_is_refused(draft, existing)
    return draft


def _drop_what_is_refused(draft: ImportDraft, existing: RestDatasource | None) -> None:
    """Leave out methods that could not be saved, and tell why; other flaws wait for Save."""
    try:
        parse_datasource(
            {
                **draft.datasource,
                "base_url": draft.datasource["base_url"] or "https://later.example",
            },
            stored=existing,
        )
    except Invalid as invalid:
        bad: dict[int, str] = {}
        for flaw in invalid.errors:
            _root, section, *rest = [*flaw.pointer.split("/"), "", ""]
            if section == "methods" and rest[0].isdecimal():
                bad.setdefault(int(rest[0]), flaw.detail)
        methods = draft.datasource["methods"]
        for at, why in bad.items():
            name = methods[at]["name"]
            if name in draft.new:
                draft.new.remove(name)
                draft.notes.leave(name, why)
        draft.datasource["methods"] = [
            method
            for at, method in enumerate(methods)
            if at not in bad or method["name"] in draft.extended + draft.same
        ]


def save_import(
    api: ApiDescription,
    *,
    user: Any,
    operations: Sequence[str],
    wishes: DraftWishes = AS_IT_IS,
    into: str = "",
    revision: int | None = None,
) -> Datasource:
    """Store the data source of a draft, or the methods that it adds; raises Invalid and Stale."""
    if not operations:
        raise Invalid.at("/operations", _("Choose at least one operation."))
    draft = import_draft(api, user=user, operations=operations, wishes=wishes, into=into)
    if into:
        changes = {"methods": draft.datasource["methods"]}
        return patch_datasource(name=into, changes=changes, user=user, revision=revision)
    if not draft.datasource["base_url"]:
        raise Invalid.at("/base_url", _("Enter the base URL of the service."))
    return create_datasource(raw=draft.datasource, user=user)


# --- without secrets ------------------------------------------------------------------------------


def without_secrets(draft: ImportDraft) -> dict[str, Any]:
    """Return the draft as an answer may show it: credentials of the document are left out, told."""
    auth = draft.datasource["auth"]
    masked = masked_settings(auth_schemes.kinds[auth["scheme"]], auth)
    return {
        **draft.datasource,
        "auth": _emptied(masked, auth, draft, "/auth"),
        "methods": [_opened(method, draft) for method in draft.datasource["methods"]],
    }


def _emptied(shown: Any, held: Any, draft: ImportDraft, where: str) -> Any:
    """Return masked settings with nothing for a secret of the document, which is told.

    What a data source that is there holds is masked already, and stays so.
    """
    if isinstance(shown, dict):
        return {key: _emptied(shown[key], held[key], draft, f"{where}/{key}") for key in shown}
    if isinstance(shown, list):
        pairs = enumerate(zip(shown, held, strict=True))
        return [_emptied(one, kept, draft, f"{where}/{at}") for at, (one, kept) in pairs]
    if shown != MASK or held == MASK:
        return shown
    draft.notes.leave(where, _(SECRET_LEFT))
    return ""


def _opened(method: dict[str, Any], draft: ImportDraft) -> dict[str, Any]:
    made = dict(method)
    for section in TARGETS.values():
        made[section] = [
            _without_value(item, draft, f"{method['name']}/{section}")
            for item in method.get(section, ())
        ]
    return {key: value for key, value in made.items() if value != [] or key in method}


def _without_value(item: dict[str, Any], draft: ImportDraft, where: str) -> dict[str, Any]:
    secret = item.get("secret", is_secret_name(item["name"]))
    if not secret or item.get("value") in (None, "", MASK):
        return item
    draft.notes.leave(f"{where}/{item['name']}", _(SECRET_LEFT))
    return {**item, "value": None}
