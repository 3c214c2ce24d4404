"""What a simulator is told when it is made."""

from dataclasses import dataclass

from channels.simulator.texts import Phone


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """Everything a simulator is told; account and token are invented, and the service is told the same."""

    account_sid: str
    auth_token: str
    numbers: tuple[str, ...]  # the service's own, to which the phones write
    service_url: str = ""  # where the service listens; may be set later
    public_url: str = ""  # what the service calls itself, when that differs: signatures are made over it
    phones: tuple[Phone, ...] = ()
    messaging_service_sid: str = ""
    sms_path: str = "/hooks/twilio/sms#rc=3&rp=all"
    clock_path: str = "/hooks/simulator/clock#rc=0"  # never tried again: time must not move twice
    host: str = "127.0.0.1"
    port: int = 0  # 0: any free one
