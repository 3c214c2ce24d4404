"""Who moves the simulator's clock moves the service's: ladders climb, and a restart does not go back in time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import requests

from tests.waiting import until
from tests.whole.service import DUTY, LEADER, NEIGHBOUR, TRAPPED, WORKER, Running, based, running

QUARTER, NOTHING = timedelta(minutes=15), timedelta(0)


def test_an_urgent_case_nobody_answers_climbs_to_the_next_role_after_fifteen_minutes(anlin: Running) -> None:
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    anlin.phones.hears(WORKER, "电梯")
    moved = anlin.phones.later(QUARTER - timedelta(seconds=30))
    assert moved["accepted"]
    assert anlin.phones.heard(LEADER) == [], "not a moment before it was promised"
    anlin.phones.later(timedelta(seconds=30))
    assert "电梯" in anlin.phones.hears(LEADER, "急！")
    assert anlin.phones.heard(DUTY) == []


def test_who_takes_it_stops_the_ladder(anlin: Running) -> None:
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    anlin.phones.hears(WORKER, "电梯")
    anlin.phones.said(WORKER, "1")
    anlin.phones.hears(NEIGHBOUR, "网格员")
    anlin.phones.later(timedelta(days=1))
    assert anlin.rows("SELECT count(*) FROM timer WHERE subject LIKE 'case:%'") == [(0,)]
    assert anlin.phones.heard(LEADER) == []
    (case,) = anlin.cases()
    assert case.state == "accepted"


def test_a_day_of_silence_reaches_the_last_resort_and_says_so(anlin: Running) -> None:
    """A ladder never ends in silence: the last resort is asked again and again, and the case waits for a person in sight."""
    anlin.phones.said(NEIGHBOUR, TRAPPED)
    for _hour in range(24):
        anlin.phones.later(timedelta(hours=1))
    (case,) = anlin.cases()
    asked = [step.body["role"] for step in case.timeline if step.kind == "asked"]
    assert asked[:3] == ["grid_worker", "grid_leader", "community_duty"]
    assert case.state == "open"
    assert case.timeline[-1].kind == "nobody_to_ask" or case.needs_person


def test_the_service_remembers_its_clock_over_a_restart(home: Path) -> None:
    """The simulator starts at the present again; promises made at the later hour must not move back."""
    with running(based(home)) as before:
        before.phones.said(NEIGHBOUR, TRAPPED)
        before.phones.hears(WORKER, "电梯")
        before.phones.later(QUARTER - timedelta(minutes=1))
        ahead = before.service.base.clock.now()
    with running(based(home)) as after:
        assert after.service.base.clock.now() >= ahead
        assert after.phones.heard(LEADER) == []
        after.phones.later(timedelta(minutes=1))
        after.phones.hears(LEADER, "急！")


def test_a_ladder_that_fell_due_while_nothing_ran_climbs_after_the_start(home: Path) -> None:
    with running(based(home)) as before:
        before.phones.said(NEIGHBOUR, TRAPPED)
        before.phones.hears(WORKER, "电梯")
        before.service.base.clock.move(before.service.base.store, QUARTER)  # as if the night had passed with the machine off
        before.service.base.store.close()
    with running(based(home)) as after:
        after.phones.hears(LEADER, "急！")
        assert until(lambda: len(after.phones.heard(LEADER)) == 1)


def test_nobody_but_the_simulator_moves_the_clock(anlin: Running) -> None:
    before = anlin.service.base.clock.now()
    assert anlin.post({"seconds": "3600"}, "/hooks/simulator/clock") == 204
    ahead = anlin.service.base.clock.now()
    assert ahead - before >= timedelta(hours=1)
    for wrong in ("-3600", "nan", "inf", "1e400", "", "an hour", "99999999999"):
        assert anlin.post({"seconds": wrong}, "/hooks/simulator/clock") == 400
    forged = {"X-Twilio-Signature": anlin.signed({"seconds": "60"}, "/hooks/simulator/clock")}
    assert requests.post(anlin.url + "/hooks/simulator/clock", data={"seconds": "3600"}, headers=forged, timeout=10).status_code == 403
    assert anlin.service.base.clock.now() - ahead < timedelta(minutes=1)
