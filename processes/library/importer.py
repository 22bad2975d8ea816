"""Import of an exported file: first what would be made, then all of it or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from datasources.models import Datasource
from datasources.selectors import document_of as datasource_of
from datasources.services.datasources import create_datasource
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, has_role
from kianda.lib import names, sealing
from kianda.lib.errors import Flaw, Invalid
from kianda.lib.names import as_title, slug_flaw
from kianda.lib.secret_names import MASK
from processes.definition.checks import check_references
from processes.definition.document import load_document
from processes.definition.raw_document import with_names
from processes.designs.lifecycle import create_design, save_design
from processes.designs.stored_catalog import StoredCatalog
from processes.library.catalogue import free_name, put_into_group
from processes.library.exporter import masked_datasource
from processes.library.import_file import Bundle, Packed, facts_of, read_bundle
from processes.models import ProcessDesign
from processes.selectors import get_design

HELD_FOR_S = 24 * 3600
_HELD = "processes to import"
ImportDecision = Literal["make", "use", "draft", "leave"]


@dataclass(frozen=True)
class ImportChoice:
    """What becomes of one object of the file: made (under a name), used as it is here, left."""

    act: ImportDecision
    name: str = ""


class ImportRow(NamedTuple):
    """One object of the file on the preview: what it is, what it meets here, what is proposed."""

    key: str
    name: str
    title: str
    facts: str
    taken: bool
    acts: tuple[ImportDecision, ...]
    choice: ImportChoice
    same: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """What an import would make."""

    processes: list[ImportRow]
    datasources: list[ImportRow]


@dataclass(frozen=True)
class Todo:
    """Something that a person has to do after an import, and on which page."""

    kind: Literal["datasource", "process"]
    name: str
    sentence: str


@dataclass
class Imported:
    """What an import has made, and what is left to do."""

    processes: list[ProcessDesign] = field(default_factory=list)
    datasources: list[Datasource] = field(default_factory=list)
    todo: list[Todo] = field(default_factory=list)


def hold(body: bytes) -> str:
    """Return the content of a file as a text that nobody can read or change until it is sent."""
    return sealing.hold(body, of=_HELD)


def held(token: str) -> Bundle:
    """Return the file that `hold` made the text of; raises Invalid after a day."""
    try:
        body = sealing.held(token, of=_HELD, seconds=HELD_FOR_S)
    except sealing.WrongKeyRing as error:
        raise Invalid.at("", _("The preview is too old. Choose the file again.")) from error
    return read_bundle(body)


def plan_of(bundle: Bundle, *, user: User) -> ImportPlan:
    """Return what would be made, with a proposal for each name that is taken here."""
    taken = frozenset(packed.name for packed in bundle.processes)
    lines = [_process_line(packed, taken) for packed in bundle.processes]
    return ImportPlan(lines, [_source_line(raw, user) for raw in bundle.datasources])


def _process_line(packed: Packed, in_file: frozenset[str]) -> ImportRow:
    document, name = packed.document, packed.name
    taken = ProcessDesign.objects.filter(name=name).exists()
    wish = free_name(name, also_taken=in_file) if taken else name
    acts: tuple[ImportDecision, ...] = ("make", "draft", "leave") if taken else ("make", "leave")
    missing = tuple(sentence for _, sentence in _masked_texts(packed.raw))
    choice, facts = ImportChoice("make", wish), ", ".join(facts_of(document))
    return ImportRow(name, name, document.title, facts, taken, acts, choice, missing=missing)


def _source_line(raw: Mapping[str, Any], user: User) -> ImportRow:
    name = str(raw["name"])
    stored = Datasource.objects.filter(name=name).first()
    may_make = has_role(user, ADMINISTRATOR, DATASOURCE_MANAGER)
    acts: tuple[ImportDecision, ...] = ("make",) if may_make else ()
    if stored is not None:
        choice, acts = ImportChoice("use", name), ("use", *acts)
    elif may_make:
        choice, acts = ImportChoice("make", name), ("make", "leave")
    else:
        choice, acts = ImportChoice("leave"), ("leave",)
    same = stored is not None and masked_datasource(datasource_of(stored)) == raw
    if stored is not None:
        choice = ImportChoice("use", _free_source(name))
    missing = tuple(_words(place, raw) for place in _masked_places(raw))
    address = str(raw.get("base_url") or raw.get("host", ""))
    return ImportRow(
        name, name, str(raw.get("title") or as_title(name)), address,
        stored is not None, acts, choice, same, missing,
    )  # fmt: skip


def _free_source(name: str) -> str:
    taken = set(Datasource.objects.filter(name__startswith=name).values_list("name", flat=True))
    return names.free_name(name, taken)


def carry_out(bundle: Bundle, choices: Mapping[str, ImportChoice], *, user: User) -> Imported:
    """Make what was chosen, all or nothing; raises Invalid, the places named by number.

    `choices` is by `datasource:<name>` and `process:<name>`; what is not in it is left out.
    """
    work = _Import(choices, user)
    with transaction.atomic():
        for at, raw in enumerate(bundle.datasources):
            with work.telling(f"/datasources/{at}"):
                work.take_source(raw)
        for at, packed in enumerate(bundle.processes):
            with work.telling(f"/processes/{at}"):
                work.take_process(packed)
        if work.flaws:
            raise Invalid(_("Nothing was imported."), errors=work.flaws)
        if not work.done.processes and not work.done.datasources:
            raise Invalid.at("", _("Everything is skipped, so there is nothing to import."))
    work.done.todo += list(_broken(work.done.processes))
    return work.done


class _Import:
    """One import at work: the choices, what is made, what is wrong."""

    def __init__(self, choices: Mapping[str, ImportChoice], user: User) -> None:
        self.choices, self.user = choices, user
        self.done, self.flaws = Imported(), list[Flaw]()

    def choice(self, kind: str, name: str) -> ImportChoice:
        """Return what becomes of an object of the file."""
        return self.choices.get(f"{kind}:{name}", ImportChoice("leave"))

    def new_names(self, kind: str) -> dict[str, str]:
        """Return the names under which objects are made, {in the file: here}.

        One that no object can have is told once, where it is made.
        """
        made = {key.partition(":"): choice for key, choice in self.choices.items()}
        return {
            name: choice.name.strip() or name
            for (of, _, name), choice in made.items()
            if of == kind and choice.act == "make" and not slug_flaw(choice.name.strip() or name)
        }

    @contextmanager
    def telling(self, place: str) -> Iterator[None]:
        """Note what is wrong at a place and go on with the next, so that all is told at once."""
        try:
            with transaction.atomic():
                yield
        except Invalid as invalid:
            found = invalid.errors or [Flaw("", invalid.detail)]
            self.flaws += [Flaw(f"{place}{flaw.pointer}", flaw.detail) for flaw in found]

    def take_source(self, raw: dict[str, Any]) -> None:
        """Make a datasource of the file, when that was chosen."""
        name = str(raw["name"])
        if self.choice("datasource", name).act != "make":
            return
        if not has_role(self.user, ADMINISTRATOR, DATASOURCE_MANAGER):
            raise Invalid.at(
                "", _("You need the role Data source manager to create a data source. Skip it.")
            )
        wish = self.choice("datasource", name).name.strip() or name
        row = create_datasource(raw={**_unmasked(raw), "name": wish}, user=self.user)
        self.done.datasources.append(row)
        self.done.todo += [
            Todo("datasource", row.name, _words(place, raw)) for place in _masked_places(raw)
        ]

    def take_process(self, packed: Packed) -> None:
        """Make a process of the file or a draft of the one that is here, as was chosen."""
        choice = self.choice("process", packed.name)
        if choice.act not in {"make", "draft"}:
            return
        raw = with_names(
            _unmasked(packed.raw),
            processes=self.new_names("process"),
            datasources=self.new_names("datasource"),
        )
        if choice.act == "make" and choice.name.strip():
            raw["name"] = choice.name.strip()
        if choice.act == "draft":
            save_design(name=packed.name, raw=raw, user=self.user)
            design = get_design(packed.name)
        else:
            design = create_design(raw=raw, user=self.user)
            put_into_group(design, packed.group, user=self.user)
        self.done.processes.append(design)
        self.done.todo += [
            Todo("process", design.name, sentence) for _, sentence in _masked_texts(packed.raw)
        ]


def _broken(designs: list[ProcessDesign]) -> Iterator[Todo]:
    """Yield what the made designs refer to and does not exist here."""
    for design in designs:
        draft = get_design(design.name).draft
        assert draft is not None  # a design is made with its first version
        for flaw in check_references(load_document(draft.document), StoredCatalog()):
            yield Todo("process", design.name, flaw.detail)


# ---- secrets that did not come along


def _masked_places(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the places that hold asterisks in a secret's stead."""
    if isinstance(node, str) and MASK in node:
        yield place
    if isinstance(node, dict):
        for key, item in node.items():
            yield from _masked_places(item, (*place, key))
    if isinstance(node, list):
        for at, item in enumerate(node):
            yield from _masked_places(item, (*place, at))


def _unmasked(node: Any) -> Any:
    """Return a copy without the asterisks: what they stood for is missing."""
    if isinstance(node, dict):
        return {key: _unmasked(item) for key, item in node.items()}
    if isinstance(node, list):
        return [_unmasked(item) for item in node]
    return node.replace(MASK, "") if isinstance(node, str) else node


def _words(place: tuple[str | int, ...], raw: Mapping[str, Any]) -> str:
    """Say which secret of a datasource is missing."""
    if place[0] == "methods":
        holder: Any = raw
        for key in place[:-1]:
            holder = holder[key]
        method = raw["methods"][place[1]]
        title = method.get("title") or method.get("name")
        return _("%(name)s of %(method)s") % {
            "name": holder.get("name", place[-1]),
            "method": title,
        }
    return as_title(str(place[-1]))


def _masked_texts(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and words of each rule that had a secret written out."""
    for place in _masked_places(raw):
        holder: Any = raw
        title = ""
        for key in place[:-1]:
            holder = holder[key]
            if isinstance(holder, dict) and "type" in holder:
                title = str(holder.get("title") or as_title(str(holder["type"])))
        at = holder.get("target") or holder.get("field") or place[-1]
        yield title, _("%(title)s: a value for %(at)s") % {"title": title, "at": at}
