"""The accounts, real or of the training carrier, and the channels they make."""

from __future__ import annotations

import secrets

from bot.clock import Clock
from bot.settings import Settings
from bot.store import demo, people
from bot.translate import Translator
from bot.web.server import PortTaken
from channels.contract import Channel
from channels.ring import Ring
from channels.simulator.server import Simulator
from channels.simulator.settings import SimulatorSettings
from channels.simulator.telegram.demo import DEMO_ACCOUNTS
from channels.simulator.texts import Phone
from channels.sms import Sms
from channels.telegram import PER_SECOND, Telegram
from channels.telegram_api import TelegramAccount
from channels.twilio import TwilioAccount
from channels.uploads import Uploads
from channels.voice import Voice
from channels.webchat import Webchat

SIMULATOR_NUMBER = "+9990012345"
SIMULATOR_PER_SECOND = 1000
NO_ACCOUNT = TwilioAccount("", "", from_number=SIMULATOR_NUMBER)  # what the training carrier can do at a number is what the real one can
NO_BOT = TelegramAccount("")  # and so is what it can do on the messenger


def channels(
    settings: Settings, account: TwilioAccount | None, bot: TelegramAccount | None, *, clock: Clock, translator: Translator
) -> tuple[Channel, ...]:
    """Every channel that is connected; the page of our own needs no account."""
    return (*phones(settings, account, clock), *messenger(settings, bot, translator), *own_page(settings))


def phones(settings: Settings, account: TwilioAccount | None, clock: Clock) -> tuple[Channel, ...]:
    """Texts and calls, where a telephone company is connected."""
    if account is None:
        return ()
    texts, calls = settings.twilio_per_second, settings.twilio_calls_per_second
    if settings.simulator_on:
        texts = calls = SIMULATOR_PER_SECOND
    return (Sms(account, clock=clock.now, rate=texts), Voice(account), Ring(account, rate=calls))


def messenger(settings: Settings, account: TelegramAccount | None, translator: Translator) -> tuple[Channel, ...]:
    """The messenger, where a bot is connected."""
    if account is None:
        return ()
    rate = SIMULATOR_PER_SECOND if settings.simulator_on else PER_SECOND
    return (Telegram(account, translate=translator.on_screen, rate=rate),)


def uploads_of(settings: Settings) -> Uploads:
    """Where what browsers bring along waits to be fetched."""
    return Uploads(settings.data_dir / "uploads")


def own_page(settings: Settings) -> tuple[Webchat]:
    """The web chat, which needs no account."""
    return (Webchat(uploads_of(settings)),)


def simulator_of(settings: Settings) -> Simulator:
    """The carrier in a box, listening, with the phones of the demo; its account and token are made up at each start."""
    simulator = Simulator(
        SimulatorSettings(
            account_sid="AC" + secrets.token_hex(16),
            auth_token=secrets.token_hex(16),
            numbers=(SIMULATOR_NUMBER,),
            public_url=settings.public_url,
            phones=tuple(
                Phone(number, label, "grid_worker" if kind in people.ROLES else "resident") for number, label, kind in demo.phones()
            ),
            accounts=DEMO_ACCOUNTS,
            port=settings.simulator_port,
        )
    )
    try:
        simulator.start()
    except OSError as fault:
        raise PortTaken.told(settings.simulator_port, fault) from fault
    return simulator


def account_of(settings: Settings, simulator: Simulator | None = None) -> TwilioAccount | None:
    """The Twilio account of the settings, or the simulator's."""
    if simulator:
        made = simulator.settings
        return TwilioAccount(
            made.account_sid, made.auth_token, from_number=SIMULATOR_NUMBER, api_base=simulator.url, public_url=settings.public_url
        )
    if not settings.has_twilio:
        return None
    return TwilioAccount(
        sid=settings.twilio_account_sid,
        token=settings.twilio_auth_token,
        previous_token=settings.twilio_auth_token_previous,
        from_number=settings.twilio_from,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        api_base=settings.twilio_api_base,
        public_url=settings.public_url,
    )


def bot_of(settings: Settings, simulator: Simulator | None = None) -> TelegramAccount | None:
    """The Telegram bot of the settings, or the simulator's."""
    if simulator:
        return TelegramAccount(simulator.settings.telegram_token, simulator.url, settings.telegram_secret, settings.public_url)
    if not settings.has_telegram:
        return None
    return TelegramAccount(settings.telegram_token, settings.telegram_api_base, settings.telegram_secret, settings.public_url)
