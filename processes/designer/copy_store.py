"""The row of a working copy: found, stored edit by edit, kept in step with the saved versions."""

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import orjson
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Missing, TooLarge
from kianda.lib.i18n import writing
from processes.definition.tree import PROCESS, Object
from processes.designer.editing.patches import PATCH, Patch, Set
from processes.designer.editing.validation import CheckedDocument, FlawMark, checked, marks_of
from processes.designs.stored_catalog import StoredCatalog
from processes.language.limits import LIMITS
from processes.models import DesignVersion, ProcessDesign, WorkingCopy, WorkingEdit

REMEMBERED = 500
_KEPT = 4
_cache: "OrderedDict[tuple[str, str], CheckedDocument]" = OrderedDict()
_guard = Lock()


@dataclass(frozen=True)
class StaleBase:
    """A version that was saved elsewhere while the copy had edits of its own."""

    version: str
    by: str
    at: datetime
    # The reader has saved it, on another page.
    is_own: bool

    @classmethod
    def of(cls, copy: WorkingCopy, user: User) -> "StaleBase | None":
        """Return it, or None when the copy is made from the newest version."""
        draft = copy.design.draft
        if draft is None or draft.pk == copy.base_id:
            return None
        if copy.base is not None and copy.base.document == draft.document:
            return None
        by = display_name(draft.created_by) if draft.created_by else ""
        return cls(str(draft), by, draft.created, draft.created_by_id == user.pk)


@dataclass(frozen=True)
class Unsaved:
    """Edits of the working copy that no version holds yet: the last of them."""

    by: str
    at: datetime


def unsaved(design: ProcessDesign) -> Unsaved | None:
    """Return the last edit that is in no version, or None; makes no working copy."""
    copy = (
        WorkingCopy.objects.filter(design=design)
        .exclude(digest=F("base_digest"))
        .select_related("modified_by")
        .defer("document")
        .first()
    )
    if copy is None:
        return None
    return Unsaved(display_name(copy.modified_by) if copy.modified_by else "", copy.modified)


def digest_of(document: Object) -> str:
    """Return a mark of a definition that changes with it; raises TooLarge past 1 MB."""
    try:
        written = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # Whole numbers of more than 64 bits, halves of letters: as slowly, and the same else.
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        written = text.encode("utf-8", "surrogatepass")
    if len(written) > LIMITS.bytes:
        raise TooLarge(
            _(
                "A definition can have at most 1 MB (1,000,000 bytes). With this edit it would be "
                "larger."
            )
        )
    return hashlib.sha256(written).hexdigest()


def locked(name: str) -> WorkingCopy:
    """Return the working copy of a design, locked until the transaction ends; made if needed."""
    design = (
        ProcessDesign.objects.select_related("draft", "draft__created_by")
        .defer("draft__document")
        .filter(name=name)
        .first()
    )
    if design is None or design.draft is None:
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    copy = WorkingCopy.objects.select_for_update().filter(design=design).first()
    if copy is None:
        _make(design, design.draft)
        copy = WorkingCopy.objects.select_for_update().get(design=design)
    copy.design = design
    if copy.base_id == design.draft_id:
        copy.base = design.draft
    return copy


def _make(design: ProcessDesign, draft: DesignVersion) -> None:
    digest = digest_of(draft.document)
    WorkingCopy.objects.get_or_create(
        design=design,
        defaults={
            "document": draft.document,
            "base": draft,
            "digest": digest,
            "base_digest": digest,
            "modified": draft.created,
            "modified_by": draft.created_by,
        },
    )


def store(
    copy: WorkingCopy,
    *,
    document: Object,
    patch: Patch,
    kind: str,
    label: str,
    target: str,
    user: User | None,
) -> None:
    """Keep one edit: the new document, and in the log what was done."""
    copy.digest = digest_of(document)
    copy.document = document
    copy.revision += 1
    copy.modified, copy.modified_by = timezone.now(), user
    copy.save()
    WorkingEdit.objects.create(
        copy=copy,
        revision=copy.revision,
        at=copy.modified,
        by=user,
        by_name=user.get_username() if user else "",
        kind=kind,
        label=label[:250],
        target=target[:100],
        patch=PATCH.dump_python(patch, mode="json"),
    )
    if copy.revision % 50 == 0:
        copy.edits.filter(revision__lte=copy.revision - REMEMBERED).delete()


def up_to_date(copy: WorkingCopy) -> None:
    """Take what was saved elsewhere, when the copy has no edits of its own to lose."""
    draft = copy.design.draft
    if draft is None or draft.pk == copy.base_id:
        return
    if copy.base is not None and copy.base.document == draft.document:
        copy.base = draft
        copy.save(update_fields=["base"])
    elif copy.digest == copy.base_digest:
        replace(
            copy,
            draft,
            user=draft.created_by,
            label=_("Version %(version)s was saved") % {"version": draft},
        )
        copy.base, copy.base_digest = draft, copy.digest
        copy.save(update_fields=["base", "base_digest"])


def replace(copy: WorkingCopy, version: DesignVersion, *, user: User | None, label: str) -> None:
    """Put the definition of a version into the copy, as an edit that can be undone."""
    patch = difference(copy.document, version.document)
    if patch:
        store(
            copy, document=version.document, patch=patch, kind=WorkingEdit.Kind.WHOLE,
            label=label, target=PROCESS, user=user,
        )  # fmt: skip


def difference(before: Object, after: Object) -> Patch:
    """Return the changes from one definition to another, setting by setting of the process."""
    return tuple(
        Set(
            target=PROCESS,
            path=(key,),
            before=(before[key],) if key in before else (),
            after=(after[key],) if key in after else (),
        )
        for key in dict.fromkeys([*before, *after])
        if key not in before or key not in after or before[key] != after[key]
    )


def marks_in(document: Object, digest: str) -> list[FlawMark]:
    """Return what is wrong with a copy; its own checks are made once for content and language."""
    key = (digest, writing().language)
    with _guard:
        found = _cache.get(key)
    if found is None:
        found = checked(document)
        with _guard:
            _cache[key] = found
            while len(_cache) > _KEPT:
                _cache.popitem(last=False)
    return marks_of(found, StoredCatalog())
