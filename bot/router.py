"""Who takes an inbound. Pure: everything it must know is in `Desk`, everything it decides is one `Route`.

The order is the law of this file (HOUSE section 3): the question it names, danger, command words, the open question it fits,
an open case it follows, a new report, unclear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from bot.answers import is_unheard, plain, read, says_something
from bot.envelope import Event, Inbound, Lane
from bot.prompt import Answer, Prompt, _

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
    "register": _("register|register me|please register me|i want to register|sign up"),
    "family": _("register my family|register my mother|register my father|register my parents"),
    "record": _("my record|my registration|what do you keep about me"),
    "erase": _("delete my data|delete my record|erase my data|forget me|withdraw consent"),
    "move": _("moved house|i moved house|i have moved house"),
    "join": _("link my phone|link|merge"),
    "number": _("new number|i have a new number|i changed my number"),
}
STAFF_COMMANDS: Mapping[str, str] = {
    "my_work": _("my work|my jobs"),
    "who_waits": _("who waits|who is waiting|waiting"),
    "case": _("case|show case|show"),
    "answer": _("answer|reply"),
    "work": _("work on|go on"),
}
NUMBERED = ("status", "case", "answer", "work")  # commands that are said of a number
GIVEN_AS_ANSWERS = frozenset({"thanks", "cancel"})  # commands whose words may pick a choice instead
CORRECTION = "0"
FIRST = "what"  # the question that first words answer, whichever they are
SAME_MATTER = timedelta(hours=12)
LONGEST_NUMBERED = 40  # characters of "how far is case 10013"; what is longer says more than that
# An answer of staff begins with this. No blank may stand in the word: a long run of blanks would be tried in every way.
_ANSWERING = re.compile(r"(?P<word>[^\s\d:：#]{2,12})[\s:：#]{0,5}(?P<number>\d{5,9})(?!\d)")
LONGEST_PLACED = 60  # characters of "register, Sunny Garden, building 3"
SHORTEST_REPORT = 4  # characters that can tell of a repair: 水管漏了; what is shorter may be anybody's name
_WITH_PLACE = re.compile(r"(?P<word>[^\s:,]+)[\s:,]+(?P<place>.*\d.*)")
_NUMBERED = re.compile(r"(?P<before>\D*)(?P<number>\d(?:[\d -]{2,10})\d)(?P<after>\D*)")


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
    greets: bool = False  # asked of somebody who has only just come: what they say is taken as if nothing had been asked


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case of the sender that has not ended."""

    number: str
    category: str
    is_urgent: bool
    at: datetime
    wants_person: bool = False  # they have asked for a person: what they say next is for that person
    is_asked: bool = False  # they have been asked whether it is solved: what they say of it belongs to it, however old it is


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
    """It is a command word; `about` is the number or the place that came with it, `words` what is to be told about that number."""

    word: str
    about: str = ""
    words: str = ""


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


@dataclass(frozen=True, slots=True)
class Greeted:
    """They are there and say nothing yet, and nothing is open: they are asked what has happened."""


@dataclass(frozen=True, slots=True)
class Again:
    """They are there and say nothing yet: this open question is put once more."""

    question: OpenQuestion


@dataclass(frozen=True, slots=True)
class HungUp:
    """They are gone; `question` is the one that was being asked."""

    question: OpenQuestion | None


@dataclass(frozen=True, slots=True)
class Outdated:
    """It corrects words that nobody works on any more."""


Route = Greeted | Again | HungUp | Answered | WhichOne | Closed | Commanded | Corrected | Followed | Outdated | Reported | Unclear


def route(inbound: Inbound, desk: Desk) -> Route:
    """Who takes this inbound."""
    if inbound.event:
        return _event(inbound.event, desk)
    greeting = next((question for question in desk.questions if question.greets), None)
    if greeting is None:
        return _words(inbound, desk)
    asked = tuple(question for question in desk.questions if question != greeting)
    taken = _words(inbound, replace(desk, questions=asked, named=None if desk.named == greeting else desk.named))
    return Unclear(greeting) if taken == Unclear() else taken


def _words(inbound: Inbound, desk: Desk) -> Route:
    answering = _answering(inbound, desk)
    if answering:
        return answering
    if desk.named or desk.named_is_closed:
        return _named(inbound, desk)
    if inbound.edits:
        return _edited(inbound, desk)
    if desk.danger:
        return _danger(inbound, desk)
    if desk.is_flood and desk.cases:
        return Followed(desk.cases[0])
    return _command(inbound, desk) or _answer(inbound, desk) or _matter(inbound, desk)


def _answering(inbound: Inbound, desk: Desk) -> Commanded | None:
    """`答复 10176 明天来修`, of staff: words to somebody else about a number, so that danger in them is no cry of their own."""
    text = inbound.text.strip()
    found = _ANSWERING.match(text)
    if found is None or desk.vocabulary.get(plain(found["word"])) != "answer":
        return None
    words = text[found.end() :].lstrip().removeprefix("号").lstrip(" \t\r\n:：,，")
    return Commanded("answer", unicodedata.normalize("NFKC", found["number"]), words) if words else None


def _event(event: Event, desk: Desk) -> Route:
    """What is done without words: ringing back puts the open question again, a silence is an unclear try, hanging up ends nothing."""
    asked = min(_ordered(desk.questions), key=lambda question: not question.in_talk, default=None)
    if event is Event.LEFT:
        return HungUp(next((question for question in _ordered(desk.questions) if question.in_talk and question.asked_here), None))
    if event is Event.SILENT:
        return Closed() if desk.named_is_closed else Unclear(desk.named or asked)
    return Again(asked) if asked else Greeted()


def _named(inbound: Inbound, desk: Desk) -> Route:
    """The question it names takes it; but words spoken at a routine question may still be a cry, or a word for a person."""
    if desk.named is None:
        return _danger(inbound, desk) if desk.danger else Closed()
    answer = read(desk.named.prompt, inbound)
    if answer and answer.value is not None:
        return Answered(desk.named, answer)
    if desk.danger and not desk.named.prompt.takes_danger:
        return _danger(inbound, desk)
    if desk.danger:
        return Answered(desk.named, Answer(inbound.text, None, inbound.media, inbound.pin, danger=True))
    command = _command(inbound, desk)
    return command or (Answered(desk.named, answer) if answer else Unclear(desk.named))


def _danger(inbound: Inbound, desk: Desk) -> Route:
    for question in _ordered(desk.questions):
        if question.prompt.takes_danger:
            answer = read(question.prompt, inbound) or Answer(text=inbound.text)
            return Answered(question, Answer(answer.text, answer.value, inbound.media, inbound.pin, danger=True))
    for case in desk.cases:
        if case.is_urgent and inbound.at - case.at < SAME_MATTER and desk.category in (case.category, "other"):
            return Followed(case, danger=True)
        if case.is_asked and desk.category == "other" and _is_thankful(inbound, desk):
            return Followed(case)  # thanks for what was done, in words that only might be about danger: a person reads them
    return Reported(danger=True)


def _edited(inbound: Inbound, desk: Desk) -> Route:
    """New words for old ones are added to the case that is open, and never make a second one unless they now tell of danger."""
    case = desk.cases[0] if desk.cases else None
    if desk.danger:
        taken = _danger(inbound, desk)
        return Followed(case, danger=True) if case and case.is_urgent and isinstance(taken, Reported) else taken
    return Followed(case) if case else _answer(inbound, desk) or Outdated()


def _command(inbound: Inbound, desk: Desk) -> Route | None:
    text = plain(inbound.text)
    if text == CORRECTION:
        return Corrected()
    word = desk.vocabulary.get(text) or _asked_of_us(text, desk)
    if word == "report":
        return Reported(words=False)
    if word == "help" and _in_emergency(inbound, desk):
        return _danger(inbound, desk)
    if word and not (word in GIVEN_AS_ANSWERS and _is_picked(inbound, desk)):
        return Commanded(word)
    return _about_number(text, inbound, desk) or _placed(text, desk)


def _asked_of_us(text: str, desk: Desk) -> str | None:
    """`谁在等？`: what staff ask for is a question as often as not."""
    word = desk.vocabulary.get(text.rstrip("? "))
    return word if word in STAFF_COMMANDS else None


def _placed(text: str, desk: Desk) -> Commanded | None:
    """`登记 花园3号楼2单元`, and what the code on a poster opens; with a repair in the words it is a report like any other."""
    found = _WITH_PLACE.fullmatch(text) if len(text) <= LONGEST_PLACED and desk.category == "other" else None
    return Commanded("register", found["place"]) if found and desk.vocabulary.get(found["word"]) == "register" else None


def _in_emergency(inbound: Inbound, desk: Desk) -> bool:
    """HELP is a cry for help to somebody who has just told us of danger."""
    return any(question.prompt.takes_danger and question.lane <= Lane.URGENT for question in desk.questions) or any(
        case.is_urgent and inbound.at - case.at < SAME_MATTER for case in desk.cases
    )


def _is_picked(inbound: Inbound, desk: Desk) -> bool:
    """Whether the words pick a choice: "好" answers "can you take it?" before it thanks anybody, "不用了" "whom may we ring?"."""
    answers = (read(question.prompt, inbound) for question in desk.questions)
    return any(answer is not None and answer.value is not None for answer in answers)


def _about_number(text: str, inbound: Inbound, desk: Desk) -> Route | None:
    """`状态 10013`, of staff `案件 10013`, and the number alone where no open question waits for something like it (3-501 is a place)."""
    found = _NUMBERED.fullmatch(text) if len(text) <= LONGEST_NUMBERED else None
    if found is None:
        return None
    number = re.sub(r"\D", "", found["number"])
    word = (found["before"] + found["after"]).strip(" :：#号")
    if word:
        command = desk.vocabulary.get(word, "")
        return Commanded(command, number) if command in NUMBERED else None
    if not found["number"].isdigit() or len(number) < 5:
        return None
    known = {case.number for case in desk.cases} | {question.quoted for question in desk.questions}
    waited_for = any(read(question.prompt, inbound) for question in desk.questions if question.name != FIRST)
    return None if waited_for and number not in known else Commanded("status", number)


def _answer(inbound: Inbound, desk: Desk) -> Route | None:
    for question in desk.questions:
        answer = _read_quoting(question, inbound)
        if answer:
            return Answered(question, answer)
    readings = [(question, read(question.prompt, inbound)) for question in _ordered(desk.questions)]
    fitting = [(question, answer) for question, answer in readings if answer is not None and not _gives_way(question, answer, desk)]
    if not fitting:
        return None
    # Words that were asked for in a talk belong there, before a question that merely takes words too.
    first, answer = min(fitting, key=lambda fit: fit[1].value is None and not fit[0].in_talk)
    alike = tuple(q for q, a in fitting if (a.value is None) == (answer.value is None) and _alike(q, first))
    is_clear = len({question.quoted for question in alike}) < 2  # the same thing asked twice is one
    return Answered(first, answer) if is_clear else WhichOne(alike, answer)


def _gives_way(question: OpenQuestion, answer: Answer, desk: Desk) -> bool:
    """Whether the question leaves these words to be a report: a burst pipe is nobody's name."""
    is_report = desk.category != "other" and len(plain(answer.text)) >= SHORTEST_REPORT
    return question.prompt.gives_way and answer.value is None and is_report


def _read_quoting(question: OpenQuestion, inbound: Inbound) -> Answer | None:
    """The answer in words that name the question by its number: `10013 1`, `我接10013`."""
    number = rf"(?<!\d){question.quoted}(?!\d)"
    if not question.quoted or len(inbound.text) > LONGEST_NUMBERED or not re.search(number, inbound.text):
        return None
    without = re.sub(rf"{number}\s*号?", " ", plain(inbound.text)).strip(" :：,，")
    return read(question.prompt, msgspec.structs.replace(inbound, text=without)) if without else None


def _alike(one: OpenQuestion, other: OpenQuestion) -> bool:
    """Whether the two ask the same of different cases, so that only their numbers tell them apart."""
    same = one.lane == other.lane and one.asked_here == other.asked_here and one.flow == other.flow
    return same and bool(one.quoted and other.quoted)


def _ordered(questions: tuple[OpenQuestion, ...]) -> list[OpenQuestion]:
    """Asked on this address first, unanswered first, then by lane, then the newest."""
    return sorted(questions, key=lambda q: (not q.asked_here, not q.unanswered, q.lane, -q.put_at.timestamp(), -q.id))


def _matter(inbound: Inbound, desk: Desk) -> Route:
    asked = min(_ordered(desk.questions), key=lambda question: not question.in_talk, default=None)
    if not says_something(inbound) or (asked and desk.category == "other" and _was_meant_for(asked, inbound)):
        return Unclear(asked)
    for case in desk.cases:
        is_same = case.wants_person or desk.category in (case.category, "other")
        is_recent = inbound.at - case.at < SAME_MATTER or (
            case.is_asked and (desk.category == case.category or _is_thankful(inbound, desk))
        )
        if is_recent and is_same and (case.is_urgent or not is_unheard(inbound)):
            return Followed(case)
    return Reported()


def _is_thankful(inbound: Inbound, desk: Desk) -> bool:
    thanks = (word for word, name in desk.vocabulary.items() if name == "thanks" and len(word) > 1)
    return plain(inbound.text).startswith(tuple(thanks))


def _was_meant_for(asked: OpenQuestion, inbound: Inbound) -> bool:
    """Whether words that tell of nothing were probably an answer: short ones; and any, to a question that no report belongs to."""
    return len(plain(inbound.text)) < 8 or asked.prompt.gives_way
