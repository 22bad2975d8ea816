"""How an instance goes on: its forms are submitted, gone to, given to people, and closed.

Each step takes a standing and gives a new one, without the database.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kianda.lib.i18n import gettext as _
from processes.definition.document import Document
from processes.definition.flow import first_to_open
from processes.engine.instance_state import (
    COMPLETED,
    CURRENT,
    NOT_STARTED,
    FormRecord,
    InstanceState,
    Records,
    kept_states,
    open_names,
    opened,
    records_of,
)

ENDED_STATUS = "completed"


class NotOpen(Exception):
    """A form is not being worked on. The message is a sentence for the user."""


class NotCompleted(Exception):
    """A form is not completed, so it is not opened again. The message is a sentence."""


@dataclass(frozen=True)
class ActedBy:
    """Who acts, and when, as ISO 8601 text; a substitute acts for somebody."""

    by: str
    at: str
    acted_for: str = ""

    def completes(self, record: FormRecord, creator: str) -> FormRecord:
        """Return a form completed; for somebody only where it is theirs."""
        owners = (creator,) if record.is_unowned else record.users
        acted_for = self.acted_for if self.acted_for in owners else ""
        return record.completed_at(self.at, by=self.by, acted_for=acted_for)


def submitted(
    document: Document,
    standing: InstanceState,
    form: str,
    *,
    creator: str,
    moment: ActedBy,
    status: str = "",
) -> InstanceState:
    """Return the standing after a form was submitted; raises NotOpen.

    When another form is still open (one that opened beside it, or that a rule has opened), nothing
    more opens; else the next one does that waits its turn. Hidden forms are passed over.
    """
    records = records_of(document, standing, creator)
    _refuse_not_open(document, records, form)
    records[form] = moment.completes(records[form], creator)
    for name in standing.hidden.intersection(open_names(records)):
        records[name] = records[name].waiting()
    following = None if open_names(records) else _next(document, records, form, standing.hidden)
    if following:
        records.update(opened(document, records, [following], moment.at, standing.hidden))
    still = open_names(records)
    said = status or (_title(document, still[0]) if still else ENDED_STATUS)
    forms = kept_states(document, records, ended=not still, creator=creator)
    return replace(standing, status=said, forms=forms)


def _refuse_not_open(document: Document, records: Records, form: str) -> None:
    status = records[form].status
    if status != CURRENT:
        words = _("completed already") if status == COMPLETED else _("not open yet")
        raise NotOpen(
            _("The form %(form)s is %(words)s.") % {"form": _title(document, form), "words": words}
        )


def _next(document: Document, records: Records, form: str, hidden: frozenset[str]) -> str | None:
    """Return the form that opens after one, in form order, then from the start.

    A form that opens with another one waits for that, unless that is hidden.
    """
    opens_with = first_to_open(document)
    names = [
        one.name
        for one in document.forms
        if one.name not in hidden
        and (one.activate_with in hidden or opens_with[one.name] == one.name)
    ]
    place = next(number for number, one in enumerate(document.forms) if one.name == form)
    later = {one.name for one in document.forms[place:]}
    waiting = [name for name in names if records[name].status == NOT_STARTED]
    return next((name for name in waiting if name in later), next(iter(waiting), None))


def went_to(
    document: Document,
    standing: InstanceState,
    form: str,
    *,
    own: str,
    creator: str,
    moment: ActedBy,
    note: str = "",
) -> InstanceState:
    """Return the standing after a form was made the current one.

    A form that was completed is sent back by it, with a note for its owners: what came after it is
    asked for once more, or nobody would have it to do when this one is submitted again. Going on
    leaves the form of the run open, which it may be about to submit; any other form that was open
    waits. What opens with a form opens with it again, unless it is done.
    """
    records = records_of(document, standing, creator)
    names = list(records)
    goes_on = own in records and names.index(own) < names.index(form)
    is_sent_back = records[form].status == COMPLETED
    ends = set() if is_sent_back else {name for name in open_names(records) if name != form}
    if is_sent_back or not goes_on:
        ends |= set(_after(document, records, form))
    for name in ends - ({own} if goes_on else set()):
        records[name] = records[name].waiting()
    if goes_on and not is_sent_back:
        records[form] = records[form].open_since(moment.at)
    else:
        records.update(opened(document, records, [form], moment.at, standing.hidden))
    if is_sent_back:
        records[form] = replace(
            records[form], sent_back=moment.at, sent_back_by=moment.by, note=note,
            acted_for=moment.acted_for,
        )  # fmt: skip
    return replace(
        standing,
        status=_title(document, form),
        forms=kept_states(document, records, ended=False, creator=creator),
    )


def reopened(
    document: Document, standing: InstanceState, form: str, *, creator: str, at: str
) -> InstanceState:
    """Return the standing with a completed form open again; all that came after it stays.

    Raises NotCompleted. What had ended goes on until the form is submitted once more.
    """
    records = records_of(document, standing, creator)
    if records[form].status != COMPLETED:
        words = _("The form %(form)s is not completed.")
        raise NotCompleted(words % {"form": _title(document, form)})
    records[form] = records[form].open_since(at)
    ended = bool(standing.forms.get("ended"))
    status = _title(document, form) if ended else standing.status
    forms = kept_states(document, records, ended=False, creator=creator)
    return replace(standing, status=status, forms=forms)


def _after(document: Document, records: Records, form: str) -> Iterator[str]:
    """Find the forms that come after one: in form order, or opened since it was completed.

    Forms that opened together with it stand beside it, wherever they are in the order.
    """
    names = list(records)
    opens_with = first_to_open(document)
    for place, (name, record) in enumerate(records.items()):
        is_later = place > names.index(form) or _opened_since(records[form], record)
        if is_later and opens_with[name] != opens_with[form]:
            yield name


def _opened_since(earlier: FormRecord, record: FormRecord) -> bool:
    """Tell whether a form was opened when another one had been completed."""
    if not record.started or not earlier.completed:
        return False
    started = datetime.fromisoformat(record.started)
    # What one run completes and opens has one moment: then the order of the forms tells.
    opened_first = not earlier.started or started > datetime.fromisoformat(earlier.started)
    return opened_first and started >= datetime.fromisoformat(earlier.completed)


def assigned(
    document: Document,
    standing: InstanceState,
    forms: Iterable[str],
    *,
    users: Collection[str],
    groups: Collection[str],
    creator: str,
    append: bool = False,
    opens: bool = False,
    at: str = "",
) -> InstanceState:
    """Return the standing after forms were given to people and groups, and opened when asked.

    Nobody named gives them to everyone who sees the instance.
    """
    records = records_of(document, standing, creator)
    for name in forms:
        before = records[name]
        records[name] = replace(
            before,
            users=tuple(dict.fromkeys([*(before.users if append else ()), *users])),
            groups=tuple(dict.fromkeys([*(before.groups if append else ()), *groups])),
            everyone=not (users or groups) or (append and before.everyone),
        )
        if opens and before.status != CURRENT:
            records[name] = records[name].open_since(at)
    ended = bool(standing.forms.get("ended")) and not opens
    return replace(standing, forms=kept_states(document, records, ended=ended, creator=creator))


def closed(
    document: Document, standing: InstanceState, *, status: str, creator: str, moment: ActedBy
) -> InstanceState:
    """Return the standing of an instance that has ended: no form is open any more."""
    records = records_of(document, standing, creator)
    for name in open_names(records):
        records[name] = moment.completes(records[name], creator)
    return replace(
        standing, status=status, forms=kept_states(document, records, ended=True, creator=creator)
    )


def _title(document: Document, name: str) -> str:
    return next((form.title for form in document.forms if form.name == name), name)
