"""The email of a rule as its recipients would read it, with the values at hand; a test of it."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.mail.accounts import account_of
from kianda.mail.letters import Letter
from kianda.mail.planning import plan_letters
from kianda.mail.rendering import ReadOut, RenderedBody, render_body
from processes.designer.rule_samples import RuleSamples
from processes.designer.settings_forms.expression_preview import NotYet
from processes.instances.mail_words import read_out_for, with_spans
from processes.instances.mailing import lets_in, said, without_links
from processes.language.expressions import Template, TemplateError
from processes.language.people import called
from processes.language.recipients import recipients_in_words
from processes.language.references import name_problems
from processes.language.scope import NameTable
from processes.language.values import Value, ValueFailure
from processes.rules.mailing import in_one_line, pieces_read_out

_LISTS = ("to", "cc", "bcc")


class MailPreview(NamedTuple):
    """What an email would say, to whom in words, and what is wrong with it as it stands."""

    sender: str
    # The account that is named, where it is there.
    account: str
    to: str
    cc: str
    bcc: str
    subject: str
    pieces: Sequence[tuple[str, bool]]
    # Whose values are shown; empty when there is no instance.
    process_id: str
    # Names in brackets that stand for values that are not there yet.
    stand_ins: Collection[str]
    # What writes values for whoever looks at it.
    read_out: ReadOut
    # Of a meeting: from when to when, and where.
    when: Sequence[str] = ()
    where: str = ""
    # The fields that give it files, by their titles.
    attachments: str = ""
    problem: str = ""

    @property
    def body(self) -> SafeString:
        """Return the body as HTML, cleaned."""
        return mark_safe(self.rendered().fragment)  # noqa: S308 - it was cleaned

    def rendered(self, title: str = "") -> RenderedBody:
        """Return the body as its recipients get it."""
        return render_body(
            with_spans(self.pieces), title=title, language=get_language() or "en",
            read_out=self.read_out, stand_ins=self.stand_ins,
        )  # fmt: skip


def preview_of(
    raw: Mapping[str, Any], samples: RuleSamples, *, titles: Mapping[str, str], names: NameTable
) -> MailPreview:
    """Return the email of a rule whose settings may be half made."""
    write = read_out_for([samples.user])
    subject, wrong_subject = _pieces(raw.get("subject"), samples, names)
    body, wrong_body = _pieces(raw.get("body"), samples, names)
    told = {one: _pieces(raw.get(one), samples, names) for one in ("start", "end", "location")}
    texts = {one: said(found[0], write) for one, found in told.items()}
    named_account = str(raw.get("account") or "")
    account = account_of(named_account)
    named = {name: _texts(raw.get(name)) for name in _LISTS}
    people = {
        name: recipients_in_words(refs, titles, names=called) if refs else ""
        for name, refs in named.items()
    }
    return MailPreview(
        **people, sender=account.sender if account else "", pieces=body,
        account=named_account if account else "",
        subject=in_one_line(said(subject, write)), read_out=write,
        # What an instance has not got yet, such as a link that the rules before this one make.
        stand_ins=frozenset({"", *(f"[{name}]" for name in names.fields)}),
        process_id=samples.process_id, where=texts["location"],
        attachments=_attachments(raw.get("attachments"), titles),
        when=[texts["start"], texts["end"]] if "start" in raw else (),
        problem=wrong_subject or wrong_body or "".join(found[1] for found in told.values()),
    )  # fmt: skip


def send_test(mail: MailPreview, *, user: User) -> str:
    """Send a preview to whoever writes the rule; return a sentence about that."""
    if mail.problem:
        return mail.problem
    if lets_in(mail.subject):
        return _("The subject cannot contain a link to a form. Put the link in the message.")
    if not user.email:
        return _("Not sent: you have no email address.")
    title = f"[{_('Test')}] {mail.subject}"
    body = mail.rendered(title)
    source = said(mail.pieces)
    letter = Letter(
        to=(user.email,), subject=title, text=body.text, html=body.document,
        key=f"test-{secrets.token_hex(16)}", account=mail.account,
        private=lets_in(source), shown=without_links(body.text, of=source),
    )  # fmt: skip
    try:
        plan_letters([letter], by=user)
    except Invalid as invalid:
        return " ".join(flaw.detail for flaw in invalid.errors) or invalid.detail
    return _("Test message sent to %(address)s.") % {"address": user.email}


def _with_names(resolve: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return what resolves names, with the name in brackets where nothing stands there yet."""

    def found(name: str) -> Value:
        try:
            return resolve(name)
        except NotYet:
            return f"[{name}]"

    return found


def _pieces(
    source: object, samples: RuleSamples, names: NameTable
) -> tuple[list[tuple[str, bool]], str]:
    """Return a text in pieces, or the sentence that says what is wrong with it."""
    try:
        template = Template.parse(source if isinstance(source, str) else "")
        if problems := name_problems(template, names):
            return [], problems[0]
        found = _with_names(samples.resolve)
        return pieces_read_out(template, found, _with_names(samples.read_out)), ""
    except (TemplateError, ValueFailure) as failure:
        return [], str(failure)


def _attachments(rows: object, titles: Mapping[str, str]) -> str:
    """Return the titles of the fields that give files, in one line."""
    names = [
        str(row.get("field") or "")
        for row in (rows if isinstance(rows, (list, tuple)) else ())
        if isinstance(row, Mapping)
    ]
    return ", ".join(titles.get(name, name) for name in names if name)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []
