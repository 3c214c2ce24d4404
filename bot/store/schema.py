"""The tables in the database against those of this release. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect, text

from bot.errors import SettingsFault
from bot.store.connect import transaction

MIGRATIONS = Path(__file__).parent / "migrations"
POSTGRES_LOCK = 0x616E6C696E  # "anlin": one process migrates, the others wait and find it done
TOO_NEW = "A later release of Anlin has used this database (its tables are at {found}); start that release, or restore an older copy."


@cache
def head() -> str:
    """The newest revision, by the number its file name begins with."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        return _version(connection) == head()


def upgrade(engine: Engine) -> None:
    """The tables are at the newest revision, by one transaction: a migration that fails leaves everything as it was."""
    if engine.dialect.name != "sqlite":
        with transaction(engine) as connection:
            _upgrade_alone(connection)
        return
    # a table that is rebuilt is dropped for a moment, which watched keys would refuse; `_check_keys` looks before the commit
    event.listen(engine, "connect", _watch_no_keys)
    engine.dispose()
    try:
        with transaction(engine) as connection:
            _upgrade_alone(connection)
    finally:
        event.remove(engine, "connect", _watch_no_keys)
        engine.dispose()


def _watch_no_keys(connection: Any, _: object) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _upgrade_alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POSTGRES_LOCK})
    found = _version(connection)
    if found == head():
        return
    if found is not None and found > head():
        raise SettingsFault((TOO_NEW.format(found=found),))

    from alembic import command  # noqa: PLC0415 - a quarter of a second that most starts need not spend
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _check_keys(connection)


def _check_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"a migration left a row of {broken[0]} pointing to nothing")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
