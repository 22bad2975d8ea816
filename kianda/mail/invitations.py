"""Invitations to meetings as iCalendar documents (RFC 5545), method REQUEST (RFC 5546)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

from kianda.mail.addresses import MailAddress

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class MeetingInvitation:
    """A meeting as calendars take it.

    What has the same `uid` is the same meeting; the highest `sequence` holds. Dates are whole days,
    and the end is the last of them; moments have a time zone.
    """

    uid: str
    sequence: int
    title: str
    start: date
    end: date
    location: str
    text: str
    organizer: MailAddress
    asked: Iterable[MailAddress]
    optional: Iterable[MailAddress]

    def document(self, *, moment: datetime) -> str:
        """Return it as an iCalendar document of this moment."""
        event = Event()
        event.add("uid", self.uid)
        event.add("sequence", self.sequence)
        event.add("dtstamp", moment)
        event.add("summary", self.title)
        event.add("dtstart", self.start)
        event.add("dtend", self.end if isinstance(self.end, datetime) else self.end + _DAY)
        if self.location:
            event.add("location", self.location)
        event.add("description", self.text)
        event.add("status", "CONFIRMED")
        event.add("organizer", _person(self.organizer), encode=False)
        for role, people in (("REQ-PARTICIPANT", self.asked), ("OPT-PARTICIPANT", self.optional)):
            for one in people:
                event.add("attendee", _person(one, role=role), encode=False)
        calendar = Calendar()
        calendar.add("prodid", "-//Kianda//Kianda//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "REQUEST")
        calendar.add_component(event)
        return str(calendar.to_ical().decode())


def _person(who: MailAddress, *, role: str = "") -> vCalAddress:
    made = vCalAddress(f"mailto:{who.address}")
    if who.name:
        made.params["CN"] = vText(who.name)
    if role:
        made.params["ROLE"] = vText(role)
        made.params["PARTSTAT"] = vText("NEEDS-ACTION")
        made.params["RSVP"] = vText("TRUE")
    return made
