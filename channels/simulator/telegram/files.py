"""Files that people and the bot send: their ids, their sizes, and how the platform describes each kind."""

import secrets
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from channels.simulator.telegram import silence
from channels.simulator.telegram.posts import File

FETCH_LIMIT = 20 * 1024 * 1024  # bytes that a bot can download
UPLOAD_LIMIT = 50 * 1024 * 1024  # bytes that a bot can send
PHOTO_LIMIT = 10 * 1024 * 1024
LONGEST_SILENCE = 3600  # seconds of a voice note whose bytes nobody gave

Described = tuple[Mapping[str, object], tuple[File, ...]]


@dataclass(frozen=True, slots=True)
class Raw:
    """A file as it is before the platform has it; zeros of a given size where only the size matters."""

    content_type: str
    content: bytes = b""
    size: int = 0
    name: str = ""
    width: int = 1280
    height: int = 960
    seconds: int = 1


def described(kind: str, raw: Raw) -> Described:
    """The fields of a post with this file, and its files, the one to look at last."""
    return _KINDS[kind](raw)


def kinds() -> tuple[str, ...]:
    """The kinds of files that a person can send."""
    return tuple(_KINDS)


def file_fields(file: File) -> dict[str, object]:
    """What every description of a file begins with."""
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}


def _photo(raw: Raw) -> Described:
    """A photo comes in several sizes, smallest first; the small ones are plain grey here."""
    sizes, files = [], []
    for longest in (90, 320):
        width, height = _within(raw, longest)
        small = _kept(Raw("image/png", _grey(width, height)), "photos", "jpg")
        files.append(small)
        sizes.append({**file_fields(small), "width": width, "height": height})
    whole = _kept(raw, "photos", "jpg")
    sizes.append({**file_fields(whole), "width": raw.width, "height": raw.height})
    return {"photo": sizes}, (*files, whole)


def _voice(raw: Raw) -> Described:
    """A voice note; where only its length is said, it is silent."""
    spoken = raw if raw.content or raw.size else replace(raw, content=silence.ogg(min(raw.seconds, LONGEST_SILENCE)))
    file = _kept(spoken, "voice", "oga")
    return {"voice": {**file_fields(file), "duration": raw.seconds, "mime_type": raw.content_type}}, (file,)


def _audio(raw: Raw) -> Described:
    file = _kept(raw, "music", "mp3")
    return {"audio": {**file_fields(file), "duration": raw.seconds, "mime_type": raw.content_type, **_named(raw)}}, (file,)


def _video(raw: Raw) -> Described:
    file = _kept(raw, "videos", "mp4")
    shown = {"width": raw.width, "height": raw.height, "duration": raw.seconds, "mime_type": raw.content_type}
    return {"video": {**file_fields(file), **shown, **_named(raw)}}, (file,)


def _video_note(raw: Raw) -> Described:
    file = _kept(raw, "video_notes", "mp4")
    return {"video_note": {**file_fields(file), "length": 240, "duration": raw.seconds}}, (file,)


def _document(raw: Raw) -> Described:
    file = _kept(raw, "documents", raw.name.rpartition(".")[2] or "bin")
    return {"document": {**file_fields(file), "mime_type": raw.content_type, **_named(raw)}}, (file,)


_KINDS: dict[str, Callable[[Raw], Described]] = {
    "photo": _photo,
    "voice": _voice,
    "audio": _audio,
    "video": _video,
    "video_note": _video_note,
    "document": _document,
}


def _kept(raw: Raw, folder: str, suffix: str) -> File:
    unique_id = secrets.token_urlsafe(11)
    path = f"{folder}/file_{secrets.randbelow(10**9)}.{suffix if suffix.isalnum() and suffix.isascii() else 'bin'}"
    size = max(len(raw.content), raw.size)
    content = b"" if size > FETCH_LIMIT else raw.content or bytes(size)
    return File("AgACAgUAAxkBAA" + secrets.token_urlsafe(40), unique_id, path, raw.content_type, size, content)


def _named(raw: Raw) -> dict[str, object]:
    return {"file_name": raw.name} if raw.name else {}


def _within(raw: Raw, longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(raw.width, raw.height, 1))
    return max(1, round(raw.width * scale)), max(1, round(raw.height * scale))


def _grey(width: int, height: int) -> bytes:
    """A plain PNG, so that whoever takes the small size by mistake sees nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\xb0" * width) * height)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", rows), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
