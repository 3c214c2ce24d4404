"""What a simulator is told when it is made."""

from dataclasses import dataclass, field

from channels.simulator.telegram.accounts import Account, invented_token
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
    voice_path: str = "/hooks/twilio/voice#rc=3&rp=all"
    voice_fallback_path: str = ""  # asked when a document cannot be got or read; empty: the call ends with an apology
    voice_status_path: str = "/hooks/twilio/voice/status#rc=3&rp=all"  # told when a call to the service is over; empty: nobody is
    clock_path: str = "/hooks/simulator/clock#rc=0"  # never tried again: time must not move twice
    host: str = "127.0.0.1"
    port: int = 0  # 0: any free one
    accounts: tuple[Account, ...] = ()  # on the messenger
    telegram_token: str = field(default_factory=invented_token)
    telegram_username: str = "anlin_rehearsal_bot"
    telegram_name: str = "安邻（演练）"
    telegram_retry_seconds: float = 1.0  # before an update that the webhook did not take is told again; doubled each time
