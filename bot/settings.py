"""The configuration: one frozen value, read once from the environment and an optional `anlin.toml`, all faults told at once."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot import readings
from bot.errors import SettingsFault
from bot.readings import Reading, is_loopback

PREFIX = "ANLIN_"
NOT_SETTINGS = ("ANLIN_CONFIG", "ANLIN_TEST_")  # where the file lies; what only the tests read


class Simulator(StrEnum):
    """When the carrier in a box runs beside the service."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def _setting(default: Any, text: str, reading: Reading = readings.words, *, shown: str = "", secret: bool = False) -> Any:
    """A field with its sentence; `shown` is the default in words where it follows from another setting."""
    return field(default=default, repr=not secret, metadata={"help": text, "reading": reading, "shown": shown, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured; what is not given and follows from another setting is filled in."""

    data_dir: Path = _setting(Path("data"), "The folder of the database, the sealing key, photos and recordings.", readings.folder)
    database_url: str = _setting(
        "",
        "The database: a SQLite file, or PostgreSQL when several machines share the work.",
        readings.database,
        shown="anlin.db in DATA_DIR",
        secret=True,
    )
    sealing_key_file: Path = _setting(
        Path(),
        "The file of the key that seals personal data; without it nothing sealed can be read again.",
        readings.file,
        shown="sealing.key in DATA_DIR",
    )
    host: str = _setting("127.0.0.1", "The address to listen on; 0.0.0.0 is every network of the machine.", readings.host)
    port: int = _setting(8000, "The port to listen on; 0 is any free one.", readings.whole(0, 65535))
    public_url: str = _setting(
        "", "The address under which the platforms reach this service.", readings.web_address, shown="http://HOST:PORT"
    )
    timezone: str = _setting("Asia/Shanghai", "The time zone of every date that is said or promised.", readings.time_zone)
    language: str = _setting("zh_CN", "The language for people who have not chosen one.", readings.language)
    telegram_token: str = _setting(
        "", "The Telegram bot's token; given alone, the service asks Telegram for what is new.", readings.bot_token, secret=True
    )
    telegram_secret: str = _setting("", "The secret that Telegram shows when it calls our hook.", readings.hook_secret, secret=True)
    telegram_api_base: str = _setting("https://api.telegram.org", "Where the Telegram Bot API is.", readings.api_base)
    twilio_account_sid: str = _setting("", "The Twilio account; it begins with AC.", readings.account_sid)
    twilio_auth_token: str = _setting("", "The auth token of the Twilio account.", secret=True)
    twilio_auth_token_previous: str = _setting("", "The auth token before this one, accepted on hooks while you change it.", secret=True)
    twilio_from: str = _setting("", "The number that our texts come from.", readings.phone)
    twilio_messaging_service_sid: str = _setting(
        "", "A Twilio messaging service that chooses the number; it begins with MG.", readings.messaging_service_sid
    )
    twilio_per_second: int = _setting(
        1, "How many texts a second the sending number carries; a long code carries one.", readings.whole(1, 10_000)
    )
    twilio_calls_per_second: int = _setting(
        1, "How many calls a second we may begin; an account begins one, the others wait in line at Twilio.", readings.whole(1, 1000)
    )
    twilio_api_base: str = _setting("https://api.twilio.com", "Where the Twilio REST API is.", readings.api_base)
    duty_phone: str = _setting(
        "", "The phone of the duty room: the hotline connects to it when the service itself is down.", readings.phone
    )
    simulator: Simulator = _setting(
        Simulator.AUTO, "The carrier in a box: on, off, or auto, which is on as long as no account is given.", readings.one_of(*Simulator)
    )
    simulator_port: int = _setting(8001, "The port of the simulator, which listens on this machine only.", readings.whole(0, 65535))
    media_max_mb: int = _setting(20, "The largest photo or recording that is kept, in megabytes.", readings.whole(1, 500))
    inbound_per_minute: int = _setting(
        20, "How much one address may send in a minute before it is slowed; danger never is.", readings.whole(1, 10_000)
    )
    desk_idle_minutes: int = _setting(
        720, "After how many minutes without a page somebody is signed out of the desk; a day at most.", readings.whole(5, 1440)
    )
    web_threads: int = _setting(8, "How many requests are served at the same time.", readings.whole(1, 256))
    log_level: str = _setting(
        "info", "How much is logged: debug, info, warning or error.", readings.one_of("debug", "info", "warning", "error")
    )

    def __post_init__(self) -> None:
        """Fill in what follows from other settings."""
        home = self.data_dir.absolute()
        object.__setattr__(self, "simulator", Simulator(self.simulator))
        object.__setattr__(self, "database_url", self.database_url or f"sqlite:///{home / 'anlin.db'}")
        object.__setattr__(self, "public_url", self.public_url or _url_of(self.host, self.port))
        if self.sealing_key_file == Path():
            object.__setattr__(self, "sealing_key_file", home / "sealing.key")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone at the edges."""
        return ZoneInfo(self.timezone)

    @property
    def media_max_bytes(self) -> int:
        """The largest photo or recording that is kept."""
        return self.media_max_mb * 1_000_000

    @property
    def has_twilio(self) -> bool:
        """Whether a Twilio account is given."""
        return bool(self.twilio_account_sid)

    @property
    def has_telegram(self) -> bool:
        """Whether a Telegram bot is given."""
        return bool(self.telegram_token)

    @property
    def telegram_polls(self) -> bool:
        """Whether the service asks Telegram for what is new, rather than being called."""
        return self.has_telegram and not self.telegram_secret

    @property
    def simulator_on(self) -> bool:
        """Whether the carrier in a box runs beside the service."""
        if self.simulator is Simulator.AUTO:
            return not (self.has_twilio or self.has_telegram)
        return self.simulator is Simulator.ON

    @property
    def sms_hook_url(self) -> str:
        """Where Twilio brings texts, as its signature covers it: without the fragment that asks for retries."""
        return f"{self.public_url}/hooks/twilio/sms"

    @property
    def desk_url(self) -> str:
        """Where staff reach the desk."""
        return f"{self.public_url}/desk"

    @property
    def status_hook_url(self) -> str:
        """Where Twilio brings receipts, as its signature covers it: without the fragment that asks for retries."""
        return f"{self.public_url}/hooks/twilio/status"


def load() -> Settings:
    """The settings of this process: its environment, and the `anlin.toml` of ANLIN_CONFIG or of the working directory.

    Nothing else in the project reads the environment.
    """
    named = os.environ.get("ANLIN_CONFIG", "").strip()
    if named:
        return read(os.environ, Path(named).expanduser())
    here = Path("anlin.toml")
    return read(os.environ, here if here.exists() else None)


def overseer() -> tuple[str, timedelta]:
    """Where systemd listens for signs of life, and within which time it wants one; empty when nobody does (sd_notify(3))."""
    micros = os.environ.get("WATCHDOG_USEC", "")
    return os.environ.get("NOTIFY_SOCKET", ""), timedelta(microseconds=int(micros) if micros.isdecimal() else 0)


def read(environ: Mapping[str, str], toml_path: Path | None) -> Settings:
    """The settings given there; the environment wins over the file, and an empty value counts as not given.

    Raises `SettingsFault` with every fault there is.
    """
    given, faults = _given(environ, toml_path)
    values: dict[str, Any] = {}
    broken: set[str] = set()
    for setting in fields(Settings):
        if setting.name in given:
            name, text = given[setting.name]
            try:
                values[setting.name] = setting.metadata["reading"](text)
            except readings.Unusable as fault:
                broken.add(setting.name)
                told = "cannot be used" if setting.metadata["secret"] else f"is {text!r}"
                faults.append(f"{name} {told}: {fault}.")
    settings = Settings(**values)
    faults += [words for names, is_broken, words in _TOGETHER if broken.isdisjoint(names) and is_broken(settings)]
    if faults:
        raise SettingsFault(tuple(faults))
    return settings


def on_port(settings: Settings, port: int) -> Settings:
    """The settings once the system has chosen the port; a public address that followed from the port follows again."""
    followed = settings.public_url == _url_of(settings.host, settings.port)
    return replace(settings, port=port, public_url="" if followed else settings.public_url)


def environment_name(setting: Field[Any]) -> str:
    """The name of a setting in the environment."""
    return PREFIX + setting.name.upper()


def default_words(setting: Field[Any]) -> str:
    """The default of a setting as people read it; empty when there is none."""
    return str(setting.metadata["shown"] or setting.default)


# What was given, and by which name

Given = dict[str, tuple[str, str]]  # setting -> the name it was given by, its text


def _given(environ: Mapping[str, str], toml_path: Path | None) -> tuple[Given, list[str]]:
    known = {environment_name(setting): setting.name for setting in fields(Settings)}
    given: Given = {"data_dir": ("ANLIN_DATA_DIR", "data")}  # checked like any other, and made absolute
    faults: list[str] = []
    if toml_path:
        in_file, faults = _from_file(toml_path)
        given |= in_file
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.startswith(NOT_SETTINGS):
            continue
        if name not in known:
            faults.append(_unknown(name, known))
        elif text.strip():
            given[known[name]] = (name, text.strip())
    return given, faults


def _from_file(path: Path) -> tuple[Given, list[str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        return {}, [f"{path} cannot be read: {fault.strerror}."]
    except ValueError as fault:  # not UTF-8, or not TOML
        return {}, [f"{path} is not TOML: {fault}."]
    known = [setting.name for setting in fields(Settings)]
    given: Given = {}
    faults: list[str] = []
    for key, value in content.items():
        name = f"{key} in {path.name}"
        if key not in known:
            faults.append(_unknown(key, known, name))
        elif isinstance(value, bool) or not isinstance(value, str | int):
            faults.append(f"{name} must be words in quotation marks or a whole number.")
        elif str(value).strip():
            given[key] = (name, str(value).strip())
    return given, faults


def _unknown(key: str, known: Iterable[str], name: str = "") -> str:
    near = difflib.get_close_matches(key.lower(), (each.lower() for each in known), n=1)
    nearest = next((each for each in known if near and each.lower() == near[0]), "")
    return f"{name or key} is not a setting{f'; perhaps {nearest} is meant' if nearest else ''}."


def _url_of(host: str, port: int) -> str:
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- a listener's address is no destination
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


# What must hold of several settings together


def _has_real_twilio(settings: Settings) -> bool:
    return settings.has_twilio and not is_loopback(settings.twilio_api_base)


def _has_real_telegram(settings: Settings) -> bool:
    return settings.has_telegram and not is_loopback(settings.telegram_api_base)


def _is_https(url: str) -> bool:
    return urlsplit(url).scheme == "https"


# The settings concerned, when they are wrong, and the sentence. A row is left out while one of its settings cannot be used by itself.
_TOGETHER: tuple[tuple[tuple[str, ...], Callable[[Settings], bool], str], ...] = (
    (
        ("telegram_secret", "telegram_token"),
        lambda given: bool(given.telegram_secret) and not given.has_telegram,
        "ANLIN_TELEGRAM_SECRET is given without ANLIN_TELEGRAM_TOKEN: give both, or neither.",
    ),
    (
        ("telegram_token", "telegram_secret", "telegram_api_base", "public_url"),
        lambda given: bool(given.telegram_secret) and _has_real_telegram(given) and not _is_https(given.public_url),
        "ANLIN_TELEGRAM_SECRET needs an ANLIN_PUBLIC_URL that begins with https://: Telegram calls no other.",
    ),
    (
        ("twilio_account_sid", "twilio_auth_token"),
        lambda given: given.has_twilio and not given.twilio_auth_token,
        "ANLIN_TWILIO_ACCOUNT_SID is given without ANLIN_TWILIO_AUTH_TOKEN: give both, or neither.",
    ),
    (
        ("twilio_account_sid", "twilio_auth_token"),
        lambda given: bool(given.twilio_auth_token) and not given.has_twilio,
        "ANLIN_TWILIO_AUTH_TOKEN is given without ANLIN_TWILIO_ACCOUNT_SID: give both, or neither.",
    ),
    (
        ("twilio_auth_token", "twilio_auth_token_previous"),
        lambda given: bool(given.twilio_auth_token_previous) and not given.twilio_auth_token,
        "ANLIN_TWILIO_AUTH_TOKEN_PREVIOUS is given without ANLIN_TWILIO_AUTH_TOKEN: the token in use is missing.",
    ),
    (
        ("twilio_account_sid", "twilio_from", "twilio_messaging_service_sid"),
        lambda given: given.has_twilio and not (given.twilio_from or given.twilio_messaging_service_sid),
        "A Twilio account is given, but nothing to send from: give ANLIN_TWILIO_FROM or ANLIN_TWILIO_MESSAGING_SERVICE_SID.",
    ),
    (
        ("twilio_account_sid", "twilio_from", "twilio_messaging_service_sid"),
        lambda given: not given.has_twilio and bool(given.twilio_from or given.twilio_messaging_service_sid),
        "There is a number or a messaging service to send from, but no account: give ANLIN_TWILIO_ACCOUNT_SID too, or neither.",
    ),
    (
        ("twilio_account_sid", "twilio_api_base", "public_url"),
        lambda given: _has_real_twilio(given) and (is_loopback(given.public_url) or not _is_https(given.public_url)),
        "A Twilio account needs ANLIN_PUBLIC_URL, the https:// address under which Twilio reaches this service.",
    ),
    (
        ("simulator", "twilio_account_sid", "twilio_api_base", "telegram_token", "telegram_api_base"),
        lambda given: given.simulator is Simulator.ON and (_has_real_twilio(given) or _has_real_telegram(given)),
        "ANLIN_SIMULATOR is on together with a real account: a rehearsal must never reach residents.",
    ),
    (
        ("simulator", "simulator_port", "port"),
        lambda given: given.simulator_on and given.port == given.simulator_port != 0,
        "ANLIN_PORT and ANLIN_SIMULATOR_PORT are the same: the service and the simulator need a port each.",
    ),
)
