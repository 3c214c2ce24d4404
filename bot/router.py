"""Who takes an inbound. Pure: everything it must know is in `Desk`, everything it decides is one `Route`.

The order is the law of this file (HOUSE section 3): the question it names, danger, command words, the open question it fits,
an open case it follows, a new report, unclear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.envelope import Inbound, Lane
from bot.prompt import Answer, Expect, Prompt, _

COMMANDS: Mapping[str, str] = {
    "help": _("help|info|?|menu|hello|hi"),
    "back": _("back|previous"),
    "cancel": _("cancel|never mind|forget it"),
    "person": _("agent|person|operator|human"),
    "status": _("status|my cases|progress"),
    "thanks": _("thanks|thank you|ok|okay|ok thanks|got it"),
    "language:en": _("english|in english"),
    "language:zh_CN": _("chinese|mandarin"),
    "stop": _("no more news"),
    "resume": _("resume|news again"),
    "report": _("report|repair|report a problem|report something"),
}
CORRECTION = "0"
SAME_MATTER = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """An open question of the sender, as the router needs it."""

    id: int
    name: str
    flow: str
    subject: str
    prompt: Prompt
    lane: Lane
    put_at: datetime
    asked_here: bool
    unanswered: bool
    in_talk: bool
    quoted: str = ""  # the number by which an answer may name it


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case of the sender that has not ended."""

    number: str
    category: str
    is_urgent: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """All that is known when an inbound comes in: open questions, open cases, and what triage saw in the words."""

    vocabulary: Mapping[str, str]
    questions: tuple[OpenQuestion, ...] = ()
    cases: tuple[OpenCase, ...] = ()
    named: OpenQuestion | None = None
    named_is_closed: bool = False
    danger: bool = False
    category: str = "other"
    is_flood: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """It answers this open question."""

    question: OpenQuestion
    answer: Answer


@dataclass(frozen=True, slots=True)
class WhichOne:
    """It could answer any of these; the person is asked which."""

    questions: tuple[OpenQuestion, ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Closed:
    """It answers a question that is closed."""


@dataclass(frozen=True, slots=True)
class Commanded:
    """It is a command word; `about` is the number that came with it."""

    word: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """It says that the last reading was wrong."""


@dataclass(frozen=True, slots=True)
class Followed:
    """It adds to an open case."""

    case: OpenCase
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """It begins a new report; without `words` the person has only said that they want to report."""

    danger: bool = False
    words: bool = True


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing could be made of it; `question` is the one it was probably meant for."""

    question: OpenQuestion | None = None


Route = Answered | WhichOne | Closed | Commanded | Corrected | Followed | Reported | Unclear


def route(inbound: Inbound, desk: Desk) -> Route:
    """Who takes this inbound."""
    if desk.named or desk.named_is_closed:
        return _named(inbound, desk)
    if desk.danger:
        return _danger(inbound, desk)
    if desk.is_flood and desk.cases:
        return Followed(desk.cases[0])
    return _command(inbound, desk) or _answer(inbound, desk) or _matter(inbound, desk)


def _named(inbound: Inbound, desk: Desk) -> Route:
    if desk.named is None:
        return Closed()
    answer = read(desk.named.prompt, inbound)
    return Answered(desk.named, answer) if answer else Unclear(desk.named)


def _danger(inbound: Inbound, desk: Desk) -> Route:
    for question in _ordered(desk.questions):
        if question.prompt.takes_danger:
            answer = read(question.prompt, inbound) or Answer(text=inbound.text)
            return Answered(question, Answer(answer.text, answer.value, inbound.media, inbound.pin, danger=True))
    for case in desk.cases:
        if case.is_urgent and inbound.at - case.at < SAME_MATTER and desk.category in (case.category, "other"):
            return Followed(case, danger=True)
    return Reported(danger=True)


def _command(inbound: Inbound, desk: Desk) -> Route | None:
    text = plain(inbound.text)
    if text == CORRECTION:
        return Corrected()
    word = desk.vocabulary.get(text)
    if word == "report":
        return Reported(words=False)
    if word == "help" and _in_emergency(inbound, desk):
        return _danger(inbound, desk)
    if word and not (word == "thanks" and _choice_open(desk)):
        return Commanded(word)
    lead, about = _split_number(text)
    if about and desk.vocabulary.get(lead, "status" if not lead else "") == "status" and not _quoted(about, desk):
        return Commanded("status", about)
    return None


def _in_emergency(inbound: Inbound, desk: Desk) -> bool:
    """HELP is a cry for help to somebody who has just told us of danger."""
    return any(question.prompt.takes_danger and question.lane <= Lane.URGENT for question in desk.questions) or any(
        case.is_urgent and inbound.at - case.at < SAME_MATTER for case in desk.cases
    )


def _choice_open(desk: Desk) -> bool:
    return any(question.prompt.choices for question in desk.questions)


def _split_number(text: str) -> tuple[str, str]:
    """A word and the case number after it: `status 10013`, `10013`."""
    found = re.fullmatch(r"(\D*?)[\s:：#号]*(\d(?:[\d -]{3,8})\d)", text)
    return (found[1].strip(), re.sub(r"\D", "", found[2])) if found else (text, "")


def _quoted(number: str, desk: Desk) -> bool:
    return any(question.quoted == number for question in desk.questions)


def _answer(inbound: Inbound, desk: Desk) -> Route | None:
    text = plain(inbound.text)
    for question in desk.questions:
        if question.quoted and question.quoted in re.findall(r"\d+", text) and text != question.quoted:
            without = re.sub(rf"\b{question.quoted}\b", " ", text).strip(" :：号")
            answer = read(question.prompt, Inbound(inbound.channel, inbound.external_id, inbound.sender, inbound.at, without))
            if answer:
                return Answered(question, answer)
    readings = [(question, read(question.prompt, inbound)) for question in _ordered(desk.questions)]
    fitting = [(question, answer) for question, answer in readings if answer is not None]
    if not fitting:
        return None
    first, answer = fitting[0]
    alike = tuple(q for q, a in fitting if a.value is not None and _alike(q, first)) if answer.value is not None else ()
    return WhichOne(alike, answer) if len(alike) > 1 else Answered(first, answer)


def _alike(one: OpenQuestion, other: OpenQuestion) -> bool:
    return one.lane == other.lane and one.asked_here == other.asked_here and one.flow == other.flow and not other.in_talk


def _ordered(questions: tuple[OpenQuestion, ...]) -> list[OpenQuestion]:
    """Asked on this address first, unanswered first, then by lane, then the newest."""
    return sorted(questions, key=lambda q: (not q.asked_here, not q.unanswered, q.lane, -q.put_at.timestamp(), -q.id))


def _matter(inbound: Inbound, desk: Desk) -> Route:
    asked = next((question for question in _ordered(desk.questions) if question.in_talk), None)
    says_something = _says_something(inbound)
    if not says_something or (asked and desk.category == "other" and len(plain(inbound.text)) < 8):
        return Unclear(asked)
    for case in desk.cases:
        if inbound.at - case.at < SAME_MATTER and desk.category in (case.category, "other"):
            return Followed(case)
    return Reported()


def _says_something(inbound: Inbound) -> bool:
    letters = [character for character in inbound.text if unicodedata.category(character).startswith("L")]
    return len(letters) >= 2 or bool(inbound.media) or inbound.pin is not None


def plain(text: str) -> str:
    """The words without width, case, surrounding blanks and closing punctuation: `１。` is `1`, `Help!` is `help`."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    bare = folded.strip("。.!,、~ \t\r\n;；！，")
    return " ".join((bare or folded).split())


def read(prompt: Prompt, inbound: Inbound) -> Answer | None:
    """The inbound as an answer to this question, read by what was shown; None when it does not fit."""
    text = plain(inbound.text)
    if prompt.choices:
        for shown in prompt.choices:
            if text and (text == shown.key or text in (word.casefold() for word in (*shown.words.values(), *shown.also))):
                return Answer(inbound.text, shown.value, inbound.media, inbound.pin)
        if not prompt.words_too or not _says_something(inbound):
            return None
        return Answer(inbound.text, None, inbound.media, inbound.pin)
    if prompt.expects is Expect.PLACE:
        fits = bool(text) or inbound.pin is not None
    else:
        fits = _says_something(inbound) or any(character.isdigit() for character in text)
    return Answer(inbound.text, None, inbound.media, inbound.pin) if fits else None
