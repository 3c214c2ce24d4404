"""A backup as one file: the database, the sealed attachments, and last a manifest with the hash of each, sealed against change.

The key is never in it. The manifest comes last, so that a file that was cut off has none.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, cast

import msgspec

from bot.errors import AnlinError
from bot.store.sealed import Vault

FORM = 1
DATABASE, MANIFEST, FOLDER = "anlin.db", "manifest.json", "attachments/"
MOST_MANIFEST = 64_000_000  # bytes; half a million attachments
BLOCK = 1 << 20
_NAMED = re.compile(rf"{re.escape(DATABASE)}|{re.escape(MANIFEST)}|{FOLDER}[0-9A-Za-z_-]+\.sealed")

CUT_OFF = "{path} is no whole backup: it was cut off, or is something else. Take another copy."
CHANGED = "{path} is damaged or was changed: {name} is not what was put in. Take another copy."
STRANGE = "{path} holds {name!r}, which no backup of Anlin holds. Nothing was unpacked."
NEWER = "{path} was made by a later release ({release}). Install that release, or a newer one, and restore with it."


class Unfit(AnlinError):
    """This file is not restored."""


class Member(msgspec.Struct, frozen=True):
    """One file in the backup."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds, and what is needed to read it. `proof` is made with the key file, and is empty while it is being made."""

    form: int
    release: str
    revision: str
    made_at: datetime
    key_id: str
    database: str
    counts: dict[str, int]
    members: dict[str, Member]
    proof: str = ""


def write(target: IO[bytes], files: Iterator[tuple[str, Path]], finish: Callable[[dict[str, Member]], Manifest]) -> Manifest:
    """The files are in the archive, then the manifest that `finish` makes of them."""
    members: dict[str, Member] = {}
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in files:
            with suppress(FileNotFoundError), path.open("rb") as file:  # an attachment that was erased since it was listed
                members[name] = _added(tar, name, file)
        manifest = finish(members)
        _added(tar, MANIFEST, BytesIO(msgspec.json.format(msgspec.json.encode(manifest), indent=2)))
    return manifest


def proven(manifest: Manifest, vault: Vault) -> Manifest:
    """The manifest with the proof that only this key file makes."""
    bare = msgspec.structs.replace(manifest, proof="")
    return msgspec.structs.replace(bare, proof=vault.hash_of("backup", hashlib.sha256(msgspec.json.encode(bare)).hexdigest()).hex())


def read(path: Path) -> Manifest:
    """What the backup says of itself, once every byte of it was looked at and is as it was put in; nothing is written.

    Raises `Unfit` with a sentence.
    """
    return _gone_through(path, None)


def unpack(path: Path, folder: Path) -> None:
    """The files of the backup lie in the folder, whole and safe from a power cut. They are looked at again on the way."""
    (folder / FOLDER).mkdir(mode=0o700, parents=True)
    _gone_through(path, folder)


def is_proven(manifest: Manifest, vault: Vault) -> bool:
    """Whether the manifest was made with this key file and not changed since."""
    return hmac.compare_digest(proven(manifest, vault).proof, manifest.proof)


def _gone_through(path: Path, folder: Path | None) -> Manifest:
    found: dict[str, Member] = {}
    manifest = b""
    try:
        with tarfile.open(path, mode="r:") as tar:
            for entry in tar:
                name = entry.name
                if not entry.isreg() or entry.issparse() or not _NAMED.fullmatch(name) or name in found or manifest:
                    raise Unfit(STRANGE.format(path=path, name=name))
                content = tar.extractfile(entry)
                assert content is not None, "a regular file has content"
                if name == MANIFEST:
                    manifest = content.read(MOST_MANIFEST)
                else:
                    found[name] = _measured(content, folder / name if folder else None)
    except (tarfile.TarError, EOFError):
        raise Unfit(CUT_OFF.format(path=path)) from None
    except OSError as fault:
        raise Unfit(f"{path} cannot be read or unpacked: {fault.strerror}.") from fault
    return _compared(path, manifest, found)


def _compared(path: Path, encoded: bytes, found: Mapping[str, Member]) -> Manifest:
    try:
        form = msgspec.json.decode(encoded, type=dict[str, object]).get("form")
        if isinstance(form, int) and form > FORM:
            raise Unfit(NEWER.format(path=path, release=f"form {form}"))
        manifest = msgspec.json.decode(encoded, type=Manifest)
    except msgspec.DecodeError:
        raise Unfit(CUT_OFF.format(path=path)) from None
    for name in sorted({*manifest.members, *found}):
        if found.get(name) != manifest.members.get(name):
            raise Unfit(CHANGED.format(path=path, name=name))
    return manifest


def _measured(content: IO[bytes], target: Path | None) -> Member:
    """What this file is; it is written to `target` on the way if there is one."""
    hashed, size = hashlib.sha256(), 0
    with _created(target) as into:
        while block := content.read(BLOCK):
            hashed.update(block)
            size += len(block)
            into(block)
    return Member(size, hashed.hexdigest())


@contextmanager
def _created(target: Path | None) -> Iterator[Callable[[bytes], object]]:
    if target is None:
        yield lambda _block: None
        return
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file.write
        file.flush()
        os.fsync(file.fileno())


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hashed = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(size)
        self.hashed.update(block)
        return block


def _added(tar: tarfile.TarFile, name: str, file: IO[bytes]) -> Member:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = file.seek(0, os.SEEK_END), 0o600
    file.seek(0)
    hashing = _Hashing(file)
    tar.addfile(entry, cast(IO[bytes], hashing))  # a file that is shorter than it was raises
    return Member(entry.size, hashing.hashed.hexdigest())
