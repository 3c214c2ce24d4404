"""The talks in which another number becomes one's own: joined to this address, or changed for it."""

from __future__ import annotations

from bot.engine import Left, Talk
from bot.prompt import Ask, Choice, _, ask, say
from workflows.residents import asking
from workflows.residents.asking import Asking, Steps
from workflows.residents.words import ReadRecord, Record, SendCode, TryCode

OTHER_NUMBER = ask("number", _("Which number is yours too? We send a code there."), gives_way=True)
OLD_NUMBER = ask("number", _("What was your old number? We send a code there."), gives_way=True)
GONE = Choice("gone", _("I no longer have it"), _("gone|lost|i lost it|i no longer have it|not any more"))
CODE = _("Say the six digits here within 15 minutes.")


def join(talk: Talk) -> Steps:
    """Another number of the same person is joined to this address, by a code that goes there."""
    try:
        yield from _join(OTHER_NUMBER, leaves=False)
    except Left as left:
        yield from asking.left(left.why)


def number(talk: Talk) -> Steps:
    """A person's number has changed: the record comes over to the new one, by a code that goes to the old one, or by a person's look."""
    try:
        yield from _join(OLD_NUMBER, leaves=True)
    except Left as left:
        yield from asking.left(left.why)


def _join(question: Ask, *, leaves: bool) -> Steps:
    mine: Record = yield from ReadRecord()
    if mine.is_shared:
        yield from asking.by_hand("join", "")
        return
    said = yield from question
    seen = yield from asking.number(said.text, answers=False)
    if seen is None:
        yield from asking.by_hand("join", said.text)
        return
    yield from SendCode(seen.number)
    state = yield from _code_said(leaves=leaves)
    if state == "joined":
        yield from say(MOVED_OVER if leaves else JOINED)
    elif state == "over":
        yield from say(_("The code is no longer good. Begin again, or answer AGENT for a person."))
    else:
        yield from asking.by_hand("number" if state == "gone" else "join", said.text)


def _code_said(*, leaves: bool) -> Asking:
    """What came of the code; a wrong one may be said again, as often as the rules allow."""
    code = yield from ask("code", CODE, GONE, **asking.OR_WORDS)
    while code.value != "gone":
        tried = yield from TryCode(code.text, leaves=leaves)
        if tried.state != "wrong":
            return tried.state
        code = yield from ask("code", _("That is not the code. Please look again and send its six digits."), GONE, **asking.OR_WORDS)
    return "gone"


MOVED_OVER = _("Done. This is your number now; the old one is forgotten.")
JOINED = _("Done. Both are one and the same person to us from now on.")
