"""The page with the phones. It talks to the control API only; nothing on it comes from another machine."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from channels.simulator.exchange import Exchange
from channels.simulator.faults import FAMILIES, Trouble
from channels.simulator.page_words import LANGUAGES, words_in
from channels.simulator.telegram import faults as chat_faults
from channels.simulator.telegram import words as chat_words

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(exchange: Exchange) -> Blueprint:
    """The blueprint of `/` and its static files."""
    blueprint = Blueprint("page", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

    @blueprint.get("/")
    def phones() -> ResponseReturnValue:
        language = request.args.get("lang", "")
        language = language if language in LANGUAGES else request.accept_languages.best_match(LANGUAGES, LANGUAGES[0])
        other = next(one for one in LANGUAGES if one != language)
        return render_template(
            "phones.html",
            language=language,
            other=other,
            words=words_in(language),
            families={family: [one for one in Trouble if one in troubles] for family, troubles in FAMILIES.items()},
            numbers=exchange.settings.numbers,
            chat_words=chat_words.words_in(language),
            chat_families={family: [one for one in chat_faults.Trouble if one in kinds] for family, kinds in chat_faults.FAMILIES.items()},
        )

    return blueprint
