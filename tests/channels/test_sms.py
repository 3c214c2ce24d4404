"""The words carriers take for themselves, how a question is put in few segments, and media fetched within limits."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import pytest

from bot.envelope import Media, Purpose
from bot.errors import AnlinError, Misconfigured, Throttled, Unavailable
from channels.contract import Wish
from channels.media import Fetched, MediaRefused
from channels.segments import segments
from channels.sms import Sms, number, stop_word
from channels.twilio_client import NotThere
from tests.channels.provider import Provider, Reply
from tests.channels.rigs import NOW, account

SMS = Sms(account(), clock=lambda: NOW)
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000)
STOPPED, BEGUN, HELP = Wish("stop", frozenset(Purpose), True), Wish("start", frozenset(Purpose), True), Wish("help", by_carrier=True)
TOLD = frozenset({Purpose.CASE, Purpose.NEWS})


@pytest.mark.parametrize(
    ("text", "opt_out", "wish"),
    [
        *[(word, "", STOPPED) for word in ("STOP", "stop", " StopAll\n", "UNSUBSCRIBE", "cancel", "End", "QUIT")],
        *[(word, "", BEGUN) for word in ("START", "yes", "UNSTOP")],
        *[(word, "", HELP) for word in ("HELP", "info")],
        *[(word, "", Wish("stop", TOLD)) for word in ("退订", "退订。", " 退订！ ", "TD")],
        *[(word, "", Wish("start", TOLD)) for word in ("恢复", "订阅")],
        *[(word, "", None) for word in ("please stop", "stop.", "STOP it", "不要退订", "水停了", "", "no", "1")],
        ("停", "STOP", STOPPED),  # a word of the account's own list, which Twilio took
        ("救命", "HELP", HELP),
        ("嗨", "SOMETHING", None),
    ],
)
def test_only_a_word_alone_is_a_wish_about_being_written_to(text: str, opt_out: str, wish: Wish | None) -> None:
    assert stop_word(text, opt_out) == wish


def test_our_own_word_never_stops_a_warning_or_an_answer() -> None:
    wish = stop_word("退订")

    assert wish is not None
    assert not wish.purposes & {Purpose.SAFETY, Purpose.REPLY}


@pytest.mark.parametrize(
    ("says", "asked", "choices", "drawn"),
    [
        ((), "有人受伤吗？", (("1", "有"), ("2", "没有")), "有人受伤吗？1有 2没有"),
        (("收到了。", "案件是A12。"), None, (), "收到了。案件是A12。"),
        (("We heard you.",), "Is anyone hurt?", (("1", "Someone is"), ("2", "No")), "We heard you. Is anyone hurt? 1 Someone is, 2 No"),
        ((), "Is that so?", (("1", "Yes"), ("2", "No")), "Is that so? 1 Right, 2 No"),
        ((), "哪一栋楼？", (("1", "3号楼"), ("2", "5号楼")), "哪一栋楼？1: 3号楼 2: 5号楼"),
        ((), "哪一处？", (("1", "3号楼"), ("2", "别处")), "哪一处？1: 3号楼 2: 别处"),
        (("编号A12",), "对吗？", (), "编号A12 对吗？"),
        (("", "好。"), "", (), "好。"),
    ],
)
def test_a_question_is_put_in_one_run_of_words(
    says: tuple[str, ...], asked: str | None, choices: tuple[tuple[str, str], ...], drawn: str
) -> None:
    assert SMS.draw(says, asked, choices) == drawn


@pytest.mark.parametrize("word", ["Stop", "END", "cancel", "Quit", "Yes", " HELP ", "Start", "Info", "Unsubscribe", "stopall", "unstop"])
def test_a_word_that_the_carrier_takes_is_never_offered_as_an_answer(word: str) -> None:
    drawn = SMS.draw((), "Which?", (("1", word), ("2", "Something else")))
    offered = re.findall(r"\d ([^,]+)", drawn)

    assert len(offered) == 2
    assert [stop_word(choice) for choice in offered] == [None, None]


def test_a_usual_chinese_question_takes_one_segment() -> None:
    drawn = SMS.draw(
        ("已收到：电梯困人。正在给值班员王师傅打电话，5分钟内没人接就打给下一位。",),
        "有人受伤吗？",
        (("1", "有"), ("2", "没有"), ("3", "不清楚")),
    )

    assert segments(drawn).parts == 1


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("+999 138-000 (01)", "+99913800001"),
        ("10086", "10086"),
        ("ACME", "ACME"),
        ("", None),
        ("+", None),
        ("12", None),
        ("whatsapp:+99913800001", None),
        ("a" * 16, None),
        ("+" + "1" * 16, None),
        ("救命", None),
    ],
)
def test_a_sender_is_a_number_a_short_code_a_name_or_nothing(given: str, known: str | None) -> None:
    assert number(given) == known


def fetch(provider: Provider, path: str = "/media/ME1", limit: int = 5_000_000) -> Fetched | AnlinError:
    async def once() -> Fetched | AnlinError:
        channel = Sms(account(provider.base), clock=lambda: NOW)
        await channel.open()
        try:
            return await channel.fetch(Media(path if "://" in path else provider.base + path), limit)
        except AnlinError as error:
            return error
        finally:
            await channel.close()

    return asyncio.run(once())


def test_a_photo_is_fetched_with_our_credentials_and_typed_by_its_bytes() -> None:
    with Provider(Reply(body=JPEG, headers={"Content-Type": "application/octet-stream"})) as provider:
        assert fetch(provider) == Fetched(JPEG, "image/jpeg")

    assert provider.asked[0].headers["Authorization"].startswith("Basic ")


def test_a_photo_is_followed_to_where_it_has_moved() -> None:
    with Provider(Reply(307, {"Location": "/elsewhere/ME1"}), Reply(body=JPEG)) as provider:
        assert fetch(provider) == Fetched(JPEG, "image/jpeg")

    assert [asked.path for asked in provider.asked] == ["/media/ME1", "/elsewhere/ME1"]


def test_a_photo_is_not_followed_for_ever() -> None:
    with Provider(Reply(302, {"Location": "/media/ME1"})) as provider:
        assert isinstance(fetch(provider), MediaRefused)

    assert len(provider.asked) == 4


def test_nobody_leads_us_to_another_machine_without_encryption() -> None:
    with Provider(Reply(body=JPEG)) as stranger, Provider(Reply(302, {"Location": f"{stranger.base}/ME1"})) as provider:
        assert isinstance(fetch(provider), MediaRefused)

    assert stranger.asked == []


def test_a_photo_of_50_megabytes_is_refused_by_its_own_word() -> None:
    with Provider(Reply(way="declared", size=50_000_000, body=JPEG)) as provider:
        assert isinstance(fetch(provider), MediaRefused)


def test_a_photo_of_50_megabytes_that_does_not_say_so_is_left_half_way() -> None:
    with Provider(Reply(way="streamed", size=50_000_000, body=JPEG)) as provider:
        assert isinstance(fetch(provider, limit=1_000_000), MediaRefused)

    assert provider.streamed < 25_000_000


def test_a_small_answer_that_unpacks_into_a_large_one_is_left_packed_and_refused() -> None:
    with Provider(Reply(body=gzip.compress(JPEG), headers={"Content-Encoding": "gzip"})) as provider:
        assert isinstance(fetch(provider), MediaRefused)


def test_a_program_named_jpg_is_refused() -> None:
    with Provider(Reply(body=b"MZ\x90\x00" + bytes(400), headers={"Content-Type": "image/jpeg"})) as provider:
        assert isinstance(fetch(provider, "/media/lift.jpg"), MediaRefused)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404), NotThere),
        (Reply(403), Misconfigured),
        (Reply(429, {"Retry-After": "3"}), Throttled),
        (Reply(500), Unavailable),
        (Reply(way="reset"), Unavailable),
        (Reply(way="declared", size=500, body=JPEG[:100]), Unavailable),
        (Reply(302, {"Location": "http://[broken"}), Unavailable),
    ],
)
def test_a_photo_that_cannot_be_fetched_says_whether_to_ask_again(reply: Reply, error: type[AnlinError]) -> None:
    with Provider(reply) as provider:
        assert type(fetch(provider)) is error


def test_no_file_of_ours_can_be_fetched_by_text(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(JPEG)

    with Provider(Reply()) as provider:
        assert isinstance(fetch(provider, (tmp_path / "photo.jpg").as_uri()), MediaRefused)
