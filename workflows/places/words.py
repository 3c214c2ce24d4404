"""What other rooms may say to this one: find a place in somebody's words, and the small talk that asks for one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from bot.effects import Command
from bot.envelope import Lane, Media, Pin
from bot.prompt import YES_NO, Answer, Ask, Choice, Expect, Phrase, _, ask, pack, phrase


class Place(Struct, frozen=True):
    """A place in the register as far as it is known, with its names, and the words it was read from.

    Without an estate nothing was found, and the words are kept for a person; without a building it is somewhere in the estate.
    """

    words: str = ""
    estate_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None
    estate: str = ""
    building: str = ""
    is_numbered: bool = True
    unit: str = ""
    floor: str = ""
    room: str = ""
    landmark: str = ""
    sure: bool = True
    is_registered: bool = False  # nobody has said so: it is where the reporter is registered

    @property
    def is_found(self) -> bool:
        return self.estate_id is not None


class FoundPlaces(Struct, frozen=True):
    """What the register has for some words: exactly one place, or several that it could be; and the person's registered home."""

    one: Place | None = None
    several: tuple[Place, ...] = ()
    home: Place | None = None


class FindPlace(Command[FoundPlaces], frozen=True):
    """Look these words, or this pin, up in the register of estates."""

    only_looks: ClassVar[bool] = True
    text: str = ""
    pin: Pin | None = None


def name_of(place: Place) -> Phrase:
    """The place as people say it; the person's own words when nothing was found."""
    if not place.is_found:
        return phrase(_("{words}"), words=place.words.strip(" ,.!，。！"))
    if place.is_registered:
        return phrase(_("{place} (registered home)"), place=name_of(replace(place, is_registered=False)))
    named = _within(place) if place.building else phrase(_("{estate}"), estate=place.estate)
    if place.landmark and not place.room:
        named = phrase(_("{place}, {landmark}"), place=named, landmark=place.landmark)
    if not (place.estate and place.building):
        return named
    return phrase(_("{place}, {estate}"), place=named, estate=place.estate)


def registered(found: FoundPlaces) -> Place | None:
    """The registered home, marked as a guess, for who must set out before anybody has said where."""
    if found.home is None or found.several:
        return None
    return replace(found.home, is_registered=True)


def _within(place: Place) -> Phrase:
    numbered = _("Building {building}") if place.is_numbered else _("{building}")
    building = phrase(numbered, building=place.building)
    if place.unit and place.room:
        return phrase(_("{building}, Unit {unit}, Room {room}"), building=building, unit=place.unit, room=place.room)
    if place.room:
        return phrase(_("{building}, Room {room}"), building=building, room=place.room)
    if place.floor in FLOORS:
        building = phrase(FLOORS[place.floor], building=building)
    elif place.floor:
        building = phrase(_("{building}, Floor {floor}"), building=building, floor=place.floor)
    return phrase(_("{building}, Unit {unit}"), building=building, unit=place.unit) if place.unit else building


FLOORS = {"top": _("{building}, top floor"), "-1": _("{building}, basement")}


HOME = (
    Choice("yes", _("Yes"), _("yes|y|yeah|right|correct|home|at home|my home|at my place")),
    Choice("no", _("No"), _("no|n|nope|not|wrong|not at home|somewhere else")),
)
Where = Generator[Any, Any, tuple[Place, tuple[Media, ...]]]


def where(name: str, found: FoundPlaces, *, words: str, is_danger: bool) -> Where:
    """The place of a report, asked once: what was found is taken, several readings and the registered home are offered, else it is asked.

    Words that lead to no place are kept as they are for a person, and with the place comes whatever was shown or recorded on the way.
    """
    if found.one:
        return found.one, ()
    if found.several:
        return (yield from which(f"{name}.which", found.several, words=words, is_danger=is_danger))
    said: Answer | None = None
    if found.home:
        own = name_of(replace(found.home, estate=""))  # they know in which estate they live
        home = ask(f"{name}.home", _("Is it at your home, {home}?"), *HOME, values={"home": own}, **_how(is_danger))
        said = yield from home
        if said.value == "yes":
            return found.home, said.media
    if said is None or said.value is not None:
        said = yield from _open(f"{name}.words", is_danger)
    looked = yield from FindPlace(said.text, said.pin)
    if looked.several:
        place, media = yield from which(f"{name}.again", looked.several, words=said.text, is_danger=is_danger)
        return place, (*said.media, *media)
    return looked.one or Place(words=said.text), said.media


def which(name: str, several: tuple[Place, ...], *, words: str, is_danger: bool) -> Where:
    """One of several places that words may mean; who says something else is taken at their words."""
    question = _this_one(name, several[0], is_danger) if len(several) == 1 else _one_of(name, several, is_danger)
    picked = yield from question
    if picked.value == "no":
        words, picked = "", (yield from _open(f"{name}.words", is_danger))
    elif picked.value is not None:
        return several[0] if picked.value == "yes" else several[int(picked.value)], picked.media
    both = f"{words} {picked.text}".strip()
    looked = yield from FindPlace(both, picked.pin)
    return looked.one or Place(words=both), picked.media


def _open(name: str, is_danger: bool) -> Ask:
    how = _how(is_danger) | {"expects": Expect.PLACE, "words_too": False}
    if is_danger:
        return ask(name, _("Where are you? Say building, unit and floor."), **how)
    return ask(name, _("Where is it? Say building, unit and room, or a place near by."), **how)


def _this_one(name: str, place: Place, is_danger: bool) -> Ask:
    return ask(name, _("Is it {place}?"), *YES_NO, values={"place": name_of(place)}, **_how(is_danger))


def _one_of(name: str, several: tuple[Place, ...], is_danger: bool) -> Ask:
    estates = {place.estate for place in several}
    if len(estates) == len(several):  # the estate alone tells them apart
        words = [phrase(_("{estate}"), estate=place.estate) for place in several]
        question = _("In which estate is it?")
    else:
        words = [name_of(replace(place, estate="") if len(estates) == 1 else place) for place in several]
        question = _("Which place do you mean?")
    choices = [Choice(str(at), _("{place}"), values={"place": pack(each)}) for at, each in enumerate(words)]
    return ask(name, question, *choices, **_how(is_danger))


def _how(is_danger: bool) -> dict[str, Any]:
    return {"words_too": True, "takes_danger": is_danger, "lane": Lane.URGENT if is_danger else Lane.REPLY}
