"""What the machine could not file, at the desk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import turn
from bot.errors import AnlinError
from bot.room import Sight
from bot.store import audit
from bot.store.tables import InboundRow
from tests.bot.web.desk.offices import ROLES, Browser, Office
from tests.talks import Talks

WORDS = "楼道灯坏了，示例新村3号楼"
MAY = {"community_duty", "street", "administrator"}


@pytest.fixture
def parked(talks: Talks) -> int:
    """The number of an inbound that broke the machine, which has been mended since."""
    received = turn.receive(talks.house, talks.inbound("邻居", WORDS), talks.now)
    with talks.store.begin() as tx:
        tx.update(InboundRow, received.inbound_id, state="parked", why="FlowBroken")
    return received.inbound_id


@pytest.mark.parametrize("role", ROLES)
def test_who_may_look_sees_how_many_wait_and_what_was_said(talks: Talks, office: Office, parked: int, role: str) -> None:
    browser = office.browser(ROLES[role])
    if role not in MAY:
        assert "机器没能登记" not in browser.sees("/desk")
        assert browser.get("/desk/parked").status_code == 403
        assert browser.post(f"/desk/parked/{parked}/retry").status_code == 403
        return
    assert "有1条来信机器没能登记" in browser.sees("/desk")
    assert f"刚来 · 短信 {WORDS} 出的错：FlowBroken" in browser.sees("/desk/parked")
    with talks.store.read() as tx:
        assert len(audit.readings(tx, "parked")) == 1


def test_it_is_taken_once_more_and_only_once(talks: Talks, duty: Browser, parked: int) -> None:
    before = len(talks.cases())
    form = duty.form("/desk/parked")

    first, second = (duty.client.post(f"/desk/parked/{parked}/retry", data=form) for _time in range(2))

    assert (first.location, second.location) == ("/desk/parked?done=taken", "/desk/parked?done=gone")
    assert "这里没有要处理的" in duty.sees(first.location)
    assert "已经有人处理过了" in duty.sees(second.location)
    assert len(talks.cases()) >= before


@pytest.mark.parametrize("inbound", ["0", "999999"])
def test_what_is_not_parked_is_told_so(duty: Browser, inbound: str) -> None:
    assert duty.post(f"/desk/parked/{inbound}/retry").location == "/desk/parked?done=gone"


def test_what_breaks_again_stays_in_sight(talks: Talks, office: Office, parked: int) -> None:
    def broken(_text: str, _language: str | None) -> Sight:
        raise AnlinError

    duty = Office(talks, office.shelf, house=replace(talks.house, look=broken)).browser("duty1")
    answer = duty.post(f"/desk/parked/{parked}/retry", of="/desk/parked")

    assert answer.location == "/desk/parked?done=again"
    assert "又没成，还留在这里" in duty.sees(answer.location)
    assert WORDS in duty.sees("/desk/parked")
