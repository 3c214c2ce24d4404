"""Files are what their bytes say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.media import MediaRefused, sniff, typed


@pytest.mark.parametrize(
    ("beginning", "content_type"),
    [
        (b"\xff\xd8\xff\xe1..Exif", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"GIF89a......", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic....", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1....", "image/heic"),
        (b"ID3\x04......", "audio/mpeg"),
        (b"\xff\xfb\x90\x00....", "audio/mpeg"),
        (b"#!AMR\n......", "audio/amr"),
        (b"#!AMR-WB\n...", "audio/amr"),
        (b"OggS\x00......", "audio/ogg"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x18ftypM4A ....", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom....", "video/mp4"),
        (b"\x00\x00\x00\x18ftypmp42....", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp4....", "video/3gpp"),
        (b"\x00\x00\x00\x14ftypqt  ....", "video/quicktime"),
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"MZ\x90\x00......", None),
        (b"\x7fELF........", None),
        (b"PK\x03\x04......", None),
        (b"#!/bin/sh\n", None),
        (b"<html><script>", None),
        (b"<svg onload=1>", None),
        (b"RIFF\x10\x00\x00\x00AVI LIST", None),
        (b"\x00\x00\x00\x18ftypevil....", None),
        (b"\x1f\x8b\x08......", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_a_file_is_typed_by_its_beginning(beginning: bytes, content_type: str | None) -> None:
    assert sniff(beginning) == content_type


@given(st.binary(max_size=64))
def test_whatever_bytes_come_they_are_typed_or_refused(content: bytes) -> None:
    if sniff(content) is None:
        with pytest.raises(MediaRefused):
            typed(content)
    else:
        assert typed(content).content == content
