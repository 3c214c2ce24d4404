"""Words made for the address in hand, and drawn by who waits for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bot.drawing import Brush, drawn, outbound_for
from bot.envelope import Address, Lane
from bot.outbox import Claimed, Content
from bot.prompt import YES_NO, Phrase, ask, phrase
from bot.store.begin import Store
from bot.store.tables import InboundRow
from bot.translate import load_translator
from tests.bot.sending import NOW, TRANSLATOR, Paper, person, queue, reached, row

CHAT = Brush(Paper(name="chat", pushes=False), TRANSLATOR)


def claimed(content: Content, **more: Any) -> Claimed:
    base = Claimed(1, Address("sms", "+99"), content, Lane.REPLY, "reply", 1, "one", 1, 1, None, None, None, None, NOW)
    return msgspec.structs.replace(base, **more)


def inbound(store: Store, address_id: int, external_id: str) -> int:
    with store.begin() as tx:
        return tx.insert(InboundRow, channel="chat", external_id=external_id, address_id=address_id, at=NOW)


def draw(store: Store, address_id: int, inbound_id: int | None) -> list[str]:
    with store.begin() as tx:
        return [outbound.words for outbound in drawn(tx, CHAT, address_id, inbound_id=inbound_id, now=NOW)]


def test_what_is_said_comes_before_what_is_asked_and_its_choices() -> None:
    question = ask("hurt", "Is anyone hurt?", *YES_NO)
    content = Content((phrase("Case {number}.", number="12"),), Phrase(question.words))

    words = outbound_for(claimed(content, prompt=TRANSLATOR.prompt(question)), CHAT, NOW).words

    assert words == "Case 12. Is anyone hurt? 1)Yes 2)No"


def test_choices_are_shown_in_the_language_of_the_person() -> None:
    translator = load_translator("zh_CN", ZoneInfo("Asia/Shanghai"))
    prompt = translator.prompt(ask("hurt", "Is anyone hurt?", *YES_NO))
    content = Content((), Phrase("Is anyone hurt?"))

    words = outbound_for(claimed(content, prompt=prompt, language="en"), Brush(Paper(), translator), NOW).words

    assert words == "Is anyone hurt? 1)Yes 2)No"


def test_who_waits_draws_everything_due_oldest_first_and_it_is_sent(store: Store) -> None:
    (address,) = person(store, "chat")
    first = queue(store, address, "One.", lane=Lane.BULK)
    queue(store, address, "Two.", lane=Lane.URGENT)
    later = queue(store, address, "Tomorrow.", not_before=NOW + timedelta(days=1))

    assert draw(store, address, inbound(store, address, "a")) == ["One.", "Two."]
    assert (row(store, first).state, row(store, first).sent_at) == ("sent", NOW)
    assert row(store, later).state == "queued"


def test_the_same_inbound_asked_again_draws_the_same_words(store: Store) -> None:
    """A browser that lost the answer asks again; meanwhile something new may have been queued."""
    (address,) = person(store, "chat")
    first, second = inbound(store, address, "a"), inbound(store, address, "b")
    queue(store, address, "Thank you.", inbound_id=first)
    queue(store, address, "The lift works again.")
    answer = draw(store, address, first)
    queue(store, address, "New.")

    assert draw(store, address, first) == answer == ["Thank you.", "The lift works again."]
    assert draw(store, address, second) == ["New."]
    assert draw(store, address, None) == []


def test_nobody_draws_what_is_for_another_address(store: Store) -> None:
    (mine,), (theirs,) = person(store, "chat"), person(store, "chat", number=2)
    queue(store, theirs, "Private.")

    assert draw(store, mine, inbound(store, mine, "a")) == []


def test_what_cannot_be_read_any_more_is_left_out(store: Store) -> None:
    (address,) = person(store, "chat")
    delivery = queue(store, address, "Gone.")
    with store.begin() as tx:
        tx.erase(reached(store, address).data_key_id, NOW)

    assert draw(store, address, None) == []
    assert row(store, delivery).state == "failed"
