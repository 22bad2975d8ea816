"""What a rule may ask of the run that it is part of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Literal, NamedTuple, Protocol

from kianda.lib.secret_names import MASK
from processes.language.call_results import Answer, RuleFailed
from processes.language.conditions import ItemFilter
from processes.language.values import Value, to_json

Item = Mapping[str, Value]


class Ref(NamedTuple):
    """What a rule works with outside its process: a method of a datasource, or a process."""

    place: str  # The setting that names it.
    process: str = ""
    target: str = ""  # What is triggered in that process.
    datasource: str = ""
    method: str = ""


DisplayPart = Literal["visible", "enabled", "required"]


class Forms(Protocol):
    """What a rule may do with the forms of its instance."""

    def submit(self, form: str, *, status: str) -> None:
        """Complete a form, open the next one and store; raises RuleFailed naming wrong fields."""

    def close(self, *, status: str) -> None:
        """Leave the form; with a status the instance ends with it."""

    def delete(self) -> None:
        """Delete the instance with what is stored next; raises RuleFailed for who may not."""

    def go_to(self, form: str, *, mode: str, make_current: bool, note: str = "") -> None:
        """Show a form on the page, and make it the current one when asked.

        A completed form is sent back by that; the note says why.
        """

    def assign(
        self,
        forms: Sequence[str],
        *,
        users: Sequence[str],
        groups: Sequence[str],
        append: bool,
        opens: bool,
    ) -> None:
        """Give forms to people and groups, and open them when asked."""

    def secure(self, lists: Mapping[str, Sequence[str]], *, append: bool) -> None:
        """Set who may see, change or delete the instance; without lists the design holds again."""

    def show(self, name: str, part: DisplayPart, *, value: bool) -> None:
        """Set whether a field or form is visible or enabled, or a field required."""

    def show_as(self, name: str, mode: Literal["edit", "read"]) -> None:
        """Let the page that follows show a field or form so; it is not stored."""

    def shows(self, name: str, part: DisplayPart) -> bool:
        """Tell how that stands now."""

    def holders(self, name: str) -> Sequence[str]:
        """Return the fields that hold the values of a field, a container or a form."""


@dataclass(frozen=True)
class InstanceAct:
    """What a rule does in other instances: it makes, changes or deletes them, or starts one."""

    act: Literal["create", "change", "delete", "start"]
    process: str
    values: Mapping[str, Value] = field(default_factory=dict)
    # Those of the values that were made of secrets: they go only into secret fields.
    secret: frozenset[str] = frozenset()
    filter: ItemFilter | None = None
    every: bool = False
    # An existing instance to start something in, and what.
    process_id: str = ""
    target: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """Return it as a request, for the trace."""
        shown: dict[str, Any] = {"act": self.act, "process": self.process}
        if self.filter is not None:
            shown["filter"] = self.filter.in_words()
        shown |= {n: value for n in ("process_id", "target") if (value := getattr(self, n))}
        if self.values:
            shown["values"] = {
                name: MASK if name in self.secret else to_json(value)
                for name, value in self.values.items()
            }
        return shown


@dataclass(frozen=True)
class PersonAct:
    """What a rule changes of what is known of a person, named as `user:ada`, `ada` or by e-mail."""

    person: str
    values: Mapping[str, str]

    @property
    def shown(self) -> dict[str, Any]:
        """Return it as a request, for the trace."""
        return {"act": "change", "user": self.person, "values": dict(self.values)}


@dataclass(frozen=True)
class PeopleQuery:
    """Which people a rule looks for, and what it wants to know of them."""

    # What is compared; `id` is who is named: as a ref, by user name or e-mail address.
    property: str
    value: str
    operator: Literal["eq", "contains"] = "eq"
    wanted: tuple[str, ...] = ()
    most: int = 1


# Where links to forms begin, below the address of the product.
LINKS_AT = "/f/"


@dataclass(frozen=True)
class FormLinkTerms:
    """What a link to a form lets do: on which form, how often, for how long."""

    form: str
    # None: any number.
    uses: int | None = None
    # None: for ever.
    seconds: int | None = None
    # What is shown after sending.
    message: str = ""


@dataclass(frozen=True)
class Meeting:
    """A meeting: of which rule, from when to when, where.

    Its times are moments, or dates: then the days are whole, and the end is the last one.
    """

    rule: str
    start: str
    end: str
    location: str = ""


@dataclass(frozen=True)
class Mail:
    """An email as a rule writes it: recipients are refs and addresses, still to be looked up."""

    to: tuple[str, ...]
    # Texts in pieces, and of each whether it is a value that was put in, to be shown as it is. The
    # body is Markdown.
    subject: tuple[tuple[str, bool], ...]
    body: tuple[tuple[str, bool], ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    # The name of an email datasource; empty, it is the workspace's.
    account: str = ""
    # To which it invites.
    meeting: Meeting | None = None
    # The files that go with it: what the field holds of each, and whether as a link.
    attachments: tuple[tuple[Mapping[str, Any], bool], ...] = ()


class Context(Protocol):
    """What a rule may do. Everything but `RuleFailed` and `ValueFailure` is not its business."""

    @property
    def today(self) -> str:
        """Return the day of the run in its time zone, `2026-11-23`."""

    @property
    def zone(self) -> tzinfo:
        """Return the time zone of the run, which puts moments on days."""

    @property
    def forms(self) -> Forms:
        """Return what may be done with the forms of the instance."""

    def resolve(self, name: str) -> Value:
        """Return the value of a field, or of `process.* user.* now today`."""

    def read_out(self, name: str) -> Value:
        """Return a value as its field shows it to people; moments stay as they are stored."""

    def is_secret(self, name: str) -> bool:
        """Tell whether the field is a secret one."""

    def is_secret_of_item(self, name: str) -> bool:
        """Tell whether it is a secret field of the instances that were found last."""

    def masked(self, failure: RuleFailed) -> RuleFailed:
        """Return a failure whose sentences hold no secret that the run has read or received."""

    def assign(self, field: str, value: Value) -> None:
        """Set one field of the working copy, converted to its type."""

    def assign_all(self, changes: Sequence[tuple[str, Value]]) -> None:
        """Set several fields of the working copy: all or none."""

    def must_take(self, field: str, value: Value) -> None:
        """Raise RuleFailed for a value that does not fit the field; nothing is changed."""

    def alert(self, *, to: Sequence[str], title: str, text: str) -> None:
        """Tell people, given as refs, with what is stored next; a run that fails tells nobody."""

    def mail(self, mail: Mail) -> None:
        """Send an email with what is stored next; raises RuleFailed when nobody would get it."""

    def link(self, terms: FormLinkTerms) -> str:
        """Return the address of a new link to a form, which is made with what is stored next."""

    def note(self, sentence: str) -> None:
        """Note something about the step under way, which goes on."""

    def call(self, *, datasource: str, method: str, inputs: Mapping[str, Value]) -> Answer:
        """Call a REST method; raises RuleFailed on anything but success."""

    def accept(self, changes: Sequence[tuple[str, Value]]) -> None:
        """Apply what a successful call brought, all or none; the new last safe point."""

    def find(self, *, process: str, filter: ItemFilter, limit: int) -> list[Item]:
        """Return stored instances of a process: field values and `process.id` and its like.

        The filter's `[item.x]` are theirs; its other names are those of this run.
        """

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Return people, by user name: `ref`, and what is wanted of each."""

    def act(self, act: InstanceAct | PersonAct) -> Sequence[Item]:
        """Do something in other instances, or to a person; return them as they are then, or were.

        It is a call: its intent is durable first. None was found when none comes back.
        """

    def each_row(self, table: str, rules: Sequence[Any], *, go_on: bool) -> None:
        """Run rules for each row of a table; `go_on` passes over a row that fails."""

    def save(self) -> None:
        """Store the working copy."""

    def undo(self) -> None:
        """Put the working copy back to the last safe point."""

    def store_undo(self, changes: Sequence[tuple[str, Value]]) -> None:
        """Apply on-error values and store them at once."""
