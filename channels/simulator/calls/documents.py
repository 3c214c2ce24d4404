"""Asking the service for the next document of a call, and for its fallback when that cannot be read."""

from channels.simulator.calls.leg import Leg
from channels.simulator.calls.steps import ApplicationError, Elsewhere, Fetch, Script
from channels.simulator.calls.twiml import document_of, read
from channels.simulator.calls.verbs import Document
from channels.simulator.twiml import TwimlError
from channels.simulator.webhooks import NOT_RETRIEVED, HookAnswer

MOST_DOCUMENTS = 100  # in a row with nobody getting a word in; the platform has its limit of hours instead
TOO_MANY_DOCUMENTS = 11215  # the platform's word for redirects without end


def fetched(leg: Leg, url: str, method: str, **fields: str) -> Script[Document]:
    """The next document, or that of the fallback address; ApplicationError when neither can be read."""
    leg.patience += 1
    if leg.patience > MOST_DOCUMENTS:
        leg.caution(TOO_MANY_DOCUMENTS, url)
        raise ApplicationError
    answer: HookAnswer = yield Fetch(url, method, leg.form(**fields))
    try:
        return _readable(answer, url)
    except TwimlError as error:
        leg.caution(error.code, url)
        fallback = leg.call.order.fallback_url
        if not fallback:
            raise ApplicationError from None
        answer = yield Fetch(fallback, "POST", leg.form(**fields, ErrorCode=str(error.code), ErrorUrl=url))
    try:
        return _readable(answer, fallback)
    except TwimlError as error:
        leg.caution(error.code, fallback)
        raise ApplicationError from None


def _readable(answer: HookAnswer, url: str) -> Document:
    if not answer.is_accepted:
        raise TwimlError(answer.error_code or NOT_RETRIEVED)
    return document_of(answer, url)


def found(leg: Leg, elsewhere: Elsewhere) -> Script[Document]:
    """The document that was given along, or the one at the address."""
    if not elsewhere.twiml:
        return (yield from fetched(leg, elsewhere.url, elsewhere.method))
    try:
        return read(elsewhere.twiml, elsewhere.url)
    except TwimlError as error:
        leg.caution(error.code)
        raise ApplicationError from None
