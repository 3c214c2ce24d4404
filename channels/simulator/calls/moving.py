"""Moving a call: from one wait to the next, with all that it asks for on the way."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from channels.simulator import faults
from channels.simulator.calls import steps
from channels.simulator.calls.floor import Floor
from channels.simulator.calls.leg import Leg
from channels.simulator.calls.log import CallLog
from channels.simulator.calls.script import dialled_leg
from channels.simulator.calls.steps import ApplicationError, HungUpError, OverError, Step
from channels.simulator.calls.values import (
    Act,
    Declined,
    Entry,
    LegAnswered,
    LegEnded,
    Order,
    PickedUp,
    Pressed,
    Recorded,
    Silence,
    Spoke,
    State,
    Status,
    Wait,
)
from channels.simulator.calls.verbs import Number
from channels.simulator.exchange import Exchange
from channels.simulator.faults import Trouble
from channels.simulator.webhooks import NOT_CONNECTED, Hook, HookAnswer

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
MACHINE_PATIENCE = 20  # times that a machine stays silent before its tape is full

_TAKES: Mapping[type, frozenset[State]] = {
    Spoke: frozenset({"gathering", "recording", "bridged"}),
    Pressed: frozenset({"gathering", "recording", "bridged"}),
    Recorded: frozenset({"recording"}),
    Silence: frozenset({"saying", "gathering", "recording", "dialling", "ringing"}),
    PickedUp: frozenset({"ringing"}),
    Declined: frozenset({"ringing"}),
}
_LISTENS = ("saying", "gathering", "recording")
BY_TROUBLE: Mapping[Trouble, Act] = {
    Trouble.CALL_BUSY: Declined("busy"),
    Trouble.CALL_NO_ANSWER: Declined("no-answer"),
    Trouble.CALL_FAILED: Declined("failed"),
    Trouble.CALL_VOICEMAIL: PickedUp("machine_start"),
}


class Mover:
    """Sends each call what it needs. Whoever uses it holds the floor of that call."""

    def __init__(self, exchange: Exchange, log: CallLog) -> None:
        """Nothing moves yet."""
        self._exchange = exchange
        self._log = log

    @contextmanager
    def turn(self, leg: Leg) -> Iterator[None]:
        """The floor is ours for this block; after it all that followed is done as well."""
        leg.floor.take()
        try:
            yield
            self.drain(leg.floor)
        finally:
            self.leave(leg.floor)

    def leave(self, floor: Floor) -> None:
        """Every wish has been granted, and the floor is free."""
        while not floor.leave():
            self.drain(floor)

    def drain(self, floor: Floor) -> None:
        """Nothing stands on the agenda any more."""
        while item := floor.next():
            self.advance(*item)

    def advance(self, leg: Leg, event: object) -> None:
        """The call has gone on to its next wait, or to its end."""
        if not fits(leg, event):
            return
        step = self._resumed(leg, event)
        while step is not None:
            if isinstance(step, Wait):
                leg.wait(step)
                event = self._by_machine(leg)
                if event is None:
                    return
            else:
                event = self._carried_out(leg, step)
            step = self._resumed(leg, event)

    def _resumed(self, leg: Leg, event: object) -> Step | None:
        """What the call needs next; None when it is over."""
        assert leg.script, "A call has a course from its first move on."
        try:
            step: Step = leg.script.throw(event) if isinstance(event, Exception) else leg.script.send(event)
        except StopIteration as end:
            self._finish(leg, end.value)
        except OverError:
            self._finish(leg, "completed")
        except HungUpError as end:
            self._finish(leg, "completed" if leg.call.answered_at else end.status or "canceled")
        except ApplicationError:
            leg.note(Entry("carrier", "say", APOLOGY, "en-US"))
            self._finish(leg, "completed")
        else:
            self._post_reports(leg)
            return step
        return None

    def _carried_out(self, leg: Leg, step: Step) -> object:
        """What comes of a step; an exception is thrown into the call."""
        floor: Floor = leg.floor
        match step:
            case steps.Fetch():
                leg.wait(None)
                answer = self._asked(leg, step)
                wish = floor.wish_for(leg)
                return answer if leg.call.is_over or wish is None else wish
            case steps.Ring():
                return self._rung(leg, step)
            case steps.Release(sids, status):
                floor.agenda.extend((other, HungUpError(status)) for sid in sids if (other := self._log.find(sid)))
            case steps.Join():
                assert leg.parent, "Only a dialled leg is connected with another."
                floor.agenda.append((leg.parent, LegAnswered(leg.call.sid)))
            case steps.Tell(sid, entry):
                if other := self._log.find(sid):
                    other.note(entry)
        return None

    def _asked(self, leg: Leg, fetch: steps.Fetch) -> HookAnswer:
        """The service's answer; what is not on this machine is never asked."""
        if not self._exchange.reaches(fetch.url):
            return HookAnswer(None, 0, NOT_CONNECTED)
        trouble = self._exchange.trouble(faults.WEBHOOK, leg.call.phone)
        hook = Hook(fetch.url, fetch.form, is_forged=trouble is Trouble.WEBHOOK_FORGED, method=fetch.method)
        answer = self._exchange.post(hook)
        if trouble is Trouble.WEBHOOK_DOUBLED:
            answer = self._exchange.post(hook)
        leg.note_hook(answer.status)
        return answer

    def _by_machine(self, leg: Leg) -> object:
        """What an answering machine does at this wait: it says its greeting once, and then nothing until its tape is full."""
        wait = leg.call.wait
        if leg.greeting is None or wait is None or wait.state not in _LISTENS:
            return None
        leg.machine_turns += 1
        if leg.machine_turns > MACHINE_PATIENCE:
            return HungUpError()
        greeting, leg.greeting = leg.greeting, ""
        return Spoke(greeting) if greeting and wait.gather and wait.gather.takes_speech else Silence()

    def _finish(self, leg: Leg, status: Status) -> None:
        leg.finish(status)
        self._post_reports(leg)
        if leg.parent:
            leg.floor.agenda.append((leg.parent, LegEnded(leg.call.sid, leg.call.status, leg.call.seconds)))

    def _post_reports(self, leg: Leg) -> None:
        if leg.trouble is Trouble.RECEIPTS_REVERSED and not leg.call.is_over:
            return
        hooks, leg.hooks = leg.hooks, []
        for hook in hooks:
            if not self._exchange.reaches(hook.url):
                leg.caution(NOT_CONNECTED, hook.url)
        self._exchange.report([hook for hook in hooks if self._exchange.reaches(hook.url)], leg.trouble)

    def _rung(self, parent: Leg, ring: steps.Ring) -> tuple[str, ...]:
        return tuple(self._rung_one(parent, ring, number) for number in ring.numbers)

    def _rung_one(self, parent: Leg, ring: steps.Ring, number: Number) -> str:
        order = Order(
            number.url,
            number.method,
            status_callback=number.status_callback,
            status_method=number.status_method,
            events=number.events,
            timeout=ring.timeout,
        )
        leg = self._log.opened("outbound-dial", order, sender=ring.caller, to=number.number)
        leg.parent, leg.floor, leg.script = parent, parent.floor, dialled_leg(leg)
        leg.call = replace(leg.call, parent_sid=parent.call.sid)
        leg.floor.agenda.append((leg, None))
        trouble = self._exchange.trouble(faults.CALL, number.number)
        if trouble:
            leg.floor.agenda.append((leg, BY_TROUBLE[trouble]))
        return leg.call.sid


def fits(leg: Leg, event: object) -> bool:
    """True when the call can take this where it stands."""
    if leg.call.is_over:
        return False
    if event is None or isinstance(event, Exception):
        return True
    if isinstance(event, LegAnswered | LegEnded):
        return leg.call.wait is not None and event.sid in leg.call.wait.legs
    return leg.call.state in _TAKES[type(event)]
