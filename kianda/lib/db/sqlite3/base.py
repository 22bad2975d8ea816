"""Django's SQLite backend; a transaction, and a write outside one, first passes the gate."""

import functools
from collections.abc import Sequence
from pathlib import Path
from threading import get_ident
from typing import Any, Self

from django.db.backends.sqlite3 import base, features

from kianda.lib.db.sqlite3.files import make_private
from kianda.lib.db.sqlite3.gate import Gate, gate_of

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
# The files that were there when this process opened them.
_opened: set[str] = set()


class GatedCursor(base.SQLiteCursorWrapper):
    """A cursor whose writes outside a transaction pass the gate.

    It does itself what Django's wrapper around a cursor does when nothing listens to statements:
    errors are Django's, and a broken transaction takes no more of them.
    """

    db: "DatabaseWrapper"
    gate: Gate | None = None
    patience_s: float = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()

    def execute(self, query: str, params: Any = None) -> Any:
        """Run a statement."""
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors:
            if self.gate is None or self.connection.in_transaction or query[:6] not in _WRITES:
                return super().execute(query, params)
            entered = self.gate.enter(patience_s=self.patience_s)
            try:
                return super().execute(query, params)
            finally:
                if entered:
                    self.gate.leave()

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run a statement with each of the parameters."""
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors:
            return super().executemany(query, param_list)

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        with self.db.wrap_database_errors:
            return super().fetchone()

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Return the next rows."""
        with self.db.wrap_database_errors:
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        with self.db.wrap_database_errors:
            return super().fetchall()

    def convert_query(self, query: str, *, param_names: Sequence[str] | None = None) -> str:
        """Return a statement with SQLite's marks for parameters."""
        if param_names is None:
            return _converted(query)
        return super().convert_query(query, param_names=param_names)


@functools.lru_cache(maxsize=1024)
def _converted(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class DatabaseFeatures(features.DatabaseFeatures):
    """What this SQLite is to have: the first with UPDATE FROM, which gives each row its value."""

    minimum_database_version = (3, 33)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of one thread. The stubs do not know the four hooks that are extended."""

    features_class = DatabaseFeatures

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start outside any transaction."""
        super().__init__(*args, **kwargs)
        self._entered: Gate | None = None
        self._known: tuple[str, Gate | None] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file; a new one is for this user alone.

        One that was there before and is not now is away: no new one is made.
        """
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        name = str(conn_params["database"])
        if name not in _opened or Path(name).exists():
            make_private(name)
        else:
            conn_params = {**conn_params, "database": f"{Path(name).resolve().as_uri()}?mode=rw"}
        found = super().get_new_connection(conn_params)
        _opened.add(name)
        return found

    @property
    def _patience_s(self) -> float:
        return float(self.settings_dict["OPTIONS"].get("timeout", 5))

    def _gate(self) -> Gate | None:
        # The tests give a connection another name after it was made.
        name = str(self.settings_dict["NAME"])
        if self._known is None or self._known[0] != name:
            self._known = (name, None if self.is_in_memory_db() else gate_of(name))
        return self._known[1]

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that knows the gate."""
        cursor: GatedCursor = self.connection.cursor(factory=GatedCursor)
        cursor.db, cursor.gate, cursor.patience_s = self, self._gate(), self._patience_s
        return cursor

    def _cursor(self, name: str | None = None) -> Any:
        """Return a cursor; Django's wrapper stands around it only where something listens."""
        listens = self.queries_logged or self.execute_wrappers
        if listens or self.connection is None or self._thread_ident != get_ident():  # type: ignore[attr-defined]
            return super()._cursor(name)  # type: ignore[misc]
        with self.wrap_database_errors:
            return self.create_cursor(name)

    def _start_transaction_under_autocommit(self) -> None:
        gate = self._gate()
        if gate is not None and gate.enter(patience_s=self._patience_s):
            self._entered = gate
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            # A commit that failed leaves the transaction open: its rollback comes next.
            if self.connection is None or not self.connection.in_transaction:
                self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave()

    def _leave(self) -> None:
        gate, self._entered = self._entered, None
        if gate is not None:
            gate.leave()
