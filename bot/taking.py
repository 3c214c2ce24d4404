"""Who takes an inbound: what the router must know is read, what it decides is done. One transaction, held by the stage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from bot import questions, talks
from bot.answers import read
from bot.effects import Owner
from bot.envelope import Address, Event, Inbound, Lane, Purpose
from bot.errors import Lost
from bot.prompt import Answer, Phrase, _
from bot.router import (
    FIRST,
    SAME_MATTER,
    Again,
    Answered,
    Closed,
    Commanded,
    Corrected,
    Desk,
    Followed,
    Greeted,
    HungUp,
    Outdated,
    Reported,
    Route,
    Unclear,
    WhichOne,
    route,
)
from bot.stage import Stage
from bot.store import people
from bot.store.columns import table_of
from bot.store.tables import DeliveryRow, InboundRow

MINUTE = timedelta(minutes=1)
MOST_UNCLEAR = 2
FOLLOWED = "followed:"
LISTS = frozenset({"my_work", "who_waits"})  # talks that only show: whatever else is said ends them
IN_THE_TALK = frozenset({"back", "cancel", "person"})  # command words that are about what is being asked
SETTINGS = frozenset({"language", "stop", "resume"})
SHORT_ANSWER = 8  # characters of "不同意": a resident who is asked seldom says more to take a word back
ABOUT = {"register": "place"}  # what comes with a command word, where it is no number

INBOUND, DELIVERY = table_of(InboundRow), table_of(DeliveryRow)
_RECENT = select(func.count()).where(INBOUND.c.address_id == bindparam("address"), INBOUND.c.at > bindparam("since"))
_ROW = select(INBOUND.c.data_key_id, INBOUND.c.body).where(INBOUND.c.id == bindparam("inbound"))
_NAMED = select(DELIVERY.c.question_id).where(DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.address_id == bindparam("address"))


def take(stage: Stage, inbound: Inbound, known: people.Known) -> str:
    """The inbound is given to whoever the router says; the answer is what it was taken as, so that "0" can correct it."""
    if inbound.wish == "stop" or (inbound.wish == "start" and (known.stopped or not inbound.text)):
        return _wish(stage, inbound.wish, known)
    house, tx = stage.house, stage.tx
    sight = house.look(inbound.text, known.language)
    kept = questions.open_of(tx, stage.actor.owner, known.address_id)
    cases = tuple(case for room in house.rooms if room.matters for case in room.matters(tx, stage.actor))
    recent = tx.first(_RECENT, {"address": known.address_id, "since": stage.now - MINUTE})
    flood = (recent[0] if recent else 0) - house.inbound_per_minute
    named = _named(stage, inbound, known)
    desk = Desk(
        vocabulary={**house.vocabulary, **house.staff_vocabulary} if stage.actor.kind == "staff" else house.vocabulary,
        questions=tuple(question.open for question in kept),
        cases=cases,
        named=named.open if named and not named.is_closed else None,
        named_is_closed=inbound.answers is not None and (named is None or named.is_closed),
        danger=sight.danger,
        category=sight.category,
        is_flood=flood > 0,
    )
    if stage.reply and flood > 1 and not sight.danger and house.can_reach(inbound.sender):  # who holds the line is always answered
        stage.reply.is_silent = True
    taking = _Taking(stage, inbound, kept, desk=desk)
    return taking.vouched(inbound.also) if inbound.also else taking.take(route(inbound, desk))


def _named(stage: Stage, inbound: Inbound, known: people.Known) -> questions.Kept | None:
    if inbound.answers is None:
        return None
    row = stage.tx.first(_NAMED, {"delivery": inbound.answers, "address": known.address_id})
    return questions.get(stage.tx, row.question_id, known.address_id) if row and row.question_id else None


def _wish(stage: Stage, wish: str, known: people.Known) -> str:
    """What the carrier has already done to this address is kept; it has told the person itself, so nothing is said."""
    if wish == "stop":
        people.stop(stage.tx, known.address_id, "*")
    elif wish == "start":
        people.resume(stage.tx, known.address_id)
    return f"wish:{wish}"


class _Taking:
    """One inbound on its way to the talk that takes it."""

    def __init__(self, stage: Stage, inbound: Inbound, kept: tuple[questions.Kept, ...], *, desk: Desk) -> None:
        self.stage = stage
        self.inbound = inbound
        self.desk = desk
        self.kept = {question.open.id: question for question in kept}

    @property
    def words(self) -> Answer:
        return Answer(self.inbound.text, None, self.inbound.media, self.inbound.pin)

    def take(self, taken: Route) -> str:
        """Whatever the router said is done; the answer is what the inbound was taken as."""
        if isinstance(taken, Answered | WhichOne | Corrected | Followed | Reported):
            self._end_greeting()
        if isinstance(taken, Answered | WhichOne | Followed | Reported) or (isinstance(taken, Commanded) and taken.word not in IN_THE_TALK):
            self._end_lists(taken)
        takes: dict[type, Callable[[Any], str]] = {
            Greeted: self._greeted,
            Again: self._put_again,
            HungUp: self._hung_up,
            Answered: self._answered,
            WhichOne: self._which,
            Closed: self._closed,
            Commanded: self._commanded,
            Corrected: self._corrected,
            Followed: self._followed,
            Outdated: self._outdated,
            Reported: self._reported,
            Unclear: self._unclear,
        }
        return takes[type(taken)](taken)

    def vouched(self, also: Address) -> str:
        """The sender has shown that another address is theirs too; what was asked is asked again."""
        known = people.at(self.stage.tx, also)
        if known and Owner(known.person_id, known.household_id) == self.stage.actor.owner:
            self.stage.say([Phrase(_("Thank you. From now on your phone and this chat are one and the same person to us."))])
        else:
            words = _("We know this number as somebody else's, or as one that a family shares, so we changed nothing. AGENT: a person.")
            self.stage.say([Phrase(words)])
        self._again(self._current() or self._pressing())
        return "vouched"

    def _end_greeting(self) -> None:
        """They have said what it is about; that they were asked is over."""
        for greeting in [question for question in self.kept.values() if question.open.greets]:
            talks.drop(self.stage, greeting)
            del self.kept[greeting.open.id]

    def _end_lists(self, taken: Route) -> None:
        """Whoever says something else than which case to show has put the list away."""
        picked = taken.question.id if isinstance(taken, Answered) else None
        for shown in [question for question in self.kept.values() if question.open.flow in LISTS and question.open.id != picked]:
            talks.drop(self.stage, shown)
            del self.kept[shown.open.id]

    def _greeted(self, _taken: Greeted) -> str:
        talks.begin(self.stage, "report", {"greets": True})
        return "greeted"

    def _put_again(self, taken: Again) -> str:
        self._again(self._question(taken.question.id))
        return "again"

    def _hung_up(self, taken: HungUp) -> str:
        """The question goes on to where they can answer it; who hung up hears nothing more in this call."""
        if self.stage.reply:
            self.stage.reply.is_silent = True
        if taken.question is not None:
            talks.move(self.stage, self._question(taken.question.id))
        return "hung up"

    def _closed(self, _taken: Closed) -> str:
        self.stage.say([Phrase(_("That question is closed already; nothing was changed."))])
        return "closed"

    def _outdated(self, _taken: Outdated) -> str:
        self.stage.say([Phrase(_("That is closed already. If something is wrong, please write it to us once more."))])
        return "outdated"

    def _followed(self, taken: Followed) -> str:
        if not taken.danger and (late := self._late()):
            return late
        args = {"number": taken.case.number, "danger": taken.danger, "quiet": self.desk.is_flood}
        talks.begin(self.stage, "follow", args, given=(FIRST, self.words))
        return f"{FOLLOWED}{taken.case.number}"

    def _reported(self, taken: Reported) -> str:
        current = self._current()
        if not taken.words and current is not None and current.open.name == FIRST:
            talks.again(self.stage, current)
            return "reported"
        may_be_late = self.stage.actor.kind == "staff" or len(self.inbound.text) <= SHORT_ANSWER
        if not taken.danger and may_be_late and (late := self._late()):
            return late
        given = Answer(self.words.text, None, self.words.media, self.words.pin, taken.danger)
        talks.begin(self.stage, "report", given=(FIRST, given) if taken.words else None)
        self._put_aside(is_silent=taken.danger)
        return "reported"

    def _put_aside(self, *, is_silent: bool) -> None:
        """A talk that gives way ends where another begins; in danger not a word is lost on it."""
        for question in self.kept.values():
            if question.open.prompt.gives_way and question.session_id is not None:
                if is_silent:
                    talks.drop(self.stage, question)
                else:
                    talks.leave(self.stage, question, "put aside")

    def _answered(self, taken: Answered) -> str:
        question = self._question(taken.question.id)
        if question.open.flow == "which":
            return self._chosen(question, int(taken.answer.value or 0))
        talks.answer(self.stage, question, taken.answer)
        return f"answered:{question.session_id or ''}"

    def _chosen(self, which: questions.Kept, question_id: int) -> str:
        """What they had said when they were asked which one they meant is now read as an answer to that one."""
        questions.close(self.stage.tx, which.open.id, "answered", now=self.stage.now)
        chosen = questions.get(self.stage.tx, question_id, self.stage.actor.address_id)
        row = self.stage.tx.first(_ROW, {"inbound": which.args["inbound"]})
        if chosen is None or chosen.is_closed or row is None:
            return self._closed(Closed())
        said = self._said(row)
        talks.answer(self.stage, chosen, read(chosen.open.prompt, said) or Answer(said.text, None, said.media, said.pin))
        return "answered"

    def _said(self, row: Any) -> Inbound:
        return msgspec.json.decode(self.stage.tx.unseal(row.data_key_id, row.body), type=Inbound)

    def _question(self, question_id: int) -> questions.Kept:
        kept = self.kept.get(question_id) or questions.get(self.stage.tx, question_id, self.stage.actor.address_id)
        if kept is None:
            raise Lost(f"question {question_id} is gone")
        return kept

    def _which(self, taken: WhichOne) -> str:
        talks.ask_which(self.stage, taken.questions)
        return "which"

    def _commanded(self, taken: Commanded) -> str:
        current = self._current()
        word, _sep, about = taken.word.partition(":")
        if word == "back":
            self._back(current)
        elif word in {"cancel", "person"} and current is not None:
            talks.leave(self.stage, current, word)
        elif word in SETTINGS:
            self._setting(word, about)
            self._again(current)
        else:
            if word != "thanks" or not self._pressing():  # thanks take no call, and the call is put again
                given = ("words", Answer(taken.words)) if taken.words else None
                talks.begin(self.stage, word, {ABOUT.get(word, "number"): taken.about} if taken.about else {}, given=given)
                if self.stage.reply and self.stage.reply.asked is not None:
                    self._put_aside(is_silent=True)
            if current is None or current.open.name != FIRST:  # "what has happened?" stays open without being repeated
                self._again(current or self._pressing() or (self._put_here() if word == "thanks" else None))
        return f"command:{word}"

    def _back(self, current: questions.Kept | None) -> None:
        if current is not None and (talks.back(self.stage, current) or not talks.has_changed(self.stage, current)):
            self._again(current)
        elif current is None and not self.desk.cases:
            talks.begin(self.stage, "cancel")
        else:
            self.stage.say([Phrase(_("What you said is filed already. Write what is wrong, and we will put it right."))])
            self._again(current)

    def _setting(self, word: str, about: str) -> None:
        """The language, or whether news are wanted, is as the person says."""
        address_id = self.stage.actor.address_id
        if word == "language":
            people.set_language(self.stage.tx, self.stage.actor.owner, about)
            self.stage.say([Phrase(_("We will write to you in English from now on."))])
        elif word == "stop" and address_id:
            for purpose in (Purpose.NEWS, Purpose.CASE):
                people.stop(self.stage.tx, address_id, purpose)
            self.stage.say([Phrase(_("No more news from us here. Warnings and answers to you still come. RESUME: news again."))])
        elif address_id:
            people.resume(self.stage.tx, address_id)
            self.stage.say([Phrase(_("You get our news here again."))])

    def _current(self) -> questions.Kept | None:
        """The question of the latest talk, which command words are about."""
        in_talk = [question for question in self.kept.values() if question.session_id is not None]
        return max(in_talk, key=lambda question: question.open.id, default=None)

    def _pressing(self) -> questions.Kept | None:
        """A call to act that is still open, though its talk has not begun."""
        calls = [question for question in self.kept.values() if question.open.lane <= Lane.URGENT]
        return max(calls, key=lambda question: question.open.id, default=None)

    def _put_here(self) -> questions.Kept | None:
        """The last thing that was asked here of its own accord: thanks are no answer to it."""
        asked = [question for question in self.kept.values() if question.session_id is None and question.open.asked_here]
        return max(asked, key=lambda question: question.open.id, default=None)

    def _again(self, current: questions.Kept | None) -> None:
        if current is not None and self.stage.reply and self.stage.reply.asked is None:
            talks.again(self.stage, current)

    def _corrected(self, _taken: Corrected) -> str:
        last = self._last()
        if last and last.taken_as.startswith(FOLLOWED):
            said = self._said(last)
            talks.begin(self.stage, "report", given=(FIRST, Answer(said.text, None, said.media, said.pin)))
            return "corrected"
        return self._commanded(Commanded("back"))

    def _last(self) -> Any:
        reply = self.stage.reply
        return people.last_inbound(self.stage.tx, self.stage.actor.address_id, before=reply.inbound_id if reply else None)

    def _unclear(self, taken: Unclear) -> str:
        question = self._question(taken.question.id) if taken.question else self._current()
        if question is None:
            if late := self._late():
                return late
            talks.begin(self.stage, "report")
            return "unclear"
        if question.open.prompt.takes_danger and question.open.lane <= Lane.URGENT and question.session_id is not None:
            talks.answer(self.stage, question, self.words)  # in danger nothing is asked twice
            return "answered"
        questions.tried(self.stage.tx, question.open.id)
        # A channel that tells of a silence has already offered to record what was not understood, unless there was something to pick.
        is_last = question.tries + 1 >= MOST_UNCLEAR or (self.inbound.event is Event.SILENT and not question.open.prompt.choices)
        if is_last and question.session_id is not None:
            talks.leave(self.stage, question, "unclear")
            return "handed over"
        if is_last and self.inbound.event is Event.SILENT and self.stage.reply:
            self.stage.reply.is_silent = True  # nobody is there: the call ends, and the question stays open
            return "unclear"
        self.stage.say([Phrase(_("Sorry, we did not understand that."))])
        talks.again(self.stage, question)
        return "unclear"

    def _late(self) -> str:
        """An answer to what was asked last and closed since goes to its room, which says what is true; empty when it is none."""
        asked = talks.asked_last(self.stage, since=self.stage.now - SAME_MATTER)
        answer = read(asked.open.prompt, self.inbound) if asked else None
        if asked is None or answer is None or answer.value is None:
            return ""
        talks.begin(self.stage, asked.open.flow, asked.args, given=(asked.open.name, answer))
        return "late"
