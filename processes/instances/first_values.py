"""What a new instance begins with: the defaults, and over them what its creator may send along.

They may send what its page would let them type before it is there. Who manages the process sets
instances up for others, and may send all of it.
"""

from kianda.lib.errors import Flaw, Invalid
from kianda.lib.pointers import pointer
from processes.definition.document import Document
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.instances.default_values import default_values
from processes.instances.kept_cells import with_kept_cells
from processes.instances.sent_values import SentValues, out_of_reach, refuse_not_open, typed_in
from processes.instances.stored_values import filled, no_such_field, read_sent
from processes.language.values import Value
from processes.models import ProcessInstance
from processes.rights.instance_rights import InstanceRights


def first_values(made: ProcessInstance, document: Document, sent: SentValues) -> dict[str, Value]:
    """Return what was sent over the defaults, for an instance that is not stored yet.

    Raises Invalid with every flaw, Forbidden for what is somebody else's to give, Conflict for what
    stands on a form that is not open at the start.
    """
    rights = InstanceRights(sent.user, made, document)
    defaults = filled(document, default_values(document, user=sent.user))
    unseen = [
        name for name in sent.data
        if name in document.fields and name not in sent.set_by_rules and not rights.sees(name)
    ]  # fmt: skip
    known = {name: one for name, one in sent.data.items() if name not in unseen}
    for name in known.keys() - set(sent.set_by_rules):
        known[name] = with_kept_cells(
            name, known[name], rights, defaults,
            set_by_rules=sent.set_by_rules, by_hand=not rights.manages,
        )  # fmt: skip
    values, flaws = read_sent(document, known, {}, files=KnownFiles(Uploader(sent.user)))
    flaws += [Flaw(pointer("data", name), no_such_field(document, name)) for name in unseen]
    if flaws:
        raise Invalid(errors=flaws)
    _refuse_foreign(sent, rights, typed_in(sent, document, values, defaults))
    return {**defaults, **values}


def _refuse_foreign(sent: SentValues, rights: InstanceRights, typed: list[str]) -> None:
    for name in typed:
        rights.changes_field(name).or_refuse()
    if rights.manages:
        return
    refuse_not_open(sent, rights.instance, rights.document, typed)
    if flaws := out_of_reach(sent, rights.instance, rights.document, typed):
        raise Invalid(errors=flaws)
