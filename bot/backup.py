"""Backups: one file with the database as it was at one moment and the sealed attachments, and the way back. The key is kept apart.

The database is copied first and the attachments after it, so that the file of every row is there; a file that came later harms nobody.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from re import findall
from tempfile import TemporaryDirectory

from bot import restored
from bot.clock import clock_of
from bot.errors import AnlinError, SettingsFault, StoreDown
from bot.restored import BACKED_UP, Plan
from bot.settings import Settings
from bot.store import archive, copies, meta, schema
from bot.store.archive import DATABASE, FOLDER, NEWER, Manifest, Unfit
from bot.store.begin import Store
from bot.store.connect import parsed
from bot.store.holding import held
from bot.store.keys import KeyFile
from bot.store.sealed import Vault

EXISTS = "{path} is there already and is not overwritten; --force replaces it."
NO_DATABASE = "There is no database at {path}, so there is nothing to back up."
NOT_WRITTEN = "The backup cannot be written to {path}: {why}. There is none under this name, or the one from before."
STOPPED = "The restore stopped half-way: {why}. Nothing was deleted; what was here before has a name with -restore- in it."
INSIDE = "{path} lies in the folder of the attachments; choose another folder, best on another disk."
NO_KEY = "This backup is sealed with the key {key}: put that key file at {path} first (chmod 600), then restore again."
OTHER_KEY = "The key file {path} has no key {key}, with which this backup is sealed. Put the right key file there, then restore again."
IN_USE = "Something else has {path} open: a service, a console or a database tool. Close it first."
IN_THE_WAY = "There is something in {paths} already. --force moves it aside (nothing is deleted) and restores."
FIRST = "The database is empty. Restore it first with pg_restore, from the copy that pg_dump made; then restore this backup."
OTHER_KIND = "This backup was made with {theirs}; the settings here are for {ours}. Set ANLIN_DATABASE_URL as it was."

OTHERS = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
Finish = Callable[[dict[str, archive.Member]], Manifest]


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie here; no database file with PostgreSQL."""

    folder: Path
    database: Path | None
    attachments: Path

    @property
    def taken(self) -> tuple[Path, ...]:
        """What is there already and would be in the way."""
        beside = [self.database.with_name(self.database.name + end) for end in ("", "-wal", "-shm")] if self.database else []
        found = [path for path in beside if path.exists()]
        return (*found, self.attachments) if self.attachments.is_dir() and any(self.attachments.iterdir()) else tuple(found)


def places_of(settings: Settings) -> Places:
    """Where this installation keeps what a backup holds."""
    url = parsed(settings.database_url)
    database = Path(url.database or "").absolute() if url.drivername == "sqlite" else None
    return Places(settings.data_dir, database, settings.data_dir / "attachments")


def make(settings: Settings, target: Path, *, now: datetime, replaces: bool) -> Manifest:
    """The backup is at `target`, whole and for its owner's eyes only, while the service may go on working.

    PostgreSQL copies its own database (pg_dump); then the backup holds the attachments alone.
    """
    places = places_of(settings)
    if target.exists() and not replaces:
        raise Unfit(EXISTS.format(path=target))
    if target.absolute().parent == places.attachments.absolute():
        raise Unfit(INSIDE.format(path=target))
    if places.database is not None and not places.database.is_file():
        raise Unfit(NO_DATABASE.format(path=places.database))
    vault = Vault(KeyFile.load(settings.sealing_key_file))
    try:
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.absolute().parent) as room:
            copy = _copied(places, Path(room))
            manifest = _written(target, _files(places, copy), _finisher(vault, copy, now))
    except (OSError, sqlite3.Error) as fault:
        raise Unfit(NOT_WRITTEN.format(path=target, why=getattr(fault, "strerror", None) or fault)) from fault
    live = Store(settings.database_url, vault)
    with suppress(StoreDown), live.begin() as tx:  # the file is good; at worst `anlin check` asks for one too early
        meta.put(tx, BACKED_UP, now.isoformat())
    live.close()
    return manifest


def restore(settings: Settings, source: Path, *, replaces: bool, agreed: Callable[[Manifest, Plan], bool]) -> tuple[Path, ...] | None:
    """The backup is in place and what was there before has been moved aside; the answer is where to. None when it was not agreed to.

    Until it is agreed to, and whatever is wrong, everything here stays as it was.
    """
    places = places_of(settings)
    with held(settings.data_dir, alone=True):
        manifest = archive.read(source)
        _fits(settings, places, manifest)
        vault = _vault(settings, source, manifest)
        if places.taken and not replaces:
            raise Unfit(IN_THE_WAY.format(paths=", ".join(map(str, places.taken))))
        if places.database and places.database.exists() and copies.is_open_elsewhere(places.database):
            raise Unfit(IN_USE.format(path=places.database))
        with TemporaryDirectory(prefix="-restore-", dir=places.folder) as room:
            archive.unpack(source, Path(room))
            url = f"sqlite:///{Path(room) / DATABASE}" if places.database else settings.database_url
            if not _settled(Store(url, vault), manifest, agreed):
                return None
            return _put_in_place(places, Path(room))


def _copied(places: Places, room: Path) -> Path | None:
    """A copy of the database in this folder, looked at page by page."""
    if places.database is None:
        return None
    copies.take(places.database, room / DATABASE)
    copies.check(room / DATABASE)
    return room / DATABASE


def _files(places: Places, copy: Path | None) -> Iterator[tuple[str, Path]]:
    if copy is not None:
        yield DATABASE, copy
    if places.attachments.is_dir():
        for path in sorted(places.attachments.glob("[!.]*.sealed")):
            yield f"{FOLDER}{path.name}", path


def _finisher(vault: Vault, copy: Path | None, now: datetime) -> Finish:
    """The manifest of these members, proven by the key file, which is the one that opens the copy."""
    if copy is not None:
        store = Store(f"sqlite:///{copy}", vault)
        with store.read() as tx:
            meta.fit(tx)
        store.close()
    facts = (copies.revision(copy), copies.key_id(copy), copies.counts(copy)) if copy else (schema.head(), vault.keys.current, {})

    def finish(members: dict[str, archive.Member]) -> Manifest:
        revision, key_id, counts = facts
        kind = "sqlite" if copy else "postgresql"
        bare = Manifest(archive.FORM, version("anlin"), revision, now, key_id, kind, counts, members)
        return archive.proven(bare, vault)

    return finish


def _written(target: Path, files: Iterator[tuple[str, Path]], finish: Finish) -> Manifest:
    """The backup is written beside its name and then renamed: there is never half a one under it."""
    part = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            part.chmod(0o600)
            manifest = archive.write(file, files, finish)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(target.absolute().parent)
    return manifest


def _fits(settings: Settings, places: Places, manifest: Manifest) -> None:
    ours = "sqlite" if places.database else "postgresql"
    if manifest.database != ours:
        raise Unfit(OTHER_KIND.format(theirs=manifest.database, ours=ours))
    if manifest.revision > schema.head() or _numbers(manifest.release) > _numbers(version("anlin")):
        raise Unfit(NEWER.format(path="This backup", release=manifest.release))


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in findall(r"\d+", release)[:3])


def _vault(settings: Settings, source: Path, manifest: Manifest) -> Vault:
    """The vault that opens this backup."""
    path = settings.sealing_key_file
    if not path.exists():
        raise SettingsFault((NO_KEY.format(key=manifest.key_id, path=path),))
    vault = Vault(KeyFile.load(path))
    if manifest.key_id not in vault.keys.keys:
        raise SettingsFault((OTHER_KEY.format(key=manifest.key_id, path=path),))
    if not archive.is_proven(manifest, vault):
        raise Unfit(archive.CHANGED.format(path=source, name=archive.MANIFEST))
    return vault


def _settled(store: Store, manifest: Manifest, agreed: Callable[[Manifest, Plan], bool]) -> bool:
    """The copy is of this release, opened by its key, and will not repeat itself; all that in one transaction, if it is agreed to."""
    try:
        if not store.is_sqlite:
            _look_round(store)
        store.migrate()
        now = clock_of(store).now()
        with suppress(_Declined), store.begin() as tx:
            if agreed(manifest, restored.settle(tx, made_at=manifest.made_at, now=now)):
                return True
            raise _Declined
        return False
    finally:
        store.close()


class _Declined(Exception):
    """Somebody said no."""


def _look_round(store: Store) -> None:
    """PostgreSQL has its database back already, and nobody works with it: several machines have no lock file that all see."""
    with store.read() as tx:
        if not tx.connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar():
            raise Unfit(FIRST)
        if tx.connection.exec_driver_sql(OTHERS).scalar():
            raise Unfit(IN_USE.format(path="the database"))


def _put_in_place(places: Places, room: Path) -> tuple[Path, ...]:
    """What was there is aside, what was restored is there; the database comes last, so that it is never there without its files.

    Until then the one before stands under its name: after a power cut in between, a service that starts must not begin a new one.
    """
    aside = []
    try:
        for path in places.taken:
            aside.append(path.with_name(f"{path.name}.before{room.name}"))  # a name that is there once
            _set_aside(path, aside[-1], stays=path == places.database)
        if places.attachments.is_dir():
            places.attachments.rmdir()  # empty: otherwise it had been moved
        (room / FOLDER).rename(places.attachments)
        if places.database is not None:
            places.database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(room / DATABASE, places.database)  # on its own disk, perhaps
            _sync_folder(places.database.parent)
        _sync_folder(places.folder)
    except OSError as fault:
        raise AnlinError(STOPPED.format(why=fault)) from fault
    return tuple(aside)


def _set_aside(path: Path, aside: Path, *, stays: bool) -> None:
    with suppress(OSError):  # a disk may know no links
        if stays:
            aside.hardlink_to(path)
            return
    path.rename(aside)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
