"""Long polling against the messenger in a box, over HTTP: an update is confirmed after its commit, and a bad one holds up nobody."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from bot.envelope import Inbound
from bot.errors import StoreDown
from bot.translate import load_translator
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.telegram_api import TelegramAccount
from channels.telegram_listening import House, Listener
from tests.channels.rigs import NOW
from tests.channels.simulator.telegram.stage import ACCOUNTS, AN, LE, TOKEN, People, Service
from tests.waiting import until

WORDS = load_translator("zh_CN", ZoneInfo("Asia/Shanghai"))
GROUP = -1_000_000_000_007


@dataclass
class Desk:
    """Who takes what is told: every inbound is noted, and may be refused first."""

    refuse: Callable[[Inbound], None] = lambda inbound: None
    is_allowed: bool = True
    taken: list[Inbound] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    let_go_of: int = 0

    def take(self, inbound: Inbound) -> str:
        self.refuse(inbound)
        self.taken.append(inbound)
        return "closed" if inbound.text == "9" else ""

    def held(self) -> bool:
        self.asked.set()
        return self.is_allowed

    def let_go(self) -> None:
        self.let_go_of += 1

    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.taken]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    one = Simulator(SimulatorSettings("AC" + "0" * 32, "0" * 32, ("+9990012345",), accounts=ACCOUNTS, telegram_token=TOKEN))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def people(simulator: Simulator) -> People:
    return People(simulator.url)


@contextmanager
def listening(simulator: Simulator, desk: Desk) -> Iterator[Listener]:
    house = House(desk.take, desk, lambda: NOW, WORDS.on_screen, WORDS.own, WORDS.languages)
    listener = Listener(TelegramAccount(TOKEN, simulator.url), house)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def test_an_update_is_confirmed_only_after_it_was_taken(simulator: Simulator, people: People) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slowly(inbound: Inbound) -> None:
        begun.set()
        assert may_end.wait(30)

    desk = Desk(slowly)
    people.send(text="在吗")
    with listening(simulator, desk):
        assert begun.wait(30)
        assert people.state()["pending"] == 1
        may_end.set()
        people.all_told()

    assert desk.texts() == ["在吗"]
    assert desk.let_go_of == 1


def test_with_the_database_down_the_same_updates_are_told_again_in_order(simulator: Simulator, people: People) -> None:
    refused: list[str] = []

    def at_first_down(inbound: Inbound) -> None:
        if len(refused) < 2:
            refused.append(inbound.external_id)
            raise StoreDown

    desk = Desk(at_first_down)
    for words in ("一", "二"):
        people.send(text=words)
    with listening(simulator, desk):
        people.all_told()

    assert refused == [desk.taken[0].external_id] * 2
    assert desk.texts() == ["一", "二"]


def test_an_update_that_breaks_the_turn_holds_up_nobody_and_is_not_given_up(simulator: Simulator, people: People) -> None:
    broken = [True]

    def breaks(inbound: Inbound) -> None:
        if inbound.text == "一" and broken:
            raise RuntimeError(inbound.text)

    desk = Desk(breaks)
    people.send(text="一")
    people.send(text="二", account=LE)
    with listening(simulator, desk):
        until(lambda: "二" in desk.texts())
        assert "一" not in desk.texts()
        broken.clear()
        people.all_told()

    assert "一" in desk.texts()
    assert len({inbound.external_id for inbound in desk.taken}) == 2, "what is told twice has the same number"


def test_what_was_being_taken_when_we_stopped_is_told_once_more(simulator: Simulator, people: People) -> None:
    desk, begun, may_end = Desk(), threading.Event(), threading.Event()

    def slowly(inbound: Inbound) -> None:
        begun.set()
        assert may_end.wait(30)

    desk.refuse = slowly
    people.send(text="在吗")
    with listening(simulator, desk) as listener:
        assert begun.wait(30)
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        may_end.set()
        stopping.join()
        assert desk.texts() == ["在吗"], "its commit was waited for"
        assert people.state()["pending"] == 1
    with listening(simulator, desk):
        people.all_told()

    assert desk.taken[0].external_id == desk.taken[1].external_id


def test_whoever_has_not_the_right_does_not_ask(simulator: Simulator, people: People) -> None:
    desk = Desk(is_allowed=False)
    people.send(text="在吗")
    with listening(simulator, desk):
        assert desk.asked.wait(30)
        assert people.state()["pending"] == 1

    assert desk.taken == []


def test_another_program_with_the_same_bot_is_told_in_a_sentence(
    simulator: Simulator, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with listening(simulator, Desk()):
        until(lambda: people.state()["is_polled"])
        Service(simulator.url).updates()
        until(lambda: "only one may" in caplog.text)

    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "trouble", [{"kind": "bad_gateway"}, {"kind": "server_error"}, {"kind": "dropped"}, {"kind": "throttled", "seconds": 1}]
)
def test_a_bad_day_of_the_platform_passes(simulator: Simulator, people: People, trouble: dict[str, object]) -> None:
    desk = Desk()
    people.goes_wrong(method="getUpdates", count=2, **trouble)  # type: ignore[arg-type]
    people.send(text="在吗")
    with listening(simulator, desk):
        people.all_told()

    assert desk.texts()[-1] == "在吗"


def test_a_pressed_button_is_always_answered_and_an_old_one_in_words(simulator: Simulator, people: People) -> None:
    people.send(text="在吗")
    rows = [[{"text": words, "callback_data": data} for words, data in (("有", "d:7:1"), ("旧", "d:7:9"), ("别人的", "vote:9"))]]
    post = Service(simulator.url).get("sendMessage", chat_id=AN, text="？", reply_markup={"inline_keyboard": rows})
    with listening(simulator, Desk()):
        for data in ("d:7:1", "d:7:9", "vote:9"):
            people.press(post["message_id"], data)
        until(lambda: len(people.chat()["answers"]) == 3, told=people.chat)

    assert sorted(answer["text"] for answer in people.chat()["answers"]) == ["", *["这个问题已经结束，没有改动。"] * 2]


def test_a_group_is_left_with_one_sentence(simulator: Simulator, people: People) -> None:
    desk = Desk()
    with listening(simulator, desk):
        people.post("groups", id=GROUP, title="三号楼", members=[AN, LE])
        until(lambda: not people.state()["groups"][0]["has_bot"], told=people.state)
        said = [post["text"] for post in people.chat(GROUP)["messages"] if post["from_bot"]]

    assert said == ["我不进群，有事请单独写给我。有危险请打119、120或110。"]
    assert desk.taken == []


def test_the_menu_speaks_every_language(simulator: Simulator, people: People) -> None:
    bot = Service(simulator.url)
    with listening(simulator, Desk()):
        until(lambda: all(bot.get("getMyCommands", language_code=language) for language in ("", "zh", "en")))

    first = [bot.get("getMyCommands", language_code=language)[0] for language in ("", "zh", "en")]
    assert [each["description"] for each in first] == ["有危险，马上求助"] * 2 + ["Emergency: get help now"]
