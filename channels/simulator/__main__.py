"""`python -m channels.simulator`: a carrier in a box, in a program of its own."""

import argparse
import secrets
import sys

from channels.simulator.demo import DEMO_NUMBER, DEMO_PHONES
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.simulator.telegram.accounts import invented_token
from channels.simulator.telegram.demo import DEMO_ACCOUNTS


def main(arguments: list[str] | None = None) -> None:
    """Run until interrupted; what the service must be told is printed first."""
    try:
        simulator = Simulator(_settings(arguments))
    except ValueError as error:
        sys.exit(str(error))
    simulator.start()
    print(_told(simulator), flush=True)
    try:
        simulator.wait()
    except KeyboardInterrupt:
        simulator.stop()


def _settings(arguments: list[str] | None) -> SimulatorSettings:
    told = "A phone carrier in a box. No text leaves this machine."
    parser = argparse.ArgumentParser(prog="python -m channels.simulator", description=told)
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="where the service listens (default: %(default)s)")
    parser.add_argument("--public-url", default="", help="what the service calls itself, when that differs")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8010, help="0 takes any free one (default: %(default)s)")
    parser.add_argument("--number", action="append", help="a number of the service; may be given again")
    parser.add_argument("--account-sid", default="AC" + secrets.token_hex(16), help="an invented one by default")
    parser.add_argument("--auth-token", default=secrets.token_hex(16), help="an invented one by default")
    parser.add_argument("--telegram-token", default=invented_token(), help="an invented one by default")
    asked = parser.parse_args(arguments)
    return SimulatorSettings(
        account_sid=asked.account_sid,
        auth_token=asked.auth_token,
        numbers=tuple(asked.number or [DEMO_NUMBER]),
        service_url=asked.service,
        public_url=asked.public_url,
        phones=DEMO_PHONES,
        accounts=DEMO_ACCOUNTS,
        telegram_token=asked.telegram_token,
        host=asked.host,
        port=asked.port,
    )


def _told(simulator: Simulator) -> str:
    settings = simulator.settings
    return "\n".join(
        (
            f"Phones to use: {simulator.url}/",
            "Tell the service:",
            f"  ANLIN_TWILIO_ACCOUNT_SID={settings.account_sid}",
            f"  ANLIN_TWILIO_AUTH_TOKEN={settings.auth_token}",
            f"  ANLIN_TWILIO_FROM={settings.numbers[0]}",
            f"  ANLIN_TWILIO_API_BASE={simulator.url}",
            f"  ANLIN_TELEGRAM_TOKEN={settings.telegram_token}",
            f"  ANLIN_TELEGRAM_API_BASE={simulator.url}",
        )
    )


if __name__ == "__main__":
    main()
