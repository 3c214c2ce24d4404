"""Somebody at a telephone of the simulator, who rings the hotline of the whole service and does one thing after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.waiting import until
from tests.whole.service import Phones


@dataclass
class Telephone:
    """One call from the caller's end."""

    phones: Phones
    call: dict[str, Any]
    _known: int = 0

    @property
    def state(self) -> str:
        return str(self.call["state"])

    @property
    def hears(self) -> str:
        """What has been said since this was last asked, the sentences one beneath the other."""
        entries = self.call["heard"][self._known :]
        self._known = len(self.call["heard"])
        return "\n".join(entry["words"] for entry in entries if (entry["who"], entry["what"]) == ("service", "say"))

    def says(self, words: str) -> Telephone:
        return self._does("speak", words=words)

    def presses(self, digits: str) -> Telephone:
        return self._does("press", digits=digits)

    def is_silent(self) -> Telephone:
        return self._does("silence")

    def records(self, seconds: int, **fields: Any) -> Telephone:
        return self._does("record", seconds=seconds, **fields)

    def hangs_up(self) -> Telephone:
        return self._does("hangup")

    def looks(self) -> Telephone:
        """The call as it is now."""
        self.call = self.phones.asked("get", f"calls/{self.call['sid']}")
        return self

    def rings_at(self, number: str) -> Telephone:
        """The phone at the other end of a call that is being put through."""
        (leg,) = [leg for leg in self.call["waiting"]["legs"] if leg["phone"] == number]
        return Telephone(self.phones, self.phones.asked("get", f"calls/{leg['sid']}"))

    def does(self, deed: str) -> Telephone:
        """Whoever is rung picks up, is busy, or does not answer."""
        return self._does(deed)

    def _does(self, deed: str, **fields: Any) -> Telephone:
        self.call = self.phones.asked("post", f"calls/{self.call['sid']}/{deed}", **fields)
        return self


def ring(phones: Phones, number: str) -> Telephone:
    """Somebody rings, and the hotline has said its first words."""
    call = Telephone(phones, phones.asked("post", "calls", **{"from": number}))
    until(lambda: call.looks().state != "connecting")
    assert call.call["warnings"] == []
    return call


def rung(phones: Phones, number: str, *, times: int = 1) -> Telephone:
    """The latest call that the service has placed to this number, once there are so many."""

    def placed() -> list[dict[str, Any]]:
        calls = [call for call in phones.asked("get", f"calls?phone={quote(number)}")["calls"] if call["direction"] == "outbound-api"]
        return calls if len(calls) >= times else []

    return Telephone(phones, until(placed, told=lambda: f"nobody rings {number}")[0])
