"""The sealing key file: the one secret that opens the database, kept beside it and never in it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import msgspec

from bot.errors import SettingsFault

KEY_BYTES = 32


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    current: str
    keys: dict[str, str]
    hash_key: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Sealing keys by id, which of them seals now, and the key of look-up hashes, which never changes."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    hash_key: bytes = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Read the key file, or say in a sentence why it cannot be trusted."""
        try:
            mode = path.stat().st_mode
            text = path.read_bytes()
        except OSError as error:
            raise SettingsFault((f"The sealing key file {path} cannot be read: {error.strerror}.",)) from error
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsFault((f"The sealing key file {path} can be read by others; run: chmod 600 {path}",))
        try:
            return _opened(msgspec.json.decode(text, type=_Stored))
        except (msgspec.DecodeError, binascii.Error, ValueError):
            # without the cause: a traceback of it may show what the file holds
            raise SettingsFault((f"The sealing key file {path} is damaged; restore it from your copy.",)) from None

    @classmethod
    def make(cls, path: Path) -> KeyFile:
        """A new key file lies at `path`, whole and readable by its owner only. An existing one is never overwritten."""
        made = cls("", MappingProxyType({}), secrets.token_bytes(KEY_BYTES)).rotated()
        made.place(path)
        return made

    @classmethod
    def load_or_make(cls, path: Path) -> KeyFile:
        """The key file at `path`, made if there is none; two processes that start at once share the same one."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(SettingsFault):
                return cls.make(path)
        return cls.load(path)

    def rotated(self) -> KeyFile:
        """The same keys and a new current one. Write it first, then re-seal the data keys: a stop in between loses nothing."""
        key_id = f"k{len(self.keys) + 1}-{secrets.token_hex(3)}"
        return replace(self, current=key_id, keys=MappingProxyType({**self.keys, key_id: secrets.token_bytes(KEY_BYTES)}))

    def place(self, path: Path) -> None:
        """These keys lie at `path`, whole and readable by their owner only. An existing file is never overwritten."""
        try:
            temporary = _written_beside(path, self)
        except OSError as fault:
            raise SettingsFault((f"The key file {path} cannot be written: {fault.strerror}.",)) from fault
        try:
            _put_there(temporary, path)
        finally:
            temporary.unlink()
        _settle_folder(path)

    def write(self, path: Path) -> None:
        """The file at `path` now holds these keys; it was the old file or is the new one, never half of either."""
        _written_beside(path, self).replace(path)
        _settle_folder(path)


def _opened(stored: _Stored) -> KeyFile:
    keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in stored.keys.items()}
    hash_key = base64.b64decode(stored.hash_key, validate=True)
    if stored.current not in keys or any(len(key) != KEY_BYTES for key in (*keys.values(), hash_key)):
        raise ValueError("no current key, or a key of the wrong length")
    return KeyFile(stored.current, MappingProxyType(keys), hash_key)


def _written_beside(path: Path, keys: KeyFile) -> Path:
    stored = _Stored(
        keys.current,
        {key_id: base64.b64encode(key).decode() for key_id, key in keys.keys.items()},
        base64.b64encode(keys.hash_key).decode(),
    )
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(stored), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _put_there(temporary: Path, path: Path) -> None:
    try:
        _linked(temporary, path)
    except FileExistsError:
        raise SettingsFault((f"The sealing key file {path} exists already and is not overwritten.",)) from None


def _linked(temporary: Path, path: Path) -> None:
    """Unlike a rename, a link refuses to replace. A memory stick that knows no links gets a new file."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(temporary.read_bytes())
            file.flush()
            os.fsync(file.fileno())


def _settle_folder(path: Path) -> None:
    """A file is safe from a power cut only when its folder is."""
    if os.name == "posix":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
