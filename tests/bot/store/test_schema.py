"""Migrations: from nothing, from any release, once, and without losing a row."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from bot.errors import SettingsFault
from bot.store import connect, schema
from bot.store.begin import Store
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from tests.stores import opened

ROOT = Path(__file__).parents[3]
ROWS_OF_ROOMS = sorted((ROOT / "workflows").glob("*/rows.py"))


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest) -> str:
    new = request.getfixturevalue("new_sqlite" if database == "sqlite" else "new_postgres")
    return str(new(empty=True))


def test_the_migrated_tables_are_those_the_code_declares(store: Store) -> None:
    for path in ROWS_OF_ROOMS:
        __import__(".".join(path.relative_to(ROOT).with_suffix("").parts))
    with store.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_makes_a_store_ready(empty_url: str, vault: Vault) -> None:
    with opened(empty_url, vault) as store:
        assert not store.ready()
        store.migrate()
        assert store.ready()
        store.migrate()
        assert store.ready()


def test_several_that_start_at_once_migrate_once(empty_url: str, key_file: KeyFile) -> None:
    start, faults = threading.Barrier(3), []

    def migrate() -> None:
        with opened(empty_url, Vault(key_file)) as store:
            start.wait()
            try:
                store.migrate()
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []


def test_an_older_database_keeps_its_rows(empty_url: str, vault: Vault) -> None:
    with opened(empty_url, vault) as store:
        to_revision(store, "0001")
        with store.begin() as tx:
            tx.run(text("INSERT INTO meta (key, value) VALUES ('kept', 'yes')"))
        store.migrate()
        with store.read() as tx:
            assert tx.run(text("SELECT value FROM meta WHERE key = 'kept'")).scalar() == "yes"
            assert tx.run(text("SELECT count(*) FROM inbound")).scalar() == 0


def test_a_migration_that_fails_leaves_everything_as_it_was(empty_url: str, vault: Vault) -> None:
    with opened(empty_url, vault) as store:
        to_revision(store, "0001")
        with store.begin() as tx:
            tx.run(text("CREATE TABLE receipt (in_the_way INTEGER)"))
        with pytest.raises(Exception, match="receipt"):
            store.migrate()
        with store.read() as tx:
            assert tx.run(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        with store.begin() as tx:
            tx.run(text("DROP TABLE receipt"))
        store.migrate()
        assert store.ready()


def test_foreign_keys_are_watched_again_after_migrating(new_sqlite: Callable[..., str], vault: Vault) -> None:
    with opened(new_sqlite(empty=True), vault) as store:
        store.migrate()
        with store.begin() as tx:
            assert tx.run(text("PRAGMA foreign_keys")).scalar() == 1
            assert tx.run(text("PRAGMA journal_mode")).scalar() == "wal"
            assert tx.run(text("PRAGMA synchronous")).scalar() == 2


def test_a_database_of_a_later_release_is_left_alone(store: Store) -> None:
    with store.begin() as tx:
        tx.run(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not store.ready()
    with pytest.raises(SettingsFault, match="later release"):
        store.migrate()


def test_the_newest_revision_is_told_without_alembic(new_sqlite: Callable[..., str], key_file: KeyFile, tmp_path: Path) -> None:
    """A start with nothing to migrate does not pay for loading it."""
    key_file.write(tmp_path / "sealing.key")
    program = (
        "import sys; from pathlib import Path; from bot.store.begin import Store; from bot.store.keys import KeyFile;"
        "from bot.store.sealed import Vault;"
        "store = Store(sys.argv[1], Vault(KeyFile.load(Path(sys.argv[2])))); store.migrate(); store.close();"
        "assert not [name for name in sys.modules if name.startswith('alembic')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, new_sqlite(), str(tmp_path / "sealing.key")], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.head()]


def to_revision(store: Store, revision: str) -> None:
    """The database as a release that knew this revision left it."""
    from alembic import command  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with connect.transaction(_engine(store)) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _engine(store: Store) -> Engine:
    return store._engine
