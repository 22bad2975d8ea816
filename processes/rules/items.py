"""What rules bring back from the instances that they found, made or changed."""

from collections.abc import Sequence

from kianda.lib.i18n import gettext as _
from processes.language.call_results import RuleFailed
from processes.language.expressions import Template
from processes.language.mappings import SuccessRow, item_at, read_answer, scope
from processes.ports import Context, Item


def accept_items(rows: Sequence[SuccessRow], items: Sequence[Item], context: Context) -> None:
    """Map the first of the instances that a rule worked on, and make it durable."""
    if not items:
        context.accept([])
        return
    refuse_open_secrets(rows, context)
    item_id = item_at(items[0], "process.id")
    changes = read_answer(
        rows,
        scope(context.resolve, item=items[0]),
        missing=lambda name: (
            _("The instance %(item_id)s has no %(name)s.")
            % {"item_id": item_id, "name": name.removeprefix("item.")}
        ),
    )
    context.accept(changes)


def refuse_open_secrets(rows: Sequence[SuccessRow], context: Context) -> None:
    """Let a secret of an instance only into a secret field, whatever an expression makes of it."""
    for row in rows:
        for name in Template.parse(row.value).references:
            root, _dot, rest = name.partition(".")
            if root == "item" and context.is_secret_of_item(rest):
                if context.is_secret(row.field):
                    continue
                raise RuleFailed(
                    "configuration",
                    _(
                        "[%(name)s] is a secret of another process; it may only go into a secret "
                        "field, and %(field)s is not."
                    )
                    % {"name": name, "field": row.field},
                )
