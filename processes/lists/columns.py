"""The columns of a list that a person may read, and how each is compared, sorted and added up.

A field that they see on each record can be filtered, sorted, grouped and counted by. One that only
the people of a record tell is shown where they see it and nothing else: a count would tell of it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Case, Exists, Expression, F, OuterRef, Q, Value, When
from django.db.models.functions import Concat
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from processes.definition.document import Document
from processes.document_cache import document_of
from processes.fields.base import FormField
from processes.language.people import USER, kind_and_name
from processes.language.people_refs import named_by
from processes.language.scope import ListedAs
from processes.language.values import as_text
from processes.listed_values import is_kept
from processes.lists.stored_json import (
    Asked,
    FirstItem,
    HoldsItem,
    IsNamed,
    ListedContains,
    ListedStartsWith,
    Part,
)
from processes.models import (
    DesignVersion,
    FormOwner,
    ListedField,
    ListedValue,
    ProcessDesign,
    ProcessInstance,
)
from processes.models.lists import IS_CUT, LONGEST_LISTED
from processes.rights.decisions import is_administrator, person_of, security_of
from processes.rights.parts import placed

_ORDERED = ("eq", "neq", "gt", "gte", "lt", "lte", "between", "blank", "not_blank")
_DATED = (*_ORDERED, "before_today", "today", "after_today")
# What a filter offers, by as what values are compared; the first is the usual one.
OPERATORS_OF: Mapping[ListedAs, tuple[str, ...]] = {
    "": (),
    "words": ("contains", "not_contains", "eq", "neq", "starts_with", "in", "blank", "not_blank"),
    "quantity": (*_ORDERED, "in"),
    "day": _DATED,
    "moment": _DATED,
    "yes_no": ("in", "eq", "neq", "blank", "not_blank"),
    "choice": ("in", "eq", "neq", "contains", "not_contains", "blank", "not_blank"),
    "person": ("is_me", "has_me", "eq", "neq", "in", "contains", "not_contains", "blank",
               "not_blank"),
    "files": ("not_blank", "blank"),
}  # fmt: skip
_PARTS: Mapping[ListedAs, Part] = {"quantity": "quantity", "moment": "moment"}
FACT_TITLES = {
    "process.status": gettext_lazy("Status"), "process.owners": gettext_lazy("Now with"),
    "process.created": gettext_lazy("Created"), "process.created_by": gettext_lazy("Created by"),
    "process.modified": gettext_lazy("Modified"),
    "process.id": pgettext_lazy("of a record", "Number"),
}  # fmt: skip
FACT_KINDS: Mapping[str, ListedAs] = {
    "process.status": "choice", "process.owners": "person", "process.created": "moment",
    "process.created_by": "person", "process.modified": "moment", "process.id": "words",
}  # fmt: skip
_COLUMN_OF = {
    "process.status": "status", "process.created": "created", "process.modified": "modified",
    "process.id": "key",
}  # fmt: skip


@dataclass(frozen=True)
class ListColumn:
    """A column of a list: a field of the process, or a fact of each record."""

    name: str
    title: str
    kind: ListedAs
    field: FormField | None
    # The reader sees it on each record, so that it may be filtered, sorted, grouped and counted.
    openly: bool
    # What can be chosen: value and words.
    choices: tuple[tuple[str, str], ...] = ()
    # The rows by which a database finds its values, where all of them are there.
    listed: int | None = None
    # The records that its reader can at most see, when these are few.
    among: Collection[int] | None = None
    # What is asked by it is turned round.
    negated: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """Return the operators that a filter by it offers."""
        return OPERATORS_OF[self.kind] if self.openly else ()

    @property
    def sortable(self) -> bool:
        """Tell whether lists can be sorted by it."""
        one_value = self.kind not in {"", "files"} and self.name != "process.owners"
        return self.openly and one_value

    @property
    def groupable(self) -> bool:
        """Tell whether it has few values that head groups of records."""
        return self.sortable and self.kind in {"choice", "person", "yes_no", "words", "day"} and (
            self.name != "process.id" and not getattr(self.field, "multiple", False)
        )  # fmt: skip

    @property
    def countable(self) -> bool:
        """Tell whether it can be added up."""
        return self.openly and self.kind == "quantity"

    @property
    def part(self) -> Part:
        """Return as what its values are compared in the database."""
        return _PARTS.get(self.kind, "words")

    def holds(self, asked: Asked) -> Q:
        """Return the filter of the records for which all of some comparisons hold."""
        if self.field is not None:
            stored = Q(HoldsItem(self.name, self.part, asked))
            return stored if self.listed is None else _listed_hold(self, asked, stored)
        return _FACTS_HOLD.get(self.name, _row_holds)(self.name, asked)

    def expression(self) -> Expression | F:
        """Return its value in a query, to sort, group and add up by; nothing set is NULL.

        A person is `user:<name>`, a day and a moment ISO 8601 text, but a fact's moment a datetime.
        """
        if self.field is not None:
            return FirstItem(self.name, self.part)
        if self.name == "process.created_by":
            named = Concat(Value("user:"), F("created_by__username"))
            return Case(When(created_by__isnull=False, then=named), default=None)
        return F(_COLUMN_OF[self.name])


def _listed_hold(column: ListColumn, asked: Asked, stored: Q) -> Q:
    """Return the same filter by the rows of listed values, which have the beginnings of texts."""
    texts = [one for value in asked.values() for one in _many(value) if isinstance(one, str)]
    if any(len(one) >= LONGEST_LISTED for one in texts):
        return stored
    rows = ListedValue.objects.filter(column=column.listed).order_by()
    if column.among is not None:
        rows = rows.filter(instance__in=column.among)
    held = rows.filter(_in_rows(column.part, asked)).values("instance")
    found = Q(IsNamed(held)) if column.negated else Q(pk__in=held)
    if "contains" in asked:
        # What a long text holds after its beginning, only the text tells.
        long = rows.filter(IS_CUT)
        if long.exists():
            found |= Q(pk__in=long.values("instance")) & stored
    return found


def _many(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _in_rows(part: Part, asked: Asked) -> Q:
    name, found = "quantity" if part == "quantity" else "words", Q()
    for comparison, wanted in asked.items():
        if comparison == "contains":
            found &= Q(ListedContains(F(name), wanted))
        elif comparison == "startswith":
            found &= Q(ListedStartsWith(F(name), wanted))
        else:
            found &= Q(**{f"{name}__{comparison}": wanted})
    return found


def _row_holds(name: str, asked: Asked) -> Q:
    column, found = _COLUMN_OF[name], Q()
    for comparison, wanted in asked.items():
        lookup = {"contains": "icontains", "startswith": "istartswith"}.get(comparison, comparison)
        given = wanted
        if name in {"process.created", "process.modified"}:
            # Each record has both: only an empty text is less.
            if wanted == "":
                continue
            given = _aware(wanted)
        elif column == "key":
            given = [one.lower() for one in wanted] if comparison == "in" else wanted.lower()
        found &= Q(**{f"{column}__{lookup}": given})
    return found


def _aware(text: str) -> Any:
    return parse_datetime(f"{text}Z")


def _creator_holds(_name: str, asked: Asked) -> Q:
    found = Q()
    for comparison, wanted in asked.items():
        if comparison == "gt":
            found &= Q(created_by__isnull=False)
            continue
        many = wanted if comparison == "in" else [wanted]
        names = [name for kind, name in map(kind_and_name, many) if kind == USER]
        found &= Q(created_by__username__in=names)
    return found


def _owners_hold(_name: str, asked: Asked) -> Q:
    rows = FormOwner.objects.all()
    for comparison, wanted in asked.items():
        if comparison == "gt":
            continue
        many = wanted if comparison == "in" else [wanted]
        named = Q(pk__in=[])
        for kind, name in map(kind_and_name, many):
            named |= Q(kind=kind, name=name)
        rows = rows.filter(named)
    return Q(pk__in=rows.order_by().values("instance"))


_FACTS_HOLD = {"process.created_by": _creator_holds, "process.owners": _owners_hold}


def readable_columns(
    design: ProcessDesign, user: User, *, among: Collection[int] | None = None
) -> dict[str, ListColumn]:
    """Return the columns of a published process that a person may read: its fields, then facts.

    Values are looked for `among` some records alone, where all that is listed is among them.
    """
    assert design.published is not None  # a list is of a published process
    document = document_of(design.published)
    if is_administrator(user, security_of(design)):
        hidden, told = frozenset[str](), frozenset(document.fields) | _forms_in(document)
    else:
        hidden, told = _unseen(document, user), _told_everywhere(design, document, user)
    found = {
        name: _field_column(field, openly=name in told)
        for name, field in document.value_fields.items()
        if not field.is_secret and not field.holds_rows and name not in hidden
    }
    ready = _listed(design)
    for name, one in found.items():
        if ready.get(name, ("", 0))[0] == one.part:
            found[name] = replace(one, listed=ready[name][1], among=among)
    # Whose a form is, is told where each form is seen.
    owners = all(form.name in told for form in document.forms)
    for name, title in FACT_TITLES.items():
        choices = _statuses(document) if name == "process.status" else ()
        openly = owners if name == "process.owners" else True
        found[name] = ListColumn(name, str(title), FACT_KINDS[name], None, openly, choices)
    return found


def _listed(design: ProcessDesign) -> dict[str, tuple[str, int]]:
    """Return as what the values of fields have rows, and of which listed field they are."""
    rows = ListedField.objects.filter(design=design, ready=True)
    found = {name: (part, pk) for name, part, pk in rows.values_list("name", "part", "pk")}
    if found:
        with connection.cursor() as cursor:
            # A migration from elsewhere may have made the table anew, without what keeps them.
            return found if is_kept(cursor) else {}
    return found


def _field_column(field: FormField, *, openly: bool) -> ListColumn:
    choices = tuple((one.value, one.title) for one in getattr(field, "choices", ()))
    if field.listed_as == "yes_no":
        choices = tuple((as_text(one), field.shown(one)) for one in (True, False))
    return ListColumn(field.name, field.title, field.listed_as, field, openly, choices)


def _statuses(document: Document) -> tuple[tuple[str, str], ...]:
    named = dict.fromkeys(("open", *(one.name for one in document.statuses), "completed"))
    own = {"open": pgettext("a status", "Open"), "completed": _("Completed")}
    return tuple((name, own.get(name, name)) for name in named)


def _forms_in(document: Document) -> frozenset[str]:
    return frozenset(form.name for form in document.forms)


def _seeing_lists(document: Document) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield every form and field by name, with the lists of who sees it that say anything."""
    for form in document.forms:
        yield form.name, [form.see] if form.see else []
    for name, part in placed(document):
        yield name, [refs for refs in (part.form.see, *(one.see for one in part.nested)) if refs]


def _unseen(document: Document, user: User) -> frozenset[str]:
    """Return what a person sees on no record: its lists name other people and groups alone."""
    if not document.has_hidden_parts:
        return frozenset()
    person = person_of(user)
    return frozenset(
        name
        for name, lists in _seeing_lists(document)
        if any(not named_by(refs, person) and all(map(_is_named, refs)) for refs in lists)
    )


def _is_named(ref: str) -> bool:
    return bool(kind_and_name(ref)[0])


def _seen_always(document: Document, user: User) -> frozenset[str]:
    """Return what a person sees on each record, whoever its people are."""
    if not document.has_hidden_parts:
        return frozenset(document.fields) | _forms_in(document)
    person = person_of(user)
    return frozenset(
        name
        for name, lists in _seeing_lists(document)
        if all(named_by(refs, person) for refs in lists)
    )


def _told_everywhere(design: ProcessDesign, document: Document, user: User) -> frozenset[str]:
    """Return what a person sees on each record of each version: some are of older ones."""
    assert design.published is not None  # a list is of a published process
    told = _seen_always(document, user)
    live = ProcessInstance.objects.filter(version=OuterRef("pk"), mode=ProcessInstance.Mode.LIVE)
    versions = DesignVersion.objects.filter(Exists(live), design=design).defer("document")
    for older in versions.exclude(pk=design.published.pk):
        one = document_of(older)
        told -= (frozenset(one.fields) | _forms_in(one)) - _seen_always(one, user)
        told -= one.secrets
    return told
