"""Photos and recordings: fetched after the turn, sealed on the shelf, and opened only on record."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.attachments import ATTACHMENT, LEASE, MOST_TRIES, SAY_AGAIN, Shelf, fetch_due, open_attachment, want
from bot.envelope import Address, Media
from bot.errors import AnlinError, Refused, Throttled, Unavailable
from bot.store import audit, timeline
from bot.store.begin import Store
from bot.store.tables import InboundRow
from channels.contract import Capability
from channels.media import Fetched, too_large, typed
from channels.twilio_reach import reach
from tests.bot.sending import NOW, SECOND, claim, person, reached

PHOTO = b"\xff\xd8\xff" + b"a plainly invented photo" * 40
PROGRAM = b"MZ" + b"\x00" * 64


class Camera:
    """A platform that hands over what it is told to."""

    name = "sms"

    def __init__(self, answer: bytes | AnlinError | OSError, *, reaches: bool = True) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.reaches = reaches

    def capability(self, address: Address) -> Capability:
        return replace(reach(address), reaches=self.reaches)

    async def fetch(self, media: Media, limit: int) -> Fetched:
        await asyncio.sleep(0)
        self.asked.append(media.url)
        if isinstance(self.answer, Exception):
            raise self.answer
        if len(self.answer) > limit:
            raise too_large()
        return typed(self.answer)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "attachments", limit=2_000_000)


@pytest.fixture
def sent(store: Store) -> int:
    """Somebody sent a photo about a case."""
    (address,) = person(store, "sms")
    key = reached(store, address).data_key_id
    with store.begin() as tx:
        inbound = tx.insert(InboundRow, channel="sms", external_id="MM1", address_id=address, at=NOW)
        photo = Media("http://platform/photo?secret")
        return want(tx, "case:7", media=photo, channel="sms", data_key_id=key, now=NOW, inbound_id=inbound)


def fetch(store: Store, camera: Camera, shelf: Shelf, now: datetime = NOW) -> int:
    return asyncio.run(fetch_due(store, (camera,), shelf, now=now))


def kept(store: Store, attachment: int) -> Any:
    with store.read() as tx:
        return tx.first(select(ATTACHMENT).where(ATTACHMENT.c.id == attachment))


def told(store: Store, now: datetime = NOW) -> list[str]:
    return [phrase.words for one in claim(store, now) for phrase in one.content.says]


def test_a_photo_is_kept_sealed_and_for_its_owners_eyes_only(store: Store, shelf: Shelf, sent: int) -> None:
    assert fetch(store, Camera(PHOTO), shelf) == 1

    row = kept(store, sent)
    assert (row.state, row.content_type, row.size) == ("kept", "image/jpeg", len(PHOTO))
    assert b"secret" not in row.source
    (file,) = shelf.folder.iterdir()
    assert file.name == row.file
    assert b"invented" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700
    assert told(store) == []


def test_whoever_opens_it_is_on_record(store: Store, shelf: Shelf, sent: int) -> None:
    fetch(store, Camera(PHOTO), shelf)

    assert open_attachment(store, shelf, sent, reader="staff:3", why="the lift", now=NOW) == (PHOTO, "image/jpeg")
    with store.read() as tx:
        assert audit.readings(tx, f"attachment:{sent}") == ((NOW, "staff:3", "the lift"),)


def test_nobody_opens_it_without_a_reason(store: Store, shelf: Shelf, sent: int) -> None:
    fetch(store, Camera(PHOTO), shelf)

    with pytest.raises(ValueError, match="reason"):
        open_attachment(store, shelf, sent, reader="staff:3", why="", now=NOW)


def test_what_was_erased_is_opened_by_nobody(store: Store, shelf: Shelf, sent: int) -> None:
    fetch(store, Camera(PHOTO), shelf)
    key = kept(store, sent).data_key_id
    with store.begin() as tx:
        tx.erase(key, NOW)

    assert open_attachment(store, shelf, sent, reader="staff:3", why="the lift", now=NOW) is None
    assert open_attachment(store, shelf, 999, reader="staff:3", why="the lift", now=NOW) is None


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xd8\xff" * 1_000_000, "larger"), (PROGRAM, "neither a photo")], ids=["too large", "a program"]
)
def test_what_we_do_not_take_is_told_and_noted(store: Store, shelf: Shelf, sent: int, content: bytes, reason: str) -> None:
    fetch(store, Camera(content), shelf)

    assert (kept(store, sent).state, reason in kept(store, sent).why) == ("refused", True)
    assert not shelf.folder.exists()
    with store.read() as tx:
        (entry,) = timeline.entries(tx, "case:7")
        assert (entry.kind, timeline.body_of(tx, entry)["attachment"]) == ("attachment_refused", sent)
    said = told(store)
    assert said[0] == "We could not keep the photo, recording or file you sent."
    assert reason in said[1]
    assert said[2].endswith("up to {limit} MB.")


def test_a_platform_that_is_down_is_asked_again_later(store: Store, shelf: Shelf, sent: int) -> None:
    down = Camera(Unavailable())
    fetch(store, down, shelf)

    assert fetch(store, down, shelf, NOW + 4 * SECOND) == 0
    assert fetch(store, Camera(PHOTO), shelf, NOW + 5 * SECOND) == 1
    assert kept(store, sent).state == "kept"


def test_a_platform_that_says_when_is_asked_then(store: Store, shelf: Shelf, sent: int) -> None:
    fetch(store, Camera(Throttled(after=timedelta(seconds=90))), shelf)

    assert kept(store, sent).next_at == NOW + timedelta(seconds=90)


def test_what_never_comes_is_gone_and_the_person_is_asked_to_send_it_again(store: Store, shelf: Shelf, sent: int) -> None:
    moment = NOW
    for _ in range(MOST_TRIES):
        assert fetch(store, Camera(Unavailable("Twilio is away.")), shelf, moment) == 1
        moment += timedelta(hours=1)

    assert (kept(store, sent).state, kept(store, sent).why) == ("gone", "Twilio is away.")
    assert told(store, moment) == ["We could not keep the photo, recording or file you sent.", "Please send it once more."]


def test_a_refusal_of_the_platform_is_final(store: Store, shelf: Shelf, sent: int) -> None:
    fetch(store, Camera(Refused()), shelf)

    assert kept(store, sent).state == "gone"


def test_a_full_disk_loses_nothing(store: Store, shelf: Shelf, sent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        fetch(store, Camera(PHOTO), shelf)

    assert kept(store, sent).state == "wanted"
    assert list(shelf.folder.iterdir()) == []
    assert fetch(store, Camera(PHOTO), shelf, NOW + LEASE) == 1
    assert kept(store, sent).state == "kept"


def test_a_repeat_after_a_crash_leaves_one_file(store: Store, shelf: Shelf, sent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the file and the row, the next try writes the same file."""

    class Killed(BaseException):
        pass

    put: Callable[..., None] = Shelf.put

    def put_and_die(self: Shelf, name: str, sealed: bytes) -> None:
        put(self, name, sealed)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "put", put_and_die)
        with pytest.raises(Killed):
            fetch(store, Camera(PHOTO), shelf)
    fetch(store, Camera(PHOTO), shelf, NOW + LEASE)

    assert [file.name for file in shelf.folder.iterdir()] == [kept(store, sent).file]
    assert kept(store, sent).state == "kept"


def test_a_fetch_in_hand_is_nobody_elses(store: Store, shelf: Shelf, sent: int) -> None:
    busy = Camera(OSError("cut off"))
    fetch(store, busy, shelf)

    assert fetch(store, Camera(PHOTO), shelf, NOW + LEASE - SECOND) == 0


def test_somebody_erased_meanwhile_is_not_asked_for(store: Store, shelf: Shelf, sent: int) -> None:
    camera, key = Camera(PHOTO), kept(store, sent).data_key_id
    with store.begin() as tx:
        tx.erase(key, NOW)

    fetch(store, camera, shelf)

    assert (camera.asked, kept(store, sent).state) == ([], "gone")


def test_who_cannot_be_told_where_they_sent_it_from_is_told_at_their_next_address(store: Store, shelf: Shelf) -> None:
    """A caller has hung up long before the recording is fetched."""
    call, phone = person(store, "voice", "sms")
    with store.begin() as tx:
        inbound = tx.insert(InboundRow, channel="voice", external_id="CA1", address_id=call, at=NOW)
        recording = Media("http://platform/recording", "audio/x-wav")
        want(tx, "case:7", media=recording, channel="sms", data_key_id=reached(store, call).data_key_id, now=NOW, inbound_id=inbound)
    fetch(store, Camera(Refused(), reaches=False), shelf)

    (one,) = claim(store, NOW)
    assert (one.address_id, one.content.says[-1].words) == (phone, SAY_AGAIN)
