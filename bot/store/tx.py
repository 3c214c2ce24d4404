"""A transaction in hand: Core statements, quick inserts and updates, and values sealed and unsealed on the way.

Inserts and versioned updates go to the driver with SQL built once per table, and on SQLite queries with SQL built once per statement:
a turn makes about twenty of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, CursorResult, Executable, Row, Select, bindparam, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import SQLModel

from bot.errors import Erased, Lost
from bot.store.columns import table_of
from bot.store.faults import raise_for
from bot.store.sealed import Vault
from bot.store.tables import DataKey

log = logging.getLogger(__name__)

Cells = list[Any]
Convert = Callable[[Any], Any]
Converts = tuple[tuple[int, Convert], ...]  # which cells are turned into what the driver knows
Params = Mapping[str, Any]

_SQLITE = sqlite.dialect(paramstyle="qmark")
_DATA_KEY = table_of(DataKey)
_DATA_KEY_BY_ID = select(_DATA_KEY.c.key_id, _DATA_KEY.c.sealed).where(_DATA_KEY.c.id == bindparam("id"))


class Tx:
    """One open transaction."""

    __slots__ = ("_after", "_cursor", "_erased", "_fresh", "connection", "vault")

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self.connection = connection
        self._cursor = connection.connection.cursor
        self.vault = vault
        self._fresh: dict[int, AESGCM] = {}  # not in the vault before the commit: an id that is rolled back comes again with another key
        self._erased: set[int] = set()
        self._after: list[Callable[[], object]] = []

    def run(self, statement: Executable, params: Params | Sequence[Params] | None = None) -> CursorResult[*tuple[Any, ...]]:
        """The statement is done; many sets of params do it many times."""
        try:
            return self.connection.execute(statement, params)
        except DBAPIError as error:
            raise_for(error)

    def first(self, statement: Executable, params: Params | None = None) -> Row[*tuple[Any, ...]] | None:
        """The first row found, or None."""
        query = self._prepared(statement)
        if query is None:
            return self.run(statement, params).first()
        cursor = self._executed(query.sql, query.cells(params or {}))
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else query.row(found)

    def all(self, statement: Executable, params: Params | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
        """Every row found."""
        query = self._prepared(statement)
        if query is None:
            return self.run(statement, params).all()
        return [query.row(found) for found in self._executed(query.sql, query.cells(params or {})).fetchall()]

    def insert(self, row: type[SQLModel], /, **values: Any) -> int:
        """A row with these values and the class's defaults is there; its id comes back (0 where the table has none)."""
        sql, blank, converts, returns = _insertion(row, self.connection.dialect)
        filled = blank | values
        if len(filled) != len(blank):
            raise TypeError(f"{row.__name__} has no {sorted(values.keys() - blank.keys())}")
        cursor = self._executed(sql, _converted(list(filled.values()), converts))
        if returns:
            return int(cursor.fetchone()[0])
        return int(cursor.lastrowid) if "id" in row.model_fields else 0

    def update(self, row: type[SQLModel], row_id: int, /, *, version: int | None = None, **values: Any) -> None:
        """The row has these values; given the `version` it was read with, also the next version. No such row: `Lost`."""
        sql, converts = _change(row, tuple(values), self.connection.dialect, is_versioned=version is not None)
        cells = _converted([*values.values(), row_id], converts)
        if version is not None:
            cells.append(version)
        if self._executed(sql, cells).rowcount != 1:
            raise Lost

    def new_data_key(self, now: datetime) -> int:
        """The id of a new data key, for a person, a household or an incident."""
        opened, key_id, sealed = self.vault.new_data_key()
        data_key_id = self.insert(DataKey, key_id=key_id, sealed=sealed, made_at=now)
        self._fresh[data_key_id] = opened
        return data_key_id

    def seal(self, data_key_id: int, plain: str | bytes) -> bytes:
        """The bytes for a sealed column."""
        return self.vault.seal(plain, self._opened(data_key_id), _context(data_key_id))

    def unseal(self, data_key_id: int, blob: bytes | None) -> str:
        """What was sealed; nothing stored is an empty word, an erased data key raises `Erased`."""
        return self.unseal_bytes(data_key_id, blob).decode()

    def unseal_bytes(self, data_key_id: int, blob: bytes | None) -> bytes:
        """As `unseal`, for what is not text."""
        return b"" if blob is None else self.vault.unseal(bytes(blob), self._opened(data_key_id), _context(data_key_id))

    def hash_of(self, channel: str, value: str) -> bytes:
        return self.vault.hash_of(channel, value)

    def erase(self, data_key_id: int, now: datetime) -> None:
        """The data key is destroyed: what it sealed can never be read again, by nobody."""
        self.update(DataKey, data_key_id, sealed=None, destroyed_at=now)
        self._fresh.pop(data_key_id, None)
        self._erased.add(data_key_id)

    def after_commit(self, call: Callable[[], object]) -> None:
        """`call` is called once when this transaction is committed, never when it is rolled back."""
        self._after.append(call)

    @property
    def has_erased(self) -> bool:
        return bool(self._erased)

    def committed(self) -> None:
        """The store says that the commit is done."""
        for data_key_id in self._erased:
            self.vault.forget(data_key_id)
        for data_key_id, opened in self._fresh.items():
            self.vault.hold(data_key_id, opened)
        for call in self._after:
            try:
                call()
            except Exception as error:  # what is committed stays so: the caller must not take the turn for failed
                log.error("after a commit: %s", type(error).__name__)

    def _opened(self, data_key_id: int) -> AESGCM:
        if data_key_id in self._erased:
            raise Erased
        opened = self._fresh.get(data_key_id) or self.vault.held(data_key_id)
        if opened is not None:
            return opened
        row = self.first(_DATA_KEY_BY_ID, {"id": data_key_id})
        if row is None:
            raise LookupError(f"no data key {data_key_id}")
        if row.sealed is None:
            raise Erased
        opened = self._fresh[data_key_id] = self.vault.open_data_key(row.key_id, bytes(row.sealed))
        return opened

    def _prepared(self, statement: Executable) -> Query | None:
        return _query(statement) if self.connection.dialect.name == "sqlite" and isinstance(statement, Select) else None

    def _executed(self, sql: str, cells: Cells) -> Any:
        """A cursor on what the driver found. One that is not read to its end must be closed: an open one holds SQLite's snapshot."""
        cursor = self._cursor()
        try:
            cursor.execute(sql, cells)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise_for(error)
        return cursor


def _context(data_key_id: int) -> bytes:
    return b"data key %d" % data_key_id


def _converted(cells: Cells, converts: Converts) -> Cells:
    for place, convert in converts:
        cells[place] = convert(cells[place])
    return cells


@cache
def _insertion(row: type[SQLModel], dialect: Dialect) -> tuple[str, dict[str, Any], Converts, bool]:
    table = table_of(row)
    columns = [column for column in table.columns if column.name != "id"]
    quoted = ", ".join(dialect.identifier_preparer.quote(column.name) for column in columns)
    marks = ", ".join([_mark(dialect)] * len(columns))
    returns = dialect.name == "postgresql" and "id" in table.columns
    into = dialect.identifier_preparer.format_table(table)
    sql = f"INSERT INTO {into} ({quoted}) VALUES ({marks}){' RETURNING id' if returns else ''}"  # noqa: S608 - names are the tables' own
    return sql, {column.name: _default(column) for column in columns}, _converts(columns, dialect), returns


@cache
def _change(row: type[SQLModel], names: tuple[str, ...], dialect: Dialect, *, is_versioned: bool) -> tuple[str, Converts]:
    table, mark = table_of(row), _mark(dialect)
    columns = [table.columns[name] for name in names]
    sets = [f"{dialect.identifier_preparer.quote(name)} = {mark}" for name in names]
    where = f"id = {mark}"
    if is_versioned:
        sets.append("version = version + 1")
        where += f" AND version = {mark}"
    sql = f"UPDATE {dialect.identifier_preparer.format_table(table)} SET {', '.join(sets)} WHERE {where}"  # noqa: S608
    return sql, _converts(columns, dialect)


def _mark(dialect: Dialect) -> str:
    return "?" if dialect.paramstyle == "qmark" else "%s"


def _default(column: Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _converts(columns: list[Column[Any]], dialect: Dialect) -> Converts:
    found = ((place, column.type.dialect_impl(dialect).bind_processor(dialect)) for place, column in enumerate(columns))
    return tuple((place, convert) for place, convert in found if convert is not None)


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT as SQLite's driver takes it: its SQL, what fills its places, and how its columns are read."""

    sql: str
    own: tuple[Any, ...]  # the values that the statement brings along, each in its place
    given: tuple[tuple[int, str, Convert | None], ...]  # the places filled at each execution
    columns: SimpleResultMetaData
    places: dict[Any, int]
    reads: Converts

    def cells(self, params: Params) -> Cells:
        """The values for all places, in their order."""
        cells = list(self.own)
        for place, name, convert in self.given:
            cells[place] = convert(params[name]) if convert else params[name]
        return cells

    def row(self, found: tuple[Any, ...]) -> Row[*tuple[Any, ...]]:
        """What the driver found, its values as the tables declare them; the row that a result of SQLAlchemy's would give."""
        return Row(self.columns, None, self.places, tuple(_converted(list(found), self.reads)) if self.reads else found)


@lru_cache(maxsize=512)
def _query(statement: Select[Any]) -> Query | None:
    """The query, or None for one whose SQL depends on what it is given (IN a list of any length)."""
    compiled: SQLCompiler = statement.compile(dialect=_SQLITE)
    wanted = {name for name, bind in compiled.binds.items() if bind.required}
    if any(compiled.binds[name].expanding for name in wanted):
        return None
    filled = compiled.construct_expanded_state(dict.fromkeys(wanted))
    converts = {name: bind.type.dialect_impl(_SQLITE).bind_processor(_SQLITE) for name, bind in compiled.binds.items()}
    converts |= cast(Mapping[str, Convert], filled.processors)  # of a list that the statement brings along, place by place
    names, columns = tuple(filled.positiontup or ()), statement.selected_columns
    reads = ((place, column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None)) for place, column in enumerate(columns))
    keys = SimpleResultMetaData(columns.keys())
    return Query(
        sql=filled.statement,
        own=tuple(None if name in wanted else _turned(filled.parameters[name], converts.get(name)) for name in names),
        given=tuple((place, name, converts.get(name)) for place, name in enumerate(names) if name in wanted),
        columns=keys,
        places=keys._key_to_index,
        reads=tuple((place, read) for place, read in reads if read is not None),
    )


def _turned(value: Any, convert: Convert | None) -> Any:
    return convert(value) if convert else value
