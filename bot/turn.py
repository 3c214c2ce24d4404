"""The doors in: an inbound, a command, a timer, a question nobody answered. Each is one transaction, and what fails is parked in sight."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import bindparam, select

from bot import questions, taking, talks, timers
from bot.effects import Actor, Command, Owner, Tell
from bot.envelope import Address, Inbound, Lane, Purpose
from bot.errors import FlowBroken, InboundRefused, Lost, StoreDown, where
from bot.prompt import Phrase, _
from bot.room import House
from bot.stage import Reply, Stage
from bot.store import joining, people
from bot.store.begin import Tx
from bot.store.columns import table_of
from bot.store.tables import DeliveryRow, InboundRow
from bot.translate import is_told

log = logging.getLogger(__name__)
MOST_TRIES = 5
T = TypeVar("T")

INBOUND, DELIVERY = table_of(InboundRow), table_of(DeliveryRow)
_SEEN = select(INBOUND.c.id, INBOUND.c.state).where(
    INBOUND.c.channel == bindparam("channel"), INBOUND.c.external_id == bindparam("external")
)
_ROW = select(INBOUND).where(INBOUND.c.id == bindparam("inbound"))


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an inbound: its row, what it was taken as, and whether it had been seen before or had to be parked."""

    inbound_id: int
    is_repeat: bool = False
    is_parked: bool = False
    taken_as: str = ""


def receive(house: House, inbound: Inbound, now: datetime) -> Received:
    """The inbound is committed: answered, or parked in sight with one plain sentence to its sender.

    Raises `StoreDown` when nothing could be written; the platform must then ask again.
    """
    return _received(house, inbound, now)


def give(house: House, command: Command[Any], *, actor: Actor, now: datetime) -> Any:
    """The room's answer to a command from the desk or the console, its effects committed."""

    def once() -> Any:
        with house.store.begin() as tx:
            return Stage(house, tx, now, actor=actor).perform(command)

    return _again_when_lost(once)


def give_once(house: House, command: Command[Any], *, actor: Actor, now: datetime, key: str) -> Any | None:
    """As `give`, but once for this key of theirs: a form that is posted twice does it once, and the answer is then None."""
    digest = house.store.vault.hash_of("form", f"{actor}:{key}").hex()  # a key may be made of what was written
    mark = {"channel": actor.channel, "external": digest}

    def once() -> Any | None:
        with house.store.begin() as tx:
            if tx.first(_SEEN, mark):
                return None
            tx.insert(InboundRow, channel=mark["channel"], external_id=mark["external"], at=now, taken_as=type(command).__name__)
            return Stage(house, tx, now, actor=actor).perform(command)

    return _again_when_lost(once)


def fall_due(house: House, now: datetime, most: int = 200) -> int:
    """Everything whose moment has come is done, each in its own transaction; the answer is how much there was."""
    with house.store.read() as tx:
        due = timers.due(tx, now, most)
        unanswered = questions.expired(tx, now, most)
    for timer_id in due:
        _fall_due(house, timer_id, now)
    for question_id in unanswered:
        _run_out(house, question_id, now)
    return len(due) + len(unanswered)


def retry(house: House, inbound_id: int, now: datetime) -> Received:
    """A parked inbound is taken once more as if it had just come; until that is committed it stays parked."""
    with house.store.read() as tx:
        row = tx.first(_ROW, {"inbound": inbound_id})
        if row is None or row.state != "parked":
            raise KeyError(inbound_id)
        inbound = msgspec.json.decode(tx.unseal(row.data_key_id, row.body), type=Inbound)
    return _received(house, inbound, now, again=inbound_id)


def _received(house: House, inbound: Inbound, now: datetime, *, again: int | None = None) -> Received:
    try:
        return _again_when_lost(lambda: _receive(house, inbound, now=now, again=again))
    except (StoreDown, InboundRefused):
        raise
    except FlowBroken as fault:
        log.error("talk broken channel=%s: %s", inbound.channel, where(fault))
        why, in_talk = str(fault), True
    except Exception as fault:
        log.error("turn failed channel=%s: %s", inbound.channel, where(fault))
        why, in_talk = type(fault).__name__, False
    return _again_when_lost(lambda: _park(house, inbound, now=now, again=again, why=why, in_talk=in_talk))


def _again_when_lost(once: Callable[[], T]) -> T:
    for _attempt in range(MOST_TRIES - 1):
        try:
            return once()
        except Lost:
            continue
    return once()


def _receive(house: House, inbound: Inbound, *, now: datetime, again: int | None) -> Received:
    with house.store.begin() as tx:
        _let_go(tx, inbound, again)
        seen = tx.first(_SEEN, {"channel": inbound.channel, "external": inbound.external_id})
        if seen:
            return Received(seen.id, is_repeat=True, is_parked=seen.state == "parked")
        known = _sender(house, tx, inbound, now=now)
        if inbound.also and joining.join(tx, known, inbound.also, now=now):
            known = people.meet(tx, inbound.sender, now)
        inbound_id = _keep(tx, inbound, known, now=now)
        actor = _actor(house, tx, known, inbound)
        stage = Stage(house, tx, now, actor=actor, reply=Reply(known, inbound_id))
        taken_as = taking.take(stage, inbound, known)
        stage.answer()
        if taken_as.startswith(taking.FOLLOWED):  # the one reading that "0" corrects later
            tx.update(InboundRow, inbound_id, taken_as=taken_as)
        return Received(inbound_id, taken_as=taken_as)


def _let_go(tx: Tx, inbound: Inbound, parked_id: int | None) -> None:
    """What was parked makes way for its own second try, in the same transaction."""
    if parked_id is not None:
        tx.update(InboundRow, parked_id, state="retried", external_id=f"{inbound.external_id}#{parked_id}")


def _sender(house: House, tx: Tx, inbound: Inbound, *, now: datetime) -> people.Known:
    """Who wrote, met now if never before; the language of their first words is theirs, and an address that writes works after all.

    Until this transaction ends nothing else that they say is taken.
    """
    known = people.at(tx, inbound.sender)
    if known and not house.store.is_sqlite:
        people.hold(tx, Owner(known.person_id, known.household_id))
    language = house.translator.guess(inbound.text) or house.translator.told(inbound.language)
    if known is None:
        return _met(house, tx, inbound.sender, now=now, language=language)
    if known.is_gone:
        people.mark_back(tx, known.address_id)
    if language is not None and (known.language is None or (is_told(known.language) and not is_told(language))):
        people.set_language(tx, Owner(known.person_id, known.household_id), language)
        return replace(known, language=language)
    return known


def _met(house: House, tx: Tx, address: Address, *, now: datetime, language: str | None) -> people.Known:
    """Somebody new; unless they are known by the same value on the channel that is next of kin: who rings from a number reads its texts."""
    kin = Address(house.kin.get(address.channel, ""), address.value)
    near = people.at(tx, kin) if kin.channel else None
    if near is not None:
        ringing = people.add_address(tx, address, Owner(near.person_id, near.household_id), now=now, preference=people.ANSWERED_ONLY)
        if near.staff_id is not None:  # whose number is verified
            people.verify(tx, ringing, now)
        return people.meet(tx, address, now)
    known = people.greet(tx, address, now, language=language)
    if kin.channel and house.can_reach(kin):  # who hides their number has none there
        owner = Owner(known.person_id, known.household_id)
        people.add_address(tx, kin, owner, now=now)
        people.add_address(tx, address, owner, now=now, preference=people.ANSWERED_ONLY)
    return known


def _keep(tx: Tx, inbound: Inbound, known: people.Known, *, now: datetime, why: str = "") -> int:
    return tx.insert(
        InboundRow,
        channel=inbound.channel,
        external_id=inbound.external_id,
        address_id=known.address_id,
        data_key_id=known.data_key_id,
        at=now,
        body=tx.seal(known.data_key_id, msgspec.json.encode(inbound).decode()),
        state="parked" if why else "taken",
        taken_as="",
        why=why,
    )


def _actor(house: House, tx: Tx, known: people.Known, inbound: Inbound) -> Actor:  # noqa: PLR0917 -- called like a sentence
    owner = Owner(known.person_id, known.household_id)
    kind = "staff" if known.staff_id else "person"
    grids = people.grids_of(tx, known.staff_id) if known.staff_id else ()
    return Actor(
        kind,
        owner,
        known.staff_id,
        known.role or "",
        grids,
        inbound.channel,
        known.address_id,
        known.language,
        is_abroad=house.is_abroad(inbound.sender),
    )


def _fall_due(house: House, timer_id: int, now: datetime) -> None:
    def once() -> None:
        with house.store.begin() as tx:
            timer = timers.take(tx, timer_id)
            if timer is None:
                return
            name = msgspec.json.decode(timer.command)["type"]
            command = msgspec.json.decode(timer.command, type=house.command_named[name])
            Stage(house, tx, now).perform(command)

    try:
        _again_when_lost(once)
    except StoreDown:
        raise
    except Exception as fault:
        log.error("timer failed timer=%s: %s", timer_id, where(fault))
        with house.store.begin() as tx:
            timers.failed(tx, timer_id, now)


def _run_out(house: House, question_id: int, now: datetime) -> None:
    """Nobody has answered for too long: the talk is left; one that breaks down at that is ended, and staff are told."""

    def once(leave: Callable[[Stage, questions.Kept], None]) -> None:
        with house.store.begin() as tx:
            question = questions.get(tx, question_id)
            if question is not None and not question.is_closed:
                leave(Stage(house, tx, now, actor=Actor("person", question.owner, channel="clock")), question)

    try:
        _again_when_lost(lambda: once(lambda stage, question: talks.leave(stage, question, questions.SILENCE)))
    except StoreDown:
        raise
    except Exception as fault:
        log.error("talk broken question=%s: %s", question_id, where(fault))
        once(_end_broken)


def _end_broken(stage: Stage, question: questions.Kept) -> None:
    talks.end_broken(stage, question)
    words = Phrase(
        _("A talk broke down while it waited for an answer, and was ended: question {question}."), {"question": question.open.id}
    )
    _tell_staff(stage, words, question.open.lane)


def _park(house: House, inbound: Inbound, *, now: datetime, again: int | None, why: str, in_talk: bool) -> Received:  # noqa: PLR0913
    """The inbound alone is stored, its sender answered in one plain sentence, and staff told; a broken talk is ended where it stands."""
    danger = _may_be_danger(house, inbound)
    with house.store.begin() as tx:
        _let_go(tx, inbound, again)
        seen = tx.first(_SEEN, {"channel": inbound.channel, "external": inbound.external_id})
        if seen:
            return Received(seen.id, is_repeat=True, is_parked=seen.state == "parked")
        known = _sender(house, tx, inbound, now=now)
        inbound_id = _keep(tx, inbound, known, now=now, why=why)
        reply = Reply(known, inbound_id, lane=Lane.URGENT if danger else Lane.REPLY)
        stage = Stage(house, tx, now, actor=_actor(house, tx, known, inbound), reply=reply)
        if in_talk:
            for question in questions.open_of(tx, stage.actor.owner, known.address_id):
                if question.session_id is not None:
                    talks.end_broken(stage, question)
        if danger:
            stage.say([Phrase(_("In danger, call 119 (fire, rescue), 120 (ambulance) or 110 (police) now."))])
        stage.say([Phrase(_("We have your words, but could not file them by machine. A person will look at them."))])
        stage.answer()
        words = _("An inbound could not be filed and waits for a person: anlin parked list, number {inbound}.")
        _tell_staff(stage, Phrase(words, {"inbound": inbound_id}), reply.lane)
        return Received(inbound_id, is_parked=True)


def _may_be_danger(house: House, inbound: Inbound) -> bool:
    """Whether these words sound like danger; when even the look at them breaks down they may."""
    try:
        return house.look(inbound.text, None).danger
    except Exception as fault:
        log.error("look failed channel=%s: %s", inbound.channel, where(fault))
        return True


def _tell_staff(stage: Stage, words: Phrase, lane: Lane) -> None:
    """The duty officer and the administrator hear it, at once where it may be about danger."""
    for role in ("community_duty", "administrator"):
        for member in people.standing(stage.tx, role, None, stage.now):
            told = Lane.URGENT if lane <= Lane.URGENT else Lane.UPDATE
            stage.write(Tell(Owner(person_id=member.person_id), (words,), lane=told, purpose=Purpose.WORK))
