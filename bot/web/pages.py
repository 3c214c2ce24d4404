"""What every page of ours has: the reader's language, and its sentences from the catalogues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from babel import Locale
from flask import Blueprint, Response, request

from bot.prompt import Phrase, phrase
from bot.translate import Translator

COOKIE = "language"
A_YEAR = 365 * 24 * 3600  # seconds


def worded(pages: Blueprint, translator: Translator, clock: Callable[[], datetime]) -> None:
    """The templates of these pages say `_("A sentence about {what}.", what=…)` and `said(phrase)` in the reader's language.

    `?language=en` chooses one and is remembered; without a choice it is the browser's, as far as there is a catalogue for it.
    """

    @pages.context_processor
    def words() -> dict[str, Any]:
        language = reads(translator)

        def said(what: Phrase | None) -> str:
            return translator.say(what, language, "screen", clock()) if what else ""

        def say(words: str, /, **values: Any) -> str:
            return said(phrase(words, **values))

        return {
            "_": say,
            "said": said,
            "language": language,
            "html_language": language.replace("_", "-"),
            "languages": translator.languages,
            "language_name": lambda each: Locale.parse(each).get_language_name(each) or each,
        }

    @pages.after_request
    def remember(response: Response) -> Response:
        chosen = request.args.get(COOKIE, "")
        if chosen in translator.languages:
            response.set_cookie(COOKIE, chosen, max_age=A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
        return response


def reads(translator: Translator) -> str:
    """The language of whoever asks for this page: as chosen, else as their browser says, else the service's own."""
    for chosen in (request.args.get(COOKIE), request.cookies.get(COOKIE)):
        if chosen in translator.languages:
            return chosen
    spoken = {language.partition("_")[0]: language for language in reversed(translator.languages)}
    wanted = (tag.partition("-")[0] for tag in request.accept_languages.values())
    return next((spoken[tag] for tag in wanted if tag in spoken), translator.own)
