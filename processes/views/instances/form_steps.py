"""Where each form of an instance stands, as its page shows it to one person."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from processes.definition.display import overlaid
from processes.definition.document import Document
from processes.engine.display_modes import NO_MODES, READ, DisplayModes
from processes.engine.instance_state import COMPLETED, CURRENT, NOT_STARTED, form_of
from processes.fields import Button
from processes.fields.base import FormField
from processes.forms.controls import Control, FormView, every, only_open, only_read, without
from processes.instances.form_states import FormState, form_states
from processes.instances.sending_back import sends_back
from processes.models import ProcessInstance
from processes.rights.instance_rights import InstanceRights

ICONS = {"current": "record-circle", "completed": "check-circle-fill", "not_started": "circle"}


@dataclass(frozen=True)
class FormStep:
    """One form: its state, and what the person may do with it."""

    state: FormState
    # The record has ended without it.
    is_left_out: bool
    is_mine: bool
    is_shown: bool
    # Rules may switch a whole form off.
    is_enabled: bool
    # A rule lets the person change some of it in this view, whether it is open or not.
    is_edited: bool
    # A rule shows it in this view to be read only.
    is_read: bool
    may_send_back: bool
    # The person does it as a substitute.
    stands_in_for: str
    may_reassign: bool
    may_edit_again: bool
    # The buttons that the person finds in its menu.
    menu: tuple[Button, ...]
    # It has no button that submits it, so the page gives it one.
    needs_submit: bool

    @property
    def is_current(self) -> bool:
        """Tell whether somebody is to work on it."""
        return self.state.status == CURRENT

    @property
    def is_completed(self) -> bool:
        """Tell whether it was submitted."""
        return self.state.status == COMPLETED

    @property
    def is_sent_back(self) -> bool:
        """Tell whether it is open because it was sent back."""
        return self.is_current and self.state.sent_back_at is not None

    @property
    def is_open(self) -> bool:
        """Tell whether the person may fill it in and submit it."""
        return self.is_current and self.is_mine and self.is_enabled

    @property
    def takes_values(self) -> bool:
        """Tell whether the person may change anything of it now."""
        return self.is_open or self.is_edited

    @property
    def icon(self) -> str:
        """Return the sign of its state."""
        return ICONS[self.state.status]


def steps_of(
    instance: ProcessInstance, document: Document, rights: InstanceRights,
    modes: DisplayModes = NO_MODES,
) -> dict[str, FormStep]:  # fmt: skip
    """Return the steps of an instance by form name, in form order.

    `modes` is how rules let this view of it show them.
    """
    states = form_states(instance, document)
    # One that is never submitted, as that of a kept token, is nobody's work.
    worked_on = {form.name: form for form in document.forms if document.is_submitted(form)}
    bare = {name for name, form in worked_on.items() if not document.submits_itself(form)}
    buttons = {
        form.name: [one for one in form.all_fields() if isinstance(one, Button)]
        for form in document.forms
    }
    display = overlaid(instance.display, modes.overrides)
    has_ended = all(state.status != CURRENT for state in states)
    edited = {form_of(document, name) for name in modes.opened(document)}
    return {
        state.form: FormStep(
            state=state,
            is_left_out=has_ended and state.status == NOT_STARTED,
            is_mine=rights.takes_part_in(state.form),
            is_shown=rights.sees(state.form) and display.get(state.form, {}).get("visible", True),
            is_enabled=display.get(state.form, {}).get("enabled", True),
            is_edited=state.form in edited
            and rights.takes_part_in(state.form)
            and display.get(state.form, {}).get("enabled", True),
            is_read=modes.modes.get(state.form) == READ,
            may_send_back=state.status == COMPLETED and sends_back(state, states, rights),
            stands_in_for=rights.acts_for(state.form) if state.status == CURRENT else "",
            may_reassign=state.status == CURRENT
            and state.form in worked_on
            and bool(rights.reassigns(state.form)),
            may_edit_again=state.status == COMPLETED and bool(rights.edits_again(state.form)),
            menu=tuple(
                one
                for one in buttons[state.form]
                if one.is_in_menu(state.status) and rights.finds_in_menu(one.name)
            ),
            needs_submit=state.form in bare and rights.changes(state.form).allowed,
        )
        for state in states
    }


def primary(steps: Mapping[str, FormStep], views: Iterable[FormView]) -> str:
    """Return the target of the main act: what submits an open form, else its first button."""
    for view in views:
        step = steps[view.form.name]
        if not step.is_open:
            continue
        if main := main_act(view, needs_submit=step.needs_submit):
            return main
        if plain := [one for one in _pressed_on(view) if not _style(one)]:
            return plain[0].name
    return ""


def main_act(view: FormView, *, needs_submit: bool) -> str:
    """Return the one main act of a form: the first button of that style, else what submits it."""
    chosen = next((one for one in _pressed_on(view) if _style(one) == "primary"), None)
    return chosen.name if chosen else submitting(view, needs_submit=needs_submit)


def submitting(view: FormView, *, needs_submit: bool) -> str:
    """Return the target that submits a form: a button of it, else that of the page; or nothing."""
    for button in _pressed_on(view):
        if not _style(button) and any(rule.completes for rule in button.rules):
            return button.name
    return f"form:{view.form.name}#submit" if needs_submit else ""


def _style(button: FormField) -> str:
    return str(getattr(button, "style", ""))


def _pressed_on(view: FormView) -> list[FormField]:
    controls = [*view.footer, *every(view.controls)]
    return [one.field for one in controls if one.field.is_button and one.enabled]


def submitted_by(document: Document, target: str) -> list[str]:
    """Return the forms that a button submits whatever stands in them: its own, or those named."""
    field = target.partition("#")[0]
    own = [form.name for form in document.forms if any(f.name == field for f in form.all_fields())]
    named = [
        getattr(rule, "form", "")
        for rule in document.rules_of(target)
        if rule.completes and rule.enabled and rule.conditions is None
    ]
    return list(dict.fromkeys(name or own[0] for name in named))


def open_form(steps: Mapping[str, FormStep], views: Sequence[FormView], wanted: str = "") -> str:
    """Return the form to open first: something wrong, gone to, opened by a rule, waiting for us."""
    wrong = next((view for view in views if view.wrong), None)
    edited = next((view for view in views if steps[view.form.name].is_edited), None)
    mine = next((view for view in views if steps[view.form.name].is_open), None)
    going = next((view for view in views if steps[view.form.name].is_current), None)
    gone_to = next((view for view in views if view.form.name == wanted), None)
    done = [view for view in views if steps[view.form.name].is_completed]
    chosen = (
        wrong
        or gone_to
        or edited
        or mine
        or going
        or (done[-1] if done else None)
        or (views[0] if views else None)
    )
    return chosen.form.name if chosen else ""


def load_targets(document: Document, steps: Mapping[str, FormStep]) -> list[str]:
    """Return what runs when the person opens the page: the process, then their open forms."""
    opened = [form for form in document.forms if steps[form.name].is_open]
    if not opened:
        return []
    process = ["process#load"] if document.rules else []
    return process + [f"form:{form.name}#load" for form in opened if form.load_rules]


def as_it_stands(
    view: FormView,
    step: FormStep,
    *,
    editable: Container[str],
    words: Callable[[FormField], str],
    is_read: bool,
) -> FormView:
    """Return a form as the person can use it: filled in, in part, or read in words.

    Below it stand the buttons that the person can press now.
    """
    if step.is_open:
        return replace(view, controls=only_read(view.controls, words)) if is_read else view
    buttons = [one for one in [*every(view.controls), *view.footer] if _is_apart(one)]
    apart = buttons if step.is_mine and (step.is_read or not step.is_current) else []
    if is_read or not step.is_edited:
        return FormView(view.form, only_read(view.controls, words), apart)
    # Its other buttons are only in the way.
    pressed = [one for one in every(view.controls) if one.field.is_button]
    return FormView(view.form, only_open(without(view.controls, pressed), editable), apart)


def _is_apart(control: Control) -> bool:
    """Tell whether it is a button that is pressed also while its form is not open."""
    return isinstance(control.field, Button) and control.field.show_in_display_mode
