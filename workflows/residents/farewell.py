"""The talk in which somebody leaves."""

from __future__ import annotations

from bot.engine import Left, Talk
from bot.prompt import Choice, _, ask, say
from workflows.cases.words import StatusOf
from workflows.residents import asking
from workflows.residents.asking import Asking, Steps
from workflows.residents.words import ForgetMe, ReadRecord, Record

LEAVE = (
    Choice("yes", _("Delete it"), _("yes|y|delete|delete it|right")),
    Choice("no", _("Keep it"), _("no|n|keep|keep it|wait")),
)


def erase(talk: Talk) -> Steps:
    """Somebody leaves: what goes and what stays is told, then everything that may go is deleted."""
    try:
        mine: Record = yield from ReadRecord()
        if mine.is_shared:
            yield from asking.by_hand("erase", "")
            return
        if mine.is_staff:
            yield from say(_("You work here: an administrator takes you off the roster first."))
            return
        answer = yield from (yield from _goodbye())
        if answer.value != "yes":
            yield from say(_("All right, nothing was deleted."))
            return
        yield from ForgetMe()
        yield from say(_("Your record is gone. In an hour your number and words go too, if you write nothing more. Take care."))
    except Left as left:
        yield from asking.left(left.why)


def _goodbye() -> Asking:
    """The question before leaving; what is open with us is named."""
    latest = yield from StatusOf()
    if not latest.is_known:
        return ask(
            "erase", _("Name, home, needs, helpers, number and words go. Case records stay sealed, as the law asks. Delete?"), *LEAVE
        )
    is_urgent = latest.label == "urgent"
    for other in latest.others:
        seen = yield from StatusOf(other)
        is_urgent = is_urgent or seen.label == "urgent"
    numbers = " ".join((latest.number, *latest.others))
    if is_urgent:
        urgent = _("Case {numbers:digits} is urgent and open: without your number nobody finds you. Better wait. Delete all the same?")
        return ask("erase", urgent, *LEAVE, values={"numbers": numbers})
    still = _("Case {numbers:digits} goes on and its record stays sealed, but you hear no more of it. All else goes. Delete?")
    return ask("erase", still, *LEAVE, values={"numbers": numbers})
