"""The anonymous form links of an instance on its page, and the dialog that revokes one."""

from collections.abc import Iterator
from typing import NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from kianda.web.form_once import once
from kianda.web.pages import go, page, render_dialog, toast
from processes.instances.form_links import links_of, revoke_link
from processes.models import FormLink
from processes.views.common import person
from processes.views.instances.form_page import FormPage

# Older ones have ended, each because a newer one to the same form was created.
MOST = 10


class LinkLine(NamedTuple):
    """A link as the page shows it: to which form, how it stands."""

    link: FormLink
    title: str
    state: str

    @property
    def is_open(self) -> bool:
        """Tell whether it can be used."""
        return self.state == "open"

    @property
    def words(self) -> str:
        """Say how it stands."""
        known = {
            "open": _("Can be used"),
            "expired": _("Expired"),
            "used_up": _("Used up"),
        } | {value: str(words) for value, words in FormLink.Ended.choices}
        return known[self.state]


def link_lines(form_page: FormPage) -> list[LinkLine]:
    """Return the links to forms that the person may change, newest first."""
    titles = {form.name: form.title for form in form_page.document.forms}
    return list(_lines(form_page, titles))[:MOST]


def _lines(form_page: FormPage, titles: dict[str, str]) -> Iterator[LinkLine]:
    now = timezone.now()
    for one in links_of(form_page.instance, form_page.rights):
        yield LinkLine(one, titles[one.form], one.state(now))


@page(methods=("GET", "POST"))
@once
def revoke(request: HttpRequest, process_id: str, link: int) -> HttpResponseBase:
    """Ask, then end a link."""
    form_page = FormPage.read(process_id, person(request))
    line = next((one for one in link_lines(form_page) if one.link.pk == link), None)
    if line is None:
        words = _("%(process_id)s has no such link.")
        raise Missing(words % {"process_id": form_page.instance.process_id})
    if request.method == "POST":
        revoke_link(process_id=process_id, link=link, user=person(request))
        toast(request, _("Link revoked."))
        return go(request, "instance", process_id=form_page.instance.process_id)
    return render_dialog(
        request, "instances/_link_revoke.html", {"instance": form_page.instance, "line": line},
        title=_("Revoke the link to %(form)s") % {"form": line.title},
    )  # fmt: skip
