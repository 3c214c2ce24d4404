"""A voice note in which nobody speaks: a real Ogg Opus file, for whoever looks at the bytes (RFC 3533, RFC 7845)."""

import struct
from collections.abc import Iterable, Iterator

_SILENT_FRAME = b"\xf8\xff\xfe"  # 20 ms
_FRAME, _FRAMES_PER_SECOND, _FRAMES_PER_PAGE = 960, 50, 50  # samples at 48 kHz
_SERIAL = 1
_FIRST, _LAST = 2, 4  # flags of a page


def ogg(seconds: int) -> bytes:
    """A silent voice note of so many seconds."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    return b"".join((_page([head], 0, flags=_FIRST), _page([tags], 1), *_audio(seconds)))


def _audio(seconds: int) -> Iterator[bytes]:
    for second in range(seconds):
        frames = [_SILENT_FRAME] * _FRAMES_PER_PAGE
        played = (second + 1) * _FRAMES_PER_SECOND * _FRAME
        yield _page(frames, second + 2, flags=_LAST if second == seconds - 1 else 0, played=played)


def _page(packets: list[bytes], number: int, *, flags: int = 0, played: int = 0) -> bytes:
    """One page; every packet here is shorter than 255 bytes and so takes one entry of the table."""
    table = bytes(map(len, packets))
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, played, _SERIAL, number, 0) + bytes([len(table)]) + table
    whole = head + b"".join(packets)
    return whole[:22] + struct.pack("<I", _checksum(whole)) + whole[26:]


def _checksum(content: Iterable[int]) -> int:
    """Ogg's own CRC-32: neither reflected nor inverted."""
    register = 0
    for byte in content:
        register = (register << 8) & 0xFFFFFFFF ^ _CRC[(register >> 24) ^ byte]
    return register


def _crc_entry(byte: int) -> int:
    register = byte << 24
    for _ in range(8):
        register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
    return register & 0xFFFFFFFF


_CRC = tuple(map(_crc_entry, range(256)))
