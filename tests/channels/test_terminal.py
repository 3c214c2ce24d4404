"""What is shown with /photo, and how a question stands on a screen."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels import terminal
from channels.media import Fetched, MediaRefused
from channels.terminal import Terminal

JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


def shown(line: str, limit: int = 1000) -> Fetched:
    inbound = terminal.parse(line, name="demo", external_id="1", now=datetime(2026, 11, 20, tzinfo=UTC))
    return asyncio.run(Terminal(io.StringIO()).fetch(inbound.media[0], limit))


def test_a_photo_is_read_from_the_path_that_was_typed(tmp_path: Path) -> None:
    photo = tmp_path / "电梯 100% #1.jpg"
    photo.write_bytes(JPEG)

    assert shown(f"/photo {photo}") == Fetched(JPEG, "image/jpeg")


@pytest.mark.parametrize(("content", "limit"), [(JPEG, 50), (b"MZ program", 1000), (None, 1000)])
def test_a_photo_too_large_of_another_kind_or_missing_is_refused(tmp_path: Path, content: bytes | None, limit: int) -> None:
    photo = tmp_path / "lift.jpg"
    if content is not None:
        photo.write_bytes(content)

    with pytest.raises(MediaRefused):
        shown(f"/photo {photo}", limit)


def test_a_question_stands_above_its_choices() -> None:
    drawn = Terminal(io.StringIO()).draw(("收到了。",), "有人受伤吗？", (("1", "有"), ("2", "没有")))

    assert drawn == "收到了。\n有人受伤吗？\n  1  有\n  2  没有"
