"""Recordings: nobody really speaks here, so each is a tone of the length that was asked for, made when it is fetched.

A wav is of the platform's own form (8,000 samples a second, 16 bits, one channel), so that its size is true as well;
an mp3 is silence.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

LONGEST = 86_400  # seconds
WAV, MP3 = "audio/x-wav", "audio/mpeg"
_RATE, _WIDTH = 8000, 2
_PITCH = 440
# One frame of MPEG-2 layer III at 16,000 samples and 8,000 bits a second: a header, and silence.
_MP3_FRAME = b"\xff\xf3\x18\xc0" + bytes(32)
_MP3_FRAMES = (250, 9)  # in so many seconds


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording; the words are what its listener would hear."""

    sid: str
    call_sid: str
    phone: str
    seconds: int
    created_at: datetime
    words: str = ""


def wav_size(seconds: int) -> int:
    """How many bytes `wav` gives."""
    return 44 + seconds * _RATE * _WIDTH


def wav(seconds: int) -> Iterator[bytes]:
    """The recording, a second at a time: an hour of it is never in memory."""
    length = seconds * _RATE * _WIDTH
    yield struct.pack("<4sI4s4sIHHII", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, 1, _RATE, _RATE * _WIDTH)
    yield struct.pack("<HH4sI", _WIDTH, 8 * _WIDTH, b"data", length)
    tone = b"".join(struct.pack("<h", round(6000 * math.sin(2 * math.pi * _PITCH * place / _RATE))) for place in range(_RATE))
    for _ in range(seconds):
        yield tone


def mp3_size(seconds: int) -> int:
    """How many bytes `mp3` gives."""
    frames, every = _MP3_FRAMES
    return len(_MP3_FRAME) * (-(-seconds * frames // every))


def mp3(seconds: int) -> Iterator[bytes]:
    """So many seconds of silence."""
    yield _MP3_FRAME * (mp3_size(seconds) // len(_MP3_FRAME))


def seconds_of(words: str) -> int:
    """About how long it takes to say this: four characters or two words of another script a second."""
    pieces = len(words.split()) if words.isascii() else len(words) / 2
    return max(1, math.ceil(pieces / 2))
