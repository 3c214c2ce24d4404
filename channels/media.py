"""Photos, recordings and documents: typed by what they hold, never by their name or by what the sender calls them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.errors import AnlinError
from bot.prompt import _

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# The major brand of an ISO base media file (ISO/IEC 14496-12); 3GPP brands are told by their first two letters.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"M4V "), "video/mp4"),
    b"qt  ": "video/quicktime",
}


class MediaRefused(AnlinError):
    """A photo, recording or document is not taken; asking for it again would change nothing."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes that were looked at, and what they are."""

    content: bytes
    content_type: str


def sniff(content: bytes) -> str | None:
    """What these bytes are by their beginning, or None for whatever we do not keep (programs, archives, pages)."""
    for beginning, content_type in _BEGINNINGS:
        if content.startswith(beginning):
            return content_type
    if content.startswith(b"RIFF"):
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "video/3gpp" if content[8:10] == b"3g" else _BRANDS.get(content[8:12])
    return None


def typed(content: bytes) -> Fetched:
    """The bytes with their type, or `MediaRefused` for what is no photo, recording or document."""
    content_type = sniff(content)
    if content_type is None:
        raise MediaRefused(_("This file is neither a photo, nor a recording, nor a document, whatever its name says."))
    return Fetched(content, content_type)


def too_large() -> MediaRefused:
    """The refusal of what is larger than we take."""
    return MediaRefused(_("This file is larger than we can take."))


async def read_within(chunks: AsyncIterator[bytes], limit: int) -> bytes | None:
    """All bytes of a stream, or None as soon as there are more than `limit`; never more than a chunk beyond it is held."""
    kept = bytearray()
    async for chunk in chunks:
        kept += chunk
        if len(kept) > limit:
            return None
    return bytes(kept)
