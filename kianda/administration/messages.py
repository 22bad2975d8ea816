"""Administration, Messages: everything that is sent by mail, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services.audit import record
from kianda.administration.lists import shown_rows
from kianda.lib.errors import Conflict, Invalid, Missing
from kianda.lib.numbers import whole_number
from kianda.mail import access, accounts, outbox, ports
from kianda.mail.models import OVER, MailMessage, MailState
from kianda.web.csv_files import csv_answer
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, query_words, render_dialog, render_page, toast

# The tabs, beside all: what needs a person first.
TABS = (
    (MailState.REJECTED, gettext_lazy("Rejected")),
    (MailState.MAY_HAVE_BEEN_SENT, gettext_lazy("Uncertain")),
    (MailState.RETRYING, gettext_lazy("Retrying")),
    (MailState.PLANNED, gettext_lazy("Queued")),
    (MailState.SENT, gettext_lazy("Sent")),
    (MailState.DONE, gettext_lazy("Done")),
)
TIMES = (
    ("1", gettext_lazy("Last 24 hours")),
    ("7", gettext_lazy("Last 7 days")),
    ("30", gettext_lazy("Last 30 days")),
)
# By what a list, and a file of it, is chosen.
CHOSEN_BY = ("search", "state", "days")
COUNTED = (*outbox.ATTENTION, MailState.RETRYING, MailState.PLANNED)


@page(roles=())
def messages(request: HttpRequest) -> HttpResponseBase:
    """List messages, the newest first; by state, by words."""
    user, words = signed_in(request), _words(request)
    everything = access.visible_messages(user)
    rows = _chosen(everything, words)
    found = outbox.counts(COUNTED, everything)
    total, sent = outbox.lately(everything, timezone.now())
    context = {
        **shown_rows(request, rows, words),
        "times": TIMES,
        "tabs": [(state, word, found.get(state)) for state, word in TABS],
        "attention": sum(found[state] for state in outbox.ATTENTION),
        "total": total,
        "sent": sent,
        "picked": _picked(request),
        "reads_all": access.reads_all(user),
        "nothing_leaves": accounts.account_of("") is None,
    }
    return render_page(
        request, "messages/messages.html", context, partials={"rows": "messages/_rows.html"}
    )


def _words(request: HttpRequest) -> dict[str, str]:
    """Return by what the list is chosen; a time that is none of those offered counts as any."""
    words = query_words(request, *CHOSEN_BY)
    return words if words["days"] in dict(TIMES) else {**words, "days": ""}


def _chosen(rows: QuerySet[MailMessage], words: Mapping[str, str]) -> QuerySet[MailMessage]:
    rows = outbox.searched(rows, words["search"])
    if words["state"]:
        rows = rows.filter(state=words["state"])
    if words["days"]:
        begin = timezone.now() - timedelta(days=int(words["days"]))
        rows = rows.filter(planned_at__gt=begin)
    return rows


@page(roles=())
def export(request: HttpRequest) -> HttpResponseBase:
    """Give what is listed as a CSV file: a line for each recipient."""
    user, words = signed_in(request), _words(request)
    rows = _chosen(access.visible_messages(user), words)
    said = ", ".join(f"{name}: {word}" for name, word in words.items() if word)
    record(user, action="exported", kind="message", name=_("Messages"), detail=said)
    return csv_answer(_lines(rows), name=f"messages-{timezone.localdate():%Y-%m-%d}.csv")


def _lines(rows: QuerySet[MailMessage]) -> Iterator[Sequence[Any]]:
    zone = timezone.get_current_timezone()
    yield [
        _("Queued (%(zone)s)") % {"zone": timezone.get_current_timezone_name()}, _("Subject"),
        _("Process ID"), _("Address"), _("Name"), _("Kind"), _("Status"), _("Attempts"),
        _("Response of the mail server"), _("Since"),
    ]  # fmt: skip
    states = dict(MailState.choices)
    for row in rows.iterator(chunk_size=500):
        planned = row.planned_at.astimezone(zone)
        for one in row.recipients.all():
            since = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if one.at else ""
            yield [
                f"{planned:%Y-%m-%d %H:%M:%S}", row.shown_subject, row.process_id, one.address,
                one.name, one.kind, str(states[MailState(one.state)]), one.tries, one.words, since,
            ]  # fmt: skip


@page(roles=())
def message(request: HttpRequest, message_id: int) -> HttpResponseBase:
    """Show one message: each recipient, each try, what the server said."""
    return _show(request, access.get_message(message_id, signed_in(request)))


@page(roles=(), methods=("POST",))
@once
def send_again(request: HttpRequest, message_id: int) -> HttpResponseBase:
    """Send a message again, to the addresses in the box."""
    typed = request.POST.get("/to", "")
    to = [line.strip() for line in typed.splitlines() if line.strip()]
    try:
        outbox.send_again(message_id, to=to, user=signed_in(request))
    except Invalid as invalid:
        errors = Errors(Invalid.at("/to", " ".join(flaw.detail for flaw in invalid.errors)))
        row = access.get_message(message_id, signed_in(request))
        return _show(request, row, typed=typed, errors=errors, status=422)
    except Conflict as conflict:
        return _refused(request, message_id, conflict)
    toast(request, _("Message queued."))
    return go(request, "message", message_id=message_id)


@page(roles=(), methods=("POST",))
@once
def done(request: HttpRequest, message_id: int) -> HttpResponseBase:
    """Mark a message as done."""
    try:
        outbox.mark_done(message_id, user=signed_in(request))
    except Conflict as conflict:
        return _refused(request, message_id, conflict)
    toast(request, _("Marked as done."))
    return go(request, "message", message_id=message_id)


def _refused(request: HttpRequest, message_id: int, conflict: Conflict) -> HttpResponse:
    row = access.get_message(message_id, signed_in(request))
    return _show(request, row, refused=conflict.detail, status=409)


def _show(
    request: HttpRequest, row: MailMessage, *, typed: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    context = {**_told(row, signed_in(request)), **more}
    if typed:
        context["to"] = typed
    return render_page(request, "messages/message.html", context, status=status)


def _picked(request: HttpRequest) -> dict[str, Any] | None:
    """Return the message that is shown beside the list, when there is such a one."""
    pk, user = whole_number(request.GET.get("message", "")), signed_in(request)
    try:
        return _told(access.get_message(pk, user), user) if pk else None
    except Missing:
        return None


def _told(row: MailMessage, user: User) -> dict[str, Any]:
    return {
        "message": row,
        "only_theirs": row.private or not access.reads_all(user),
        "recipients": row.recipients.all(),
        "attempts": row.attempts.select_related("by"),
        "to": "\n".join(outbox.failed_addresses(row)),
        "text": outbox.shown_text(row),
        "is_over": row.state in OVER,
        "waits_for_settings": bool(row.refused_login),
    }


class AccountForm(forms.Form):
    """The workspace's mail account."""

    account = forms.ChoiceField(label=gettext_lazy("Mail account"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the accounts that there are."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["account"]
        none = _("None (messages are not sent)")
        field.choices = [("", none), *ports.account_titles().items()]
        field.widget.attrs["class"] = "form-select"


@page(roles=(ADMINISTRATOR,), methods=("GET", "POST"))
@once
def mail_settings(request: HttpRequest) -> HttpResponseBase:
    """Ask by which account mail leaves, and keep it."""
    chosen = {"account": accounts.chosen_account()}
    form = AccountForm(request.POST if request.method == "POST" else None, initial=chosen)
    if request.method == "POST" and form.is_valid():
        accounts.choose_account(form.cleaned_data["account"], user=signed_in(request))
        toast(request, _("Mail account saved."))
        return go(request, "messages")
    context = {"form": form, "operators": accounts.operators_account()}
    return render_dialog(
        request, "messages/_settings.html", context, title=_("Mail account"),
        status=422 if form.errors else 200,
    )  # fmt: skip
