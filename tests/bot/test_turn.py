"""A turn: whole or parked in sight, once for each inbound, one after the other for each person; on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace as replaced

from bot import turn
from bot.effects import Actor, Owner
from bot.envelope import Inbound, Pin
from bot.errors import NotAllowed
from bot.store import audit, people
from bot.store.begin import Store
from bot.store.columns import table_of
from bot.store.tables import DeliveryRow, InboundRow, QuestionRow, SessionRow, TimerRow
from tests.talks import Talks, words_to
from workflows.cases.words import AcceptCase, AnswerCase

INBOUND, DELIVERY, QUESTION = table_of(InboundRow), table_of(DeliveryRow), table_of(QuestionRow)
SESSION, TIMER = table_of(SessionRow), table_of(TimerRow)
LIFT = "3号楼2单元电梯困人了"


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


def everything(talks: Talks) -> list[int]:
    return [talks.count(rows) for rows in (INBOUND, DELIVERY, QUESTION, SESSION, TIMER)]


# Once


def test_a_repeat_changes_nothing(talks: Talks) -> None:
    inbound = talks.inbound("居民", LIFT)
    first = turn.receive(talks.house, inbound, talks.now)
    before = everything(talks)

    again = turn.receive(talks.house, inbound, talks.now + timedelta(minutes=3))

    assert (again.inbound_id, again.is_repeat, first.is_repeat) == (first.inbound_id, True, False)
    assert everything(talks) == before


def test_a_form_that_is_posted_by_two_at_once_is_done_once(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    (case,) = talks.cases()
    clerk = Actor("staff", role="community_duty", channel="desk")
    answers: list[object] = []

    def post() -> None:
        answers.append(turn.give_once(talks.house, AnswerCase(case.number, "马上到"), actor=clerk, now=talks.now, key="form-1"))

    threads = [threading.Thread(target=post) for _time in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer is None for answer in answers) == [False, True, True, True]
    assert len([step for step in talks.cases()[0].timeline if step.kind == "answered"]) == 1


def test_what_was_refused_can_be_posted_again(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    (case,) = talks.cases()
    before = everything(talks)
    clerk = Actor("staff", role="community_duty", channel="desk")

    for _time in range(2):
        with pytest.raises(NotAllowed):
            turn.give_once(talks.house, AnswerCase(case.number, ""), actor=clerk, now=talks.now, key="form-1")

    assert everything(talks) == before


def test_one_key_of_two_people_is_two_forms(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    (case,) = talks.cases()
    clerks = [Actor("staff", staff_id=number, role="community_duty", channel="desk") for number in (1, 2)]

    for clerk in clerks:
        assert turn.give_once(talks.house, AnswerCase(case.number, "好"), actor=clerk, now=talks.now, key="form-1") is not None


def test_the_same_id_on_another_channel_is_another_inbound(talks: Talks) -> None:
    first = turn.receive(talks.house, talks.inbound("居民", LIFT, external_id="1"), talks.now)
    other = turn.receive(talks.house, talks.inbound("居民的电脑", "状态", external_id="1"), talks.now)

    assert not other.is_repeat
    assert other.inbound_id != first.inbound_id


def test_a_turn_answers_who_wrote_in_one_delivery(talks: Talks) -> None:
    turn.receive(talks.house, talks.inbound("居民", LIFT), talks.now)

    assert talks.count(DELIVERY, DELIVERY.c.inbound_id.is_not(None)) == 1


# One after the other


def together(*jobs: Callable[[], object]) -> list[BaseException]:
    """All at once, each in a thread of its own; the answer is what they raised."""
    gate, raised = threading.Barrier(len(jobs)), list[BaseException]()

    def run(job: Callable[[], object]) -> None:
        try:
            gate.wait()
            job()
        except BaseException as fault:
            raised.append(fault)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_texts_of_one_person_at_once_are_taken_one_after_the_other(talks: Talks) -> None:
    talks.say("居民", "楼道灯坏了")
    texts = [talks.inbound("居民", words) for words in ("灯还在闪呢", "全楼都黑了", "楼梯看不见", "快来修修吧")]

    assert together(*(lambda text=text: turn.receive(talks.house, text, talks.now) for text in texts)) == []

    (case,) = talks.cases()
    assert talks.count(INBOUND, INBOUND.c.state == "parked") == 0
    assert [step.kind for step in case.timeline].count("amended") == 4


def test_the_same_text_brought_twice_at_once_is_one(talks: Talks) -> None:
    text = talks.inbound("陌生人", LIFT)

    assert together(*[lambda: turn.receive(talks.house, text, talks.now)] * 4) == []

    assert len(talks.cases()) == 1
    assert talks.count(INBOUND) == 1


def test_a_stranger_who_writes_twice_at_once_is_one_person(talks: Talks) -> None:
    texts = [talks.inbound("陌生人", f"水管漏水了{place}") for place in range(4)]

    assert together(*(lambda text=text: turn.receive(talks.house, text, talks.now) for text in texts)) == []

    assert len({case.number for case in talks.cases()}) >= 1
    assert len(words_to("陌生人", talks.heard())) == 4
    with talks.store.read() as tx:
        known = people.at(tx, talks.address("陌生人"))
    assert known is not None
    assert talks.count(INBOUND, INBOUND.c.address_id == known.address_id) == 4


def test_two_staff_who_take_a_case_at_once_are_told_the_truth(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    talks.wait(timedelta(minutes=15))
    texts = [talks.inbound("网格员", "1"), talks.inbound("网格长", "1")]

    assert together(*(lambda text=text: turn.receive(talks.house, text, talks.now) for text in texts)) == []

    heard = talks.heard()
    told = [words for who in ("网格员", "网格长") for words in words_to(who, heard)]
    assert [sum(part in words for words in told) for part in ("交给您了", "已经有人接了")] == [1, 1]
    assert [step.kind for step in talks.cases()[0].timeline].count("accepted") == 1


# Whose question it is


def named(talks: Talks, who: str, text: str, delivery_id: int) -> Inbound:
    return replaced(talks.inbound(who, text), answers=delivery_id)


def asked(talks: Talks) -> int:
    heard = talks.say("居民", "厨房水龙头漏水了")
    return heard[-1].delivery_id


def test_a_button_answers_the_question_it_was_shown_with(talks: Talks) -> None:
    delivery_id = asked(talks)
    talks.say("居民", "着火了")

    assert words_to("居民", talks.take(named(talks, "居民", "1", delivery_id)))[0].startswith("记下了：示例新村3号楼2单元501。有进展")


def test_a_button_pressed_twice_or_a_year_later_changes_nothing(talks: Talks) -> None:
    delivery_id = asked(talks)
    talks.take(named(talks, "居民", "1", delivery_id))
    before = talks.cases()

    assert words_to("居民", talks.take(named(talks, "居民", "2", delivery_id))) == ["这个问题已经结束，没有改动。"]
    assert talks.cases() == before


def test_somebody_elses_question_cannot_be_answered(talks: Talks) -> None:
    delivery_id = asked(talks)

    assert words_to("邻居", talks.take(named(talks, "邻居", "1", delivery_id))) == ["这个问题已经结束，没有改动。"]
    assert talks.cases()[0].place is None


# Who wrote


def test_an_address_that_was_given_up_works_again_when_somebody_writes_from_it(talks: Talks) -> None:
    with talks.store.begin() as tx:
        known = people.at(tx, talks.address("居民"))
        assert known is not None
        people.mark_gone(tx, known.address_id, "no such number", talks.now)

    assert words_to("居民", talks.say("居民", "你好")) != []


def test_a_command_of_the_desk_that_is_refused_writes_nothing(talks: Talks) -> None:
    talks.say("邻居", LIFT)
    before, (case,) = everything(talks), talks.cases()

    with pytest.raises(NotAllowed):
        turn.give(talks.house, AcceptCase(case.number), actor=Actor("person", Owner(person_id=1)), now=talks.now)
    assert everything(talks) == before


def test_a_pin_at_nought_is_no_place(talks: Talks) -> None:
    talks.say("陌生人", "水管漏水了")
    talks.take(replaced(talks.inbound("陌生人"), pin=Pin(0.0, 0.0)))

    assert talks.cases()[0].needs_person == "place"


def test_a_minute_later_a_flood_is_over(talks: Talks) -> None:
    for _time in range(30):
        talks.say("居民", "楼道灯坏了")
    assert talks.say("居民", "还没修好呢") == ()

    talks.wait(timedelta(minutes=2))
    assert words_to("居民", talks.say("居民", "还没修好呢")) != []


# Staff on their own phones


def test_every_look_of_staff_is_on_record(talks: Talks) -> None:
    talks.say("居民", "3号楼2单元501漏水")
    (case,) = talks.cases()
    for words in ("我的活", "谁在等", f"案件{case.number}"):
        talks.say("网格员", words)
    with talks.store.read() as tx:
        lists, one = audit.readings(tx, "cases"), audit.readings(tx, f"case:{case.number}")
    assert [why for _at, _reader, why in lists] == ["my work", "who waits"]
    assert {reader for _at, reader, _why in lists} == {reader for _at, reader, why in one if why == "case read" and reader != "tests"}


def test_a_number_that_staff_have_not_verified_is_nobody_of_the_staff(talks: Talks) -> None:
    """A number may stand on a list and belong to anybody: it commands nothing before its owner has shown that it is theirs."""
    with talks.store.begin() as tx:
        known = people.at(tx, talks.address("值班员"))
        assert known is not None
        people.add_address(tx, talks.address("陌生人"), Owner(known.person_id), now=talks.now)
        unverified = people.at(tx, talks.address("陌生人"))
    assert unverified is not None
    assert (unverified.person_id, unverified.staff_id) == (known.person_id, None)
    assert not any("在等" in words for words in words_to("陌生人", talks.say("陌生人", "谁在等")))


def test_who_answers_from_their_own_phone_is_written_down(talks: Talks) -> None:
    talks.say("居民", "3号楼2单元501漏水")
    (case,) = talks.cases()
    heard = talks.say("网格员", f"答复{case.number} 今天来修")
    assert words_to("居民", heard) == [f"{case.number}号答复：今天来修"]
    (case,) = talks.cases()
    assert (case.timeline[-1].kind, case.timeline[-1].body) == ("answered", {"words": "今天来修"})
    assert case.timeline[-1].actor.startswith("staff:")


def test_too_long_an_answer_is_not_sent(talks: Talks) -> None:
    talks.say("居民", "3号楼2单元501漏水")
    (case,) = talks.cases()
    (told,) = words_to("网格员", talks.say("网格员", f"答复{case.number} {'长' * 1001}"))
    assert "没有发出去" in told
    assert [step.kind for step in talks.cases()[0].timeline] == ["opened"]
