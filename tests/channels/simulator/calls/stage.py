"""A service that answers calls with documents written down beforehand, and somebody at the telephone."""

from dataclasses import dataclass
from typing import Any

from tests.channels.simulator.stage import RESIDENT, Desk, Ear

VOICE = "/hooks/twilio/voice"
STATUS = "/hooks/twilio/voice/status"
XML = "text/xml; charset=utf-8"
LISTENS = '<Gather input="speech dtmf" language="cmn-Hans-CN" timeout="10" action="/heard"><Say language="zh-CN">请讲。</Say></Gather>'


def says(ear: Ear, *verbs: str, path: str = VOICE) -> None:
    """The service answers at `path` with these documents, one after the other."""
    ear.answer(path, *((200, XML, f"<Response>{verb}</Response>") for verb in verbs))


@dataclass(frozen=True)
class Telephone:
    """Somebody at a telephone, who does one thing after the other to a call."""

    desk: Desk
    sid: str

    def do(self, deed: str, **fields: Any) -> dict[str, Any]:
        return self.desk.post(f"calls/{self.sid}/{deed}", **fields)

    def refused(self, deed: str, status: int, **fields: Any) -> str:
        return self.desk.post(f"calls/{self.sid}/{deed}", status=status, **fields)["error"]

    @property
    def call(self) -> dict[str, Any]:
        return self.desk.get(f"calls/{self.sid}")

    @property
    def heard(self) -> list[str]:
        return [f"{entry['who']} {entry['what']} {entry['words']}".strip() for entry in self.call["heard"]]

    @property
    def warnings(self) -> list[int]:
        return [warning["code"] for warning in self.call["warnings"]]

    def other(self, place: int = 0) -> "Telephone":
        """The telephone of a leg that this call depends on."""
        return Telephone(self.desk, self.call["waiting"]["legs"][place]["sid"])


def ring(desk: Desk, sender: str = RESIDENT, **fields: Any) -> Telephone:
    """The phone rings the service."""
    return Telephone(desk, desk.post("calls", status=201, **{"from": sender, **fields})["sid"])


def ringing(desk: Desk, number: str) -> Telephone:
    """The phone that rings for somebody else."""
    (call,) = (call for call in desk.get(f"calls?phone={number.replace('+', '%2B')}")["calls"] if call["state"] == "ringing")
    return Telephone(desk, call["sid"])
