"""After a day of use nothing that residents said or are can be read in any file of the data folder, nor in what the service has printed."""

from __future__ import annotations

import base64
import json
import logging
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from bot import turn
from bot.app import house_of
from bot.effects import Actor, Owner
from bot.envelope import Address, Inbound
from bot.store import demo, people
from channels.simulator.server import Simulator
from tests.bot.store.test_nothing_clear import disguises
from tests.waiting import until
from tests.whole import service as whole
from tests.whole.breaking import broken
from tests.whole.service import ALONE, NEIGHBOUR, SHARED, SMS, STATUS, STRANGER, TRAPPED, WORKER, Machine, Phones, Running, based
from workflows.cases.words import AnswerCase

REPORT = "三楼东户的张灯笼家，楼道灯又坏了"
WHERE = "就在蓝铁皮棚子旁边"
DRAFT = "我想找人说说退休金的事"
FORGED = "伪造的这句话谁也不该看见"
TRUNCATED = "这句话只到了一半"
ANSWER = "电工老规矩下午三点到，您留个门"
MORE = "雨棚也跟着漏水了，帮忙一起看看"
NEW_NAME, NEW_NUMBER = "示例·新来的小何", "+9990200077"
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
SAID = (REPORT, WHERE, DRAFT, FORGED, TRUNCATED, ANSWER, MORE, TRAPPED)
NAMES = (*(resident.name for resident in demo.RESIDENTS), *(worker.name for worker in demo.STAFF), NEW_NAME)
NUMBERS = (*(number for number, _label, _kind in demo.phones()), NEW_NUMBER)


def secrets(*account: str) -> tuple[str, ...]:
    """Everything that may stand nowhere: of each sentence its two halves, of each number its digits."""
    halves = (half for words in SAID for half in (words[: len(words) // 2], words[len(words) // 2 :]))
    digits = (number.removeprefix("+") for number in NUMBERS)
    return (*halves, *NAMES, *digits, *account)


def seen(content: bytes, wanted: tuple[str, ...]) -> list[str]:
    """What of it stands there, in whatever disguise."""
    return [secret for secret in wanted if any(form in content for form in forms(secret))]


@cache
def forms(secret: str) -> frozenset[bytes]:
    """As UTF-8, as JSON escapes, in base64, and as it stands in a form."""
    quoted = quote(secret, safe="")
    return frozenset({*disguises(secret), quoted.encode(), quoted.lower().encode()})


def at_the_desk(one: Machine, number: str) -> None:
    """Somebody new is on the staff, and a case is answered, by another process as the console is one."""
    base = based(one.home)
    now = base.clock.now()
    with base.store.begin() as tx:
        people.add_staff(tx, NEW_NAME, handle="he", role="community_duty", addresses=[Address("sms", NEW_NUMBER)], now=now)
        officer = people.staff_by_handle(tx, "duty1")
    assert officer is not None
    actor = Actor("staff", Owner(officer.person_id), officer.id, officer.role, channel="console")
    turn.give(house_of(base), AnswerCase(number, ANSWER), actor=actor, now=now)
    base.store.close()


def a_day(one: Machine, simulator: Simulator) -> None:
    """Reports, a picture, staff, a stranger, and everything that goes wrong."""
    phones = Phones(simulator.url)
    phones.said(NEIGHBOUR, TRAPPED)
    phones.hears(WORKER, "您能去吗")
    phones.said(WORKER, "1")
    phones.hears(NEIGHBOUR, "已经接了")
    phones.said(NEIGHBOUR, MORE)
    phones.said(SHARED, REPORT, media=[{"content_type": "image/png", "bytes_base64": base64.b64encode(PHOTO).decode()}])
    number = phones.hears(SHARED, "编号").split("编号")[1][:5]
    phones.said(SHARED, WHERE)
    phones.said(STRANGER, DRAFT)
    phones.said(STRANGER, f"状态 {number}")
    phones.hears(STRANGER, "没查到")
    phones.goes_wrong("html", number=ALONE, count=1)
    phones.goes_wrong("unreachable", number=STRANGER, count=1)
    phones.said(ALONE, REPORT)
    at_the_desk(one, number)
    misbehave(one, simulator)
    phones.hears(SHARED, ANSWER)


def misbehave(one: Machine, simulator: Simulator) -> None:
    """Forged, cut short, of another kind, and in the address itself."""
    form = whole.inbound(FORGED)
    for headers in ({}, {"X-Twilio-Signature": FORGED.encode().decode("latin-1")}):
        assert requests.post(one.url + SMS, data=form, headers=headers, timeout=10).status_code == 403
    requests.post(f"{one.url}{STATUS}?delivery={quote(FORGED)}", json={"Body": TRUNCATED, "From": NEIGHBOUR}, timeout=10)
    requests.get(f"{one.url}/{quote(TRUNCATED)}?from={quote(NEIGHBOUR)}", timeout=10)
    with suppress(requests.RequestException):
        requests.post(one.url + SMS, data=whole.inbound(TRUNCATED), headers={"Content-Length": "99999"}, timeout=0.3)


def files(one: Machine) -> dict[str, bytes]:
    return {str(path.relative_to(one.home)): path.read_bytes() for path in sorted(one.home.rglob("*")) if path.is_file()}


def shown(contents: dict[str, bytes], wanted: tuple[str, ...]) -> dict[str, list[str]]:
    """What can be read in which file."""
    return {name: found for name, content in contents.items() if (found := seen(content, wanted))}


def test_the_search_finds_what_is_hidden() -> None:
    """Else the test below could not fail."""
    for secret in secrets("AC0123456789", "an invented token"):
        plain = secret.encode()
        in_base64 = (base64.b64encode(b"x" * at + plain + b"yy") for at in range(3))
        for hidden in (plain, json.dumps(secret).encode(), quote(secret).encode(), *in_base64):
            assert seen(b".." + hidden + b"..", (secret,)) == [secret]


def test_a_day_of_use_leaves_nothing_to_read(home: Path) -> None:
    """In no file after a kill, with the write-ahead log unfolded, in none after a clean stop, and in nothing printed with every log on."""
    with whole.carrier() as simulator, whole.machine(home, simulator, LOG_LEVEL="debug") as one:
        wanted = secrets(simulator.settings.account_sid, simulator.settings.auth_token)
        one.start()
        a_day(one, simulator)
        one.kill()
        killed = files(one)
        assert len(killed["anlin.db-wal"]) > 0
        assert shown(killed, wanted) == {}
        assert [name for name in killed if (home / name).stat().st_mode & 0o077] == [], "for their owner only"
        one.start()
        assert one.end(signal.SIGINT) == 0
        stopped = files(one)
        assert shown(stopped, wanted) == {}
        assert [name for name, content in stopped.items() if PHOTO[8:64] in content] == []
        printed = one.output.read_bytes()
        assert b"refused hook=" in printed, "it does log"
        assert seen(printed, wanted) == []


# When something breaks


def test_a_turn_that_breaks_logs_where_and_not_what(anlin: Running, caplog: pytest.LogCaptureFixture) -> None:
    """The words are in the parked inbound, sealed; neither the log nor the reason repeats them."""
    now = anlin.service.base.clock.now()
    house = broken(anlin.service.house)
    with caplog.at_level(logging.DEBUG):
        received = turn.receive(house, Inbound("sms", "SM1", Address("sms", NEIGHBOUR), now, text=REPORT), now)
    assert received.is_parked
    written = "".join(logging.Formatter().format(record) for record in caplog.records)
    assert "broken" in written
    assert "breaks" in written, "the log says where"
    wanted = (REPORT, NEIGHBOUR)
    assert seen(written.encode(), wanted) == []
    assert seen(str(anlin.rows("SELECT why FROM inbound")).encode(), wanted) == []
    until(lambda: anlin.phones.heard(NEIGHBOUR))
