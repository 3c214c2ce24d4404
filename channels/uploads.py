"""What a browser brings along with its words: sealed at once, each file under a key of its own that only the reference holds.

The reference is kept, sealed, by the turn that takes the words; of a turn that fails nothing is left but a file that nobody can read.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.attachments import Shelf
from bot.prompt import _
from channels.media import MediaRefused

KEPT_FOR = timedelta(days=2)  # longer than any file is asked for again
NONCE_BYTES = 12
_REFERENCE = re.compile(r"upload:(?P<name>[0-9a-f]{32}):(?P<key>[\w-]{43})", re.ASCII)
_GONE = _("This file is no longer there.")


@dataclass(frozen=True, slots=True)
class Uploads:
    """A folder of sealed files that wait to be fetched."""

    folder: Path

    def put(self, content: bytes, now: datetime) -> str:
        """The file is there, sealed; the answer is the reference, without which nobody reads it again."""
        name, key, nonce = secrets.token_hex(16), AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
        Shelf(self.folder).put(name, nonce + AESGCM(key).encrypt(nonce, content, name.encode()))
        os.utime(self.folder / name, (now.timestamp(), now.timestamp()))  # its age is told by the service's clock
        return f"upload:{name}:{base64.urlsafe_b64encode(key).decode().rstrip('=')}"

    def get(self, reference: str) -> bytes:
        """The bytes behind a reference. Raises `MediaRefused` when they are not there any more."""
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise MediaRefused(_GONE)
        try:
            sealed = Shelf(self.folder).get(found["name"])
            opener = AESGCM(base64.urlsafe_b64decode(found["key"] + "="))
            return opener.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], found["name"].encode())
        except (FileNotFoundError, InvalidTag, ValueError):
            raise MediaRefused(_GONE) from None

    def sweep(self, now: datetime) -> int:
        """What nobody will fetch any more is gone; the answer is how many files that were."""
        gone, oldest = 0, (now - KEPT_FOR).timestamp()
        with suppress(FileNotFoundError):  # before the first upload there is no folder
            for file in list(os.scandir(self.folder)):
                with suppress(FileNotFoundError):
                    if file.stat().st_mtime < oldest:
                        Path(file).unlink()
                        gone += 1
        return gone
