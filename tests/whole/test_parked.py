"""What breaks down on our side is kept, answered in a sentence and shown to a person; and it can be taken again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from bot import turn
from bot.app import Base, house_of
from bot.envelope import Address, Inbound
from bot.room import House
from bot.turn import Received
from tests.whole.breaking import Spilt, blind, broken
from tests.whole.dying import Fuse, Killed, watched
from tests.whole.service import DUTY, NEIGHBOUR, SMS, TRAPPED, Running, based, cases_of, inbound

LAMP = "3号楼2单元楼道灯坏了"
IN_SIGHT = "您的话收到了，机器没能登记，会有人来看。"


def receive(anlin: Running, house: House, words: str, sid: str = "SM1") -> Received:
    now = anlin.service.base.clock.now()
    return turn.receive(house, Inbound("sms", sid, Address("sms", NEIGHBOUR), now, text=words), now)


def states(anlin: Running) -> list[Any]:
    return anlin.rows("SELECT state FROM inbound ORDER BY id")


def test_what_breaks_is_kept_its_sender_is_answered_and_staff_are_told(anlin: Running) -> None:
    received = receive(anlin, broken(anlin.service.house), LAMP)
    assert received.is_parked
    assert anlin.phones.hears(NEIGHBOUR, IN_SIGHT) == IN_SIGHT
    anlin.phones.hears(DUTY, f"anlin parked list，第{received.inbound_id}条")
    assert states(anlin) == [("parked",)]
    assert receive(anlin, anlin.service.house, LAMP) == replace(received, is_repeat=True), "the platform asks again: nothing changes"


def test_words_about_danger_are_answered_with_the_emergency_numbers_first(anlin: Running) -> None:
    receive(anlin, broken(anlin.service.house), TRAPPED)
    assert anlin.phones.hears(NEIGHBOUR, IN_SIGHT).startswith("有危险")
    anlin.phones.hears(DUTY, "parked list")
    assert anlin.rows("SELECT DISTINCT lane FROM delivery") == [(1,)]


def test_when_even_the_first_look_breaks_the_words_are_kept_and_taken_for_danger(anlin: Running) -> None:
    assert receive(anlin, blind(anlin.service.house), LAMP).is_parked
    assert "119" in anlin.phones.hears(NEIGHBOUR, IN_SIGHT)


def test_a_report_after_one_that_broke_is_taken(anlin: Running) -> None:
    receive(anlin, broken(anlin.service.house), LAMP)
    anlin.phones.said(NEIGHBOUR, LAMP)
    assert len(anlin.cases()) == 1


def test_taken_again_while_it_still_breaks_it_stays_in_sight_however_often(anlin: Running) -> None:
    received = receive(anlin, broken(anlin.service.house), LAMP)
    for _again in range(3):
        received = turn.retry(broken(anlin.service.house), received.inbound_id, anlin.service.base.clock.now())
        assert received.is_parked
    assert states(anlin) == [("retried",)] * 3 + [("parked",)]
    last = turn.retry(anlin.service.house, received.inbound_id, anlin.service.base.clock.now())
    assert not last.is_parked
    assert len(anlin.cases()) == 1
    with pytest.raises(KeyError):
        turn.retry(anlin.service.house, received.inbound_id, anlin.service.base.clock.now())


def test_a_kill_at_any_boundary_of_a_second_try_loses_nothing(home: Path, tmp_path: Path) -> None:
    """Afterwards it is either still parked, or taken: never neither, never both."""
    for boundary in range(1, 4):
        fuse = Fuse((boundary,))
        base = based(Path(shutil.copytree(home, tmp_path / f"try{boundary}")))
        parked = parked_in(base)
        with watched(fuse):
            try:
                turn.retry(house_of(base), parked, base.clock.now())
            except Killed:
                fuse.mend()
        with base.store.read() as tx:
            in_sight = tx.connection.exec_driver_sql("SELECT count(*) FROM inbound WHERE state = 'parked'").scalar_one()
        assert in_sight + len(cases_of(base)) == 1, boundary
        base.store.close()


def parked_in(base: Base) -> int:
    now = base.clock.now()
    return turn.receive(broken(house_of(base)), Inbound("sms", "SM1", Address("sms", NEIGHBOUR), now, text=LAMP), now).inbound_id


def test_when_nothing_at_all_can_be_kept_the_platform_is_asked_to_come_again(anlin: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a 500, and nothing of it in the answer; as soon as it is mended the same text is taken."""

    def guess(_text: str) -> str:
        raise Spilt(_text)

    form = inbound(LAMP)
    with monkeypatch.context() as fault:
        fault.setattr(anlin.service.house.translator, "guess", guess)
        answer = requests.post(anlin.url + SMS, data=form, headers={"X-Twilio-Signature": anlin.signed(form)}, timeout=20)
    assert (answer.status_code, answer.text) == (503, "Please ask again.")
    assert states(anlin) == []
    assert anlin.post(form) == 204
    assert len(anlin.cases()) == 1
