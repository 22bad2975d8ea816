"""One look at the designer: who asks, what is selected, and the answer in panes or as a page."""

import json
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kianda.accounts.services.profiles import profile_of
from kianda.lib.errors import ApplicationError, Conflict, Stale
from kianda.web.pages import go, query_words, render_dialog, render_page, toast
from kianda.web.times import moment_in_sentence
from processes import selectors
from processes.definition.tree import Piece
from processes.designer import working_copy
from processes.designer.copy_view import CopyView
from processes.designer.editing.piece_checks import model_of
from processes.designer.settings_forms.form import SettingsForm
from processes.designs.stored_catalog import StoredCatalog
from processes.language.labels import piece_in_words
from processes.models import ProcessDesign
from processes.views.common import person
from processes.views.designer import outline, palette
from processes.views.designer.clipboard import Clipboard
from processes.views.designer.screen import Screen

# A dialog of the designer; as a page of its own it has the styles of the designer.
designer_dialog = partial(render_dialog, alone="designer/dialog_page.html")
PREFIX = "s"
SCRIPT_HEADER = "X-Designer"


@dataclass
class ActionResult:
    """What an act led to: the copy after it, what to select, what to say and to open."""

    copy: CopyView
    at: str = ""
    say: str = ""
    opens: str = ""
    undoable: bool = False
    goes: str = ""
    # What the element was called before: what is typed meanwhile is still about it.
    renamed: str = ""


class Workspace:
    """The designer of one design, as one request sees it."""

    def __init__(self, request: HttpRequest, name: str) -> None:
        """Read what is selected; nothing is opened yet."""
        self.request = request
        self.name = name
        self.user = person(request)
        sent = request.POST if request.method == "POST" else request.GET
        self.sent_at = sent.get("at", "").replace("\0", "")[:200]
        self.seen = _number(sent.get("revision" if request.method == "POST" else "since", ""))
        self.form = sent.get("form", "").replace("\0", "")[:200]
        self.clipboard = Clipboard(request.session)

    @cached_property
    def catalog(self) -> StoredCatalog:
        """Return what exists outside the design."""
        return StoredCatalog()

    @cached_property
    def copy(self) -> CopyView:
        """Return the working copy as it is now; for a page that asks again, with the news."""
        since = None if self.request.method == "POST" else self.seen
        try:
            return working_copy.open_copy(self.name, user=self.user, since=since)
        except Stale:
            # Nobody remembers that far back.
            return working_copy.open_copy(self.name, user=self.user)

    @cached_property
    def at(self) -> str:
        """Return what is selected, by the name that it has now."""
        return self.now(self.sent_at)

    def now(self, target: str) -> str:
        """Return what the person's page calls `target`, by the name that it has now."""
        if not target or self.seen is None or self.seen >= self.copy.revision:
            return target
        return working_copy.names_since(self.name, revision=self.seen).now(target)

    def found(self, target: str) -> Piece:
        """Return an element of the working copy; raises Conflict when it is gone."""
        element = self.screen.tree.get(self.now(target))
        if element is None:
            raise Conflict(_("This no longer exists: someone has removed it. Nothing was changed."))
        return element

    @cached_property
    def screen(self) -> Screen:
        """Return the screen before the act."""
        return self.screen_of(self.copy, self.at)

    @property
    def revision(self) -> int:
        """Return the revision that the person has seen."""
        return self.seen or 0

    @property
    def over(self) -> int:
        """Return up to which revision the person insists on an edit, whatever others did."""
        return _number(self.request.POST.get("over", "")) or 0

    @property
    def by_script(self) -> bool:
        """Tell whether the page's own script asks, which takes panes."""
        return self.request.headers.get(SCRIPT_HEADER) == "1"

    @property
    def place(self) -> dict[str, Any] | None:
        """Return the place that was sent with an act, when it is one."""
        try:
            found = json.loads(self.request.POST.get("place", ""))
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def already_done(self) -> ActionResult | None:
        """Return the answer to an act that is sent again because its first answer was lost."""
        if self.request.POST.get("again") != "1":
            return None
        since = max(self.revision, self.over)
        target = working_copy.arrived(self.name, user=self.user, revision=since)
        return None if target is None else ActionResult(self.copy, target)

    def edit(self, **edit: Any) -> CopyView:
        """Carry out one edit on the working copy and return it."""
        return working_copy.edit(
            self.name, user=self.user, revision=self.revision, edit=edit, over=self.over
        )

    def edit_next(self, copy: CopyView, **edit: Any) -> CopyView:
        """Carry out an edit that follows another one of the same act."""
        return working_copy.edit(self.name, user=self.user, revision=copy.revision, edit=edit)

    def screen_of(self, copy: CopyView, at: str) -> Screen:
        """Return the screen of a copy with an element selected."""
        return Screen(copy, catalog=self.catalog, at=at, form=self.form)

    def answer(self, done: ActionResult) -> HttpResponseBase:
        """Answer an act: panes for the script, the page anew for everybody else."""
        if done.goes:
            return go(self.request, done.goes)
        if not self.by_script:
            if done.say:
                toast(self.request, done.say)
            return go(self.request, done.opens or self.address(done.at))
        return self._panes(done.copy, done.at, said=done)

    def refuse(self, error: ApplicationError) -> HttpResponseBase:
        """Say why an act was not carried out, on the screen as it is now."""
        fresh = working_copy.open_copy(self.name, user=self.user)
        if self.by_script:
            return self._panes(fresh, self.at, refused=error)
        return self.page(fresh, refused=error, status=422)

    def page(
        self, copy: CopyView, *, refused: ApplicationError | None = None, status: int = 200
    ) -> HttpResponse:
        """Return the whole page."""
        context = self.context(copy, self.at) | {"refused": refused}
        return render_page(self.request, "designer/designer.html", context, status=status)

    def panes(self) -> HttpResponse:
        """Return the panes as they are now."""
        return self._panes(self.copy, self.at)

    def _panes(
        self, copy: CopyView, at: str, *, said: ActionResult | None = None,
        refused: ApplicationError | None = None,
    ) -> HttpResponse:  # fmt: skip
        context = self.context(copy, at) | {
            "say": said.say if said else "", "opens": said.opens if said else "",
            "renamed": self._renamed(at, said),
            "undoable": bool(said and said.undoable), "refused": refused,
            "stale": _can_insist(refused), "script": True,
        }  # fmt: skip
        html = render_to_string("designer/_answer.html", context, self.request)
        return HttpResponse(html, status=422 if refused else 200)

    def _renamed(self, at: str, said: ActionResult | None) -> tuple[str, str]:
        """Return what the page calls an element that has another name now, and that name."""
        if said is not None and said.renamed:
            return said.renamed, said.copy.selected
        return (self.sent_at, at) if at == self.at != self.sent_at else ("", "")

    def address(self, at: str = "") -> str:
        """Return the address of the designer with an element selected."""
        here = reverse("designer", args=[self.name])
        return f"{here}?{urlencode({'at': at})}" if at else here

    def context(self, copy: CopyView, at: str) -> dict[str, Any]:
        """Return what the templates show."""
        screen = self.screen_of(copy, at)
        query = query_words(self.request, "find", "pane", "left", "line")
        owner = screen.owner
        design = selectors.get_design(self.name)
        return {
            "design": design, "copy": copy, "screen": screen, "tabs": screen.tabs(),
            "body": screen.body(), "footer": screen.footer(), "owner": owner,
            "rule_groups": screen.rule_groups(), "owner_icon": palette.icon_of(_slug(owner)),
            "owner_label": _label(owner), "owner_flaws": screen.flaws.get(owner.target, []),
            "field_sections": palette.field_sections(query["find"]),
            "rule_sections": palette.rule_sections(query["find"]),
            "all_rules": palette.rule_sections(), "find": query["find"], "pane": query["pane"],
            "outline": query["left"] == "outline", "line": query["line"],
            "lines": outline.lines(screen, query["line"]) if query["left"] == "outline" else [],
            "settings": self.settings(screen, owner), "kept": kept_words(copy),
            "clipboard": self.clipboard.held, "cut": self.clipboard.cut_of(self.name),
            "letters": profile_of(self.user).single_keys,
            "is_published": str(design.published or "") == copy.base_version,
            **self.publishing(design, copy),
        }  # fmt: skip

    def publishing(self, design: ProcessDesign, copy: CopyView) -> dict[str, Any]:
        """Return what pages say of publishing: whether there is anything, and the next version."""
        return {
            "next_version": f"{design.draft.major + 1 if design.draft else 1}.0",
            "unpublished": copy.changed or design.published_id != design.draft_id,
        }

    def settings(self, screen: Screen, element: Piece) -> SettingsForm | None:
        """Return the form of an element's settings; None when nobody knows its kind."""
        kind = model_of(element)
        if kind is None:
            return None
        flaws, hints = screen.told_of(element.target)
        return SettingsForm(
            kind=kind, raw=element.node, document=screen.copy.document,
            catalog=self.catalog, flaws=flaws, hints=hints, prefix=PREFIX,
        )  # fmt: skip


def _can_insist(refused: ApplicationError | None) -> bool:
    """Tell whether the same edit may be sent again over what somebody else did."""
    return isinstance(refused, Stale) and not refused.extra.get("behind")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def kept_words(copy: CopyView) -> str:
    """Return when the last edit was kept: the time alone when that was today."""
    local = timezone.localtime(copy.modified)
    if local.date() == timezone.localdate():
        return f"{local:%H:%M}"
    return moment_in_sentence(copy.modified)


def _slug(element: Piece) -> str:
    return element.slug if element.kind == "field" else element.kind


def _label(element: Piece) -> str:
    if element.kind == "field":
        return element.label
    return piece_in_words(element.kind).capitalize()
