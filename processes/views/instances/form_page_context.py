"""What the page of an instance shows of a form page: its forms, and what stands around them."""

from typing import Any, NamedTuple

from kianda.accounts.roles import DESIGNER, has_role
from kianda.web.page_extensions import extensions_of
from processes import listing
from processes.definition.display import displays_on
from processes.definition.document import Form
from processes.fields.base import FormField
from processes.followers import follows
from processes.forms.controls import FormView
from processes.forms.own_records import is_draft
from processes.forms.table_input import TypedTable
from processes.forms.value_words import table_changes, words_of
from processes.instances.history import ForeignChange
from processes.models import DesignVersion, ProcessInstance, Run
from processes.record_titles import SeenRecord, lines_seen, seen_record
from processes.rights.seen import seen_error
from processes.selectors import document_of_run
from processes.views.instances.activity import activity_context
from processes.views.instances.carried_values import sealed, signed_view
from processes.views.instances.files import file_lines
from processes.views.instances.form_page import FormPage
from processes.views.instances.form_steps import FormStep, load_targets, open_form, primary
from processes.views.instances.links import link_lines
from processes.views.instances.log_rows import changed_by, entries_of, with_titles

FEW = 5
FAILED = frozenset({Run.Status.FAILED, Run.Status.INTERRUPTED, Run.Status.REFUSED})


def context_of(form_page: FormPage) -> dict[str, Any]:
    """Return what the templates of the page need."""
    instance = form_page.instance
    staff = has_role(form_page.user, DESIGNER)
    views = form_page.forms()
    record = seen_record(instance, form_page.user, form_page.rights)
    has_open = any(
        step.is_edited or (step.is_open and form_page.rights.fills_in(name))
        for name, step in form_page.steps.items()
    )
    main = primary(form_page.steps, views)
    saves = _shows_save(form_page, has_open=has_open, views=views)
    return {
        "instance": instance, "design": instance.design, "version": form_page.version,
        "record": record,
        "is_sent_back": any(form_page.steps[view.form.name].is_sent_back for view in views),
        "is_draft": is_draft(record, (step.state for step in form_page.steps.values())),
        "views": [(view, form_page.steps[view.form.name]) for view in views],
        "takes_files": bool(form_page.document.file_fields), "files": file_lines(form_page),
        "open_form": open_form(form_page.steps, views, str(form_page.next_page.get("form", ""))),
        "earlier": _earlier(form_page, record) if has_open else [],
        "errors": form_page.errors, "lost": form_page.lost,
        "primary": main,
        "shows_save": saves, "saves_in": _saves_in(form_page, views) if saves else "",
        "first_act": "save" if saves or not main else f"press:{main}",
        "keeps_drafts": _keeps_drafts(form_page),
        "left": sealed(form_page.carried(), about=form_page.about, user=form_page.user),
        "signed_view": signed_view(form_page.modes, about=form_page.about, user=form_page.user),
        "has_open": has_open, "has_typed": _has_typed(form_page),
        "has_acts": has_open or (len(views) == 1 and bool(views[0].footer)),
        "unsaved_fields": [form_page.document.fields[name].title for name in form_page.unsaved],
        "change_targets": [name for name, found in form_page.editable().items() if found.rules],
        "load": bool(load_targets(form_page.document, form_page.steps)),
        "conflicts": [
            (form_page.document.fields[name], found, _mine(form_page, name, found))
            for name, found in form_page.conflicts.items()
        ],
        "meanwhile": _theirs(form_page),
        "unsaved": listing.run_with_unsaved_answer(instance),
        "may_schedule": staff, "may_design": staff,
        "manages": bool(form_page.rights.manages),
        "may_delete": form_page.rights.delete.allowed,
        "newer": _newer(form_page),
        "links": link_lines(form_page),
        "extensions": extensions_of("instance", instance, user=form_page.user),
        "follows": follows(form_page.user, instance),
        **activity_context(form_page.rights, form_page.user),
        **_history(form_page),
    }  # fmt: skip


def _opened(form_page: FormPage) -> list[Form]:
    steps = form_page.steps
    return [form for form in form_page.document.forms if steps[form.name].takes_values]


def _has_typed(form_page: FormPage) -> bool:
    """Tell whether anything is not stored yet: a table of which other rows are shown is."""
    typed = form_page.typed.values()
    return any(not isinstance(one, TypedTable) or one.is_changed for one in typed)


def _shows_save(form_page: FormPage, *, has_open: bool, views: list[FormView]) -> bool:
    """Tell whether the page has its own button to save: a form may do without."""
    if form_page.unsaved or not views:
        return True
    opened = _opened(form_page)
    return has_open and (not opened or any(form.save_button for form in opened))


def _saves_in(form_page: FormPage, views: list[FormView]) -> str:
    """Return which of several forms has the button to save in its own bar: the only open one."""
    opened = [form.name for form in _opened(form_page)]
    return opened[0] if len(opened) == 1 < len(views) else ""


def _keeps_drafts(form_page: FormPage) -> bool:
    """Tell whether to save is not yet to submit: what is open will be submitted later."""
    return any(map(form_page.is_draft, _opened(form_page)))


class EarlierForm(NamedTuple):
    """A completed form, to be read beside the one that is open."""

    step: FormStep
    rows: list[tuple[str, str]]


def _earlier(form_page: FormPage, record: SeenRecord) -> list[EarlierForm]:
    """Return the completed forms that the person sees, with what was filled in."""
    found = [
        EarlierForm(step, _filled_in(form, record))
        for form in record.document.forms
        if (step := form_page.steps[form.name]).is_completed and step.is_shown
        if not step.takes_values
    ]
    return [one for one in found if one.rows]


def _filled_in(form: Form, record: SeenRecord) -> list[tuple[str, str]]:
    # What stands in a hidden panel is hidden with it.
    shown = displays_on(form, record.instance.display)
    return [
        (field.title, words)
        for field in form.all_fields()
        if field.holds_value and not field.is_secret and not field.holds_rows
        if shown[field.name].visible
        if (words := lines_seen(field, record.seen.get(field.name)))
    ]


def _history(form_page: FormPage) -> dict[str, Any]:
    """Return what happened to the instance of late."""
    instance = form_page.instance
    newest = list(listing.runs_of(instance)[:FEW])
    changes = list(listing.changes_of(instance)[:FEW])
    return {
        "runs": with_titles(newest, form_page.document), "run_count": instance.runs.count(),
        "changes": entries_of(changes, form_page), "changed_by": changed_by(instance, changes),
        "running": next((run for run in newest if run.status == Run.Status.RUNNING), None),
        "problem": _failed(newest[0], form_page) if newest and not form_page.errors else None,
    }  # fmt: skip


def _failed(run: Run, form_page: FormPage) -> Run | None:
    """Return the last run if it failed, to the person whose run it was.

    What it refused stands beside the fields instead; others meet it among the runs.
    """
    if run.status not in FAILED or run.run_as_id != form_page.user.pk:
        return None
    if run.status == Run.Status.REFUSED and (run.error or {}).get("fields"):
        return None
    run.error = seen_error(run, form_page.user, document_of_run)
    return run


def _newer(form_page: FormPage) -> DesignVersion | None:
    """Return the published version that a live instance could move to."""
    published = form_page.instance.design.published
    if form_page.instance.mode != ProcessInstance.Mode.LIVE or published is None:
        return None
    return published if published.pk != form_page.instance.version_id else None


def _mine(form_page: FormPage, name: str, found: ForeignChange) -> Any:
    """Return what the person has made of a field: of a table only what differs."""
    typed = form_page.typed.get(name)
    if not isinstance(typed, TypedTable):
        return words_of(form_page.document.fields[name], form_page.changes[name])
    return "; ".join(table_changes(typed.grid.field, found.before, form_page.changes[name]))


def _theirs(form_page: FormPage) -> list[tuple[FormField, ForeignChange]]:
    return [
        (form_page.document.fields[name], found)
        for name, found in form_page.meanwhile.items()
        if name in form_page.document.fields and name not in form_page.conflicts
    ]
