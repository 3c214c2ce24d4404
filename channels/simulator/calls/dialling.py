"""`<Dial>`: a call rings other phones, is connected with the first that picks up, and learns how that ended."""

from channels.simulator import china
from channels.simulator.calls.documents import fetched
from channels.simulator.calls.leg import Leg
from channels.simulator.calls.steps import Fetch, HungUpError, RedirectedError, Release, Ring, Script, Tell
from channels.simulator.calls.values import Entry, LegAnswered, LegEnded, Silence, Status, Wait
from channels.simulator.calls.verbs import Dial, Document
from channels.simulator.carrier import E164

CALLER_INVALID = 13214
NUMBER_INVALID = 13224
# A country that is not permitted: +86, to which the platform carries no call since 2023-11-30
# (support.twilio.com 360016488474; the code: 223180228, "Geo Permissions").
NOT_PERMITTED = 13227


class _Outcome:
    """How the dialling of these legs went, as far as it is known."""

    def __init__(self, sids: tuple[str, ...] = ()) -> None:
        self.sids = sids
        self.sid = ""
        self.status: Status = "failed"
        self.seconds = 0
        self.is_bridged = False

    def fields(self) -> dict[str, str]:
        """What the action is told."""
        told = {"DialCallStatus": self.status, "DialBridged": str(self.is_bridged).lower()}
        if self.sid:
            told["DialCallSid"] = self.sid
        if self.is_bridged:
            told["DialCallDuration"] = str(self.seconds)
        return told


def dialled(leg: Leg, verb: Dial) -> Script[Document | None]:
    """What the action answers once the dialling is over; None without an action, and the document goes on."""
    numbers = tuple(one for one in verb.numbers if _is_permitted(leg, one.number)) if _is_caller(leg, verb.caller_id) else ()
    leg.note(Entry("service", "dial", ", ".join(one.number for one in verb.numbers)))
    outcome = _Outcome((yield Ring(numbers, verb.caller_id or leg.call.sender, verb.timeout)))
    try:
        yield from _connected(leg, verb, outcome)
    except HungUpError:
        yield from _left_by_caller(leg, verb, outcome)
        raise
    except RedirectedError:
        yield Release(outcome.sids)
        raise
    if not verb.action:
        return None
    return (yield from fetched(leg, verb.action, verb.method, **outcome.fields()))


def _is_caller(leg: Leg, caller_id: str) -> bool:
    """True for a number that may be shown to the dialled phone: the caller's, or one of the service's."""
    if not caller_id or caller_id in (leg.call.sender, leg.call.recipient, *leg.office.numbers):
        return True
    leg.caution(CALLER_INVALID)
    return False


def _is_permitted(leg: Leg, number: str) -> bool:
    if not E164.fullmatch(number):
        leg.caution(NUMBER_INVALID)
        return False
    if china.is_mainland(number):
        leg.caution(NOT_PERMITTED)
        return False
    return True


def _connected(leg: Leg, verb: Dial, outcome: _Outcome) -> Script[None]:
    """The phones have rung, and what followed is over."""
    open_legs = list(outcome.sids)
    while open_legs:
        act = yield Wait("dialling", verb.timeout, legs=tuple(open_legs))
        match act:
            case LegAnswered(sid):
                yield Release(tuple(one for one in open_legs if one != sid), "canceled")
                outcome.sid, outcome.is_bridged = sid, True
                yield from _bridged(leg, outcome)
                return
            case LegEnded(sid, status):
                open_legs.remove(sid)
                outcome.sid, outcome.status = sid, status
            case Silence():
                leg.pass_time(verb.timeout)
                yield Release(tuple(open_legs), "no-answer")


def _bridged(leg: Leg, outcome: _Outcome) -> Script[None]:
    """The two speak with each other until the other phone hangs up."""
    while True:
        act = yield Wait("bridged", legs=(outcome.sid,))
        match act:
            case LegEnded(sid, status, seconds) if sid == outcome.sid:
                outcome.status, outcome.seconds = status, seconds
                return
        for entry in leg.spoken(act):
            yield Tell(outcome.sid, entry)


def _left_by_caller(leg: Leg, verb: Dial, outcome: _Outcome) -> Script[None]:
    """The caller has hung up: the other phones are let go, and the action is told although nobody hears its answer."""
    yield Release(outcome.sids)
    leg.finish("completed")
    outcome.status = "completed" if outcome.is_bridged else "canceled"
    outcome.seconds = leg.call.seconds  # of the whole call: the other leg ends only after this
    if verb.action:
        yield Fetch(verb.action, verb.method, leg.form(**outcome.fields()))
