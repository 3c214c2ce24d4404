"""Talks kept as rows: begun, gone on with, taken back a step, left. What a talk says goes to the stage's reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from bot import engine, outbox, questions
from bot.effects import Owner
from bot.engine import Journal, Stretch
from bot.envelope import Purpose
from bot.errors import Lost
from bot.prompt import Answer, Ask, Choice, Phrase, _, ask, phrase
from bot.router import OpenQuestion
from bot.stage import Stage
from bot.store.columns import table_of
from bot.store.tables import QuestionRow, SessionRow

SESSION, QUESTION = table_of(SessionRow), table_of(QuestionRow)
_SESSION = select(SESSION).where(SESSION.c.id == bindparam("session"))
_LAST = (
    select(QUESTION.c.id)
    .where(QUESTION.c.session_id.is_(None), QUESTION.c.put_at > bindparam("since"))
    .order_by(QUESTION.c.id.desc())
    .limit(1)
)
_LAST_OF_PERSON = _LAST.where(QUESTION.c.person_id == bindparam("owner"))
_LAST_OF_HOUSEHOLD = _LAST.where(QUESTION.c.household_id == bindparam("owner"))


@dataclass(frozen=True, slots=True)
class Sitting:
    """A talk as it lies in its row."""

    id: int
    journal: Journal
    data_key_id: int
    version: int
    owner: Owner
    is_open: bool


def get(stage: Stage, session_id: int) -> Sitting:
    """The talk of this row, its journal unsealed."""
    row = stage.tx.first(_SESSION, {"session": session_id})
    if row is None:
        raise Lost(f"session {session_id} is gone")
    journal = engine.from_json(stage.tx.unseal(row.data_key_id, row.journal))
    return Sitting(row.id, journal, row.data_key_id, row.version, Owner(row.person_id, row.household_id), row.state == "open")


def begin(stage: Stage, flow: str, args: Mapping[str, Any] | None = None, *, given: tuple[str, Answer] | None = None) -> None:
    """A new talk with the person who wrote; `given` is an answer they have already given, by name."""
    journal = engine.opening(flow, args)
    if given:
        journal = journal.with_answer(*given, stage.here)
    _keep(stage, None, _step(stage, journal, given[0] if given else None))


def answer(stage: Stage, question: questions.Kept, given: Answer) -> None:
    """The question is closed with this answer and its talk goes on; a question without a talk begins one."""
    questions.close(stage.tx, question.open.id, "answered", now=stage.now)
    if question.session_id is None:
        begin(stage, question.open.flow, question.args, given=(question.open.name, given))
        return
    sitting = get(stage, question.session_id)
    journal = sitting.journal.with_answer(question.open.name, given, stage.here)
    _keep(stage, sitting, _step(stage, journal, question.open.name))


def again(stage: Stage, question: questions.Kept) -> None:
    """The same question is put once more in this reply, as it stands."""
    if question.session_id is None:
        if question.open.quoted:
            stage.say([phrase(_("About case {number:digits}:"), number=question.open.quoted)])
        stage.asks(Ask(question.open.name, question.open.prompt.words, lane=question.open.lane), question.open.id)
        return
    stretch = _step(stage, get(stage, question.session_id).journal, None)
    if stretch.ask:
        stage.asks(stretch.ask, question.open.id)


def move(stage: Stage, question: questions.Kept) -> None:
    """The question goes to the next address on which its owner can answer; with none, the talk is left and a person takes over."""
    assert question.session_id is not None
    stretch = _step(stage, get(stage, question.session_id).journal, None)
    address = stage.address_for(question.owner, Purpose.REPLY, answers=True, but=stage.actor.address_id)
    if address is None or stretch.ask is None:
        leave(stage, question, "hung up")
        return
    questions.move(stage.tx, question.open.id, address.id)
    content = outbox.Content((Phrase(_("We were cut off.")),), Phrase(stretch.ask.words, stretch.ask.values))
    stage.send(address, content, lane=question.open.lane, purpose=Purpose.REPLY, question_id=question.open.id)


def back(stage: Stage, question: questions.Kept) -> bool:
    """The last answer of this question's talk is taken back and asked for again; False when something was filed since."""
    if question.session_id is None:
        return False
    sitting = get(stage, question.session_id)
    journal = sitting.journal.without_last_answer()
    if journal is None or not journal.entries:
        return False
    questions.close(stage.tx, question.open.id, "taken back", now=stage.now)
    _keep(stage, sitting, _step(stage, journal, None))
    return True


def has_changed(stage: Stage, question: questions.Kept) -> bool:
    """Whether anything was done in this question's talk that a step back would not undo."""
    return question.session_id is None or get(stage, question.session_id).journal.has_changed


def leave(stage: Stage, question: questions.Kept, why: str) -> None:
    """The question's talk is left at this question; a question without a talk is only closed."""
    questions.close(stage.tx, question.open.id, why, now=stage.now)
    if question.session_id is None:
        return
    sitting = get(stage, question.session_id)
    flow = stage.house.flows[sitting.journal.flow]
    stretch = engine.leave(flow, sitting.journal, why, here=stage.here, perform=stage.perform)
    _keep(stage, sitting, stretch, why=why)


def drop(stage: Stage, question: questions.Kept) -> None:
    """The question is closed and its talk ended without a word: nothing had been said in it, or nothing that matters now."""
    questions.close(stage.tx, question.open.id, "dropped", now=stage.now)
    if question.session_id is not None:
        stage.tx.update(SessionRow, question.session_id, state="ended", ended_why="dropped")


def end_broken(stage: Stage, question: questions.Kept) -> None:
    """A talk whose flow raises is ended where it stands; its journal is kept."""
    questions.close(stage.tx, question.open.id, "broken", now=stage.now)
    if question.session_id is not None:
        stage.tx.update(SessionRow, question.session_id, state="ended", ended_why="broken")


def _step(stage: Stage, journal: Journal, given: str | None) -> Stretch:
    flow = stage.house.flows[journal.flow]
    return engine.step(flow, journal, given=given, here=stage.here, perform=stage.perform)


def _keep(stage: Stage, sitting: Sitting | None, stretch: Stretch, *, why: str = "finished") -> None:
    """The talk as it now is; one that ended in its first turn leaves no row."""
    stage.say(stretch.says)
    session_id = sitting.id if sitting else None
    if sitting:
        stage.tx.update(
            SessionRow,
            sitting.id,
            version=sitting.version,
            journal=stage.tx.seal(sitting.data_key_id, engine.to_json(stretch.journal).decode()),
            state="ended" if stretch.ended else "open",
            ended_why=why if stretch.ended else "",
        )
    elif not stretch.ended:
        session_id = _insert(stage, stretch.journal)
    if stretch.ask and session_id is not None:
        _put(stage, session_id, stretch, owner=sitting.owner if sitting else stage.actor.owner)


def _insert(stage: Stage, journal: Journal) -> int:
    owner, known = stage.actor.owner, stage.reply.known if stage.reply else None
    if known is None:
        raise Lost("a talk needs somebody to talk with")
    return stage.tx.insert(
        SessionRow,
        person_id=owner.person_id,
        household_id=owner.household_id,
        data_key_id=known.data_key_id,
        flow=journal.flow,
        journal=stage.tx.seal(known.data_key_id, engine.to_json(journal).decode()),
        subject="",
        state="open",
        ended_why="",
        at=stage.now,
        version=0,
    )


def _put(stage: Stage, session_id: int, stretch: Stretch, *, owner: Owner) -> None:
    assert stretch.ask is not None
    question_id = questions.put(
        stage.tx,
        stretch.ask,
        stage.house.translator.prompt(stretch.ask),
        owner=owner,
        now=stage.now,
        name=stretch.asked,
        flow=stretch.journal.flow,
        args=msgspec.json.encode(stretch.journal.args).decode(),
        subject="",
        session_id=session_id,
        address_id=stage.actor.address_id,
    )
    stage.asks(stretch.ask, question_id)


def asked_last(stage: Stage, *, since: datetime) -> questions.Kept | None:
    """The question without a talk that who wrote was asked last, if it is closed."""
    owner = stage.actor.owner
    if owner.person_id is not None:
        row = stage.tx.first(_LAST_OF_PERSON, {"owner": owner.person_id, "since": since})
    else:
        row = stage.tx.first(_LAST_OF_HOUSEHOLD, {"owner": owner.household_id, "since": since})
    kept = questions.get(stage.tx, row.id, stage.actor.address_id) if row else None
    return kept if kept and kept.is_closed and kept.open.flow in stage.house.flows else None


def ask_which(stage: Stage, alike: tuple[OpenQuestion, ...]) -> None:
    """The person is asked which of several open questions they mean; what they said stays in its inbound, and is read again then."""
    choices = tuple(Choice(str(question.id), _("Case {number}"), values={"number": question.quoted}) for question in alike[:9])
    which = ask("which", _("Which one do you mean?"), *choices, lane=min(question.lane for question in alike))
    question_id = questions.put(
        stage.tx,
        which,
        stage.house.translator.prompt(which),
        owner=stage.actor.owner,
        now=stage.now,
        flow="which",
        args=msgspec.json.encode({"inbound": stage.reply.inbound_id if stage.reply else None}).decode(),
        subject="",
        address_id=stage.actor.address_id,
    )
    stage.asks(which, question_id)
