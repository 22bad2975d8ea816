"""The rows by which lists find values: which fields have them, and what keeps them.

Triggers of the database keep them, in the statement that stores the values: no writer knows of
them, and a process without views has none. What was stored before is filled in by a task, some
instances in a transaction, which goes on where it was stopped.
"""

from typing import Any

from django.db import connection, transaction

from processes.definition.document import Document
from processes.models import ListedField, ListedValue, ProcessDesign, ProcessInstance

# Instances whose rows are made in one transaction.
CHUNK = 2_000
_PARTS = {"quantity": ListedField.Part.QUANTITY, "moment": ListedField.Part.MOMENT}
# The values that a field holds: itself, or each in its list. `{values}` is the column.
ITEMS = {
    "sqlite": "json_each({values}, '$.' || {name}) AS item",
    "postgresql": "jsonb_array_elements(CASE jsonb_typeof({values} -> {name}) WHEN 'array' "
                  "THEN {values} -> {name} ELSE jsonb_build_array({values} -> {name}) END) "
                  "AS item(value)",
}  # fmt: skip
WORDS = {
    "sqlite": "CASE item.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
              "ELSE CAST(item.value AS TEXT) END",
    "postgresql": "(item.value #>> '{}')",
}  # fmt: skip
QUANTITY = {
    "sqlite": "CASE WHEN item.type IN ('integer', 'real') THEN item.value END",
    "postgresql": "CASE jsonb_typeof(item.value) WHEN 'number' "
                  "THEN (item.value #>> '{}')::double precision END",
}  # fmt: skip
_MADE = """
INSERT INTO processes_listedvalue (column_id, instance_id, words, quantity)
SELECT f.id, {key}, CASE f.part WHEN 'quantity' THEN ''
  WHEN 'moment' THEN rtrim(substr({words}, 1, 250), 'Z') ELSE substr({words}, 1, 250) END,
  CASE f.part WHEN 'quantity' THEN {quantity} END
FROM {rows} CROSS JOIN {items}
WHERE {where} AND {words} IS NOT NULL AND {words} <> ''
"""
_FORGET = "DELETE FROM processes_listedvalue WHERE instance_id = {key}"


# A text is looked for in capitals. That PostgreSQL has them at hand saves it to make those of each
# value, which takes most of the time in the order of a language. It reads from the index alone
# where the column itself is in it too. The capitals have no statistics: going by them, it would
# look for a text that a list has at its end in the order of the list, with a jump for each record.
_IN_CAPITALS = (
    "CREATE INDEX IF NOT EXISTS listed_values_in_capitals ON processes_listedvalue "
    "(column_id, upper(words), instance_id) INCLUDE (words)",
    "ALTER INDEX listed_values_in_capitals ALTER COLUMN 2 SET STATISTICS 0",
)


def list_fields(design: ProcessDesign, document: Document) -> None:
    """Have the fields of a process looked for once its definition has views; none before.

    Call it inside the transaction that publishes the definition.
    """
    wanted = {
        name: _PARTS.get(field.listed_as, ListedField.Part.WORDS)
        for name, field in document.value_fields.items()
        if document.views and field.listed_as and not field.is_secret
    }
    known = {one.name: one for one in ListedField.objects.filter(design=design)}
    stale = [one.pk for one in known.values() if wanted.get(one.name) != one.part]
    if stale:
        ListedValue.objects.filter(column__in=stale).delete()
        ListedField.objects.filter(pk__in=stale).delete()
    ListedField.objects.bulk_create(
        ListedField(design=design, name=name, part=part)
        for name, part in wanted.items()
        if name not in known or known[name].pk in stale
    )


def fill_listed(*, chunks: int = 50) -> bool:
    """Make the rows of older instances, some chunks of them; return whether some are left."""
    for _ in range(chunks):
        field = ListedField.objects.filter(ready=False).order_by("pk").first()
        if field is None:
            return False
        _fill(field.pk)
    return ListedField.objects.filter(ready=False).exists()


def _fill(pk: int) -> None:
    with transaction.atomic():
        field = ListedField.objects.select_for_update().filter(pk=pk).first()
        if field is None:
            return
        rows = ProcessInstance.everything.filter(design=field.design_id, pk__gt=field.filled_to)
        # Locked, so that what somebody stores meanwhile is either read or comes afterwards.
        keys = list(rows.order_by("pk").select_for_update().values_list("pk", flat=True)[:CHUNK])
        if not keys:
            field.ready = True
            field.save(update_fields=["ready"])
            return
        ListedValue.objects.filter(column=pk, instance__in=_between(field, keys)).delete()
        with connection.cursor() as cursor:
            cursor.execute(_filling(connection.vendor), [keys[0], keys[-1], pk])
        field.filled_to = keys[-1]
        field.save(update_fields=["filled_to"])


def _between(field: ListedField, keys: list[int]) -> Any:
    rows = ProcessInstance.everything.filter(design=field.design_id, pk__range=(keys[0], keys[-1]))
    return rows.order_by().values("pk")


def _filling(vendor: str) -> str:
    return _made(
        vendor, key="i.id", values='i."values"',
        rows="processes_listedfield f JOIN processes_processinstance i "
             "ON i.design_id = f.design_id AND i.id BETWEEN %s AND %s",
        where="f.id = %s",
    )  # fmt: skip


def _made(vendor: str, *, key: str, values: str, rows: str, where: str) -> str:
    return _MADE.format(
        key=key, rows=rows, where=where, words=WORDS[vendor], quantity=QUANTITY[vendor],
        items=ITEMS[vendor].format(values=values, name="f.name"),
    )  # fmt: skip


def keep_listed(**_: object) -> None:
    """Make the triggers where they are not there, as after a migration that made the table anew.

    What was stored without them is filled in again. PostgreSQL has an index of its own besides.
    It is called after every migration.
    """
    vendor = connection.vendor
    with transaction.atomic(), connection.cursor() as cursor:
        if "processes_listedvalue" not in connection.introspection.table_names(cursor):
            return
        for statement in _IN_CAPITALS if vendor == "postgresql" else ():
            cursor.execute(statement)
        if is_kept(cursor):
            return
        for statement in _triggers(vendor):
            cursor.execute(statement)
        ListedField.objects.update(ready=False, filled_to=0)


def is_kept(cursor: Any) -> bool:
    """Tell whether the triggers are there: without them rows would be those of older values."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'listed\\_values\\_%'")
    else:
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'listed_val%'"
        )
    return bool(cursor.fetchone()[0] >= 3)


def _triggers(vendor: str) -> list[str]:
    made = _made(
        vendor, key="NEW.id", values='NEW."values"', rows="processes_listedfield f",
        where="f.design_id = NEW.design_id",
    )  # fmt: skip
    table = "processes_processinstance"
    forget_old, forget_new = _FORGET.format(key="OLD.id"), _FORGET.format(key="NEW.id")
    listed = "EXISTS (SELECT 1 FROM processes_listedfield WHERE design_id = NEW.design_id)"
    if vendor != "postgresql":
        return [
            f"CREATE TRIGGER IF NOT EXISTS listed_values_insert AFTER INSERT ON {table} "
            f"WHEN {listed} BEGIN {made}; END",
            f'CREATE TRIGGER IF NOT EXISTS listed_values_update AFTER UPDATE OF "values" ON '
            f'{table} WHEN OLD."values" IS NOT NEW."values" AND {listed} '
            f"BEGIN {forget_new}; {made}; END",
            f"CREATE TRIGGER IF NOT EXISTS listed_values_delete AFTER DELETE ON {table} "
            f"BEGIN {forget_old}; END",
        ]
    function = (
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN {body} RETURN NULL; END $$"
    )
    kept = f"IF {listed} THEN {forget_new}; {made}; END IF;"
    start = "CREATE TRIGGER listed_values_{act} AFTER {on} ON " + table + " FOR EACH ROW {when}"
    run = " EXECUTE FUNCTION {name}()"
    return [
        *(f"DROP TRIGGER IF EXISTS listed_values_{act} ON {table}"
          for act in ("insert", "update", "delete")),
        function.format(name="listed_values_kept", body=kept),
        function.format(name="listed_values_gone", body=f"{forget_old};"),
        start.format(act="insert", on="INSERT", when="") + run.format(name="listed_values_kept"),
        start.format(act="update", on='UPDATE OF "values"',
                     when='WHEN (OLD."values" IS DISTINCT FROM NEW."values")')
        + run.format(name="listed_values_kept"),
        start.format(act="delete", on="DELETE", when="") + run.format(name="listed_values_gone"),
    ]  # fmt: skip
