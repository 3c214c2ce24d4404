"""The switchboard: calls begin here, and here somebody at a phone, or the service, does something to them.

The legs of one dialled call take turns. Only a hang-up or a redirection does not stand in line: it takes effect as soon
as the service has answered what it is being asked.
"""

from dataclasses import replace

from channels.simulator import faults
from channels.simulator.calls.leg import Leg
from channels.simulator.calls.log import CallLog
from channels.simulator.calls.moving import BY_TROUBLE, Mover, fits
from channels.simulator.calls.recordings import Recording
from channels.simulator.calls.script import inbound, outbound
from channels.simulator.calls.steps import Script
from channels.simulator.calls.values import Act, Call, Order, Silence, Status
from channels.simulator.carrier import E164
from channels.simulator.exchange import Exchange


class CannotActError(Exception):
    """This cannot be done on this call, or not now; the sentence says why."""


class Switchboard:
    """All calls of the carrier."""

    def __init__(self, exchange: Exchange) -> None:
        """Nobody has rung anybody yet."""
        self.exchange = exchange
        self._log = CallLog(exchange)
        self._mover = Mover(exchange, self._log)

    # Reading

    def call(self, sid: str) -> Call | None:
        """One call as it is now."""
        leg = self._log.find(sid)
        return leg.call if leg else None

    def calls(self) -> tuple[Call, ...]:
        """All calls, newest first."""
        return self._log.calls()

    def recording(self, sid: str) -> Recording | None:
        """A recording that nobody has deleted."""
        return self._log.office.recordings.get(sid)

    def delete_recording(self, sid: str) -> None:
        """The recording is gone."""
        self._log.office.recordings.pop(sid, None)

    # Calls that begin

    def ring_in(self, sender: str, to: str, *, is_stepwise: bool = False) -> Call:
        """The phone has rung the service, which has said what it wants first."""
        settings, public = self.exchange.settings, self.exchange.public
        if not E164.fullmatch(sender):
            raise CannotActError(f"{sender!r} is not a phone number such as +99913800000001.")
        if to not in settings.numbers:
            raise CannotActError(f"Nobody answers at {to}; the service has {', '.join(settings.numbers)}.")
        order = Order(
            public(settings.voice_path),
            fallback_url=public(settings.voice_fallback_path) if settings.voice_fallback_path else "",
            status_callback=public(settings.voice_status_path) if settings.voice_status_path else "",
        )
        leg = self._log.opened("inbound", order, sender=sender, to=to)
        leg.is_stepwise = is_stepwise
        leg.call = replace(leg.call, status="ringing")
        return self._begun(leg, inbound(leg))

    def place(self, sender: str, to: str, order: Order) -> Call:
        """The phone rings for the service."""
        leg = self._log.opened("outbound-api", order, sender=sender, to=to)
        call = self._begun(leg, outbound(leg))
        trouble = self.exchange.trouble(faults.CALL, to)
        if trouble:  # the platform has answered the request long before anybody picks up
            self.exchange.later(lambda: self._moved(leg, BY_TROUBLE[trouble]))
        return call

    # What happens to a call

    def act(self, sid: str, *acts: Act) -> Call:
        """Somebody at the phone has done this, one thing after the other as long as the call goes on.

        CannotActError when the call does not wait for it. Whoever speaks listens to the end first.
        """
        leg = self._found(sid)
        with self._mover.turn(leg):
            while leg.call.state == "saying" and not isinstance(acts[0], Silence):
                self._mover.advance(leg, Silence())
            if not fits(leg, acts[0]):
                raise CannotActError(f"The call is {leg.call.state}: that cannot be done now.")
            for act in acts:
                self._mover.advance(leg, act)
                self._mover.drain(leg.floor)
        return leg.call

    def interrupt(self, sid: str, wish: Exception) -> Call:
        """The call was ended or sent elsewhere, at once or as soon as the service has answered."""
        leg = self._found(sid)
        if leg.call.is_over:
            raise CannotActError("The call is over.")
        if leg.floor.wish(leg, wish):
            self._mover.leave(leg.floor)
        return leg.call

    def set_stepwise(self, sid: str, is_stepwise: bool) -> None:
        """The call halts after every sentence, or no longer."""
        self._found(sid).is_stepwise = is_stepwise

    def _found(self, sid: str) -> Leg:
        leg = self._log.find(sid)
        if leg is None:
            raise CannotActError("There is no such call.")
        return leg

    def _begun(self, leg: Leg, script: Script[Status]) -> Call:
        leg.script = script
        return self._moved(leg, None)

    def _moved(self, leg: Leg, event: Act | None) -> Call:
        with self._mover.turn(leg):
            self._mover.advance(leg, event)
        return leg.call
