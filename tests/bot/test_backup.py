"""A backup is whole while others write, and is put back only where it fits; whatever is wrong, what was there stays as it was."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from bot import backup
from bot.errors import AnlinError, SettingsFault
from bot.restored import Plan
from bot.settings import Settings
from bot.store import archive, meta, people, schema
from bot.store.archive import Manifest
from bot.store.begin import Store
from bot.store.holding import Occupied, held
from bot.store.keys import KeyFile
from bot.store.sealed import Vault
from tests.stores import opened

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
NAME = "示例·甲"


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """An installation with one person and one attachment."""
    settings = Settings(data_dir=tmp_path / "here")
    settings.data_dir.mkdir()
    KeyFile.make(settings.sealing_key_file)
    with living(settings) as store:
        store.migrate()
        add(store, NAME)
    (settings.data_dir / "attachments").mkdir()
    (settings.data_dir / "attachments/ab12.sealed").write_bytes(b"sealed")
    (settings.data_dir / "attachments/.cd34.sealed.0011").write_bytes(b"half written")
    return settings


@pytest.fixture
def there(tmp_path: Path, here: Settings) -> Settings:
    """Another machine, where only the key has been put."""
    settings = Settings(data_dir=tmp_path / "there")
    settings.data_dir.mkdir()
    KeyFile.load(here.sealing_key_file).place(settings.sealing_key_file)
    return settings


def living(settings: Settings) -> Iterator[Store]:
    return opened(settings.database_url, Vault(KeyFile.load(settings.sealing_key_file)))


def add(store: Store, name: str) -> None:
    with store.begin() as tx:
        people.add_person(tx, name=name, now=NOW)


def names(settings: Settings) -> list[str]:
    with living(settings) as store, store.read() as tx:
        return [people.name_of(tx, row.id) for row in tx.all(text("SELECT id FROM person ORDER BY id"))]


def taken(settings: Settings, path: Path, *, now: datetime = NOW) -> Manifest:
    return backup.make(settings, path, now=now, replaces=False)


def put_back(settings: Settings, path: Path, *, replaces: bool = False, agreed: bool = True) -> tuple[Path, ...] | None:
    return backup.restore(settings, path, replaces=replaces, agreed=lambda _manifest, _plan: agreed)


def refused(settings: Settings, path: Path, *, replaces: bool = True) -> str:
    """The sentence; and nothing has changed."""
    before = everything(settings.data_dir)
    with pytest.raises(AnlinError) as fault:
        put_back(settings, path, replaces=replaces)
    assert everything(settings.data_dir) == before
    return str(fault.value)


def everything(folder: Path) -> dict[str, bytes]:
    passing = ("anlin.lock", "anlin.db-shm")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in passing}


# There and back


def test_what_was_here_is_there_afterwards_with_nothing_half_written_and_no_key(here: Settings, there: Settings, tmp_path: Path) -> None:
    manifest = taken(here, tmp_path / "copy.tar")
    assert set(manifest.members) == {"anlin.db", "attachments/ab12.sealed"}
    assert (manifest.key_id, manifest.counts["person"]) == (KeyFile.load(here.sealing_key_file).current, 1)
    assert put_back(there, tmp_path / "copy.tar") == ()
    assert names(there) == [NAME]
    assert (there.data_dir / "attachments/ab12.sealed").read_bytes() == b"sealed"
    assert {path.name for path in tmp_path.iterdir()} == {"here", "there", "copy.tar"}
    assert (tmp_path / "copy.tar").stat().st_mode & 0o777 == (there.data_dir / "anlin.db").stat().st_mode & 0o777 == 0o600


def test_a_database_that_lies_elsewhere_is_taken_from_there_and_put_back_there(here: Settings, tmp_path: Path) -> None:
    taken(here, tmp_path / "copy.tar")
    other = Settings(
        data_dir=tmp_path / "other", database_url=f"sqlite:///{tmp_path}/far/off/our.db", sealing_key_file=here.sealing_key_file
    )
    assert put_back(other, tmp_path / "copy.tar") == ()
    assert names(other) == [NAME]
    assert taken(other, tmp_path / "again.tar").counts["person"] == 1


def test_what_is_written_meanwhile_holds_up_nobody_and_tears_nothing_apart(here: Settings, there: Settings, tmp_path: Path) -> None:
    """Every transaction writes a pair; a copy has both of it or none."""
    stop, written = threading.Event(), []

    def write(store: Store) -> None:
        while not stop.is_set():
            with store.begin() as tx:
                people.add_person(tx, name="左", now=NOW)
                people.add_person(tx, name="右", now=NOW)
            written.append(None)

    with living(here) as store:
        writer = threading.Thread(target=write, args=(store,))
        writer.start()
        try:
            for number in range(5):
                before = len(written)
                manifest = taken(here, tmp_path / f"{number}.tar")
                assert manifest.counts["person"] % 2 == 1
                assert manifest.counts["person"] >= 1 + 2 * before
                while len(written) == before:
                    assert writer.is_alive()
        finally:
            stop.set()
            writer.join()
    put_back(there, tmp_path / "4.tar")
    assert names(there).count("左") == names(there).count("右") > 0


def test_after_a_rotation_older_backups_are_still_read(here: Settings, there: Settings, tmp_path: Path) -> None:
    taken(here, tmp_path / "copy.tar")
    KeyFile.load(there.sealing_key_file).rotated().write(there.sealing_key_file)
    put_back(there, tmp_path / "copy.tar")
    assert names(there) == [NAME]


def test_a_backup_taken_before_an_upgrade_is_brought_to_this_release(here: Settings, there: Settings, tmp_path: Path) -> None:
    """It is taken with the new release at hand and the old tables still in the file, when it is needed most."""
    (here.data_dir / "anlin.db").unlink()
    with living(here) as store:
        with store.begin() as tx:
            config = Config()
            config.set_main_option("script_location", str(schema.MIGRATIONS))
            config.attributes["connection"] = tx.connection
            command.upgrade(config, "0001")
        with store.begin() as tx:
            meta.fit(tx)
        add(store, NAME)
    assert taken(here, tmp_path / "copy.tar").revision == "0001"
    assert put_back(there, tmp_path / "copy.tar") == ()
    assert names(there) == [NAME]
    with living(there) as store:
        assert store.ready()


def test_what_was_there_is_moved_aside_and_still_opens(here: Settings, tmp_path: Path) -> None:
    taken(here, tmp_path / "copy.tar")
    with living(here) as store:
        add(store, "示例·乙")
    (here.data_dir / "attachments/ef56.sealed").write_bytes(b"later")
    refused(here, tmp_path / "copy.tar", replaces=False)
    aside = put_back(here, tmp_path / "copy.tar", replaces=True)
    assert aside is not None
    database, attachments = aside
    assert names(here) == [NAME]
    assert not (here.data_dir / "attachments/ef56.sealed").exists()
    assert (attachments / "ef56.sealed").read_bytes() == b"later"
    with closing(sqlite3.connect(database)) as old:
        assert old.execute("SELECT count(*) FROM person").fetchone() == (2,)


def test_without_agreement_nothing_changes_and_the_plan_was_told(here: Settings, there: Settings, tmp_path: Path) -> None:
    made = taken(here, tmp_path / "copy.tar")
    told: list[tuple[Manifest, Plan]] = []
    before = everything(there.data_dir)
    assert backup.restore(there, tmp_path / "copy.tar", replaces=False, agreed=lambda *plan: bool(told.append(plan))) is None
    assert everything(there.data_dir) == before
    assert told == [(made, Plan(0, 0, 0))]


# What is refused


def test_a_backup_of_that_name_is_replaced_only_on_wish_and_never_by_half_a_one(here: Settings, tmp_path: Path) -> None:
    target = tmp_path / "copy.tar"
    taken(here, target)
    first = target.read_bytes()
    with pytest.raises(AnlinError, match="--force"):
        taken(here, target)
    assert backup.make(here, target, now=NOW + timedelta(days=1), replaces=True).made_at > NOW
    second = target.read_bytes()
    assert second != first
    (here.data_dir / "anlin.db").write_bytes(b"not a database any more" * 200)
    with pytest.raises(AnlinError):
        backup.make(here, target, now=NOW, replaces=True)
    assert target.read_bytes() == second
    assert {path.name for path in tmp_path.iterdir()} == {"here", "copy.tar"}


@pytest.mark.parametrize("target", ["no/such/folder/copy.tar", "here/attachments/copy.tar"])
def test_a_place_where_no_backup_can_lie_is_told_in_a_sentence(here: Settings, tmp_path: Path, target: str) -> None:
    with pytest.raises(AnlinError, match=r"copy\.tar"):
        taken(here, tmp_path / target)


def test_where_there_is_no_database_there_is_no_backup(there: Settings, tmp_path: Path) -> None:
    with pytest.raises(AnlinError, match="nothing to back up"):
        taken(there, tmp_path / "copy.tar")


def test_without_the_key_it_says_which_one_and_where(here: Settings, tmp_path: Path) -> None:
    key_id = taken(here, tmp_path / "copy.tar").key_id
    bare = Settings(data_dir=tmp_path / "bare")
    assert key_id in refused(bare, tmp_path / "copy.tar")
    KeyFile.make(bare.sealing_key_file)
    assert key_id in refused(bare, tmp_path / "copy.tar")


def test_a_key_of_that_name_which_is_another_opens_nothing(here: Settings, there: Settings, tmp_path: Path) -> None:
    taken(here, tmp_path / "copy.tar")
    mine = KeyFile.load(there.sealing_key_file)
    other = KeyFile(mine.current, {mine.current: bytes(32)}, mine.hash_key)
    other.write(there.sealing_key_file)
    assert "key" in refused(there, tmp_path / "copy.tar")


def test_hashes_made_to_fit_do_not_help_who_changed_something(here: Settings, there: Settings, tmp_path: Path) -> None:
    manifest = taken(here, tmp_path / "copy.tar")
    forged = msgspec.structs.replace(manifest, made_at=NOW + timedelta(days=300))
    rewritten(tmp_path / "copy.tar", forged)
    assert "manifest.json" in refused(there, tmp_path / "copy.tar")


@pytest.mark.parametrize("change", [{"release": "9.0.0"}, {"revision": "9999"}, {"database": "postgresql"}], ids=str)
def test_what_a_later_release_or_another_database_made_is_refused(
    here: Settings, there: Settings, tmp_path: Path, change: dict[str, str]
) -> None:
    manifest = taken(here, tmp_path / "copy.tar")
    vault = Vault(KeyFile.load(here.sealing_key_file))
    rewritten(tmp_path / "copy.tar", archive.proven(msgspec.structs.replace(manifest, **change), vault))
    assert change.get("release", "") in refused(there, tmp_path / "copy.tar")


def rewritten(path: Path, manifest: Manifest) -> None:
    """The same backup with another manifest."""
    room = path.with_name("room")
    archive.unpack(path, room)
    with path.open("wb") as target:
        archive.write(target, iter([(name, room / name) for name in manifest.members]), lambda _members: manifest)


def test_a_service_that_runs_and_a_console_that_is_open_keep_a_restore_out(here: Settings, tmp_path: Path) -> None:
    taken(here, tmp_path / "copy.tar")
    with held(here.data_dir, alone=True), pytest.raises(Occupied):
        put_back(here, tmp_path / "copy.tar", replaces=True)
    with living(here) as store:
        add(store, "示例·乙")
        assert "open" in refused(here, tmp_path / "copy.tar")
    assert put_back(here, tmp_path / "copy.tar", replaces=True)


def test_a_damaged_database_that_is_there_is_no_hindrance(here: Settings, tmp_path: Path) -> None:
    """That is what backups are for."""
    taken(here, tmp_path / "copy.tar")
    (here.data_dir / "anlin.db").write_bytes(b"not a database any more" * 200)
    assert put_back(here, tmp_path / "copy.tar", replaces=True)
    assert names(here) == [NAME]


# PostgreSQL


def test_on_postgresql_a_backup_holds_the_attachments_and_the_way_back_settles_the_database(
    here: Settings, tmp_path: Path, new_postgres: Callable[..., str], key_file: KeyFile
) -> None:
    """The database itself is copied by pg_dump; nobody may work with it while it is settled."""
    url = new_postgres()
    machine = Settings(data_dir=tmp_path / "machine", database_url=url)
    machine.data_dir.mkdir()
    key_file.place(machine.sealing_key_file)
    (machine.data_dir / "attachments").mkdir()
    (machine.data_dir / "attachments/ab12.sealed").write_bytes(b"sealed")
    manifest = taken(machine, tmp_path / "copy.tar")
    assert (manifest.database, set(manifest.members)) == ("postgresql", {"attachments/ab12.sealed"})
    (machine.data_dir / "attachments").rename(tmp_path / "lost")
    with living(machine) as busy, busy.read() as tx:
        tx.all(text("SELECT 1"))
        assert "open" in refused(machine, tmp_path / "copy.tar")
    assert put_back(machine, tmp_path / "copy.tar") == ()
    assert (machine.data_dir / "attachments/ab12.sealed").read_bytes() == b"sealed"
    with living(machine) as store, store.read() as tx:
        assert tx.run(text("SELECT value FROM meta WHERE key = 'restored_copy_of'")).scalar() == NOW.isoformat()


def test_on_postgresql_the_database_is_restored_first(tmp_path: Path, new_postgres: Callable[..., str], key_file: KeyFile) -> None:
    machine = Settings(data_dir=tmp_path / "machine", database_url=new_postgres())
    machine.data_dir.mkdir()
    key_file.place(machine.sealing_key_file)
    taken(machine, tmp_path / "copy.tar")
    empty = Settings(data_dir=machine.data_dir, database_url=new_postgres(empty=True))
    assert "pg_restore" in refused(empty, tmp_path / "copy.tar")


def test_settings_faults_are_told_as_such(here: Settings, tmp_path: Path) -> None:
    here.sealing_key_file.unlink()
    with pytest.raises(SettingsFault):
        taken(here, tmp_path / "copy.tar")
