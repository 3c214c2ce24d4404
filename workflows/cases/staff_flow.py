"""What staff ask for from their own phones, in whole words: their work, who waits, one case, an answer to its reporter."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from typing import Any

from bot.effects import Command
from bot.engine import Left, Talk
from bot.prompt import Ask, Choice, Phrase, Say, _, ask, phrase, say
from workflows.cases.doors import LONGEST_ANSWER
from workflows.cases.roles import title
from workflows.cases.states import ENDED
from workflows.cases.words import AnswerCase, CaseFor, CaseSeen, Listed, MyWork, WhoWaits, Worklist
from workflows.places.words import name_of

Steps = Generator[Ask | Say | Command[Any], Any, None]

A_WHILE = timedelta(minutes=30)  # a list is soon out of date
STATES = {
    "open": _("nobody has taken it yet"),
    "accepted": _("taken on"),
    "answered": _("the resident has been answered"),
    "in_progress": _("it is being worked on"),
    "waiting": _("it waits for the resident"),
    "resolved": _("done; the resident is asked whether it is solved"),
    "closed": _("closed"),
    "reopened": _("not solved, the resident says; nobody has taken it yet"),
    "cancelled": _("cancelled"),
    "merged": _("dealt with together with another case"),
}
LABELS = {"urgent": _("urgent"), "general": _("general"), "suggestion": _("suggestion")}
WAITS: Mapping[str, str] = {
    "untaken": _("nobody has taken it"),
    "nobody": _("nobody could be called"),
    "recording": _("a recording to listen to"),
    "new words": _("more was said"),
    "place": _("place not clear"),
    "person": _("wants a person"),
    "unclear": _("not understood"),
    "silence": _("stopped answering"),
    "hung up": _("cut off"),
    "broken": _("the machine broke down"),
    "reopened": _("not solved, the resident says"),
    "given back": _("who had it cannot go"),
    "unasked": _("nobody could ask whether it is solved"),
    "dissatisfied": _("the resident is not satisfied"),
}
CHANNELS = {"sms": _("by text"), "voice": _("by text or telephone"), "telegram": _("by Telegram"), "webchat": _("in the web chat")}
NO_PLACE = _("place not clear")
USAGE = _("Write CASE and the number to see one, or ANSWER, the number and your words.")


def my_work(talk: Talk) -> Steps:
    """What I am asked about and what I have taken."""
    found = yield from MyWork()
    if not found.count:
        yield from say(_("You have no case in hand, and nobody is asking you to take one."))
        return
    yield from say(_("Your cases: {count}."), count=found.count)
    yield from _leafed(talk, found, tells=_mine, page_of=MyWork)


def who_waits(talk: Talk) -> Steps:
    """Who waits for a person, within my grids."""
    found = yield from WhoWaits()
    if not found.count:
        yield from say(_("Nobody waits for a person now."))
        return
    yield from say(_("Waiting for a person: {count}."), count=found.count)
    yield from _leafed(talk, found, tells=_waiting, page_of=WhoWaits)


def _leafed(talk: Talk, found: Worklist, *, tells: Callable[[Any], Steps], page_of: Callable[[int], Command[Worklist]]) -> Steps:
    """The list is told page by page, until they pick a case, which is then shown, or leave."""
    page = 0
    while True:
        for line in found.cases:
            yield from tells(line)
        picked = yield from _pick(found)
        if picked != "more":
            break
        page += 1
        found = yield from page_of(page)
    if picked:
        yield from case(talk, picked)


def _pick(found: Worklist) -> Generator[Any, Any, str]:
    """The number of the case that is to be shown, "more", or nothing when they leave.

    While a call to act is open nothing is asked: its digits must not be taken for those of a list.
    """
    if found.is_called:
        if found.more:
            yield from say(_("There are {count} more; please answer first whether you can go."), count=found.more)
        return ""
    choices = [Choice(line.number, _("{number}"), values={"number": line.number}) for line in found.cases]
    if found.more:
        choices.append(Choice("more", _("More"), _("more|next|go on")))
    if not choices:
        return ""
    try:
        picked = yield from ask("pick", _("Show which one?"), *choices, patience=A_WHILE)
    except Left:
        return ""
    return picked.value or ""


def _mine(line: Listed) -> Steps:
    values: dict[str, Any] = {"number": line.number, "place": _where(line)}
    if line.is_asked:
        yield from say(_("{number:digits}, {place}: can you take it?"), **values)
    elif line.is_answered or line.due_at is None:
        yield from say(_("{number:digits}, {place}: answered, not closed."), **values)
    elif line.label == "urgent":
        yield from say(_("{number:digits}, urgent, {place}: answer by {due:moment}."), due=line.due_at, **values)
    else:
        yield from say(_("{number:digits}, {place}: due by {due:day}."), due=line.due_at, **values)


def _waiting(line: Listed) -> Steps:
    values: dict[str, Any] = {"number": line.number, "place": _where(line), "why": _why(line.why), "age": _age(line.waits)}
    if line.why == "place":
        values["place"] = phrase(LABELS.get(line.label, LABELS["general"]))
    if line.label == "urgent":
        yield from say(_("{number:digits}, urgent, {place}: {why}, for {age}."), **values)
    else:
        yield from say(_("{number:digits}, {place}: {why}, for {age}."), **values)


def _where(line: Listed) -> Phrase:
    return phrase(_("{place}"), place=line.place) if line.place else phrase(NO_PLACE)


def _why(code: str) -> Phrase:
    return phrase(WAITS.get(code, WAITS["person"]))


def _age(minutes: int) -> Phrase:
    if minutes < 60:
        return phrase(_("{count} min"), count=minutes)
    return phrase(_("{count} h"), count=minutes // 60) if minutes < 48 * 60 else phrase(_("{count} days"), count=minutes // (24 * 60))


def case(talk: Talk, number: str = "") -> Steps:
    """One case, as far as it may be told here."""
    seen = yield from CaseFor(number)
    if not seen.is_known or seen.refused:
        yield from _refused(seen)
        return
    label, place = phrase(LABELS.get(seen.label, LABELS["general"])), name_of(seen.place) if seen.place else phrase(NO_PLACE)
    yield from say(_("Case {number:digits}, {label}, {place}."), number=seen.number, label=label, place=place)
    if seen.words:
        yield from say(_("Said: {words}."), words=seen.words)
    elif seen.is_withheld:
        yield from say(_("What was said stays in the country: read it at the desk."))
    yield from _state(seen)
    if seen.state not in ENDED:
        yield from say(_("To answer, write: ANSWER {number:digits} and your words."), number=seen.number)


def _state(seen: CaseSeen) -> Steps:
    if seen.state == "accepted" and seen.taken_by:
        state = phrase(_("the {role} has it"), role=title(seen.taken_by))
    else:
        state = phrase(STATES.get(seen.state, STATES["open"]))
    if seen.state in ("resolved", *ENDED) or seen.due_at is None or (seen.label == "urgent" and seen.state == "answered"):
        yield from say(_("{state}."), state=state)
    elif seen.label == "urgent":
        yield from say(_("{state}; an answer is promised by {due:moment}."), state=state, due=seen.due_at)
    else:
        yield from say(_("{state}; it is promised by {due:day}."), state=state, due=seen.due_at)
    if seen.asked:
        roles = phrase(_("{role}"), role=title(seen.asked[0]))
        for role in seen.asked[1:]:
            roles = phrase(_("{roles}, {role}"), roles=roles, role=title(role))
        yield from say(_("Asked: {roles}."), roles=roles)
    if seen.why:
        yield from say(_("It waits: {why}."), why=_why(seen.why))


def _refused(seen: CaseSeen) -> Steps:
    if seen.refused:
        yield from say(_("Case {number:digits} is not in your grids."), number=seen.number)
    elif seen.number:
        yield from say(_("There is no case {number:digits}. Please look at the digits again."), number=seen.number)
    else:
        yield from say(USAGE)


def answer(talk: Talk, number: str = "") -> Steps:
    """My own words to who reported a case; without them they are asked for, and nothing is sent before I have said them.

    Words of danger that come alone are a report as everywhere; behind the number they are for whoever reported it.
    """
    seen = yield from CaseFor(number, brief=True)
    if not seen.is_known or seen.refused:
        yield from _refused(seen)
        return
    wanted = _("What do we tell who reported case {number}? Your words go out as they are. CANCEL: nothing is sent.")
    try:
        words = yield from ask("words", wanted, values={"number": seen.number}, patience=A_WHILE)
    except Left:
        yield from say(_("All right, nothing was sent about case {number:digits}."), number=seen.number)
        return
    text = words.text.strip()
    if not text or len(text) > LONGEST_ANSWER:
        yield from say(_("Nothing was sent: an answer needs words, {most} characters at most."), most=LONGEST_ANSWER)
        return
    still = yield from CaseFor(number, brief=True)  # while they wrote, it may have become somebody else's
    if still.refused:
        yield from _refused(still)
        return
    sent = yield from AnswerCase(seen.number, text)
    how = phrase(CHANNELS.get(sent.channel, CHANNELS["sms"]))
    yield from say(_("On its way to who reported case {number:digits}, {how}: {words}"), number=sent.number, how=how, words=text)
