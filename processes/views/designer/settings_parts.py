"""The parts of settings forms that follow what is typed: trees, completion, results, sentences.

Nothing is kept here. Each part is asked for with what stands in the form, and answers with HTML.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.dialogs.dialog import asked_of
from kianda.lib.dialogs.posted import posted
from kianda.lib.errors import Missing
from kianda.web.pages import page
from processes.definition.tree import Piece
from processes.designer.editing.piece_checks import model_of
from processes.designer.mail_preview import MailPreview, preview_of, send_test
from processes.designer.rule_samples import RuleSamples
from processes.designer.settings_forms.answer_trees import is_large, level_below, opened_tree
from processes.designer.settings_forms.completion import MOST, offers, tree_of
from processes.designer.settings_forms.condition_view import left_kind, operators_for, sentence_of
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.expression_preview import result_of
from processes.designer.settings_forms.mapping_rows import sample_of
from processes.designer.settings_forms.missing_inputs import coverage_of
from processes.designer.settings_forms.posted_conditions import read_items, shown_group
from processes.designer.settings_forms.source_trees import fields_in
from processes.designer.settings_forms.target_field import TargetField, target_of
from processes.designer.settings_forms.value_chips import chips_in
from processes.language.functions import EVERY_FUNCTION
from processes.views.designer.rule_dialog import form_of, samples_of, scope_for, typed_raw
from processes.views.designer.workspace import Workspace

LONGEST_WORDS, LONGEST_PLACE = 200, 3000
PartRenderer = Callable[["PartRequest"], tuple[str, dict[str, Any]]]


class PartRequest:
    """What a part is asked for: the design, the rule around it, what stands in the form."""

    def __init__(self, request: HttpRequest, name: str) -> None:
        """Read the question; nothing is looked up yet."""
        self.workspace = Workspace(request, name)
        self.sent = request.POST if request.method == "POST" else request.GET

    def text(self, key: str) -> str:
        """Return a text of the question."""
        return self.sent.get(key, "").replace("\0", "").replace("\r\n", "\n")

    def words(self, key: str) -> str:
        """Return a short text of the question."""
        return self.text(key)[:LONGEST_WORDS]

    @property
    def element(self) -> Piece | None:
        """Return the element whose form it is."""
        return self.workspace.screen.tree.get(self.words("target"))

    @property
    def raw(self) -> dict[str, Any]:
        """Return the rule that it is about, with the data source that is chosen in the form."""
        element = self.element
        source, _slash, method = self.words("source").partition("/")
        chosen = {"datasource": source, "method": method} if source else {}
        if process := self.words("process"):
            chosen["process"] = process
        return (element.node if element is not None else {}) | chosen

    @property
    def scope(self) -> EditorScope:
        """Return what is known around it."""
        return scope_for(self.workspace, self.raw, self.element)

    @property
    def samples(self) -> RuleSamples:
        """Return the values at hand, of the record that is chosen where one is."""
        return samples_of(
            self.workspace, self.workspace.screen, self.raw, self.element,
            record=self.words("record"),
        )  # fmt: skip

    @property
    def value_target(self) -> TargetField | None:
        """Return where the value of the box goes that it is about."""
        row = {key: self.words(key) for key in ("row_field", "row_target", "setting")}
        return target_of(self.scope, row, self.element)


def _tree(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    which = asked.words("which")
    if words := asked.words("q"):
        return "_tree_hits", {"offers": offers(asked.scope, which, words), "most": MOST}
    branches = tree_of(asked.scope, which)
    if part := asked.text("part")[:LONGEST_PLACE]:
        branch = level_below(branches, part)
        if branch is None:
            raise Missing(_("There is no such place any more."))
        return "_tree_nodes", {"branch": branch}
    return "_tree", {
        "branches": opened_tree(branches), "large": is_large(branches), "which": which,
        "asked": which, "label": asked.words("label"),
    }  # fmt: skip


def _completion(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    functions = bool(asked.words("functions"))
    found = offers(asked.scope, asked.words("which"), asked.words("q"), functions=functions)
    return "_completion", {"offers": found, "id": asked.words("id")}


def _chips(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    """Return the names in a box as they are shown."""
    return "_chips", {"chips": chips_in(asked.text("text"), asked.words("which"), asked.scope)}


def _result(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    samples, scope, source = asked.samples, asked.scope, asked.text("text")
    which = asked.words("which")
    resolve = samples.resolve if samples.process_id else None
    result = result_of(source, scope, resolve, tree=which, target=asked.value_target)
    return "_result", {
        "result": result, "process_id": samples.process_id,
        "names": samples.names_in(source, scope) if result.ok and resolve is not None else [],
    }  # fmt: skip


def _builder(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    which, element = asked.words("which"), asked.element
    branches = tree_of(asked.scope, which)
    return "_builder", {
        "branches": opened_tree(branches), "large": is_large(branches),
        "functions": EVERY_FUNCTION, "which": which, "text": asked.text("text"),
        "label": asked.words("label"), "target": asked.value_target,
        "under": _about(element) if element is not None else "",
        "records": asked.samples.records,
    }  # fmt: skip


def _about(element: Piece) -> str:
    """Return which rule a value belongs to, and when it runs; or which other element."""
    owner, names = element.owner, {"title": element.title}
    if element.kind != "rule" or owner is None:
        return (
            element.title if element.title == element.label else f"{element.label}: {element.title}"
        )
    names["owner"] = owner.title
    if owner.kind == "rule":
        return _("Rule “%(title)s” in “%(owner)s”") % names
    if owner.kind == "field":
        if owner.field_kind.is_button:
            return _("Rule “%(title)s”, when %(owner)s is pressed") % names
        return _("Rule “%(title)s”, when %(owner)s changes") % names
    if owner.kind == "form" and element.key == "rules":
        return _("Rule “%(title)s”, when %(owner)s is submitted") % names
    return _("Rule “%(title)s”, when %(owner)s is opened") % names


def _sentence(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    setting = asked.words("setting").strip("/")
    sent = posted(asked.workspace.request.POST, prefix=asked.words("prefix"))
    node = sent.at(*setting.split("/"))
    is_filter = setting == "filter"
    group = shown_group(read_items(node))
    sentence = sentence_of(group, asked.scope, of_items=is_filter)
    kind = model_of(asked.element) if asked.element is not None else None
    two = not is_filter and kind is not None and "opposite" in kind.model_fields
    return "_sentence", {
        "sentence": sentence, "control": {
            "is_filter": is_filter, "has_otherwise": two, "of_records": setting.endswith("/filter"),
        },
    }  # fmt: skip


def _operators(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    kind = left_kind(asked.text("left"), asked.scope)
    return "_operators", {"operators": operators_for(kind, asked.words("chosen"))}


def _sample(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    texts = {key: asked.text(key) for key in ("target", "field", "value")}
    return "_sample", {
        "sample": sample_of(asked.samples, asked.scope, asked.words("control"), texts)
    }


def _control(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    """Return one control as it stands after its button was pressed; nothing is kept."""
    element, prefix = asked.element, asked.words("prefix")
    kind = model_of(element) if element is not None else None
    setting = asked.words("setting").strip("/")
    known = {spec.name for spec in asked_of(kind)} if kind is not None else set()
    if element is None or setting not in known:
        raise Missing(_("There is no such setting any more."))
    raw, place = typed_raw(asked.workspace, element, prefix=prefix)
    form = form_of(
        asked.workspace, asked.workspace.screen, raw, element, focus=place, prefix=prefix
    )
    return "_control", {"form": form, "control": form.control(setting)}


def _coverage(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    """Return what the call still lacks, with what stands in the form."""
    element = asked.element
    if element is None:
        raise Missing(_("There is no such rule any more."))
    raw, _place = typed_raw(asked.workspace, element, prefix=asked.words("prefix"))
    return "_coverage", {"coverage": coverage_of(raw, scope_for(asked.workspace, raw, element))}


def _mail(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    """Return the email of a rule as it would be read, with what stands in the form."""
    return "_mail", {"mail": _shown_mail(asked)}


def _mail_test(asked: PartRequest) -> tuple[str, dict[str, Any]]:
    """Send the email that stands in the form to whoever writes it."""
    told = send_test(_shown_mail(asked), user=asked.workspace.user)
    return "_mail_tested", {"told": told}


def _shown_mail(asked: PartRequest) -> MailPreview:
    element = asked.element
    if element is None:
        raise Missing(_("There is no such rule any more."))
    raw, _place = typed_raw(asked.workspace, element, prefix=asked.words("prefix"))
    titles = {one.name: one.title for one in fields_in(asked.workspace.copy.document)}
    return preview_of(raw, asked.samples, titles=titles, names=asked.scope.names)


PARTS: Mapping[str, tuple[PartRenderer, tuple[str, ...]]] = {
    "tree": (_tree, ("GET",)), "completion": (_completion, ("GET",)),
    "chips": (_chips, ("POST",)), "result": (_result, ("POST",)), "builder": (_builder, ("POST",)),
    "sentence": (_sentence, ("POST",)), "operators": (_operators, ("POST",)),
    "sample": (_sample, ("POST",)), "control": (_control, ("POST",)),
    "coverage": (_coverage, ("POST",)),
    "mail": (_mail, ("POST",)), "mail-test": (_mail_test, ("POST",)),
}  # fmt: skip


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def part(request: HttpRequest, name: str, part: str) -> HttpResponseBase:
    """Answer with one part of a settings form."""
    make, methods = PARTS.get(part, (None, ()))
    if make is None or request.method not in {*methods, "HEAD"}:
        raise Missing(_("There is no such part."))
    template, context = make(PartRequest(request, name))
    html = render_to_string(f"settings_forms/{template}.html", context, request)
    return HttpResponse(html)
