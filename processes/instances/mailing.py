"""Emails of rules: recipients looked up, bodies rendered, who is left out and why."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from datasources.selectors import get_document_to_use
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Forbidden, Invalid, Missing
from kianda.mail import ports
from kianda.mail.accounts import account_of
from kianda.mail.addresses import BadAddress, MailAddress, read_address
from kianda.mail.invitations import MeetingInvitation
from kianda.mail.letters import CheckedLetter, Letter, check_letter, left_out
from kianda.mail.planning import plan_letters
from kianda.mail.rendering import Pieces, ReadOut, render_body
from processes.document_cache import document_of
from processes.engine.instance_state import InstanceState
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles, why_not
from processes.instances.mail_words import read_out_for, with_spans
from processes.instances.telling import people_named
from processes.language.dates import is_date, parse_moment
from processes.language.people_refs import is_ref_word, named_group, named_user, refs_in_words
from processes.models import ProcessInstance, SentMeeting
from processes.rules.base import RuleFailed
from processes.rules.mailing import in_one_line
from processes.rules.ports import LINKS_AT, Mail, Meeting

_KINDS = ("to", "cc", "bcc")
_MEETING = "meeting"


class PreparedLetter(NamedTuple):
    """A letter as JSON, as the trace shows it, and a sentence about who does not get it.

    The JSON is that of a `Letter`, with the `meeting` that it invites to. None: nothing is sent.
    """

    letter: dict[str, Any] | None
    shown: dict[str, Any]
    note: str


def prepared_letter(
    mail: Mail, instance: ProcessInstance, *, standing: InstanceState, by: User | None
) -> PreparedLetter:
    """Return an email of a rule, its recipients looked up; raises RuleFailed.

    In a preview it goes to whoever tries it.
    """
    _refuse_account(mail.account, by)
    if lets_in(said(mail.subject)):
        # Lists of messages show subjects.
        words = _("The subject cannot contain a link to a form. Put the link in the message.")
        raise RuleFailed("value", words)
    people = _Recipients(instance, standing)
    found = {kind: people.addresses(getattr(mail, kind)) for kind in (*_KINDS, "reply_to")}
    if not any(found[kind] for kind in _KINDS):
        named = [one for kind in _KINDS for one in getattr(mail, kind)]
        raise RuleFailed("value", people.nobody(named))
    organizer = people.address(by) if by is not None else ""
    mail, files = _with_files(mail, instance, by)
    letter = replace(_letter(mail, found, people.read_out()), files=files)
    check = _checked(letter)
    if instance.mode == ProcessInstance.Mode.PREVIEW:
        read_out = read_out_for([by] if by else [])
        return _to_tester(mail, letter, organizer, instance, read_out)
    made = _with_meeting(letter, check, mail.meeting, instance, organizer)
    return PreparedLetter(made, _shown(letter, mail.meeting), people.left_out())


def plan_mails(
    mails: Sequence[Mapping[str, Any]], *, instance: ProcessInstance, run: int, by: User | None
) -> None:
    """Plan what `prepared_letter` gave; call inside the transaction that stores the run."""
    letters = [Letter(**{name: one[name] for name in one if name != _MEETING}) for one in mails]
    plan_letters(letters, run=run, process_id=instance.process_id, by=by)
    for one in mails:
        if meeting := one.get(_MEETING):
            SentMeeting.objects.update_or_create(
                instance=instance, rule=meeting["rule"],
                defaults={"sequence": meeting["sequence"]},
            )  # fmt: skip


def _checked(letter: Letter) -> CheckedLetter:
    try:
        return check_letter(letter)
    except Invalid as invalid:
        said = dict.fromkeys(flaw.detail for flaw in invalid.errors)
        raise RuleFailed("value", " ".join(said) or invalid.detail) from invalid


def _letter(mail: Mail, found: Mapping[str, Sequence[str]], read_out: ReadOut) -> Letter:
    subject = in_one_line(said(mail.subject, read_out))
    body = render_body(
        with_spans(mail.body), title=subject, language=get_language() or "en", read_out=read_out
    )  # fmt: skip
    source = said(mail.body)
    told: dict[str, Any] = {kind: tuple(addresses) for kind, addresses in found.items()}
    place = mail.meeting.location if mail.meeting else ""
    return Letter(
        **told, subject=subject, text=body.text, html=body.document, account=mail.account,
        key=f"rule-{secrets.token_hex(16)}", private=lets_in(source) or lets_in(place),
        shown=without_links(body.text, of=source),
    )  # fmt: skip


def said(pieces: Pieces, read_out: ReadOut = str) -> str:
    """Return pieces as one text, their values written for people."""
    return "".join(read_out(text) if is_value else text for text, is_value in with_spans(pieces))


def lets_in(text: str) -> bool:
    """Tell whether a text holds a link that opens a form to whoever has it."""
    return f"{settings.KIANDA_PUBLIC_URL}{LINKS_AT}" in text


def without_links(text: str, *, of: str = "") -> str:
    """Return a text without the links that open a form; `of` is what it was made from.

    Such a link may stand in the text as a part of another address.
    """
    begin = re.escape(f"{settings.KIANDA_PUBLIC_URL}{LINKS_AT}")
    for token in set(re.findall(rf"{begin}([\w-]+)", of or text)):
        text = re.sub(rf"[^\s()<>]*{token}[\w/%-]*", left_out(), text)
    return text


def _to_tester(
    mail: Mail, letter: Letter, tester: str, instance: ProcessInstance, read_out: ReadOut
) -> PreparedLetter:
    """Return an email of a preview: only whoever tries it gets it, and reads who would have."""
    shown = _shown(letter, mail.meeting)
    everybody = ", ".join(one for kind in _KINDS for one in getattr(letter, kind))
    if not tester:
        said = _("Not sent: a preview sends emails only to you, and you have no email address.")
        return PreparedLetter(None, shown, said)
    told = _("This is a preview. It would have been sent to %(people)s.") % {"people": everybody}
    tried = replace(
        mail, subject=((f"[{_('Preview')}] ", False), *mail.subject),
        body=(("> ", False), (told, True), ("\n\n", False), *mail.body),
    )  # fmt: skip
    own = replace(_letter(tried, {"to": [tester]}, read_out), files=letter.files)
    made = _with_meeting(own, _checked(own), mail.meeting, instance, tester)
    return PreparedLetter(made, shown, _("Sent only to you, because this is a preview."))


def _with_meeting(
    letter: Letter,
    checked: CheckedLetter,
    meeting: Meeting | None,
    instance: ProcessInstance,
    organizer: str,
) -> dict[str, Any]:
    """Return a letter as JSON, with its invitation when it is one to a meeting."""
    if meeting is None:
        return asdict(letter)
    known = SentMeeting.objects.filter(instance=instance, rule=meeting.rule).first()
    sequence = known.sequence + 1 if known is not None else 0
    host = urlsplit(settings.KIANDA_PUBLIC_URL).hostname or "localhost"
    invitation = MeetingInvitation(
        uid=f"{instance.process_id}-{meeting.rule}@{host}", sequence=sequence,
        title=letter.subject, location=meeting.location, text=letter.text,
        start=_moment(meeting.start), end=_moment(meeting.end),
        organizer=_organizer(organizer, letter, host),
        asked=[one.address for one in checked.addressees if one.kind == "to"],
        optional=[one.address for one in checked.addressees if one.kind == "cc"],
    )  # fmt: skip
    whole = replace(letter, calendar=invitation.document(moment=timezone.now()))
    return asdict(whole) | {_MEETING: {"rule": meeting.rule, "sequence": sequence}}


def _organizer(person: str, letter: Letter, host: str) -> MailAddress:
    """Return whom answers go to: the run's person, else whoever gets replies to the email."""
    account = account_of(letter.account)
    named = person or next(iter(letter.reply_to), "") or (account.sender if account else "")
    return read_address(named) if named else MailAddress(f"no-reply@{host}")


def _moment(text: str) -> date:
    whole = parse_moment(text)
    return whole.date() if is_date(text) else whole


def _with_files(
    mail: Mail, instance: ProcessInstance, by: User | None
) -> tuple[Mail, tuple[dict[str, Any], ...]]:
    """Return the files that go with an email; links to the others stand at the end of its body."""
    named = [str(one["id"]) for one, _is_link in mail.attachments]
    known = KnownFiles(Uploader(by), instance).rows(named)
    files, links = [], []
    for one, is_link in mail.attachments:
        file = known.get(str(one["id"]))
        if sentence := why_not(file, str(one["id"])):
            raise RuleFailed("value", sentence)
        assert file is not None  # or there was a sentence
        if is_link:
            there = f"{settings.KIANDA_PUBLIC_URL}/files/{file.pk}/{quote(file.name, safe='')}"
            links += [("\n\n", False), (f"{file.name}: {there}", True)]
        else:
            files.append({
                "key": str(file.pk), "name": file.name, "media_type": file.media_type,
                "size": file.size,
            })  # fmt: skip
    return replace(mail, body=(*mail.body, *links)), tuple(files)


def _refuse_account(name: str, by: User | None) -> None:
    """Raise RuleFailed for an account that is not there, or not for whom the run works."""
    if not name:
        return
    try:
        get_document_to_use(name, by)
    except (Missing, Forbidden) as refusal:
        raise RuleFailed("configuration", refusal.detail) from refusal
    if ports.find_account(name) is None:
        words = _("No mail account named %(name)s.")
        raise RuleFailed("configuration", words % {"name": name})


def _shown(letter: Letter, meeting: Meeting | None) -> dict[str, Any]:
    """Return a letter for the trace; what a link in it lets do is for its recipients alone."""
    shown: dict[str, Any] = {
        kind: list(addresses) for kind in _KINDS if (addresses := getattr(letter, kind))
    }
    shown |= {"subject": letter.subject, "text": letter.shown}
    if letter.files:
        shown["attachments"] = [one["name"] for one in letter.files]
    if meeting is not None:
        shown |= {
            "start": meeting.start,
            "end": meeting.end,
            "location": without_links(meeting.location),
        }
    return shown


class _Recipients:
    """Looks recipients up, each person once, and remembers who cannot get mail."""

    def __init__(self, instance: ProcessInstance, standing: InstanceState) -> None:
        self._instance, self._standing = instance, standing
        self._without: dict[str, str] = {}
        self._readers: dict[int, User] = {}
        self._strangers = False

    def addresses(self, texts: Sequence[str]) -> list[str]:
        """Return the addresses of people whom refs name, and those that are written out."""
        refs = [one for one in texts if _is_ref(one)]
        written = [one for one in texts if not _is_ref(one)]
        people = self._people(refs) if refs else []
        found = [address for user in people if (address := self.address(user))]
        self._readers |= {user.pk: user for user in people}
        self._strangers = self._strangers or bool(written)
        return list(dict.fromkeys([*found, *written]))

    def read_out(self) -> ReadOut:
        """Return what writes dates and moments for those whose addresses were looked up."""
        return read_out_for(self._readers.values(), strangers=self._strangers)

    def nobody(self, named: Iterable[str]) -> str:
        """Say that nobody is left to send to, and why."""
        words = _("No one to send this email to: %(people)s.") % {"people": refs_in_words(named)}
        return f"{words} {self.left_out()}".strip()

    def left_out(self) -> str:
        """Say who is left out, and why."""
        if not self._without:
            return ""
        said = ", ".join(f"{name} ({why})" for name, why in sorted(self._without.items()))
        return _("Not sent to %(people)s.") % {"people": said}

    def _people(self, refs: Sequence[str]) -> list[User]:
        document = document_of(self._instance.version)
        keys = people_named(refs, self._instance, document, self._standing)
        found = list(
            User.objects.filter(pk__in=keys).select_related("profile").order_by("username")
        )
        known = {user.get_username() for user in found}
        for name in filter(None, map(named_user, refs)):
            if name not in known:
                self._without[name] = _("no such user")
        return found

    def address(self, user: User) -> str:
        """Return the address of a person with their name; nothing when they cannot get mail."""
        name = display_name(user)
        if not user.is_active:
            self._without[name] = _("deactivated")
            return ""
        try:
            return str(MailAddress(read_address(user.email).address, name))
        except BadAddress:
            self._without[name] = _("no email address")
            return ""


def _is_ref(text: str) -> bool:
    return is_ref_word(text) or bool(named_user(text) or named_group(text))
