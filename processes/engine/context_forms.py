"""What the rules of one run may do with the forms of its instance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.definition.display import Overrides, displays_on, overlaid
from processes.definition.document import Document, Form
from processes.definition.security import Security
from processes.engine.context_rows import run_inside
from processes.engine.instance_state import (
    CURRENT,
    InstanceState,
    note_too_long,
    records_of,
)
from processes.engine.ports import RunState
from processes.engine.transitions import ActedBy, NotOpen, assigned, closed, submitted, went_to
from processes.fields.base import InputField, walk
from processes.language.limits import LONGEST_STATUS
from processes.language.people import refs_in
from processes.language.people_refs import named_field
from processes.language.values import Value
from processes.rules.base import RuleFailed
from processes.rules.ports import DisplayPart

NameLookup = Callable[[Sequence[str]], tuple[list[str], list[str]]]


@dataclass
class FormsScope:
    """What is known about the forms of a run's instance, and who they can be given to."""

    document: Document
    # The form on which the run's target stands, and whether the target is its submission.
    own_form: str
    submits: bool
    moment: ActedBy
    # Asked only when forms change: it may cost a look into the database.
    creator: Callable[[], str]
    known_users: NameLookup
    known_groups: NameLookup
    # The rights of the process, as they were published last.
    security: Callable[[], Security] = Security
    # What is hidden from the person of the run, or off for them: nothing of it is required.
    withheld: Overrides = field(default_factory=dict)
    # What is on or off in the view of whoever sent the form: a rule Field display mode chose it.
    viewed: Overrides = field(default_factory=dict)
    is_preview: bool = False
    # Why the person of the run cannot delete the instance; empty when they can.
    why_not_deleted: Callable[[], str] = str
    # The forms whose own rules run just now, because a Submit asked for them.
    submitting: set[str] = field(default_factory=set)


class RunForms:
    """Implements `processes.rules.ports.Forms` on the working copy of a run."""

    def __init__(self, context: RunState, scope: FormsScope) -> None:
        """Take the run and what is known about its forms."""
        self.context, self.scope = context, scope

    def submit(self, form: str, *, status: str) -> None:
        """Check a form, run its rules, complete it, open the next one, and store all values.

        When a rule of the form has closed the instance or sent it back, that is where it goes.
        """
        context, scope = self.context, self.scope
        _refuse_long(status)
        wanted = self._form(form or self._own_or_open())
        step = context.trace.current
        fresh = step is None or step.goes_on_at is None
        if fresh:
            self._check(wanted)
        is_own = scope.submits and wanted.name == scope.own_form
        is_inside = is_own or wanted.name in scope.submitting
        runs_rules = bool(wanted.rules) and not is_inside
        if runs_rules:
            self._run_rules_of(wanted, fresh=fresh)
        # What its own rules have completed, closed or sent back is not completed once more.
        went_on = runs_rules or (is_inside and context.page.get("submitted") != wanted.name)
        if not went_on or wanted.name in self._open_forms():
            context.working.standing = self._completed(wanted, status)
        context.save()
        following = self._open_forms()
        context.page.update({"submitted": wanted.name, "form": following[0] if following else ""})

    def _run_rules_of(self, form: Form, *, fresh: bool) -> None:
        """Run what a form runs when it is submitted, if it is open."""
        if fresh:
            self._completed(form, "")
        self.scope.submitting.add(form.name)
        try:
            run_inside(self.context, form.title, form.rules)
        finally:
            self.scope.submitting.discard(form.name)
        self._check(form)

    def _completed(self, form: Form, status: str) -> InstanceState:
        """Return where the instance stands with a form completed."""
        try:
            return submitted(
                self.scope.document,
                self.context.working.standing,
                form.name,
                creator=self.scope.creator(),
                moment=self.scope.moment,
                status=status,
            )
        except NotOpen as refusal:
            raise RuleFailed("value", str(refusal)) from refusal

    def close(self, *, status: str) -> None:
        """Leave the form; with a status the instance ends with it."""
        _refuse_long(status)
        if status:
            self.context.working.standing = closed(
                self.scope.document,
                self.context.working.standing,
                status=status,
                creator=self.scope.creator(),
                moment=self.scope.moment,
            )
        self.context.page["leave"] = True

    def delete(self) -> None:
        """Delete the instance with what is stored next; raises RuleFailed for who may not."""
        if self.scope.is_preview:
            self.context.note(_("Not deleted: this is a preview."))
            return
        if why := self.scope.why_not_deleted():
            raise RuleFailed("configuration", why)
        self.context.working.deleted_by = self._rule()

    def go_to(self, form: str, *, mode: str, make_current: bool, note: str = "") -> None:
        """Show a form on the page, and make it the current one when asked: why, says the note."""
        wanted = self._form(form)
        _refuse_long_note(note)
        if make_current:
            self.context.working.standing = went_to(
                self.scope.document,
                self.context.working.standing,
                wanted.name,
                own=self.scope.own_form,
                creator=self.scope.creator(),
                moment=self.scope.moment,
                note=note.strip(),
            )
        self.context.page.update({"form": wanted.name, "mode": mode})

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
        working = self.context.working
        working.given_by |= dict.fromkeys(forms, self._rule())
        working.standing = assigned(
            self.scope.document,
            working.standing,
            [self._form(name).name for name in forms],
            users=_all_known(users, self.scope.known_users, "person"),
            groups=_all_known(groups, self.scope.known_groups, "group"),
            creator=self.scope.creator(),
            append=append,
            opens=opens,
            at=self.scope.moment.at,
        )

    def _rule(self) -> str:
        """Return what the rule under way is called."""
        step = self.context.trace.current
        return step.rule.title or step.rule.id if step is not None else "-"

    def secure(self, lists: Mapping[str, Sequence[str]], *, append: bool) -> None:
        """Set who may see, change or delete the instance; without lists the design holds again.

        A user field in the lists of the design, too, stands for the people that it holds now.
        """
        working, usual = self.context.working, self.scope.security()
        if append:
            now = {
                name: working.standing.security.get(name, getattr(usual, name)) for name in lists
            }
            lists = {name: [*now[name], *refs] for name, refs in lists.items()}
        once = {
            name: list(dict.fromkeys(one for ref in refs for one in self._people(ref)))
            for name, refs in lists.items()
        }
        working.standing = working.standing.secured(once)

    def _people(self, ref: str) -> list[str]:
        field = named_field(ref)
        return sorted(refs_in(self.context.resolve(field))) if field else [ref]

    def show(self, name: str, part: DisplayPart, *, value: bool) -> None:
        """Set whether a field or form is visible or enabled, or a field required."""
        if self.shows(name, part) != value:
            working = self.context.working
            working.standing = working.standing.shown(name, part, value=value)

    def show_as(self, name: str, mode: Literal["edit", "read"]) -> None:
        """Let the page that follows show a field or form so; it is not stored."""
        self.context.page["display"] = {**self.context.page.get("display", {}), name: mode}

    def shows(self, name: str, part: DisplayPart) -> bool:
        """Tell how that stands now."""
        kept = self.context.working.standing.display.get(name, {})
        if part in kept:
            return kept[part]
        field = self.scope.document.fields.get(name)
        return bool(getattr(field, part, part != "required"))

    def holders(self, name: str) -> list[str]:
        """Return the fields that hold the values of a field, a container or a form."""
        document = self.scope.document
        fields = [document.fields[name]] if name in document.fields else []
        fields += [field for form in document.forms if form.name == name for field in form.fields]
        return [field.name for _, field in walk(fields) if field.holds_value]

    def _form(self, name: str) -> Form:
        found = next((form for form in self.scope.document.forms if form.name == name), None)
        if found is None:
            words = _("There is no form %(name)s.") if name else _("There is no form to submit.")
            raise RuleFailed("configuration", words % {"name": name})
        return found

    def _own_or_open(self) -> str:
        opened = self._open_forms()
        own = self.scope.own_form
        return own or (opened[0] if opened else "")

    def _open_forms(self) -> list[str]:
        records = records_of(
            self.scope.document, self.context.working.standing, self.scope.creator()
        )
        return [name for name, record in records.items() if record.status == CURRENT]

    def _check(self, form: Form) -> None:
        working = self.context.working
        stands = overlaid(working.standing.display, self.scope.viewed)
        display = overlaid(stands, self.scope.withheld)
        problems = form_problems(form, working.values, display)
        if problems:
            raise RuleFailed("value", " ".join(problems.values()), fields=problems)


def _all_known(names: Sequence[str], known: NameLookup, kind: str) -> list[str]:
    found, unknown = known(names) if names else ([], [])
    if unknown:
        raise RuleFailed(
            "not_found",
            _("There is no %(kind)s %(unknown)s.") % {"kind": kind, "unknown": ", ".join(unknown)},
        )
    return found


def form_problems(
    form: Form, values: Mapping[str, Value], display: Mapping[str, Mapping[str, bool]]
) -> dict[str, str]:
    """Return a sentence for each visible field of a form that cannot be submitted as it is.

    Under the field's name; in a table under the cell's, as `lines/0/price`. Nothing is required of
    a person who cannot fill it in.
    """
    stand = displays_on(form, display)
    return {
        f"{field.name}{place}": sentence
        for field in form.all_fields()
        if isinstance(field, InputField) and stand[field.name].visible
        for place, sentence in _problems(
            field, values.get(field.name), required=stand[field.name].required
        )
    }


def _problems(field: InputField, value: Value, *, required: bool) -> list[tuple[str, str]]:
    """Return what is missing or wrong in a field: the place in its value, and a sentence."""
    needed = field.model_copy(update={"required": required})
    wrong = [(place, f"{field.title}: {sentence}") for place, sentence in field.read(value)[1]]
    return [*needed.gaps(value), *wrong]


def _refuse_long_note(note: str) -> None:
    if wrong := note_too_long(note.strip()):
        raise RuleFailed("value", wrong)


def _refuse_long(status: str) -> None:
    if len(status) > LONGEST_STATUS:
        raise RuleFailed(
            "value",
            _("The status has %(length)s characters; at most %(most)s are allowed.")
            % {"length": grouped(len(status)), "most": LONGEST_STATUS},
        )
