"""The recycle bin: designs that were deleted, restored or removed for good."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.errors import Forbidden, Invalid, Missing
from kianda.lib.recycle_bin import gone_at
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_dialog, render_page, toast
from processes.library import recycle_bin as services
from processes.library.catalogue import free_name
from processes.views.common import page_of, person


@page(roles=(DESIGNER,))
def recycle_bin(request: HttpRequest) -> HttpResponseBase:
    """List what was deleted and can still be restored."""
    found = page_of(request, services.binned_designs())
    context = {
        "page": found,
        "lines": [(design, gone_at(design)) for design in found],
        "may_remove": has_role(request.user, ADMINISTRATOR),
    }
    return render_page(request, "library/bin.html", context)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def restore(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Restore a design; ask for another name when its own is taken."""
    found, errors = services.binned_design(pk), Errors()
    name = request.POST.get("/name", "").strip()
    if request.method == "POST":
        try:
            made = services.restore_design(pk=pk, user=person(request), name=name)
        except Invalid as invalid:
            errors = Errors(invalid)
        else:
            toast(request, _("%(title)s is restored.") % {"title": made.title})
            return go(request, "designs")
    wish = name if errors and name != found.name else free_name(name or found.name)
    context = {"design": found, "errors": errors, "name": wish, "taken": wish != found.name}
    title = _("Restore %(title)s") % {"title": found.title}
    return render_dialog(
        request, "library/_bin_restore.html", context, title=title,
        status=422 if errors else 200,
    )  # fmt: skip


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask, then remove a design for good."""
    if not has_role(request.user, ADMINISTRATOR):
        raise Forbidden(_("Only an administrator can remove a design for good."))
    try:
        found = services.binned_design(pk)
    except Missing:
        if request.method == "POST":
            return go(request, "bin")
        raise
    if request.method == "POST":
        services.remove_for_good(pk=pk, user=person(request))
        toast(request, _("%(title)s is removed for good.") % {"title": found.title})
        return go(request, "bin")
    title = _("Remove %(title)s for good") % {"title": found.title}
    context = {"design": found, "versions": found.versions.count()}
    return render_dialog(request, "library/_bin_remove.html", context, title=title)
