"""Source sentences turned into a person's language, in the wording their channel needs.

A catalogue may hold variants of a sentence under the contexts `sms` and `spoken`; without one the plain sentence serves.
Places may say how their value is said: `{due:day}`, `{at:time}`, `{at:moment}`, `{number:digits}`.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date

from bot.prompt import Ask, Phrase, Prompt, Shown, _

DOMAIN = "anlin"
LONG_ENOUGH = 1000  # characters to tell a language by
_LATIN = re.compile(r"(?<!\w)[A-Za-z]+(?:['’][A-Za-z]+)?(?!\w)")
SOURCE = "en"
VARIANTS = {"sms": "sms", "voice": "spoken"}
DAY = _("EEEE d MMMM")  # a CLDR date pattern, translated as a pattern
TODAY = _("today {time}")
TOMORROW = _("tomorrow {time}")
ANOTHER_DAY = _("{day}, {time}")
TOLD = "-x-told"  # after a language that only a platform has told us (RFC 5646, private use); the person's first words may show another
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a choice is kept for good: it never says "today"


@dataclass(frozen=True, slots=True)
class Speech:
    """In which language, wording and moment something is said."""

    language: str
    variant: str
    now: datetime


class Translator:
    """The catalogues, opened once; `languages` lists them, the service's own first."""

    def __init__(self, catalogues: Mapping[str, gettext.NullTranslations], own: str, zone: ZoneInfo) -> None:
        self.own = own
        self.zone = zone
        self.languages = tuple(sorted(catalogues, key=lambda language: (language != own, language)))
        self._catalogues = catalogues
        self._templates: dict[tuple[str, str, str], str] = {}

    def language(self, wanted: str | None) -> str:
        """The catalogue to speak from: the one wanted (`zh` is `zh_CN`) if there is one, else the service's own."""
        if wanted is None or wanted in self._catalogues:
            return wanted or self.own
        return next((language for language in self.languages if _speech(language) == _speech(wanted)), self.own)

    def template(self, words: str, language: str, variant: str) -> str:
        """The sentence of a catalogue: the variant's wording, else the plain one, else the source."""
        key = (words, language, variant)
        found = self._templates.get(key)
        if found is None:
            found = self._templates[key] = self._look_up(words, language, variant)
        return found

    def on_screen(self, words: str, language: str) -> str:
        """A sentence without places as it stands on a key or in a menu."""
        return self.template(words, self.language(language), "screen")

    def worded(self, words: str, language: str | None, channel: str) -> str:
        """A sentence as it was shown on this channel, its places left open: what somebody agreed to is kept in these words."""
        return self.template(words, self.language(language), VARIANTS.get(channel, "screen"))

    def _look_up(self, words: str, language: str, variant: str) -> str:
        if not words:
            return ""  # gettext answers "" with the catalogue's header
        catalogue = self._catalogues[language]
        varied = catalogue.pgettext(variant, words) if variant != "screen" else words
        return varied if varied != words else catalogue.gettext(words)

    def say(self, phrase: Phrase, language: str | None, variant: str, now: datetime) -> str:  # noqa: PLR0917 -- what, in which language and wording, when
        """The phrase in the person's language as this variant says it."""
        return self._say(phrase, Speech(self.language(language), variant, now))

    def _say(self, phrase: Phrase, speech: Speech) -> str:
        template = self.template(phrase.words, speech.language, speech.variant)
        if not phrase.values:
            return template.replace("{{", "{").replace("}}", "}")
        return template.format_map({name: self._value(value, speech) for name, value in phrase.values.items()})

    def _value(self, value: Any, speech: Speech) -> Any:
        if isinstance(value, Phrase):
            return self._say(value, speech)
        if isinstance(value, dict):
            if "at" in value:
                return _Moment(self, datetime.fromisoformat(value["at"]).astimezone(self.zone), speech)
            return self._say(Phrase(value["words"], value.get("values", {})), speech)
        return _Words(str(value), speech.variant)

    def guess(self, text: str) -> str | None:
        """The language somebody writes in, by its letters: Chinese characters, or at least two Latin words; None when it does not show."""
        if any("\u4e00" <= letter <= "\u9fff" for letter in text[:LONG_ENOUGH]):
            return next((language for language in self.languages if language.startswith("zh")), None)
        return SOURCE if len(_LATIN.findall(text[:LONG_ENOUGH])) >= 2 else None

    def told(self, code: str) -> str | None:
        """The language of a platform's menus, where we have a catalogue for it; marked, because nobody has written in it yet."""
        known = next((language for language in self.languages if code and _speech(language) == _speech(code)), None)
        return f"{known}{TOLD}" if known else None

    def day(self, on: date, language: str, variant: str = "screen") -> str:
        """A day as people write it (12月18日（周五）, Friday 18 December), or as this variant says it."""
        return _format_day(on, self.template(DAY, language, variant), language)

    def prompt(self, ask: Ask) -> Prompt:
        """The question as it is now shown, in every language there is; its digits count from 1."""
        choices = tuple(
            Shown(
                key=str(position),
                value=choice.value,
                words={language: self._plain(choice.words, choice.values, language) for language in self.languages},
                also=tuple(word for language in self.languages for word in self.listed(choice.also, language)),
            )
            for position, choice in enumerate(ask.choices, start=1)
        )
        how = {"words_too": ask.words_too, "takes_danger": ask.takes_danger, "several": ask.several, "gives_way": ask.gives_way}
        return Prompt(ask.words, ask.expects, choices, **how)

    def _plain(self, words: str, values: dict[str, Any], language: str) -> str:
        return self._say(Phrase(words, values), Speech(language, "screen", EPOCH))

    def listed(self, words: str, language: str) -> tuple[str, ...]:
        """A translated list of words, written `one|another` in source and catalogue."""
        return tuple(word for word in self.template(words, language, "screen").split("|") if word) if words else ()

    def vocabulary(self, lists: Mapping[str, str]) -> dict[str, str]:
        """Every word of the lists, in every language and lower case, to the name of its list."""
        return {
            word.casefold(): name
            for name, words in lists.items()
            for language in (*self.languages, SOURCE)
            for word in (self.listed(words, language) if language in self._catalogues else tuple(words.split("|")))
        }


def is_told(language: str) -> bool:
    """Whether only a platform has told us this language."""
    return language.endswith(TOLD)


def _speech(language: str) -> str:
    return language.replace("-", "_").partition("_")[0].casefold()


class _Words(str):
    """A text value; `digits` reads it out one by one where it is spoken."""

    __slots__ = ("variant",)
    variant: str

    def __new__(cls, text: str, variant: str) -> _Words:
        made = super().__new__(cls, text)
        made.variant = variant
        return made

    def __format__(self, spec: str) -> str:
        if spec == "digits":
            return " ".join(self) if self.variant == "spoken" else str(self)
        return super().__format__(spec)


class _Moment:
    """A moment in local time that knows how to be said."""

    __slots__ = ("local", "speech", "translator")

    def __init__(self, translator: Translator, local: datetime, speech: Speech) -> None:
        self.translator = translator
        self.local = local
        self.speech = speech

    def __format__(self, spec: str) -> str:
        language = self.speech.language
        if spec == "day":
            return self.translator.day(self.local.date(), language, self.speech.variant)
        time = f"{self.local.hour}:{self.local.minute:02d}"
        if spec == "time":
            return time
        today = self.speech.now.astimezone(self.translator.zone).date()
        known = {today: TODAY, today + timedelta(days=1): TOMORROW}
        template = self.translator.template(known.get(self.local.date(), ANOTHER_DAY), language, self.speech.variant)
        return template.format(day=self.translator.day(self.local.date(), language, self.speech.variant), time=time)


@lru_cache(maxsize=1024)
def _format_day(on: date, pattern: str, language: str) -> str:
    return format_date(on, pattern, locale=Locale.parse(language))


def load_translator(own: str, zone: ZoneInfo) -> Translator:
    """A translator over every compiled catalogue of the `locales` package."""
    root = files("locales")
    catalogues: dict[str, gettext.NullTranslations] = {SOURCE: gettext.NullTranslations()}
    for folder in root.iterdir():
        compiled = folder.joinpath("LC_MESSAGES", f"{DOMAIN}.mo")
        if compiled.is_file():
            with compiled.open("rb") as opened:
                catalogues[folder.name] = gettext.GNUTranslations(opened)
    return Translator(catalogues, own if own in catalogues else SOURCE, zone)
