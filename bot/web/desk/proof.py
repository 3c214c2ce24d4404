"""How somebody proves who they are: a password by argon2id, a code by TOTP, a recovery code. Nothing here knows a row or a page."""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pyotp
from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from bot.errors import AnlinError

LEAST = 10  # letters of a password
MOST = 128
STEP_SECONDS = 30
STEP = timedelta(seconds=STEP_SECONDS)
FIGURES = 6
CODES = 8  # recovery codes
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
_OBVIOUS = ("password", "1234567890", "0123456789", "0987654321", "qwertyuiop", "1q2w3e4r5t", "anlin", "安邻")

PATIENCE = 2.0  # seconds; whoever waits for room keeps a thread from the hooks


class Busy(AnlinError):
    """More people prove who they are at this moment than this machine can bear."""


class Passwords:
    """Hashes passwords, two at a time: each takes 64 MB and four threads, and the hotline runs on the same machine.

    The parameters are the second recommended option of RFC 9106, 4. What takes long raises `Busy`.
    """

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY, *, at_once: int = 2, patience: float = PATIENCE) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._room = threading.BoundedSemaphore(at_once)
        self._patience = patience
        cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
        self._nobody = f"$argon2id$v=19${cost}${_zeros(parameters.salt_len)}${_zeros(parameters.hash_len)}"

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        with self._a_place():
            return self._hasher.hash(plain(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether this is the password; it takes as long where none is kept."""
        with self._a_place():
            try:
                return self._hasher.verify(kept or self._nobody, plain(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _a_place(self) -> Iterator[None]:
        if not self._room.acquire(timeout=self._patience):
            raise Busy
        try:
            yield
        finally:
            self._room.release()


def plain(text: str) -> str:
    """What was typed, on whichever keyboard: full-width figures of a Chinese one are figures (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", text)


def is_long_enough(password: str) -> bool:
    """Length is what counts; letters, figures and signs are not prescribed (NIST SP 800-63B, 5.1.1.2)."""
    return LEAST <= len(password) <= MOST


def is_obvious(password: str, handle: str) -> bool:
    """Whether it is among the first that a stranger would try: the name, a row of keys, a few letters again and again."""
    low = plain(password).casefold()
    return len(set(low)) < 4 or (len(handle) > 2 and handle.casefold() in low) or any(word in low for word in _OBVIOUS)


def new_secret() -> str:
    """The secret of a second factor: 160 bits (RFC 4226, 4)."""
    return pyotp.random_base32()


def code_at(secret: str, now: datetime) -> str:
    """The code that an authenticator shows now."""
    return pyotp.HOTP(secret).at(_step(now))


def spaced(code: str) -> str:
    """A code in two halves, as people read it."""
    half = len(code) // 2
    return f"{code[:half]}\N{NO-BREAK SPACE}{code[half:]}"


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step of this code: now, or one before or after, since clocks differ and people type slowly (RFC 6238, 5.2)."""
    generator = pyotp.HOTP(secret)
    steps = (_step(now) + off for off in (0, -1, 1))
    return next((step for step in steps if hmac.compare_digest(generator.at(step).encode(), code.encode())), None)


def authenticator_url(secret: str, handle: str) -> str:
    """What an authenticator reads from the picture, or opens on the same phone."""
    return pyotp.TOTP(secret).provisioning_uri(name=handle, issuer_name="Anlin")


def new_codes() -> tuple[str, ...]:
    """Recovery codes of 49 bits each."""
    return tuple("".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(CODES))


def bare(code: str) -> str:
    """A code as typed, without the gaps that people read it by."""
    return "".join(letter for letter in plain(code).casefold() if letter.isalnum())


def _zeros(size: int) -> str:
    return base64.b64encode(bytes(size)).decode().rstrip("=")


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS
