"""What a browser brings along is sealed, found again by its reference alone, and cleared away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.envelope import Address, Inbound, Media
from channels import webchat
from channels.media import Fetched, MediaRefused
from channels.uploads import Uploads
from channels.webchat import Webchat

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0" + b"a lift that stands still" * 50


def fetched(uploads: Uploads, reference: str, limit: int = 10_000) -> Fetched:
    return asyncio.run(Webchat(uploads).fetch(Media(reference), limit))


def said(token: str, form_id: str) -> Inbound:
    return webchat.parse({"id": form_id, "text": "漏水了"}, webchat.address_of(token), now=NOW)


def test_a_photo_is_read_again_by_its_reference(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    assert fetched(uploads, uploads.put(JPEG, NOW)) == Fetched(JPEG, "image/jpeg")


def test_a_photo_lies_sealed_and_its_file_is_nobody_elses_to_read(tmp_path: Path) -> None:
    Uploads(tmp_path).put(JPEG, NOW)

    (file,) = tmp_path.iterdir()
    assert b"a lift" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("reference", ["", "upload:../../etc/passwd:x", "file:///etc/passwd", "https://example.org/photo.jpg"])
def test_a_reference_of_another_kind_is_refused(tmp_path: Path, reference: str) -> None:
    with pytest.raises(MediaRefused):
        fetched(Uploads(tmp_path), reference)


def test_without_its_own_key_a_file_is_not_read(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    one, other = uploads.put(JPEG, NOW), uploads.put(JPEG, NOW)

    with pytest.raises(MediaRefused):
        fetched(uploads, one.rpartition(":")[0] + ":" + other.rpartition(":")[2])


def test_what_is_too_large_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    with pytest.raises(MediaRefused):
        fetched(uploads, uploads.put(JPEG, NOW), limit=len(JPEG) - 1)
    with pytest.raises(MediaRefused):
        fetched(uploads, uploads.put(b"MZ a program", NOW))


def test_what_nobody_fetched_for_two_days_is_cleared_away(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    old, new = uploads.put(JPEG, NOW), uploads.put(JPEG, NOW + timedelta(days=1))

    assert uploads.sweep(NOW + timedelta(days=2, seconds=1)) == 1
    assert fetched(uploads, new).content == JPEG
    with pytest.raises(MediaRefused):
        fetched(uploads, old)
    assert Uploads(tmp_path / "never used").sweep(NOW) == 0


def test_the_token_of_a_browser_stands_in_no_address() -> None:
    address = webchat.address_of("a-token")
    assert address.channel == "webchat"
    assert "a-token" not in address.value
    assert address == webchat.address_of("a-token") != webchat.address_of("another")


def test_the_same_form_twice_is_the_same_inbound_and_nobody_elses_is() -> None:
    first = said("one", "an-id-of-a-form")

    assert said("one", "an-id-of-a-form").external_id == first.external_id
    assert len({said("one", "another-id").external_id, said("two", "an-id-of-a-form").external_id, first.external_id}) == 3


def test_a_question_stands_beneath_what_is_said() -> None:
    drawn = Webchat(Uploads(Path("nowhere"))).draw(("收到了。",), "有人受伤吗？", (("1", "有"), ("2", "没有")))
    assert drawn == "收到了。\n有人受伤吗？"


def test_somebody_at_a_page_can_answer_and_words_reach_them() -> None:
    able = Webchat(Uploads(Path("nowhere"))).capability(Address("webchat", "whoever"))
    assert (able.reaches, able.two_way, able.abroad, able.voice) == (True, True, False, False)
