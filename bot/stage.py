"""One transaction at work: commands are decided and their effects written; what is told to one address is gathered into one delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot import outbox, questions, timers
from bot.effects import CLOCK, Actor, Change, Command, Drop, Effect, Later, Note, Order, Owner, Put, Tell
from bot.engine import Talk
from bot.envelope import Address, Lane, Purpose
from bot.prompt import Ask, Connect, Phrase, Say
from bot.room import House
from bot.store import people, timeline
from bot.store.begin import Tx


@dataclass(slots=True)
class Reply:
    """What this turn says to the address that wrote to us, in the order it came up."""

    known: people.Known
    inbound_id: int | None
    says: list[Phrase] = field(default_factory=list)
    put: list[tuple[Put, people.Reached, int]] = field(default_factory=list)  # questions of other matters, with their ids
    asked: Phrase | None = None
    question_id: int | None = None
    lane: Lane = Lane.REPLY
    subject: str = ""
    is_silent: bool = False
    connect: Connect | None = None


class Stage:
    """The transaction of one turn. `actor` is who wants what happens in it."""

    def __init__(self, house: House, tx: Tx, now: datetime, *, actor: Actor = CLOCK, reply: Reply | None = None) -> None:
        self.house = house
        self.tx = tx
        self.now = now
        self.actor = actor
        self.reply = reply

    @property
    def here(self) -> Talk:
        """The moment and channel that flows see."""
        return Talk(self.now, self.actor.channel)

    def perform(self, command: Command[Any]) -> Any:
        """The room's answer to this command; its effects are written in this transaction."""
        room = self.house.room_of[type(command)]
        order = Order(command, self.actor, self.now, self.reply.inbound_id if self.reply else None)
        decision = room.decide(room.load(self.tx, order), order)
        for effect in decision.effects:
            if isinstance(effect, Change):
                room.apply(self.tx, effect, order)
            else:
                self.write(effect)
        return decision.answer

    def write(self, effect: Effect) -> None:
        """One effect that any room may have is written."""
        match effect:
            case Note():
                self._note(effect)
            case Put():
                self._put(effect)
            case Tell():
                self._tell(effect)
            case Later():
                timers.later(self.tx, effect.command, due_at=effect.due_at, subject=effect.subject, step=effect.step)
            case Drop():
                timers.drop(self.tx, effect.subject)
                questions.close_subject(self.tx, effect.subject, effect.why, now=self.now)

    def _note(self, note: Note) -> None:
        timeline.append(
            self.tx,
            note.subject,
            at=self.now,
            actor=str(self.actor),
            channel=self.actor.channel,
            kind=note.kind,
            body=note.body,
            data_key_id=note.data_key_id,
        )

    def _put(self, put: Put) -> None:
        """A question goes to the first address on which it can be answered; with none, what was to follow silence follows at once."""
        prompt = self.house.translator.prompt(put.ask)
        address = self.address_for(put.owner, put.purpose, answers=True, first=put.address_id)
        question_id = questions.put(
            self.tx,
            put.ask,
            prompt,
            owner=put.owner,
            now=self.now,
            flow=put.flow,
            args=msgspec.json.encode(put.args).decode(),
            subject=put.subject,
            address_id=address.id if address else None,
        )
        if address is None:
            self._note(Note(put.subject, "unreachable", {"question": put.ask.name}))
            if put.then:
                timers.later(self.tx, put.then, due_at=self.now, subject=put.subject)
            return
        if self.reply and self.reply.known.address_id == address.id:
            self.reply.put.append((put, address, question_id))  # who is being answered hears it in that same answer
            return
        self._send_put(put, address, question_id=question_id)

    def _send_put(self, put: Put, address: people.Reached, *, question_id: int) -> None:
        content = outbox.Content(put.before, Phrase(put.ask.words, put.ask.values))
        self.send(address, content, lane=put.ask.lane, purpose=put.purpose, subject=put.subject, question_id=question_id, then=put.then)

    def _tell(self, tell: Tell) -> None:
        if self.reply and tell.address_id == self.reply.known.address_id:
            self.reply.says.extend(tell.words)
            return
        address = self.address_for(tell.owner, tell.purpose, first=tell.address_id)
        if address is None:
            self._note(Note(tell.subject, "unreachable", {"purpose": tell.purpose.value}))
            return
        self.send(address, outbox.Content(tell.words), lane=tell.lane, purpose=tell.purpose, subject=tell.subject, valid_for=tell.valid_for)

    def send(self, address: people.Reached, content: outbox.Content, **terms: Any) -> None:
        """The words are queued for this address."""
        outbox.enqueue(self.tx, address=address, content=content, now=self.now, **terms)

    def address_for(
        self, owner: Owner, purpose: Purpose, *, answers: bool = False, first: int | None = None, but: int | None = None
    ) -> people.Reached | None:
        """The address asked for if words get through there, else the owner's first on which they do; with `answers`, both ways."""
        works = self.house.can_answer if answers else self.house.can_reach
        usable = [
            address
            for address in people.addresses_of(self.tx, owner, purpose)
            if address.id != but and works(Address(address.channel, address.value))
        ]
        return next((address for address in usable if address.id == first), usable[0] if usable else None)

    def say(self, says: Iterable[Say | Phrase]) -> None:
        """The person who wrote hears this, before whatever is asked."""
        if self.reply:
            for said in says:
                if isinstance(said, Connect):
                    self.reply.connect = said
                else:
                    self.reply.says.append(Phrase(said.words, said.values))

    def asks(self, ask: Ask, question_id: int) -> None:
        """The person who wrote is asked this at the end of the reply."""
        if self.reply:
            self.reply.asked = Phrase(ask.words, ask.values)
            self.reply.question_id = question_id
            self.reply.lane = min(self.reply.lane, ask.lane)

    def _ask_what_was_put(self, reply: Reply) -> None:
        """What was put to who is being answered ends the reply, where nothing else is asked there; what is left goes out by itself."""
        for put, address, question_id in reply.put:
            if reply.asked or reply.is_silent or reply.connect or put.then:
                self._send_put(put, address, question_id=question_id)
            else:
                reply.says.extend(put.before)
                self.asks(put.ask, question_id)

    def answer(self) -> int | None:
        """The one reply of this turn is queued; the answer is its delivery id, None when there was nothing to say."""
        reply = self.reply
        if reply:
            self._ask_what_was_put(reply)
        if reply is None or reply.is_silent or not (reply.says or reply.asked):
            return None
        return outbox.enqueue(
            self.tx,
            address=people.Reached(reply.known.address_id, reply.known.channel, reply.known.data_key_id),
            content=_content(reply),
            lane=reply.lane,
            purpose=Purpose.REPLY,
            subject=reply.subject,
            question_id=reply.question_id,
            inbound_id=reply.inbound_id,
            now=self.now,
            valid_for=timedelta(hours=24),
        )


def _content(reply: Reply) -> outbox.Content:
    connect = reply.connect if reply.asked is None else None  # a question comes first; its answer leads on
    if connect is None:
        return outbox.Content(tuple(reply.says), reply.asked)
    return outbox.Content(tuple(reply.says), None, Phrase(connect.words, connect.values), connect.number)
