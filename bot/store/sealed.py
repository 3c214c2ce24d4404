"""Sealing: AES-256-GCM under data keys that are themselves sealed by the key file.

Destroying a data key erases everything it sealed, in every copy of the database.
"""

from __future__ import annotations

import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import AnlinError, SettingsFault
from bot.store.keys import KEY_BYTES, KeyFile

FORM = b"\x01"  # of a sealed value: this byte, the nonce, then text and tag
NONCE_BYTES = 12
DATA_KEY_CONTEXT = b"anlin data key"
WORD_CONTEXT = b"anlin word"


class Unreadable(AnlinError):
    """What is stored here was not sealed by this key: it was changed, or moved from another row."""


class Vault:
    """The key file and the data keys opened lately.

    An opened key is kept for a minute at most, so that what another process erases is soon gone here too;
    what this process erases is gone at once.
    """

    def __init__(
        self,
        keys: KeyFile,
        *,
        room: int = 4096,
        keep: timedelta = timedelta(minutes=1),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keys = keys
        self._openers = {key_id: AESGCM(key) for key_id, key in keys.keys.items()}
        self._room = room
        self._keep = keep.total_seconds()
        self._clock = clock
        self._held: OrderedDict[int, tuple[AESGCM, float]] = OrderedDict()
        self._erased: set[int] = set()
        self._lock = threading.Lock()

    def seal(self, plain: str | bytes, data_key: AESGCM, context: bytes) -> bytes:
        """Bytes that only this data key opens, and only with the same context."""
        nonce = os.urandom(NONCE_BYTES)
        return FORM + nonce + data_key.encrypt(nonce, plain.encode() if isinstance(plain, str) else plain, context)

    def unseal(self, blob: bytes, data_key: AESGCM, context: bytes) -> bytes:
        """What was sealed."""
        if blob[:1] != FORM:
            raise Unreadable
        try:
            return data_key.decrypt(blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :], context)
        except (InvalidTag, ValueError):
            raise Unreadable from None

    def new_data_key(self) -> tuple[AESGCM, str, bytes]:
        """A fresh data key: opened, the id of the key that seals it, and its sealed form for the row."""
        key = AESGCM.generate_key(KEY_BYTES * 8)
        return AESGCM(key), self.keys.current, self.seal(key, self._openers[self.keys.current], DATA_KEY_CONTEXT)

    def open_data_key(self, key_id: str, sealed: bytes) -> AESGCM:
        """The data key ready for use."""
        return AESGCM(self.unseal(sealed, self._opener(key_id), DATA_KEY_CONTEXT))

    def resealed(self, key_id: str, sealed: bytes) -> tuple[str, bytes]:
        """The same data key under the current key of the key file."""
        plain = self.unseal(sealed, self._opener(key_id), DATA_KEY_CONTEXT)
        return self.keys.current, self.seal(plain, self._openers[self.keys.current], DATA_KEY_CONTEXT)

    def seal_word(self, word: str) -> tuple[str, bytes]:
        """The id of the current key and a word sealed with that key itself: by it a database knows its key file."""
        return self.keys.current, self.seal(word, self._openers[self.keys.current], WORD_CONTEXT)

    def open_word(self, key_id: str, sealed: bytes) -> str:
        """The word that `seal_word` sealed."""
        return self.unseal(sealed, self._opener(key_id), WORD_CONTEXT).decode()

    def hash_of(self, channel: str, value: str) -> bytes:
        """What an address is looked up by: the same for the same address, and nothing to anybody without the key."""
        return hmac.digest(self.keys.hash_key, f"{channel}\0{value}".encode(), "sha256")

    def held(self, data_key_id: int) -> AESGCM | None:
        """The opened data key, if it was used within the last minute."""
        with self._lock:
            found = self._held.get(data_key_id)
            if found is None:
                return None
            if found[1] < self._clock():
                del self._held[data_key_id]
                return None
            self._held.move_to_end(data_key_id)
            return found[0]

    def hold(self, data_key_id: int, data_key: AESGCM) -> None:
        """Keep an opened data key at hand for a minute, unless it was erased meanwhile."""
        with self._lock:
            if data_key_id in self._erased:
                return
            self._held[data_key_id] = (data_key, self._clock() + self._keep)
            self._held.move_to_end(data_key_id)
            if len(self._held) > self._room:
                self._held.popitem(last=False)

    def forget(self, data_key_id: int) -> None:
        """This data key was erased for good: it is no longer at hand and is never held again."""
        with self._lock:
            self._erased.add(data_key_id)
            self._held.pop(data_key_id, None)

    def _opener(self, key_id: str) -> AESGCM:
        try:
            return self._openers[key_id]
        except KeyError:
            raise SettingsFault((f"The sealing key file has no key {key_id}, which sealed a part of this database.",)) from None
