"""Who is on the messenger: people's accounts, groups, and the service's bot, as frozen values."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

BIGGEST_ID = 2**52  # the platform promises at most 52 significant bits
SUPERGROUPS_BELOW = -(10**12)

_TOKEN = re.compile(r"[1-9][0-9]{0,15}:[A-Za-z0-9_-]{30,}", re.ASCII)
_PHONE = re.compile(r"\+?[1-9][0-9]{6,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account. The phone is known to its owner's own client only, until its card is shared."""

    id: int
    first_name: str
    username: str = ""
    language_code: str = "zh-hans"
    phone: str = ""
    label: str = ""  # what the page calls it
    has_started: bool = False  # before /start or a first word a bot cannot write to anybody


@dataclass(frozen=True, slots=True)
class Group:
    """A group chat; one that was upgraded lives on under another id."""

    id: int
    title: str
    members: tuple[int, ...] = ()
    has_bot: bool = True
    migrated_to: int | None = None

    @property
    def kind(self) -> str:
        """The platform's own word for it."""
        return "supergroup" if self.id < SUPERGROUPS_BELOW else "group"


@dataclass(frozen=True, slots=True)
class Bot:
    """The service's own account."""

    id: int
    username: str
    first_name: str


def invented_token() -> str:
    """A token that no bot of the platform has."""
    return f"{secrets.randbelow(10**9) + 10**9}:{secrets.token_urlsafe(26)[:35]}"


def bot_of(token: str, *, username: str, first_name: str) -> Bot:
    """The bot to which a token belongs: its id is the token's first part; ValueError when it is no token."""
    if not _TOKEN.fullmatch(token):
        raise ValueError("A bot's token is its number, a colon and at least 30 letters, digits, _ or -.")
    return Bot(int(token.partition(":")[0]), username, first_name)


def account_from(fields: Mapping[str, object]) -> Account:
    """The account that a page or a test describes; ValueError says what is wrong with it."""
    number = fields.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < BIGGEST_ID:
        raise ValueError("id is a whole number above 0.")
    texts = {name: str(fields.get(name) or "").strip() for name in ("first_name", "username", "language_code", "phone", "label")}
    first_name = texts["first_name"] or texts["label"]
    if not first_name:
        raise ValueError("An account needs a first_name.")
    if texts["phone"] and not _PHONE.fullmatch(texts["phone"]):
        raise ValueError(f"{texts['phone']!r} is not a phone number such as +99913800000001.")
    return Account(
        number,
        first_name,
        username=texts["username"].removeprefix("@"),
        language_code=texts["language_code"] or "zh-hans",
        phone=texts["phone"],
        label=texts["label"] or first_name,
        has_started=fields.get("has_started") is True,
    )
