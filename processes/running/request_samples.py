"""The values of an instance as samples for trying a REST method."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from datasources.ports import Sample
from datasources.rest.sent_files import SentFile
from kianda.lib.errors import Missing
from processes.definition.document import Document
from processes.designs.usage import uses_of_method
from processes.document_cache import document_of
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.language.expressions import Template
from processes.language.mappings import InputRow
from processes.language.values import Value, ValueFailure, as_text, files_in, to_json
from processes.models import ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rules.base import OutwardRule, RuleFailed
from processes.running.adapters import item_of
from processes.running.rule_files import sent_files
from processes.selectors import visible_instance, visible_instances

SUGGESTED = 20


def process_ids(user: Any, *, datasource: str, method: str) -> list[str]:
    """Return the newest instances that a person may see, of the processes that call the method."""
    names = {
        str(use["name"]).rpartition(" ")[0] for use in uses_of_method(f"{datasource}/{method}")
    }
    rows = visible_instances(user)
    rows = rows.filter(design__name__in=names) if names else rows
    return list(rows.order_by("-pk").values_list("process_id", flat=True)[:SUGGESTED])


def values(
    process_id: str, user: Any, *, datasource: str, method: str, targets: Sequence[str]
) -> dict[str, Sample]:
    """Return what the instance would send: by its rule's input mapping, else by field name."""
    instance = visible_instance(process_id, user, lock=False)
    if instance is None:
        raise Missing(
            _("There is no record %(process_id)s, or you have no permission to see it.")
            % {"process_id": process_id}
        )
    document = document_of(instance.version)
    rights = InstanceRights(user, instance, document)
    reader = _Reader(instance, document, KnownFiles(Uploader(user), instance, rights))
    found = {target: reader.by_name(target) for target in targets}
    for row in _mapped(document, datasource, method):
        if row.target in found:
            found[row.target] = reader.of(row.value) or found[row.target]
    return {target: sample for target, sample in found.items() if sample is not None}


def _mapped(document: Document, datasource: str, method: str) -> Iterator[InputRow]:
    for _place, rule in document.placed_rules():
        called = [(ref.datasource, ref.method) for ref in rule.refers()]
        if (datasource, method) in called and isinstance(rule, OutwardRule):
            yield from rule.input_mapping


class _Reader:
    """Reads the stored values of one instance."""

    def __init__(
        self, instance: ProcessInstance, document: Document, known_files: KnownFiles
    ) -> None:
        self._known_files = known_files
        self._values: Mapping[str, Value] = item_of(instance, document)
        self._secret = document.secrets
        self._names = {name.lower(): name for name in document.fields}

    def by_name(self, target: str) -> Sample | None:
        """Return the value of the open field that is named as a parameter, whatever its signs.

        A secret goes only where the design itself sends it: a name alone proves nothing.
        """
        known = self._names.get(target.rpartition(".")[2].lower().replace("-", "_"))
        if known is None or known in self._secret:
            return None
        return self._sample(self._values.get(known), {known})

    def of(self, source: str) -> Sample | None:
        """Return the value of a "field or text"; None when it needs more than the instance."""
        template = Template.parse(source)
        try:
            value = template.evaluate(self._resolve)
        except ValueFailure:
            return None
        names = {self._names.get(name.lower(), name) for name in template.references}
        return self._sample(value, names)

    def _resolve(self, name: str) -> Value:
        known = self._names.get(name.lower(), name)
        if known not in self._values:
            raise ValueFailure(_("%(name)s is known only in a run.") % {"name": name})
        return self._values[known]

    def _sample(self, value: Value, names: set[str]) -> Sample | None:
        if value in (None, "", []):
            return None
        secrets = (as_text(self._values.get(name)) for name in names & self._secret)
        told = tuple(text for text in secrets if text)
        return Sample(to_json(value), secrets=told, files=self._files(value))

    def _files(self, value: Value) -> tuple[SentFile, ...]:
        """Return the files that a value is; none where the person does not get at them."""
        if not files_in(value):
            return ()
        try:
            found = sent_files(value, self._known_files)
        except RuleFailed:
            return ()
        many = found if isinstance(found, list) else [found]
        return tuple(one for one in many if isinstance(one, SentFile))
