"""What a resident is asked: consent, home, name, needs, a helper's number. Each question once, and each can be refused."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from bot.effects import Command
from bot.engine import Talk
from bot.prompt import Answer, Ask, Choice, Expect, Phrase, Say, _, ask, phrase, say
from workflows.cases.words import HandOver
from workflows.places.words import FindPlace, Place, which
from workflows.residents.words import (
    ABROAD,
    AGREED,
    ALONE,
    CARE,
    HEALTH,
    OF_HEALTH,
    Agreed,
    CheckHome,
    NumberSeen,
    ReadCode,
    Record,
    SeeNumber,
)

Steps = Generator[Ask | Say | Command[Any], Any, None]
Asking = Generator[Ask | Say | Command[Any], Any, Any]

LONGEST_NAME = 12  # characters; what is longer tells a story
_ROUTINE: dict[str, Any] = {"gives_way": True}

AGREE = _("We keep your home, your name and what help you need, only to find and help you. DELETE MY DATA removes them. Do you agree?")
FOR_FAMILY = Choice("family", _("Somebody of my family"), _("my family|my mother|my father|my parents|for my mother|for my father"))
GOES_ABROAD = _("What is said here passes through a company abroad. Do you agree that your registration does? If not, we visit you.")
SENSITIVE = _("That is about your health: it needs your separate yes, and only those who come to help see it. May we keep it?")
WHERE = ask("home", _("Where do you live? Say building, unit and room."), expects=Expect.PLACE, **_ROUTINE)
WHERE_FAMILY = ask("home", _("Where do they live? Say building, unit and room."), expects=Expect.PLACE, **_ROUTINE)
LACKS = {
    "building": _("We did not find that. Say estate, building, unit and room, for example: building 3, unit 2, room 501."),
    "unit": _("Which unit is it?"),
    "room": _("Which room is it?"),
}
NAME = ask("name", _("What may we call you?"), **_ROUTINE)
NAME_ON_A_PHONE = ask(
    "name",
    _("What may we call you?"),
    Choice("shared", _("My family shares this number"), _("shared|we share it|my family")),
    words_too=True,
    **_ROUTINE,
)
NAME_SHARED = ask("name.own", _("Then it is your family's. What may we call you?"), **_ROUTINE)
NAME_FAMILY = ask("name.family", _("What do people call them?"), **_ROUTINE)
NAME_AGAIN = ask("name.again", _("Just the name, please, as the neighbours call you."), **_ROUTINE)
NEEDS = {
    ALONE: Choice(ALONE, _("I live alone"), _("i live alone|alone")),
    "cannot_walk": Choice("cannot_walk", _("I cannot walk well"), _("i cannot walk|i cannot walk well|wheelchair")),
    "hears_badly": Choice("hears_badly", _("I hear badly"), _("i hear badly|deaf")),
    "powered_device": Choice("powered_device", _("I need a powered medical device"), _("oxygen|ventilator|medical device")),
}
NOTHING = Choice("none", _("Nothing of that"), _("none|nothing|no|no thanks"))
SEVERAL: dict[str, Any] = {"several": True, "gives_way": True}
NEEDED = ask("needs", _("What should we know? Several digits in a row, where several are so."), *NEEDS.values(), NOTHING, **SEVERAL)
NEEDS_SAID = {
    ALONE: _("lives alone"),
    "cannot_walk": _("cannot walk well"),
    "hears_badly": _("hears badly"),
    "powered_device": _("needs a powered medical device"),
}
NOBODY = Choice("none", _("Nobody"), _("none|nobody|no|skip|no thanks"))
OR_WORDS: dict[str, Any] = {"words_too": True, "gives_way": True}
WHOM = ask("helper", _("Whom may we ring when we cannot reach you? Send their phone number."), NOBODY, **OR_WORDS)


def consents(talk: Talk, mine: Record, words: str, *also: Choice) -> Asking:
    """Whether we may keep it, and whether it may pass abroad where it does.

    It is "yes" with what was agreed to, whatever else was picked, or "abroad" where only that was refused.
    """
    given: list[Agreed] = []
    if CARE not in mine.consents:
        answer = yield from ask("agree", words, *AGREED, *also, gives_way=True)
        if answer.value != "yes":
            return answer.value, ()
        given.append(Agreed(CARE, words, talk.now))
    may_pass = yield from abroad(talk, mine)
    if may_pass is None:
        return "abroad", ()
    return "yes", (*given, *may_pass)


def abroad(talk: Talk, mine: Record) -> Asking:
    """The consent to pass through a company abroad, where it is needed; None when it is refused (PIPL art. 39)."""
    if not mine.is_abroad or ABROAD in mine.consents:
        return ()
    answer = yield from ask("abroad", GOES_ABROAD, *AGREED, gives_way=True)
    return (Agreed(ABROAD, GOES_ABROAD, talk.now),) if answer.value == "yes" else None


def home(question: Ask, code: str = "") -> Asking:
    """The home, what it lacks asked twice at most; what a poster's code names is known already. Without an estate it was not found."""
    place = Place()
    if code:
        spot = yield from ReadCode(code)
        place = (yield from _found(spot.words)) if spot.words else place
    if not place.building_id:
        said = yield from question
        place = yield from _found(said.text, said)
    for again in ("home.more", "home.last"):
        lacks = (yield from CheckHome(place)).what
        if not lacks:
            return place
        if lacks not in LACKS or (lacks == "building" and again == "home.last"):
            break
        more = yield from ask(again, LACKS[lacks], expects=Expect.PLACE, **_ROUTINE)
        place = yield from _found(_with(place, lacks, more.text), more)
    lacks = (yield from CheckHome(place)).what
    return Place(words=place.words) if lacks else place


def _found(words: str, said: Answer | None = None) -> Asking:
    found = yield from FindPlace(words, said.pin if said else None)
    if not found.several:
        return found.one or Place(words=words)
    place, _media = yield from which("home.which", found.several, words=words, is_danger=False)
    return place


def _with(place: Place, lacks: str, more: str) -> str:
    """The place as far as it was said, and what was missing."""
    bare = more.strip(" 。.，,")
    if lacks == "building":
        return bare
    unit, room = place.unit, place.room
    if lacks == "unit":
        unit = bare
    else:
        room = bare
    unit = f"{unit}单元" if unit.isdigit() else unit
    room = f"{room}室" if room.isdigit() else room
    building = f"{place.building}号楼" if place.is_numbered else place.building
    return f"{place.estate}{building}{unit}{room}"


def name(question: Ask, mine: Record) -> Asking:
    """What somebody is called, and whether their phone is the family's."""
    is_shared = mine.is_shared
    said = yield from question
    if said.value == "shared":
        is_shared = True
        said = yield from NAME_SHARED
    bare = _name_in(said.text)
    if not bare:
        bare = _name_in((yield from NAME_AGAIN).text)
    return bare, is_shared


def _name_in(words: str) -> str:
    bare = re.sub(r"^(?:我叫|我是|叫我|就叫|他叫|她叫|叫|my name is |i am |i'm |call me )", "", words.strip(), flags=re.IGNORECASE)
    bare = bare.strip(" 。.，,!！~")
    return bare if len(bare) <= LONGEST_NAME or (bare.isascii() and len(bare) <= 3 * LONGEST_NAME) else ""


def needs(talk: Talk, mine: Record) -> Asking:
    """What the person needs, and their yes to keep what is about their health; that they refuse is not kept (PIPL art. 29)."""
    answer = yield from NEEDED
    picked = [value for value in (answer.value or "").split(",") if value in NEEDS]
    if len(picked) == 1:  # a button picks one only
        others = [choice for value, choice in NEEDS.items() if value not in picked]
        more = yield from ask("needs.more", _("Noted. Anything else?"), *others, NOTHING, **SEVERAL)
        picked += [value for value in (more.value or "").split(",") if value in NEEDS]
    if HEALTH in mine.consents or not set(picked) & set(OF_HEALTH):
        return tuple(picked), ()
    kept = yield from ask("health", SENSITIVE, *AGREED, gives_way=True)
    if kept.value == "yes":
        return tuple(picked), (Agreed(HEALTH, SENSITIVE, talk.now),)
    return tuple(value for value in picked if value == ALONE), ()


def needs_said(kinds: tuple[str, ...]) -> Phrase:
    """The needs in one line."""
    first, *others = [phrase(NEEDS_SAID[kind]) for kind in kinds if kind in NEEDS_SAID]
    for other in others:
        first = phrase(_("{some}, {more}"), some=first, more=other)
    return first


def helper(question: Ask) -> Asking:
    """The number of who helps, as somebody who can be asked there; None where there is nobody, or nobody who can be."""
    said = yield from question
    if said.value == "none":
        return None
    seen = yield from number(said.text, answers=True)
    return seen


def number(words: str, *, answers: bool) -> Asking:
    """The number in these words; asked for once more where there is none in them, and told why where nobody can be asked at it."""
    seen: NumberSeen = yield from SeeNumber(words, answers)
    if seen.state == "bad":
        again = yield from ask("number.again", _("We found no phone number in that. Please send the number alone."), NOBODY, **OR_WORDS)
        if again.value == "none":
            return None
        seen = yield from SeeNumber(again.text, answers)
    if seen.state == "ok":
        return seen
    yield from say(WHY_NOT[seen.state])
    return None


WHY_NOT = {
    "bad": _("That is no phone number, so we asked nobody."),
    "own": _("That is the number you are using."),
    "shared": _("A family shares that number, so we cannot tell who answers there."),
    "silent": _("Nobody can answer a text from that number, so we ask nobody there."),
    "many": _("You have asked several today already. Please try again tomorrow, or answer AGENT for a person."),
}


def by_hand(why: str, words: str) -> Steps:
    """A person looks at it, and these words are kept for them."""
    case = yield from HandOver(why, text=words)
    yield from say(_("A person looks at that with you. Case {number:digits}."), number=case.number)


def left(why: str) -> Steps:
    """The talk ends before its time."""
    if why == "put aside":
        yield from say(_("Your registration waits meanwhile: send REGISTER when you want to go on."))
    elif why == "cancel":
        yield from say(_("All right, nothing was changed."))
    elif why != "silence":
        yield from by_hand(why, "")
