"""What a database is made of, however it came to be: to be compared with another one."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

Shape = dict[str, Any]
# Its own tables: nothing of the product's.
OF_SQLITE = "name LIKE 'sqlite_%'"
COLUMNS = """
SELECT table_name || '.' || column_name, data_type, character_maximum_length, numeric_precision,
       is_nullable, column_default, is_identity, collation_name
FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations"


def of_sqlite(file: Path) -> Shape:
    """Return every table and index with what it is made of, in whatever order it has them."""
    with closing(sqlite3.connect(file)) as database:
        made = database.execute(
            f"SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND NOT {OF_SQLITE}"
        )
        shape: Shape = {name: Counter(re.findall(r"[^\s(),]+", sql)) for name, sql in made}
        return {**shape, "migrations": {*database.execute(MIGRATIONS)}}


def of_postgresql(connection: Any) -> Shape:
    """Return every column, constraint and index with what it is made of."""
    shape: Shape = {row[0]: row[1:] for row in connection.execute(COLUMNS)}
    # A restored one has its casts elsewhere.
    made = [row for query in (CONSTRAINTS, INDEXES) for row in connection.execute(query)]
    shape |= {name: re.sub(r"::[a-z ]+(\[\])?|[()]", "", text) for name, text in made}
    return {**shape, "migrations": {*connection.execute(MIGRATIONS)}}
