"""Meeting request: an email with an invitation for calendars."""

from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Literal

from pydantic import Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.dates import is_date, is_moment, moment_text, parse_moment
from processes.language.mappings import Resolve, evaluate
from processes.language.recipients import recipients_in_words
from processes.language.setting_types import TextValue
from processes.language.values import ValueFailure, as_text, is_blank
from processes.rules.base import Context, RuleFailed
from processes.rules.mailing import (
    Account,
    BlindCopy,
    Body,
    Copy,
    MailRule,
    ReplyTo,
    Subject,
    To,
    in_one_line,
)
from processes.rules.ports import Mail, Meeting


class MeetingRequest(MailRule):
    """Invites people to a meeting, with an email that calendars understand.

    People under To are required, people under Copy are optional. Two dates without a time are whole
    days. When the rule runs again on the same record, the entry in their calendars is updated. The
    user who starts the run is the organizer and gets the replies. Everything else works as in Send
    email.
    """

    label = gettext_noop("Meeting request")
    icon = "calendar-event"

    type: Literal["meeting_request"] = "meeting_request"
    to: To
    cc: Copy = ()
    bcc: BlindCopy = ()
    subject: Subject
    start: TextValue = Field(
        min_length=1,
        title=gettext_noop("Start"),
        description=gettext_noop(
            "A date field, or a date and time such as [first_day]T09:00, in the time zone of the "
            "run."
        ),
        json_schema_extra={"control": "value"},
    )
    end: TextValue = Field(
        min_length=1,
        title=gettext_noop("End"),
        description=gettext_noop("After the start. For whole days, the last day."),
        json_schema_extra={"control": "value"},
    )
    location: TextValue = Field(
        default="",
        title=gettext_noop("Location"),
        description=gettext_noop("Where it takes place, in one line."),
        json_schema_extra={"control": "value"},
    )
    body: Body
    reply_to: ReplyTo = ()
    account: Account = ""

    def mail_for(self, context: Context) -> Mail:
        """Return the message with the meeting; raises RuleFailed when it has no proper time."""
        resolve, zone = context.resolve, context.zone
        start = _time(self.start, resolve, zone, empty=_("The meeting has no start."), of="start")
        end = _time(self.end, resolve, zone, empty=_("The meeting has no end."), of="end")
        if isinstance(start, datetime) != isinstance(end, datetime):
            raise RuleFailed("value", _("Enter a time for both start and end, or for neither."))
        if end < start or (end == start and isinstance(start, datetime)):
            raise RuleFailed("value", _("The meeting ends before it starts."))
        where = in_one_line(as_text(evaluate(self.location, resolve, of="location")))
        meeting = Meeting(self.id, _as_text(start), _as_text(end), where)
        return replace(super().mail_for(context), meeting=meeting)

    def sentence(self) -> str:
        """Return `Invite the creator: Interview`."""
        return _("Invite %(people)s: %(subject)s") % {
            "people": recipients_in_words(self.to),
            "subject": self.subject,
        }


def _time(source: str, resolve: Resolve, zone: tzinfo, *, empty: str, of: str) -> date:
    """Return a date, or a moment where a time is given; without an offset it is of the zone."""
    value = evaluate(source, resolve, of=of)
    if is_blank(value):
        raise RuleFailed("value", empty)
    try:
        moment = parse_moment(value)
    except ValueFailure as failure:
        raise RuleFailed("value", f"{of}: {failure}") from failure
    text = as_text(value).strip()
    if is_date(text):
        return moment.date()
    is_local = is_moment(text) and datetime.fromisoformat(text.upper()).tzinfo is None
    return moment.replace(tzinfo=zone) if is_local else moment


def _as_text(time: date) -> str:
    return moment_text(time) if isinstance(time, datetime) else time.isoformat()
