"""The course of a call from its first ring to its end, verb by verb."""

from typing import assert_never

from channels.simulator.calls.dialling import dialled
from channels.simulator.calls.documents import fetched, found
from channels.simulator.calls.leg import Leg
from channels.simulator.calls.listening import gathered, recorded
from channels.simulator.calls.steps import ApplicationError, Elsewhere, Join, OverError, RedirectedError, Script, Tell
from channels.simulator.calls.values import Declined, Entry, PickedUp, Status, Wait
from channels.simulator.calls.verbs import Dial, Document, Gather, Hangup, Pause, Play, Record, Redirect, Reject, Say, Verb


def inbound(leg: Leg) -> Script[Status]:
    """A phone rings the service."""
    try:
        document = yield from fetched(leg, leg.call.order.url, leg.call.order.method)
    except ApplicationError:
        leg.answer()
        raise
    if document.verbs and isinstance(document.verbs[0], Reject):
        return document.verbs[0].status
    leg.answer()
    yield from conversation(leg, document)
    return "completed"


def outbound(leg: Leg) -> Script[Status]:
    """The service rings a phone."""
    refused = yield from _rung(leg)
    if refused:
        return refused
    order = leg.call.order
    yield from conversation(leg, Elsewhere(order.url, order.method, order.twiml))
    return "completed"


def dialled_leg(leg: Leg) -> Script[Status]:
    """A phone that another call rings; it may hear a document of its own before the two are connected."""
    refused = yield from _rung(leg)
    if refused:
        return refused
    order = leg.call.order
    if order.url:
        yield from conversation(leg, Elsewhere(order.url, order.method))
    yield Join()
    yield from _bridged(leg)
    return "completed"


def conversation(leg: Leg, following: Document | Elsewhere | None) -> Script[None]:
    """One document after the other has been performed, until one of them just ends."""
    while following is not None:
        try:
            if isinstance(following, Elsewhere):
                following = yield from found(leg, following)
            else:
                following = yield from _performed(leg, following)
        except RedirectedError as error:
            following = error.elsewhere


def _rung(leg: Leg) -> Script[Status | None]:
    """The phone has rung; None when it was picked up, else how that ended."""
    leg.ring()
    act = yield Wait("ringing", leg.call.order.timeout)
    match act:
        case PickedUp(by, greeting):
            is_machine = by.startswith("machine")
            hears_it_out = is_machine and leg.call.order.detects_machine == "DetectMessageEnd"
            leg.answer("machine_end_beep" if hears_it_out else by)
            leg.greeting = greeting if is_machine else None
            return None
        case Declined(status):
            return status
    return "no-answer"


def _bridged(leg: Leg) -> Script[None]:
    """What is said here is heard there, until either hangs up."""
    assert leg.parent, "Only a dialled leg is connected with another."
    other = leg.parent.call.sid
    if leg.greeting:
        leg.note(Entry("phone", "speech", leg.greeting))
        yield Tell(other, Entry("other", "speech", leg.greeting))
    while True:
        act = yield Wait("bridged", legs=(other,))
        for entry in leg.spoken(act):
            yield Tell(other, entry)


def _performed(leg: Leg, document: Document) -> Script[Document | None]:
    for code in document.cautions:
        leg.caution(code, document.url)
    for verb in document.verbs:
        following = yield from _done(leg, verb)
        if following is not None:
            return following
    return None


def _done(leg: Leg, verb: Verb) -> Script[Document | None]:
    match verb:
        case Say() | Play() | Pause():
            leg.hear(verb)
            if leg.is_stepwise:
                yield Wait("saying")
            return None
        case Gather():
            return (yield from gathered(leg, verb))
        case Record():
            return (yield from recorded(leg, verb))
        case Dial():
            return (yield from dialled(leg, verb))
        case Redirect(url, method):
            return (yield from fetched(leg, url, method))
        case Hangup() | Reject():
            raise OverError
    assert_never(verb)
