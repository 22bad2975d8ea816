"""What waits for a person, what they have started themselves, what they may start."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.template import Context
from django.urls import reverse

from kianda.accounts.services.directory import DirectoryEntry, entries, tint_of
from kianda.accounts.services.substitutes import with_substitutes
from kianda.lib.word_search import holds_words
from kianda.messages.lines import Line, Offer
from kianda.web.navigation import RailProcess
from processes.definition.display import displays
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.engine.instance_state import COMPLETED, CURRENT
from processes.fields import Button
from processes.forms.sent_forms import starts_as_draft
from processes.instances.form_states import FormState, form_states, my_work
from processes.language.people import called
from processes.language.people_refs import group_ref, user_ref
from processes.models import FormOwner, ProcessDesign, ProcessInstance
from processes.record_titles import SeenRecord, learn_names, seen_record
from processes.rights.instance_rights import InstanceRights
from processes.rights.listed import first_seen
from processes.rights.ownership import owner_names
from processes.rights.querysets import startable_designs, visible_instances

MOST_BUTTONS = 3
# Draws them where a record is only named.
ACTS_TEMPLATE = "requests/_act.html"
MOST_IN_RAIL = 8


class QuickAct(NamedTuple):
    """A button that is pressed from a list, without opening the record.

    It `asks` for a text first, which may be `required`, or it stands there only because the menu of
    its form has it.
    """

    form: str
    name: str
    title: str
    icon: str
    asks: str = ""
    required: bool = False
    from_menu: bool = False


class WaitingRecord(NamedTuple):
    """A record that waits for the person: which of its open forms, and the quick actions there."""

    record: SeenRecord
    forms: list[FormState]
    buttons: list[QuickAct]
    # Who has started it, when that is somebody else.
    sender: DirectoryEntry | None
    is_draft: bool
    # Whose its forms are, where not the person's alone: in words.
    given_to: str


class OwnRecord(NamedTuple):
    """A record that the person has started: with whom it is now, or why it came back."""

    record: SeenRecord
    now_with: list[DirectoryEntry]
    is_draft: bool
    # Of one that was sent back to the person.
    sent_back: FormState | None


class StartTile(NamedTuple):
    """A process of which the person may start a record."""

    name: str
    title: str
    description: str
    icon: str
    tint: int

    @property
    def url(self) -> str:
        """Return the address of the page that starts one."""
        return reverse("start-request", args=[self.name])


def waiting_records(instances: Iterable[ProcessInstance], user: User) -> list[WaitingRecord]:
    """Return what waits for a person in some instances; design, version, creator at hand."""
    found = [(row, form_states(row, document_of(row.version))) for row in instances]
    rows = [row for row, _states in found]
    mine = _open_and_mine(rows, user)
    # Looked up at once, and remembered until the page is made.
    called(user_ref(name) for _row, states in found for one in states for name in one.users)
    learn_names(rows)
    people = entries(user_ref(row.created_by.username) for row, _ in found if row.created_by)
    return [
        _waiting(row, states, [one for one in states if (row.pk, one.form) in mine], people, user)
        for row, states in found
    ]


def _waiting(
    row: ProcessInstance,
    states: list[FormState],
    mine: list[FormState],
    people: dict[str, DirectoryEntry],
    user: User,
) -> WaitingRecord:
    rights = InstanceRights(user, row, document_of(row.version))
    record, creator = seen_record(row, user, rights), row.created_by
    return WaitingRecord(
        record, mine, quick_acts(rights, mine)[:MOST_BUTTONS],
        people.get(user_ref(creator.username)) if creator and creator != user else None,
        is_draft(record, states), _given_to(mine, user),
    )  # fmt: skip


def _given_to(forms: list[FormState], user: User) -> str:
    found = [one for one in forms if one.groups or one.users != (user.username,)]
    return ", ".join(dict.fromkeys(name for one in found for name in one.owners))


def quick_acts(rights: InstanceRights, forms: list[FormState]) -> list[QuickAct]:
    """Return what can be pressed at once on open forms; first what their people may press."""
    document = rights.document
    stand = displays(document, rights.instance.display)
    found = [
        (state, field)
        for state in forms
        for form in document.forms
        if form.name == state.form
        for field in form.all_fields()
        if isinstance(field, Button)
    ]
    offered = [
        QuickAct(
            state.form,
            field.name,
            field.title,
            field.icon,
            asks=field.quick.ask,
            required=bool(field.quick.ask and field.quick.required),
        )
        for state, field in found
        if field.quick is not None and stand[field.name].visible and stand[field.name].enabled
        if rights.sees(field.name) and rights.presses(field.name)
    ]
    names = {one.name for one in offered}
    return offered + [
        QuickAct(state.form, field.name, field.title, field.icon, from_menu=True)
        for state, field in found
        if field.name not in names
        if field.is_in_menu(state.status) and rights.finds_in_menu(field.name)
    ]


def _open_and_mine(instances: Iterable[ProcessInstance], user: User) -> set[tuple[int, str]]:
    mine = set(owner_names(user))
    owners = FormOwner.objects.filter(instance__in=[one.pk for one in instances])
    return {(one.instance_id, one.form) for one in owners if (one.kind, one.name) in mine}


def acts_in_news(user: User, lines: Sequence[Line]) -> Mapping[int, Offer]:
    """Return the quick actions of the records that wait for a person, once for each record."""
    newest: dict[str, int] = {}
    for line in lines:
        newest.setdefault(str(line.notification.data.get("process_id", "")), line.notification.pk)
    if not newest:
        return {}
    rows = my_work(user).filter(process_id__in=list(newest))
    shown = rows.select_related("design", "version", "created_by").order_by("-pk")
    found = waiting_records(shown.defer("version__document", "secrets"), user)
    return {
        newest[one.record.instance.process_id]: Offer(ACTS_TEMPLATE, one)
        for one in found
        if one.buttons and one.record.instance.process_id in newest
    }


def own_records(user: User, *, most: int) -> list[OwnRecord]:
    """Return the newest live records that a person has started, and still sees."""
    # A process, or a rule for one record, may keep from people what they have started.
    made = ProcessInstance.objects.filter(created_by=user, mode=ProcessInstance.Mode.LIVE)
    rows = ProcessInstance.objects.filter(pk__in=first_seen(user, made.order_by("-pk"), most=most))
    return as_own_records(_shown(rows), user)


def started_by(user: User) -> QuerySet[ProcessInstance]:
    """Return all live records that a person has started and still sees, newest first."""
    made = visible_instances(user).filter(created_by=user, mode=ProcessInstance.Mode.LIVE)
    return _shown(made)


def _shown(rows: QuerySet[ProcessInstance]) -> QuerySet[ProcessInstance]:
    shown = rows.select_related("design", "version", "created_by").order_by("-pk")
    return shown.defer("version__document", "secrets")


def as_own_records(rows: Iterable[ProcessInstance], user: User) -> list[OwnRecord]:
    """Return records that a person has started with what they want to know of each."""
    found = []
    for row in rows:
        rights = InstanceRights(user, row, document_of(row.version))
        found.append((rights, form_states(row, rights.document)))
    owners = entries(ref for one in found for ref in _owners(*one))
    people = with_substitutes(owners, user.get_username())
    learn_names(rights.instance for rights, _states in found)
    return [_own(rights, states, people, user) for rights, states in found]


def _own(
    rights: InstanceRights, states: list[FormState], people: dict[str, DirectoryEntry], user: User
) -> OwnRecord:
    record = seen_record(rights.instance, user, rights)
    is_back = (one for one in states if one.status == CURRENT and one.sent_back_at)
    return OwnRecord(
        record, [people[ref] for ref in _owners(rights, states)], is_draft(record, states),
        next((one for one in is_back if user.username in one.users), None),
    )  # fmt: skip


def is_draft(record: SeenRecord, states: Iterable[FormState]) -> bool:
    """Tell whether a record was begun and none of its forms ever submitted."""
    was_sent = any(one.status == COMPLETED or one.sent_back_at for one in states)
    return starts_as_draft(record.document) and not was_sent


def _owners(rights: InstanceRights, states: Iterable[FormState]) -> list[str]:
    """Return whose the open forms are that the person sees."""
    return list(
        dict.fromkeys(
            ref
            for one in states
            if one.status == CURRENT and rights.sees(one.form)
            for ref in (*map(user_ref, one.users), *map(group_ref, one.groups))
        )
    )


def rail_processes(user: User) -> list[RailProcess]:
    """Return the processes that a person may start, with where their records are listed."""
    return [
        RailProcess(
            row.name, reverse("records", args=[row.name]), document.many_records,
            document.record.icon or "collection",
        )
        for row, document in _startable(user, MOST_IN_RAIL)
    ]  # fmt: skip


def processes_called(
    user: User, words: Sequence[str], rows: QuerySet[ProcessDesign], *, most: int
) -> list[tuple[ProcessDesign, Document]]:
    """Return those of some designs that a person may start and that are called by all words.

    The names of records are looked at in those of the rail alone: they stand in the definitions.
    """
    by_title = _startable(user, most, rows.filter(holds_words(words, "title", "name")))
    found = {row.pk: (row, document) for row, document in by_title}
    for row, document in _startable(user, MOST_IN_RAIL):
        said = f"{document.one_record} {document.many_records}".casefold()
        if all(word.casefold() in said for word in words):
            found.setdefault(row.pk, (row, document))
    return list(found.values())[:most]


def process_of_page(context: Context) -> str:
    """Return the process that a page is about: of its record, or as its address names it."""
    record = context.get("instance")
    if isinstance(record, ProcessInstance):
        return record.design.name
    match = context["request"].resolver_match
    return str(match.kwargs.get("process", "")) if match is not None else ""


def start_tiles(user: User, *, most: int) -> list[StartTile]:
    """Return the processes of which a person may start a record, by title."""
    return [
        StartTile(
            row.name, document.one_record, row.description,
            document.record.icon or "file-text", tint_of(row.name),
        )
        for row, document in _startable(user, most)
    ]  # fmt: skip


def _startable(
    user: User, most: int, among: QuerySet[ProcessDesign] | None = None
) -> list[tuple[ProcessDesign, Document]]:
    rows = startable_designs(user)
    if among is not None:
        rows = rows & among
    rows = rows.select_related("published").order_by("title", "name")
    return [
        (row, document_of(row.published))
        for row in rows.defer("published__document")[:most]
        if row.published is not None
    ]
