"""Files: how each kind is described, how a bot fetches it, and what is too big to fetch."""

import base64
from typing import Any

import pytest
import requests

from channels.simulator.server import Simulator
from tests.channels.simulator.telegram.stage import AN, PIXEL, TOKEN, People, Service

MEGABYTE = 1024 * 1024


def fetched(simulator: Simulator, path: str) -> requests.Response:
    return requests.get(f"{simulator.url}/file/bot{TOKEN}/{path}", timeout=20)


def test_a_photo_comes_in_sizes_and_the_largest_is_the_photo(simulator: Simulator, bot: Service, people: People) -> None:
    people.send(photo={"bytes_base64": PIXEL, "width": 1280, "height": 960}, caption="墙在漏水")

    told = bot.heard()["message"]
    assert told["caption"] == "墙在漏水"
    assert [(size["width"], size["height"]) for size in told["photo"]] == [(90, 68), (320, 240), (1280, 960)]
    contents = [fetched(simulator, bot.get("getFile", file_id=size["file_id"])["file_path"]).content for size in told["photo"]]
    assert [content == base64.b64decode(PIXEL) for content in contents] == [False, False, True]
    assert [len(content) for content in contents] == [size["file_size"] for size in told["photo"]]


@pytest.mark.parametrize(
    ("kind", "given", "described"),
    [
        ("voice", {"duration": 7}, {"duration": 7, "mime_type": "audio/ogg"}),
        ("audio", {"duration": 7, "file_name": "a.mp3"}, {"duration": 7, "mime_type": "audio/mpeg", "file_name": "a.mp3"}),
        ("video", {"duration": 3}, {"width": 1280, "height": 960, "duration": 3, "mime_type": "video/mp4"}),
        ("video_note", {"duration": 3}, {"length": 240, "duration": 3}),
        (
            "document",
            {"file_name": "报修.pdf", "content_type": "application/pdf"},
            {"mime_type": "application/pdf", "file_name": "报修.pdf"},
        ),
        ("document", {"file_name": "photo.jpg"}, {"mime_type": "application/octet-stream", "file_name": "photo.jpg"}),
    ],
)
def test_each_kind_is_described_and_fetched(
    simulator: Simulator, bot: Service, people: People, kind: str, given: dict[str, Any], described: dict[str, Any]
) -> None:
    people.send(**{kind: {"bytes_base64": PIXEL, **given}})

    told = bot.heard()["message"][kind]
    assert {name: told[name] for name in told.keys() - {"file_id", "file_unique_id", "file_size"}} == described
    answer = fetched(simulator, bot.get("getFile", file_id=told["file_id"])["file_path"])
    assert (answer.content, answer.headers["Content-Type"]) == (base64.b64decode(PIXEL), "application/octet-stream")


@pytest.mark.parametrize(("size", "fits"), [(20 * MEGABYTE, True), (20 * MEGABYTE + 1, False), (50 * MEGABYTE, False)])
def test_a_bot_fetches_twenty_megabytes_at_most(simulator: Simulator, bot: Service, people: People, size: int, fits: bool) -> None:
    people.send(document={"size": size, "file_name": "录像.mp4"})
    told = bot.heard()["message"]["document"]
    assert told["file_size"] == size

    if fits:
        assert len(fetched(simulator, bot.get("getFile", file_id=told["file_id"])["file_path"]).content) == size
    else:
        assert bot.refused("getFile", file_id=told["file_id"])["description"] == "Bad Request: file is too big"


def test_a_voice_note_of_which_only_the_length_is_said_is_a_silent_one(simulator: Simulator, bot: Service, people: People) -> None:
    people.send(voice={"duration": 2})

    content = fetched(simulator, bot.get("getFile", file_id=bot.heard()["message"]["voice"]["file_id"])["file_path"]).content

    pages = content.split(b"OggS")
    assert [page[1] for page in pages[1:]] == [2, 0, 0, 4]
    assert (pages[1][-19:-11], pages[2][-16:-8]) == (b"OpusHead", b"OpusTags")
    assert int.from_bytes(pages[4][2:10], "little") == 2 * 48_000


def test_an_address_is_good_for_an_hour(simulator: Simulator, bot: Service, people: People) -> None:
    people.send(voice={"bytes_base64": PIXEL})
    file_id = bot.heard()["message"]["voice"]["file_id"]
    path = bot.get("getFile", file_id=file_id)["file_path"]

    people.post("clock", seconds=3600)

    assert fetched(simulator, path).json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert fetched(simulator, bot.get("getFile", file_id=file_id)["file_path"]).ok


def test_what_nobody_sent_cannot_be_fetched(simulator: Simulator, bot: Service) -> None:
    assert "wrong file_id" in bot.refused("getFile", file_id="x")["description"]
    assert fetched(simulator, "photos/file_1.jpg").status_code == 404


def test_photos_of_one_album_share_its_id(bot: Service, people: People) -> None:
    for _ in range(2):
        people.send(photo={"bytes_base64": PIXEL}, media_group_id="13")

    assert [update["message"]["media_group_id"] for update in bot.updates()] == ["13", "13"]


# From the bot


@pytest.mark.parametrize(("method", "kind"), [("sendPhoto", "photo"), ("sendVoice", "voice")])
def test_the_bot_sends_a_file_and_the_page_can_show_it(simulator: Simulator, people: People, method: str, kind: str) -> None:
    people.send(text="在吗")

    answer = requests.post(
        f"{simulator.url}/bot{TOKEN}/{method}",
        data={"chat_id": AN, "caption": "请看"},
        files={kind: ("x", base64.b64decode(PIXEL), "image/png")},
        timeout=5,
    )

    assert answer.json()["ok"]
    shown = people.chat()["messages"][-1]
    assert (shown["caption"], kind in shown) == ("请看", True)
    page = requests.get(simulator.url + shown["file"]["url"], timeout=5)
    assert (page.content, page.headers["Content-Type"]) == (base64.b64decode(PIXEL), "image/png")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"photo": "https://example.org/a.jpg"}, "failed to get HTTP URL content"),
        ({"photo": "never-sent"}, "wrong file_id"),
        ({"photo": "never-sent", "caption": "x" * 1025}, "message caption is too long"),
    ],
)
def test_a_file_that_the_platform_would_not_take_is_refused(bot: Service, people: People, fields: dict[str, str], words: str) -> None:
    people.send(text="在吗")

    assert words in bot.refused("sendPhoto", chat_id=AN, **fields)["description"]


def test_a_file_can_be_sent_on_by_its_id(bot: Service, people: People) -> None:
    people.send(photo={"bytes_base64": PIXEL})
    largest = bot.heard()["message"]["photo"][-1]["file_id"]

    assert len(bot.get("sendPhoto", chat_id=AN, photo=largest)["photo"]) == 3


def test_the_text_of_a_photo_cannot_be_edited(bot: Service, people: People) -> None:
    people.send(photo={"bytes_base64": PIXEL}, caption="三号楼")
    sent = bot.get("sendPhoto", chat_id=AN, photo=bot.heard()["message"]["photo"][-1]["file_id"])["message_id"]

    assert "there is no text" in bot.refused("editMessageText", chat_id=AN, message_id=sent, text="x")["description"]
