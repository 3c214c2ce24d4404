"""The page of a poster: words from the catalogue, codes drawn into it, and nothing that is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec.structs import replace

from bot.prompt import Phrase, _, phrase
from bot.translate import SOURCE, Translator
from workflows.places.links import chat_link, place_code, telegram_link, text_link
from workflows.places.words import Place, name_of

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)  # a poster never says "today"


@dataclass(frozen=True, slots=True)
class Poster:
    """Where it hangs, and whom to call there about gas and about the lift."""

    place: Place
    gas_phone: str = ""
    lift_phone: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A code for a camera, and what is written below it."""

    svg: Markup
    title: Bilingual
    hint: Bilingual


class Bilingual(str):
    """A sentence in the service's own language that knows its English; `english` is empty where both are the same."""

    __slots__ = ("english",)
    english: str

    def __new__(cls, own: str, english: str) -> Bilingual:
        made = super().__new__(cls, own)
        made.english = "" if english == own else english
        return made


def page(translator: Translator, posters: tuple[Poster, ...], *, number: str, chat: str, bot: str) -> str:
    """One HTML document with a sheet for each poster; a way in that is empty is left out."""
    printer = _Printer(translator)
    sheets = [printer.sheet(each, number=number, chat=chat, bot=bot) for each in posters]
    pages = Environment(loader=PackageLoader("bot.console"), autoescape=True, undefined=StrictUndefined)
    language = translator.own.replace("_", "-")
    return pages.get_template("poster.html").render(sheets=sheets, number=spaced(number), language=language, _=printer.say)


def spaced(number: str) -> str:
    """A number as it is read out: +8613800000000 is 138 0000 0000, +869358210001 is 0935 821 0001."""
    digits = number.removeprefix("+86") if number.startswith("+86") else number
    if not number.startswith("+86"):
        country, digits = number[:-10] or number[:2], number[-10:] if number[:-10] else number[2:]
        return f"{country} {' '.join((digits[:3], digits[3:6], digits[6:]))}".strip()
    if digits.startswith("1") and len(digits) == 11:
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    area = digits[:2] if digits[0] in "12" else digits[:3]
    local = digits[len(area) :]
    return f"0{area} {local[:-4]} {local[-4:]}"


class _Printer:
    """What is said on paper, in the service's own language and in English."""

    def __init__(self, translator: Translator) -> None:
        self.translator = translator

    def say(self, words: str, /, **values: Any) -> Bilingual:
        """A marked sentence."""
        return self.said(phrase(words, **values))

    def said(self, what: Phrase) -> Bilingual:
        """A phrase."""
        own = self.translator.say(what, None, "screen", ALWAYS)
        return Bilingual(own, self.translator.say(what, SOURCE, "screen", ALWAYS))

    def sheet(self, poster: Poster, *, number: str, chat: str, bot: str) -> dict[str, Any]:
        """Everything that is printed on one sheet."""
        place = poster.place
        return {
            "estate": place.estate,
            "stair": self.said(name_of(replace(place, estate=""))),
            "gas": poster.gas_phone,
            "lift": poster.lift_phone,
            "codes": list(self._codes(place, number=number, chat=chat, bot=bot)),
        }

    def _codes(self, place: Place, *, number: str, chat: str, bot: str) -> Iterator[Code]:
        code = place_code(place.building_id or 0, place.unit_id)
        if number:
            words = self.say(_("register {place}"), place=name_of(place))
            yield Code(drawn(text_link(number, words)), self.say(_("By text")), self.say(_("Scan, press send, and we know your stair.")))
        if chat:
            yield Code(
                drawn(chat_link(chat, code)), self.say(_("In the browser")), self.say(_("Opens in the browser, nothing to install."))
            )
        if bot:
            yield Code(drawn(telegram_link(bot, code)), Bilingual("Telegram", "Telegram"), self.say(_("Open it and press START.")))


def drawn(content: str) -> Markup:
    """A code with its quiet zone, drawn as lines that stay sharp at any size."""
    made = segno.make_qr(content, error="m", encoding=None if content.isascii() else "utf-8")
    return Markup(made.svg_inline(omitsize=True, border=4))  # noqa: S704 -- segno's own drawing; what was said is only in its dots
