"""What a person sends to an instance, values and presses: taken, or refused; every door asks here.

What rules do in their own instance is the design's business: values that rules have set pass, as a
page brings them back under seal. A rule of another instance may what its run's person may, hidden
fields apart; a scheduled task what its `run_as` may, closed forms apart.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Flaw, Invalid
from kianda.lib.pointers import pointer
from kianda.lib.secrets import MASK
from processes.definition.display import Display, Overrides, displays, overlaid
from processes.definition.document import Document
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.engine.instance_state import COMPLETED, CURRENT, FormRecord, form_of, records_of
from processes.fields import Button
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.instances.kept_cells import with_kept_cells
from processes.instances.stored_values import no_such_field, read_sent
from processes.language.values import Value, is_blank
from processes.models import Change, FormLink, ProcessInstance, Run
from processes.rights.decisions import is_administrator
from processes.rights.instance_rights import InstanceRights, security_of_instance
from processes.rights.link_rights import rights_for
from processes.rights.ownership import standing_of

# No person presses these: a task fires them,
OF_TASKS = frozenset({"schedule", "webhook", "manual"})
# or a rule of another run.
UNATTENDED = OF_TASKS | {"rule"}
# What the history says of a form that is changed while a rule has opened it for one page.
IN_VIEW = "changed in a view"


@dataclass(frozen=True)
class SentValues:
    """Values for fields of one instance, a target that is pressed with them, and who sends it."""

    user: User | None
    data: Mapping[str, Any]
    target: str = ""
    trigger: str = ""
    # Fields whose values rules have set, and columns, `lines.price`: nobody has typed them.
    set_by_rules: Collection[str] = field(default_factory=frozenset)
    # Through which somebody without an account sends it.
    link: FormLink | None = None
    # The target is a button that is pressed as a quick action, in the menu of its form.
    from_menu: bool = False
    # How the page shows fields and forms from which it is sent, when a rule has chosen that.
    modes: DisplayModes = NO_MODES


class TakenValues(NamedTuple):
    """What was sent, converted; what is wrong with it; what an administrator overrode.

    `acted_for`: for whom a substitute sends it, or nothing.
    """

    values: dict[str, Value]
    flaws: list[Flaw]
    overridden: list[dict[str, str]]
    acted_for: str = ""


def take_sent(
    sent: SentValues, instance: ProcessInstance, document: Document, stored: Mapping[str, Value]
) -> TakenValues:
    """Return what was sent as values, with the flaws of it.

    Raises Forbidden for what the person may not change or press, and Conflict for what is on a form
    that is not open. The values of any form may be sent along as they are stored.
    """
    rights = rights_for(sent.user, sent.link, instance, document)
    unseen = {name for name in sent.data if not rights.sees(name)} - set(sent.set_by_rules)
    known = {
        name: with_kept_cells(
            name, one, rights, stored, set_by_rules=sent.set_by_rules,
            by_hand=sent.trigger not in UNATTENDED,
        )
        for name, one in sent.data.items()
        if name not in unseen
    }  # fmt: skip
    files = KnownFiles(Uploader(sent.user, sent.link), instance, rights)
    values, flaws = read_sent(document, known, stored, files=files)
    flaws += [Flaw(pointer("data", name), no_such_field(document, name)) for name in unseen]
    typed = [name for name in typed_in(sent, document, values, stored) if name in known]
    _refuse_foreign(sent, rights, typed)
    pressed = [] if sent.target.endswith("#load") else [sent.target]
    acted_for = acting_for(rights, (*pressed, *typed))
    if sent.trigger in OF_TASKS:
        return TakenValues(values, flaws, [], acted_for)
    if sent.modes.forms:
        sent.modes.refuse_outdated(_records(instance, document))
    overridden = refuse_not_open(sent, instance, document, typed)
    if sent.trigger not in UNATTENDED:
        flaws += out_of_reach(sent, instance, document, typed)
        flaws += unanswered(sent, document, {**stored, **values}, at_once=flaws)
    return TakenValues(values, flaws, overridden, acted_for)


def acting_for(rights: InstanceRights, names: Iterable[str]) -> str:
    """Return for whom a substitute changes or presses these: they stand on forms of theirs."""
    forms = dict.fromkeys(form_of(rights.document, name) for name in names)
    return next(filter(None, map(rights.acts_for, forms)), "")


def refuse_unseen_target(target: str, rights: InstanceRights) -> None:
    """Raise Invalid for a button, field or form that the person does not see: as if not there."""
    owner, document = target.partition("#")[0], rights.document
    form = owner.removeprefix("form:")
    if rights.sees(form):
        return
    named = {"process": document.name, "name": form}
    raise Invalid.at(
        "/target",
        no_such_field(document, owner)
        if form == owner
        else _("The process %(process)s has no form %(name)s.") % named,
    )


def note_overridden(run: Run, rows: Sequence[Mapping[str, str]]) -> None:
    """Let the history say that an administrator began a run with values for a closed form."""
    if rows and run.instance is not None:
        Change.objects.create(
            instance=run.instance, run=run, revision=run.instance.revision,
            at=run.started or timezone.now(), by=run.run_as, by_name=run.run_as_name,
            fields=[dict(row) for row in rows],
        )  # fmt: skip


def takes_values(instance: ProcessInstance, document: Document, name: str) -> bool:
    """Tell whether a field can be changed by hand now: its form is open, and it is shown and on."""
    record = _records(instance, document).get(form_of(document, name))
    stand = _stand(instance.display, document, name, displays(document, instance.display))
    return record is not None and record.status == CURRENT and stand.visible and stand.enabled


def typed_in(
    sent: SentValues,
    document: Document,
    values: Mapping[str, Value],
    stored: Mapping[str, Value],
) -> list[str]:
    """Return the fields whose values somebody has typed: not as stored, and not set by rules."""

    def is_touched(name: str) -> bool:
        found = document.value_fields.get(name)
        if found is None:
            return False
        if found.is_secret:
            # Whether it is the one that is stored is not told.
            return bool(sent.data[name] != MASK)
        return name not in values or values[name] != stored.get(name)

    return [name for name in sent.data if name not in sent.set_by_rules and is_touched(name)]


def _refuse_foreign(sent: SentValues, rights: InstanceRights, typed: Iterable[str]) -> None:
    refuse_unseen_target(sent.target, rights)
    for name in typed:
        rights.changes_field(name).or_refuse()
    # A link opens its form: what opening the whole instance runs is no business of its holder.
    if sent.target.endswith("#load") and sent.link is None:
        _refuse_reader(sent.target, rights)
    elif sent.from_menu:
        rights.finds_in_menu(sent.target).or_refuse()
        _refuse_other_time(sent.target, rights)
    elif sent.target:
        rights.presses(sent.target).or_refuse()


def _refuse_other_time(button: str, rights: InstanceRights) -> None:
    """Raise Conflict for a quick action that the menu does not have just now."""
    part = rights.parts[button]
    status = rights.records[part.form.name].status
    if isinstance(part.field, Button) and not part.field.is_in_menu(status):
        words = _("“%(title)s” is not possible in the current state of the form %(form)s.")
        raise Conflict(words % {"title": part.field.title, "form": part.form.title})


def _refuse_reader(target: str, rights: InstanceRights) -> None:
    """Raise Forbidden for the load rules of forms on which the person has nothing to do.

    Their page does not fire them either: they may store something.
    """
    forms = [form.name for form in rights.document.forms]
    opened = [name for name in forms if target == f"form:{name}#load"] or forms
    if opened and not any(map(rights.takes_part_in, opened)):
        rights.changes(opened[0]).or_refuse()


def refuse_not_open(
    sent: SentValues, instance: ProcessInstance, document: Document, typed: Sequence[str]
) -> list[dict[str, str]]:
    """Raise Conflict for what stands on a form that is not open; administrators change all forms.

    Returns what the history has to say of that.
    """
    records = _records(instance, document)
    closed = {name: one for name, one in records.items() if one.status != CURRENT}
    opened = sent.modes.opened(document)
    on_forms = {name: form for name in typed if (form := form_of(document, name)) in closed}
    in_view = [form for name, form in on_forms.items() if name in opened]
    typed_on = [form for name, form in on_forms.items() if name not in opened]
    wanted = {pointer("data", name): on_forms[name] for name in on_forms if name not in opened}
    pressed = "" if sent.from_menu or sent.target in opened else sent.target
    if closed and _presses(document, pressed) and form_of(document, pressed) in closed:
        wanted["/target"] = form_of(document, pressed)
    # What a field's own rules make of it stands in the form until somebody saves it.
    said = [] if sent.trigger == "change" else _changed_on(in_view, closed, after=IN_VIEW)
    if not wanted:
        return said
    # Asked last: it may take a look into the database, which hardly any run needs.
    if is_administrator(sent.user, security_of_instance(instance)):
        return [*said, *_changed_on(typed_on, closed, after="changed")]
    flaws = [Flaw(place, _closed(document, form, closed[form])) for place, form in wanted.items()]
    raise Conflict(" ".join(dict.fromkeys(flaw.detail for flaw in flaws)), errors=flaws)


def _changed_on(
    forms: Iterable[str], closed: Mapping[str, FormRecord], *, after: str
) -> list[dict[str, str]]:
    return [
        {"field": f"form:{form}", "before": closed[form].status, "after": after}
        for form in dict.fromkeys(forms)
    ]


def _records(instance: ProcessInstance, document: Document) -> Mapping[str, FormRecord]:
    """Return how far each form is. Whose it is does not matter, so its creator is not looked up."""
    return records_of(document, standing_of(instance), "")


def _presses(document: Document, target: str) -> bool:
    """Tell whether a target needs its form open: all but opening, and buttons said to be apart."""
    if not target or target.endswith("#load"):
        return False
    found = document.fields.get(target.partition("#")[0])
    return not (isinstance(found, Button) and found.show_in_display_mode)


def not_open(document: Document, form: str, record: FormRecord) -> Conflict:
    """Return the refusal of a submission of a form that is not open."""
    said = _closed(document, form, record)
    return Conflict(said, errors=[Flaw("/target", said)])


def _closed(document: Document, form: str, record: FormRecord) -> str:
    said = (
        _("The form %(form)s is completed and cannot be changed. Send it back first.")
        if record.status == COMPLETED
        else _("The form %(form)s is not open and cannot be changed now.")
    )  # fmt: skip
    return said % {"form": next(one.title for one in document.forms if one.name == form)}


def out_of_reach(
    sent: SentValues, instance: ProcessInstance, document: Document, typed: Iterable[str]
) -> list[Flaw]:
    """Return a flaw for each field, and the target, that is hidden or switched off just now."""
    places = {pointer("data", name): name for name in typed}
    if sent.target and not sent.from_menu and not sent.target.endswith("#load"):
        places["/target"] = sent.target.partition("#")[0]
    if not places:
        return []
    viewed = overlaid(instance.display, sent.modes.overrides)
    # What is pressed also while its form is only read does not mind how the page shows it.
    apart = {} if _presses(document, sent.target) else {"/target": instance.display}
    return [
        Flaw(place, sentence)
        for place, name in places.items()
        for display in (apart.get(place, viewed),)
        for sentence in _why_not(
            document, name, _stand(display, document, name, displays(document, display))
        )
    ]


def unanswered(
    sent: SentValues, document: Document, values: Mapping[str, Value], *, at_once: Iterable[Flaw]
) -> list[Flaw]:
    """Return a flaw when a button is pressed without the text that it asks for and needs."""
    button = document.fields.get(sent.target)
    quick = button.quick if isinstance(button, Button) else None
    if quick is None or not (quick.ask and quick.required):
        return []
    place = pointer("data", quick.ask)
    value = values.get(quick.ask)
    # Blanks give no reason.
    said = value.strip() if isinstance(value, str) else value
    if not is_blank(said) or any(flaw.pointer == place for flaw in at_once):
        return []
    words = _("Enter %(field)s to continue with “%(button)s”.")
    titles = {
        "field": document.fields[quick.ask].title,
        "button": document.fields[sent.target].title,
    }
    return [Flaw(place, words % titles)]


def _why_not(document: Document, name: str, stand: Display) -> list[str]:
    if stand.visible and stand.enabled:
        return []
    title = next(
        (one.title for one in document.forms if f"form:{one.name}" == name),
        document.fields[name].title if name in document.fields else name,
    )
    said = (
        _("%(title)s is switched off and cannot be used now.")
        if stand.visible
        else _("%(title)s is hidden and cannot be used now.")
    )
    return [said % {"title": title}]


def _stand(
    display: Overrides, document: Document, name: str, shown: Mapping[str, Display]
) -> Display:
    """Return how a field stands, its containers and its form considered; or a form, `form:x`."""
    form = display.get(form_of(document, name), {})
    visible, enabled = form.get("visible", True), form.get("enabled", True)
    found = shown.get(name, Display())
    return Display(found.visible and visible, found.enabled and enabled)
